"""Bounds and incumbents beside the linear ones: giants, cardinality, exchanges, matches, unlike items."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.flexibility import select_cheapest
from energy_manager.domain.flexibility.exact.bounds.break_item import find_break
from energy_manager.domain.flexibility.exact.bounds.cardinality import cardinality_sides
from energy_manager.domain.flexibility.exact.bounds.linear import linear_bound
from energy_manager.domain.flexibility.exact.incumbents.exchange import exchanged
from energy_manager.domain.flexibility.exact.incumbents.window import best_subset, unlike_items
from energy_manager.domain.flexibility.exact.knapsack import Deadline, Knapsack, order_by_efficiency
from energy_manager.domain.flexibility.exact.list_programme import ListProgramme
from tests.support.cheapest import least_cost_by_table


def ints(*values):
    return np.array(values, dtype=np.int64)


@dataclass
class PatientDeadline:
    """Passes when it has been asked so many times."""

    asked: int
    at_s: float = field(default=0.0)

    def has_passed(self):
        self.asked -= 1
        return self.asked < 0


def greatest_profit(knapsack):
    """What the cheapest selection of everything else leaves."""
    target = int(knapsack.weights.sum()) - knapsack.capacity
    total = int(knapsack.profits.sum())
    return total - least_cost_by_table(knapsack.weights, knapsack.profits, target) if target > 0 else total


def programme(knapsack, deadline=None):
    bound = linear_bound(knapsack, find_break(knapsack).item)
    return ListProgramme(bound, -1, deadline or Deadline.after(None)).run()


def break_count(knapsack):
    order = order_by_efficiency(knapsack.weights, knapsack.profits)
    return int(np.searchsorted(np.cumsum(knapsack.weights[order]), knapsack.capacity, side="right"))


def fee_and_price(size, seed, *, most=1000, fee=100):
    draw = np.random.default_rng(seed)
    weights = draw.integers(1, most + 1, size)
    return Knapsack(weights=weights, profits=weights + fee, capacity=int(weights.sum()) // 2)


@pytest.mark.parametrize("seed", range(5))
def test_giants_are_decided_before_the_small_ones(seed):
    draw = np.random.default_rng(seed)
    weights = np.concatenate((draw.integers(2_000, 6_000, 9), draw.integers(1, 20, 90)))
    profits = (weights * 100 * (0.5 + draw.random(99))).astype(np.int64)
    knapsack = Knapsack(weights=weights, profits=profits, capacity=int(weights.sum()) * 2 // 5)
    packing = programme(knapsack)
    assert packing.profit == packing.upper_bound == greatest_profit(knapsack)


def test_a_fee_a_head_is_proved_by_the_number_of_heads():
    # The linear bound takes a fraction of a fee of 100; whole fees and a full capacity are the most there is.
    knapsack = fee_and_price(10_000, 1)
    packing = programme(knapsack)
    assert packing.profit == packing.upper_bound
    assert packing.upper_bound < linear_bound(knapsack, find_break(knapsack).item).profit
    assert knapsack.weights[packing.packed].sum() == knapsack.capacity


@given(
    st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), min_size=2, max_size=30),
    st.floats(0, 0.99),
    st.integers(0, 40),
)
def test_the_cardinality_bound_is_a_bound_and_its_packings_fit(items, share, fee):
    weights = np.array([weight for weight, _ in items], dtype=np.int64)
    profits = np.array([profit for _, profit in items], dtype=np.int64) if not fee else weights * 3 + fee
    knapsack = Knapsack(weights=weights, profits=profits, capacity=int(share * int(weights.sum())))
    sides = cardinality_sides(knapsack, break_count(knapsack))
    assert max(side.bound for side in sides) >= greatest_profit(knapsack)
    for side in sides:
        packed = side.packing()
        assert packed is None or weights[packed].sum() <= knapsack.capacity


def test_the_cardinality_bound_holds_near_the_end_of_int64():
    knapsack = Knapsack(weights=ints(*[10**12 - n for n in range(9)]), profits=ints(*[10**17] * 9), capacity=4 * 10**12)
    sides = cardinality_sides(knapsack, 4)
    assert max(side.bound for side in sides) >= 4 * 10**17


def test_the_cardinality_bound_holds_where_a_price_times_a_weight_leaves_int64():
    # A unit of weight and a head are worth 10**15 each; 1, 2 and 4 of the light ones earn 7 and 3 of those.
    weights = ints(1, 2, 3, 4, 5, *[10**12] * 5)
    profits = np.minimum(weights, 6) * 10**15 + 10**15
    sides = cardinality_sides(Knapsack(weights=weights, profits=profits, capacity=7), 3)
    assert [side.bound // 10**10 for side in sides] == [10**6]


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40), st.booleans()), min_size=1, max_size=30),
    st.integers(0, 30),
)
def test_exchanges_never_lose_and_always_fit(items, room):
    weights, profits = (np.array(column, dtype=np.int64) for column in list(zip(*items, strict=True))[:2])
    packed = np.array([is_packed for *_, is_packed in items])
    knapsack = Knapsack(weights=weights, profits=profits, capacity=int(weights[packed].sum()) + room)
    better = exchanged(knapsack, packed)
    assert profits[better].sum() >= profits[packed].sum()
    assert weights[better].sum() <= knapsack.capacity


def test_an_exchange_of_likes_fills_the_room():
    # 3 for 5 takes the 2 that are left, and earns 2 more.
    knapsack = Knapsack(weights=ints(3, 7, 5, 8), profits=ints(4, 8, 6, 9), capacity=12)
    assert exchanged(knapsack, np.array([True, True, False, False])).tolist() == [False, True, True, False]


def test_of_thousands_alike_a_window_takes_one():
    weights = np.tile(np.arange(1, 6), 10_000)
    knapsack = Knapsack(weights=weights, profits=weights * 3, capacity=70_000)
    bound = linear_bound(knapsack, 0)
    window = unlike_items(bound, bound.core(-1))
    assert sorted(weights[window].tolist()) == [1, 2, 3, 4, 5]


def test_a_hundred_thousand_small_assets_of_few_kinds_are_proved():
    draw = np.random.default_rng(3)
    volumes = draw.integers(1, 6, 100_000)
    costs = volumes * draw.integers(50, 60, 100_000)
    selection = select_cheapest(volumes, costs, 150_001)
    assert selection.is_optimal
    assert selection.volume_kw >= 150_001


def test_items_that_cannot_be_left_out_are_taken_at_once():
    # Of 1,010 kW, 10 may be left out: the 1,000 must be taken.
    selection = select_cheapest(ints(500, 500, 4, 6), ints(9, 9, 9, 9), 1000)
    assert np.flatnonzero(selection.chosen).tolist() == [0, 1]
    everything = select_cheapest(ints(500, 500, 7, 3), ints(9, 9, 9, 1), 1008)
    assert everything.chosen.all()


def circle(size, seed):
    """A family among the hardest: profits on an arc over the weights."""
    draw = np.random.default_rng(seed)
    weights = draw.integers(1, 1001, size)
    profits = (np.sqrt(4 * 10**6 - (weights - 2000) ** 2.0) * 2 / 3).astype(np.int64)
    return Knapsack(weights=weights, profits=profits, capacity=int(weights.sum()) // 3)


@pytest.mark.parametrize("seed", range(3))
def test_lists_set_aside_are_taken_up_again(seed):
    # With memory for no states at all, half of every list beyond the shortest waits.
    knapsack = circle(80, seed)
    bound = linear_bound(knapsack, find_break(knapsack).item)
    packing = ListProgramme(bound, -1, Deadline.after(None), states_in_memory=0, shortest_list=256).run()
    assert packing.profit == packing.upper_bound == greatest_profit(knapsack)


@pytest.mark.parametrize("seed", range(3))
def test_a_long_list_meets_all_that_is_left(seed):
    # 26 weights of 12 digits: no two sums are equal, no bound helps, and 2**26 packings have to be told apart.
    draw = np.random.default_rng(seed)
    weights = draw.integers(10**11, 10**12, 26)
    knapsack = Knapsack(weights=weights, profits=weights, capacity=int(weights.sum()) // 2)
    expected, _ = best_subset(weights, weights, knapsack.capacity)
    packing = programme(knapsack)
    assert packing.profit == packing.upper_bound == expected


@pytest.mark.parametrize("looks", [1, 2, 3, 5, 10, 20, 40])
def test_whenever_the_time_is_up_there_is_a_packing_and_a_bound(looks):
    knapsack = circle(80, 8)
    weights, profits = knapsack.weights, knapsack.profits
    best = greatest_profit(knapsack)
    packing = programme(knapsack, PatientDeadline(looks))
    assert packing.upper_bound >= best
    if packing.packed is not None:
        assert weights[packing.packed].sum() <= knapsack.capacity
        assert profits[packing.packed].sum() == packing.profit <= best


def test_a_selection_without_time_still_reaches_the_target():
    draw = np.random.default_rng(9)
    volumes = draw.integers(10**8, 10**9, 300)
    selection = select_cheapest(volumes, volumes * 3 + 10**8 + 1, int(volumes.sum()) // 3, time_limit_s=0)
    assert selection.volume_kw >= int(volumes.sum()) // 3
    assert selection.lower_bound_cents <= selection.cost_cents
    assert selection.is_optimal == (selection.lower_bound_cents == selection.cost_cents)
