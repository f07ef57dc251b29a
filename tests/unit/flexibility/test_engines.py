from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.errors import Refused
from energy_manager.domain.flexibility import (
    ENGINES,
    VolumeNotAvailable,
    select_by_table,
    select_cheapest,
    select_greedily,
    select_hybrid,
)
from energy_manager.domain.flexibility.engines.bounds import linear_bound_cents
from tests.support.cheapest import least_cost_by_table
from tests.support.flexcity import PUBLISHED


def ints(*values):
    return np.array(values, dtype=np.int64)


def chosen(selection):
    return np.flatnonzero(selection.chosen).tolist()


SMALL = [case for case in PUBLISHED if case.assets <= 1000]


@pytest.mark.parametrize("case", PUBLISHED, ids=lambda case: case.name)
def test_the_published_optimum_is_reached_and_proved(case):
    volumes, costs = case.offer()
    selection = select_cheapest(volumes, costs, case.target_kw)
    assert selection.cost_cents == selection.lower_bound_cents == case.best_cents
    assert selection.is_optimal


@pytest.mark.no_cover
@pytest.mark.parametrize("case", PUBLISHED, ids=lambda case: case.name)
def test_greedy_does_as_published(case):
    volumes, costs = case.offer()
    assert select_greedily(volumes, costs, case.target_kw).cost_cents == case.greedy_cents


@pytest.mark.no_cover
@pytest.mark.parametrize("case", SMALL, ids=lambda case: case.name)
def test_hybrid_and_dp_do_as_published(case):
    volumes, costs = case.offer()
    assert select_hybrid(volumes, costs, case.target_kw).cost_cents == case.hybrid_cents
    table = select_by_table(volumes, costs, case.target_kw)
    assert table.cost_cents == case.best_cents
    assert table.is_optimal
    assert table.lower_bound_cents <= table.cost_cents


def test_hybrid_above_its_threshold_does_as_published():
    case = next(case for case in PUBLISHED if case.name == "3,000 assets, 1 GW")
    volumes, costs = case.offer()
    selection = select_hybrid(volumes, costs, case.target_kw)
    assert selection.cost_cents == case.hybrid_cents  # 0.16 € over the optimum
    assert not selection.is_optimal
    assert selection.lower_bound_cents <= case.best_cents


def test_greedy_takes_by_price_and_then_drops_the_dearest_not_needed():
    # By price per kW: 10 kW at 1.0, 20 at 1.5, 100 at 2.0: together 130. Of 110, the 20 kW are dearer than the 10.
    selection = select_greedily(ints(10, 20, 100), ints(10, 30, 200), 110)
    assert chosen(selection) == [0, 2]
    assert selection.cost_cents == 210


def test_greedy_keeps_the_order_of_equal_prices():
    assert chosen(select_greedily(ints(5, 5, 5), ints(10, 10, 10), 10)) == [0, 1]


def test_greedy_is_optimal_where_the_bound_says_so():
    selection = select_greedily(ints(5, 5, 5), ints(10, 11, 12), 10)
    assert selection.is_optimal
    assert selection.lower_bound_cents == selection.cost_cents == 21


def test_the_linear_bound_is_rounded_up_to_a_cent():
    # 10 kW of the 100 that cost 99 cents: 9.9 cents.
    assert linear_bound_cents(ints(20, 30), ints(198, 400), 1) == 198  # an asset counts up to the target only
    assert linear_bound_cents(ints(3, 3), ints(10, 10), 4) == 14  # 10 and a third of 10
    assert linear_bound_cents(ints(3, 3), ints(10, 10), 6) == 20
    assert linear_bound_cents(ints(3, 3), ints(0, 0), 4) == 0


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 30)), min_size=1, max_size=40),
    st.floats(0, 1),
    st.integers(1, 3),
)
def test_the_table_is_the_optimum(assets, share, unit):
    volumes, costs = (np.array(column, dtype=np.int64) for column in zip(*assets, strict=True))
    volumes = volumes * unit
    target = max(1, round(share * int(volumes.sum())))
    selection = select_by_table(volumes, costs, target)
    assert selection.cost_cents == costs[selection.chosen].sum() == least_cost_by_table(volumes, costs, target)
    assert selection.volume_kw == volumes[selection.chosen].sum() >= target
    assert selection.is_optimal


def test_the_table_finds_its_way_back_over_many_stretches():
    draw = np.random.default_rng(1)
    volumes, costs = draw.integers(1, 30, 700), draw.integers(1, 100, 700)
    selection = select_by_table(volumes, costs, 5000)
    assert selection.cost_cents == costs[selection.chosen].sum() == least_cost_by_table(volumes, costs, 5000)


def test_a_table_too_large_is_refused_with_its_size():
    volumes = np.full(100_000, 20_001, dtype=np.int64)
    volumes[0] = 20_000
    with pytest.raises(Refused, match=r"dp needs \d+ MiB .* at most 512 MiB"):
        select_by_table(volumes, volumes, 10**9)


def test_a_table_of_costs_beyond_int64_is_refused():
    with pytest.raises(Refused, match="exact does more"):
        select_by_table(np.ones(100, dtype=np.int64), np.full(100, 10**17, dtype=np.int64), 10)


@pytest.mark.parametrize("select", [select_by_table, select_hybrid])
def test_without_time_the_table_gives_way_to_greedy(select):
    draw = np.random.default_rng(2)
    volumes, costs = draw.integers(100, 300, 2000), draw.integers(10_000, 30_000, 2000)
    selection = select(volumes, costs, 150_000, time_limit_s=0)
    assert selection.cost_cents == select_greedily(volumes, costs, 150_000).cost_cents
    assert not selection.is_optimal


def test_hybrid_takes_the_greedy_bulk_alone_where_that_reaches():
    # 50,001 kW are asked of the greedy part; the one cheapest asset has all of it.
    volumes, costs = ints(200_000, 60_000, 60_000), ints(1, 100, 100)
    assert chosen(select_hybrid(volumes, costs, 100_001)) == [0]


def test_hybrid_answers_the_pure_greedy_where_that_is_cheaper():
    volumes, costs = ints(60_000, 50_000, 100_000, 60_000), ints(600, 600, 1210, 900)
    pure = select_greedily(volumes, costs, 110_000)
    assert select_hybrid(volumes, costs, 110_000).cost_cents <= pure.cost_cents


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_every_engine_says_how_much_there_is(engine):
    with pytest.raises(VolumeNotAvailable) as caught:
        ENGINES[engine](ints(60_000, 50_000), ints(1, 1), 110_001)
    assert caught.value.available_kw == 110_000


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_every_engine_refuses_a_target_of_nothing(engine):
    with pytest.raises(Refused, match="target_kw: 0 is not"):
        ENGINES[engine](ints(1), ints(1), 0)
