"""The whole of the knapsack: break item, linear bound, first incumbent, dynamic programme on the core."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from energy_manager.domain.flexibility.exact.bounds.break_item import find_break
from energy_manager.domain.flexibility.exact.bounds.linear import LinearBound, linear_bound
from energy_manager.domain.flexibility.exact.incumbents.window import around_break, best_in_window, unlike_items
from energy_manager.domain.flexibility.exact.knapsack import Deadline, Indices, Knapsack, Packing
from energy_manager.domain.flexibility.exact.list_programme import ListProgramme
from energy_manager.domain.flexibility.selection import exact_sum

# A core of more items than this deserves a second look before it is sorted.
LARGE = 1 << 14


def best_packing(knapsack: Knapsack, *, profit_to_beat: int, deadline: Deadline) -> Packing:
    """The most profitable packing with more than ``profit_to_beat``, or the best found by the deadline.

    Items heavier than the capacity cannot be packed and are set aside first.
    """
    light = knapsack.weights <= knapsack.capacity
    if light.all():
        return _best_packing_of_light(knapsack, profit_to_beat, deadline)
    of_light = Knapsack(weights=knapsack.weights[light], profits=knapsack.profits[light], capacity=knapsack.capacity)
    best = _best_packing_of_light(of_light, profit_to_beat, deadline)
    if best.packed is None:
        return best
    packed = np.zeros(light.size, dtype=np.bool_)
    packed[light] = best.packed
    return replace(best, packed=packed)


def _best_packing_of_light(knapsack: Knapsack, profit_to_beat: int, deadline: Deadline) -> Packing:
    if exact_sum(knapsack.weights) <= knapsack.capacity:
        profit = exact_sum(knapsack.profits)
        if profit <= profit_to_beat:
            return Packing(packed=None, profit=profit_to_beat, upper_bound=profit_to_beat)
        return Packing(packed=np.ones(knapsack.weights.size, dtype=np.bool_), profit=profit, upper_bound=profit)
    at_break = find_break(knapsack)
    bound = linear_bound(knapsack, at_break.item)
    best = Packing(packed=None, profit=profit_to_beat, upper_bound=max(bound.profit, profit_to_beat))
    best = _improved(best, bound, around_break(at_break))
    if best.profit < bound.profit and knapsack.weights.size > LARGE:
        core = bound.core(best.profit)
        if core.size > LARGE:
            best = _improved(best, bound, unlike_items(bound, core))
    if bound.profit <= best.profit:
        return replace(best, upper_bound=best.profit)
    found = ListProgramme(bound, best.profit, deadline).run()
    return found if found.packed is not None else replace(found, packed=best.packed)


def _improved(best: Packing, bound: LinearBound, window: Indices) -> Packing:
    """The better of a packing and the best decision on a window."""
    guess = best_in_window(bound, window)
    if guess is None or guess[0] <= best.profit:
        return best
    return replace(best, profit=guess[0], packed=guess[1])
