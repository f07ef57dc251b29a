from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.flexibility.exact.bounds.break_item import find_break
from energy_manager.domain.flexibility.exact.bounds.linear import linear_bound, masked_sum
from energy_manager.domain.flexibility.exact.incumbents.window import best_subset
from energy_manager.domain.flexibility.exact.knapsack import Deadline, Knapsack, common_divisor, order_by_efficiency
from energy_manager.domain.flexibility.exact.list_programme import ListProgramme
from energy_manager.domain.flexibility.exact.states import States
from energy_manager.domain.flexibility.selection import exact_sum


def ints(*values):
    return np.array(values, dtype=np.int64)


def family(name, size, draw):
    """Weights and profits of a hard family (Pisinger, "Where are the hard knapsack problems?")."""
    weights = draw.integers(1, 1001, size)
    profits = {
        "uncorrelated": lambda: draw.integers(1, 1001, size),
        "weakly correlated": lambda: np.maximum(1, weights + draw.integers(-100, 101, size)),
        "strongly correlated": lambda: weights + 100,
        "inversely correlated": lambda: np.maximum(1, weights - 100),
        "subset sum": weights.copy,
        "equal profits": lambda: np.full(size, 5),
        "ceiled profits": lambda: 3 * ((weights + 2) // 3),
    }[name]()
    return weights, profits


FAMILIES = [
    "uncorrelated",
    "weakly correlated",
    "strongly correlated",
    "inversely correlated",
    "subset sum",
    "equal profits",
    "ceiled profits",
]


def greatest_profit(knapsack):
    """Bellman's recursion in plain sight."""
    best = np.zeros(knapsack.capacity + 1, dtype=np.int64)
    for weight, profit in zip(knapsack.weights.tolist(), knapsack.profits.tolist(), strict=True):
        if weight <= knapsack.capacity:
            best[weight:] = np.maximum(best[weight:], best[: best.size - weight] + profit)
    return int(best[-1])


def programme(knapsack, *, profit_to_beat=-1, time_limit_s=None, **options):
    """The dynamic programme alone, without a first incumbent from around the break."""
    bound = linear_bound(knapsack, find_break(knapsack).item)
    return ListProgramme(bound, profit_to_beat, Deadline.after(time_limit_s), **options).run()


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_list_programme_finds_the_optimum_without_any_help(name, share):
    draw = np.random.default_rng(7)
    for _ in range(3):
        weights, profits = family(name, 60, draw)
        knapsack = Knapsack(weights=weights, profits=profits, capacity=int(weights.sum() * share))
        packing = programme(knapsack)
        assert packing.profit == packing.upper_bound == greatest_profit(knapsack)
        assert profits[packing.packed].sum() == packing.profit
        assert weights[packing.packed].sum() <= knapsack.capacity


@pytest.mark.parametrize("name", ["strongly correlated", "inversely correlated", "subset sum"])
def test_lists_that_wait_their_turn_lose_nothing(name):
    # 256 states are the shortest list allowed: with room for no more, half of every longer list waits.
    draw = np.random.default_rng(3)
    weights, profits = family(name, 80, draw)
    knapsack = Knapsack(weights=weights * 1001 + 1, profits=profits, capacity=int(weights.sum()) * 400)
    packing = programme(knapsack, states_in_memory=0, shortest_list=256)
    assert packing.profit == packing.upper_bound == programme(knapsack).profit


def test_numbers_beyond_int64_are_worked_out_in_python_integers():
    # The sum of the profits is beyond 2**62; scaled down by 10**17 the instance is small.
    draw = np.random.default_rng(5)
    weights, profits = family("strongly correlated", 60, draw)
    small = Knapsack(weights=weights, profits=profits, capacity=int(weights.sum() * 0.4))
    large = Knapsack(weights=weights, profits=profits * 10**14 + 1, capacity=small.capacity)
    least_profit = programme(small).profit
    packing = programme(large)
    assert packing.profit == packing.upper_bound
    assert sum(profits[packing.packed].tolist()) == least_profit


def test_products_beyond_int64_are_bounded_from_above():
    # A weight times a profit is beyond 2**62 though their sums are not.
    draw = np.random.default_rng(6)
    weights, profits = family("weakly correlated", 60, draw)
    small = Knapsack(weights=weights, profits=profits, capacity=int(weights.sum() * 0.4))
    large = Knapsack(weights=weights * 10**11, profits=profits * 10**11, capacity=small.capacity * 10**11)
    packing = programme(large)
    assert packing.profit == packing.upper_bound == programme(small).profit * 10**11


def test_a_profit_that_cannot_be_beaten_stays_and_is_proved():
    knapsack = Knapsack(weights=ints(3, 4, 5), profits=ints(4, 5, 6), capacity=8)
    packing = programme(knapsack, profit_to_beat=10)  # 3 + 5 earn 10
    assert packing.packed is None
    assert packing.profit == packing.upper_bound == 10


def test_without_time_the_bound_is_the_linear_one():
    knapsack = Knapsack(weights=ints(3, 4, 5), profits=ints(4, 5, 6), capacity=8)
    packing = programme(knapsack, time_limit_s=0)
    assert packing.packed is None
    assert packing.upper_bound == 4 + 5 + 1  # 6/5 of the one unit that is left, rounded down


def test_more_decisions_than_a_word_has_bits_are_remembered():
    # A packing must beat 199 by leaving nothing out: all 100 items are decided otherwise, one list after the other.
    states = States.start(0, 0, dtype=np.dtype(np.int64))
    for item in range(200):
        states = states.branched(item, 1, 1)
        states = states.only(slice(len(states) - 1, None)) if item % 3 else states.only(slice(0, 1))
    assert sorted(states.decided_otherwise(0)) == [item for item in range(200) if item % 3]


def test_of_states_with_one_weight_only_the_most_profitable_stays():
    states = States.start(0, 0, dtype=np.dtype(np.int64)).branched(0, 2, 3).branched(1, 2, 4).branched(2, 0, 1)
    assert states.weights.tolist() == [0, 2, 4]
    assert states.profits.tolist() == [1, 5, 8]


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50)), min_size=1, max_size=10), st.integers(0, 200))
def test_the_best_of_a_handful_is_best(items, room):
    weights, profits = (np.array(column, dtype=np.int64) for column in zip(*items, strict=True))
    profit, taken = best_subset(weights, profits, room)
    assert weights[taken].sum() <= room
    assert profits[taken].sum() == profit
    assert profit == greatest_profit(Knapsack(weights=weights, profits=profits, capacity=room))


