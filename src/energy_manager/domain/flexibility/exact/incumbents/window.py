"""A first incumbent: the best decision on the few items around the break, everything else as the linear bound has it.

All subsets of half the window are met with all subsets of the other half (Horowitz and Sahni, "Computing partitions
with applications to the knapsack problem", Journal of the ACM 21, 1974): 2**24 packings are compared at the price of
sorting 2**12.
"""

from __future__ import annotations

import numpy as np

from energy_manager.domain.flexibility.exact.bounds.break_item import Break
from energy_manager.domain.flexibility.exact.bounds.linear import LinearBound
from energy_manager.domain.flexibility.exact.knapsack import Indices, IntArray, Mask
from energy_manager.domain.flexibility.selection import exact_sum

# Items in each half of the window.
HALF = 12
# Items looked at to find unlike ones, and how many of those may have the same weight.
SAMPLE = 1 << 14
OF_ONE_WEIGHT = 4


def around_break(at_break: Break) -> Indices:
    """The items nearest to the break in efficiency, as many to either side."""
    first = max(0, at_break.position - HALF)
    return at_break.neighbours[first : at_break.position + HALF]


def unlike_items(bound: LinearBound, core: Indices) -> Indices:
    """The nearest items of a core of which no two are alike, and few have the same weight; judged by an even sample.

    Among a million small assets thousands are alike, and those around the break may all be.
    """
    sample = core[:: -(-core.size // SAMPLE)]
    nearest_first = sample[np.argsort(bound.distances(sample), kind="stable")]
    weights, profits = bound.knapsack.weights[nearest_first], bound.knapsack.profits[nearest_first]
    window: list[int] = []
    seen: set[tuple[int, int]] = set()
    taken_of_weight: dict[int, int] = {}
    for item, weight, profit in zip(nearest_first.tolist(), weights.tolist(), profits.tolist(), strict=True):
        if (weight, profit) in seen or taken_of_weight.get(weight, 0) == OF_ONE_WEIGHT:
            continue
        seen.add((weight, profit))
        taken_of_weight[weight] = taken_of_weight.get(weight, 0) + 1
        window.append(item)
        if len(window) == 2 * HALF:
            break
    return np.array(window, dtype=np.intp)


def best_in_window(bound: LinearBound, window: Indices) -> tuple[int, Mask] | None:
    """Profit and packing of the best decision on these items; None when the other items leave no room."""
    knapsack = bound.knapsack
    outside = bound.packed.copy()
    outside[window] = False
    inside = window[bound.packed[window]]
    room = knapsack.capacity - bound.packed_weight + int(knapsack.weights[inside].sum())
    profit_outside = bound.packed_profit - exact_sum(knapsack.profits[inside])
    if room < 0:
        return None
    weights = np.minimum(knapsack.weights[window], room + 1)
    profit, taken = best_subset(weights, knapsack.profits[window], room)
    outside[window[taken]] = True
    return profit_outside + profit, outside


def best_subset(weights: IntArray, profits: IntArray, room: int) -> tuple[int, Indices]:
    """The most profitable subset of a handful of items within ``room`` (at least 0): its profit and its items."""
    even, odd = np.arange(0, weights.size, 2), np.arange(1, weights.size, 2)
    first_weights, first_profits = subset_sums(weights[even]), subset_sums(profits[even])
    other_weights, other_profits = subset_sums(weights[odd]), subset_sums(profits[odd])
    order = np.argsort(first_weights, kind="stable")
    best_profits = np.maximum.accumulate(first_profits[order])
    fitting = np.searchsorted(first_weights[order], room - other_weights, side="right") - 1
    totals = np.where(fitting >= 0, best_profits[fitting] + other_profits, -1)
    winner = int(totals.argmax())
    # The running maximum says how much, not which: the first of the sorted subsets with that profit has it.
    partner = int(order[np.searchsorted(best_profits, best_profits[fitting[winner]])])
    bits = np.arange(max(even.size, 1))
    taken = np.concatenate((even[(partner >> bits[: even.size]) & 1 == 1], odd[(winner >> bits[: odd.size]) & 1 == 1]))
    return int(totals[winner]), taken


def subset_sums(values: IntArray) -> IntArray:
    """The sum of every subset; bit i of a position says that item i is in."""
    sums = np.zeros(1, dtype=np.int64)
    for value in values:
        sums = np.concatenate((sums, sums + value))
    return sums
