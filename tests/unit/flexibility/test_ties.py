"""Of equally cheap selections: least over-delivery, then fewest assets, then the order of the offer."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from energy_manager.domain.flexibility import ENGINES, select_cheapest
from energy_manager.domain.flexibility.exact.ties import exchange_equal_costs


def ints(*values):
    return np.array(values, dtype=np.int64)


def chosen(selection):
    return np.flatnonzero(selection.chosen).tolist()


def preferred_by_brute_force(volumes, costs, target):
    positions = range(len(volumes))
    subsets = chain.from_iterable(combinations(positions, count) for count in range(1, len(volumes) + 1))
    reaching = (subset for subset in subsets if sum(volumes[at] for at in subset) >= target)
    return list(
        min(reaching, key=lambda s: (sum(costs[at] for at in s), sum(volumes[at] for at in s), len(s), s), default=())
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_of_two_assets_at_one_cost_the_one_that_delivers_less_too_much_is_taken(engine):
    assert chosen(ENGINES[engine](ints(500, 100), ints(1000, 1000), 100)) == [1]


@pytest.mark.parametrize("engine", ENGINES)
def test_of_equal_assets_the_first_is_taken(engine):
    assert chosen(ENGINES[engine](ints(7, 100, 100), ints(900, 1000, 1000), 100)) == [1]


@pytest.mark.parametrize("engine", ["exact", "dp"])
def test_one_asset_is_preferred_to_two_at_the_same_cost_and_volume(engine):
    assert chosen(ENGINES[engine](ints(40, 60, 100), ints(40, 60, 100), 100)) == [2]


@pytest.mark.parametrize("engine", ["exact", "dp"])
def test_free_assets_are_taken_so_that_little_is_too_much(engine):
    assert chosen(ENGINES[engine](ints(90, 30, 20), ints(0, 0, 0), 50)) == [1, 2]


offers = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 6)), min_size=1, max_size=9)


@given(offer=offers, share=st.floats(0.01, 1), engine=st.sampled_from(["exact", "dp", "hybrid"]))
@example(offer=[(1, 1), (4, 4), (2, 2), (3, 3)], share=0.5, engine="exact")
def test_the_preferred_one_of_all_selections_is_found(offer, share, engine):
    volumes, costs = zip(*offer, strict=True)
    target = max(1, round(sum(volumes) * share))
    selection = ENGINES[engine](ints(*volumes), ints(*costs), target)
    assert chosen(selection) == preferred_by_brute_force(volumes, costs, target)


@given(offer=st.lists(st.tuples(st.integers(1, 5), st.integers(10**16, 10**17)), min_size=1, max_size=7))
def test_huge_costs_are_settled_too(offer):
    volumes, costs = zip(*offer, strict=True)
    target = -(-sum(volumes) // 2)
    assert chosen(select_cheapest(ints(*volumes), ints(*costs), target)) == preferred_by_brute_force(
        volumes, costs, target
    )


@given(offer=offers, share=st.floats(0.01, 1), data=st.data())
def test_exchanges_keep_cost_and_target_and_never_deliver_more(offer, share, data):
    volumes, costs = (ints(*column) for column in zip(*offer, strict=True))
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(offer), max_size=len(offer))))
    target = max(1, int(volumes[mask].sum() * share))
    if volumes[mask].sum() < target:
        return
    settled = exchange_equal_costs(mask, volumes, costs, target)
    assert costs[settled].sum() == costs[mask].sum()
    assert target <= volumes[settled].sum() <= volumes[mask].sum()
    assert settled.sum() == mask.sum()


def test_ten_thousand_assets_at_one_price_a_kw_are_settled_by_exchanges():
    volumes = np.random.default_rng(3).integers(10, 5000, 10_000)
    selection = select_cheapest(volumes, volumes * 7, 1_000_001)
    assert (selection.is_optimal, selection.volume_kw) == (True, 1_000_001)