@pytest.mark.parametrize("size", [5, 4096, 5000, 40_000])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.999])
def test_the_break_item_is_the_one_of_a_full_sort(size, share):
    draw = np.random.default_rng(size)
    weights, profits = draw.integers(1, 10**6, size), draw.integers(1, 10**6, size)
    knapsack = Knapsack(weights=weights, profits=profits, capacity=int(share * int(weights.sum())))
    order = order_by_efficiency(weights, profits)
    expected = order[np.searchsorted(np.cumsum(weights[order]), knapsack.capacity, side="right")]
    at_break = find_break(knapsack)
    assert at_break.item == expected
    assert at_break.neighbours[at_break.position] == expected


def test_the_break_item_of_equals_is_any_of_them():
    knapsack = Knapsack(weights=np.full(10_000, 3), profits=np.full(10_000, 6), capacity=10_001)
    at_break = find_break(knapsack)
    assert 0 <= at_break.item < 10_000


def test_misleading_samples_only_cost_time():
    # Every 20th item, which is what an even sample may see, is unlike all the others.
    weights = np.full(60_000, 2, dtype=np.int64)
    profits = np.arange(1, 60_001, dtype=np.int64)
    profits[::20] = 10**9
    knapsack = Knapsack(weights=weights, profits=profits, capacity=30_000)
    order = order_by_efficiency(weights, profits)
    assert find_break(knapsack).item == order[15_000]


@given(
    st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 10**15)), min_size=1, max_size=30),
    st.integers(0, 29),
    st.integers(0, 10**10),
)
def test_the_linear_bound_holds_at_any_price(items, position, capacity):
    weights, profits = (np.array(column, dtype=np.int64) for column in zip(*items, strict=True))
    knapsack = Knapsack(weights=weights, profits=profits, capacity=capacity)
    bound = linear_bound(knapsack, position % weights.size)
    price = Fraction(int(profits[position % weights.size]), int(weights[position % weights.size]))
    gains = (profit - price * weight for weight, profit in zip(weights.tolist(), profits.tolist(), strict=True))
    assert Fraction(bound.scaled, bound.den) == price * capacity + sum(gain for gain in gains if gain > 0)


@given(st.lists(st.tuples(st.integers(1, 10**12), st.integers(0, 10**17)), max_size=20))
def test_efficiencies_are_compared_exactly(items):
    weights = np.array([weight for weight, _ in items], dtype=np.int64)
    profits = np.array([profit for _, profit in items], dtype=np.int64)
    order = order_by_efficiency(weights, profits).tolist()
    ratios = [Fraction(int(profits[item]), int(weights[item])) for item in order]
    assert ratios == sorted(ratios, reverse=True)
    assert sorted(order) == list(range(len(items)))


def test_ratios_that_floats_cannot_tell_apart_are_in_order():
    # 10**17/(10**17 - 1) > (10**17 + 1)/10**17 by 1 in 10**34.
    weights, profits = ints(10**17, 10**17 - 1), ints(10**17 + 1, 10**17)
    assert order_by_efficiency(weights, profits).tolist() == [1, 0]


@given(st.lists(st.integers(0, 2**61), max_size=50))
def test_sums_are_exact(values):
    array = np.array(values, dtype=np.int64)
    assert exact_sum(array) == sum(values)
    mask = array % 2 == 1
    assert masked_sum(array, mask) == sum(value for value in values if value % 2)


def test_the_common_divisor_of_many_is_found():
    assert common_divisor(np.full(1000, 6, dtype=np.int64)) == 6
    assert common_divisor(np.append(np.full(1000, 6, dtype=np.int64), 9)) == 3
    assert common_divisor(np.append(np.full(1000, 6, dtype=np.int64), 7)) == 1
    assert common_divisor(ints()) == 1
