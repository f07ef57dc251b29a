"""The whole of the knapsack: break item, linear bound, first incumbent, dynamic programme on the core."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from energy_manager.domain.flexibility.exact.break_item import find_break
from energy_manager.domain.flexibility.exact.fixing import linear_bound
from energy_manager.domain.flexibility.exact.knapsack import Deadline, Knapsack, Packing
from energy_manager.domain.flexibility.exact.list_programme import ListProgramme
from energy_manager.domain.flexibility.exact.window import best_around_break
from energy_manager.domain.flexibility.selection import exact_sum


def best_packing(knapsack: Knapsack, *, profit_to_beat: int, deadline: Deadline) -> Packing:
    """The most profitable packing with more than ``profit_to_beat``, or the best found by the deadline."""
    if exact_sum(knapsack.weights) <= knapsack.capacity:
        profit = exact_sum(knapsack.profits)
        if profit <= profit_to_beat:
            return Packing(packed=None, profit=profit_to_beat, upper_bound=profit_to_beat)
        return Packing(packed=np.ones(knapsack.weights.size, dtype=np.bool_), profit=profit, upper_bound=profit)
    at_break = find_break(knapsack)
    bound = linear_bound(knapsack, at_break.item)
    best = Packing(packed=None, profit=profit_to_beat, upper_bound=max(bound.profit, profit_to_beat))
    guess = best_around_break(bound, at_break)
    if guess is not None and guess[0] > best.profit:
        best = replace(best, profit=guess[0], packed=guess[1])
    if bound.profit <= best.profit:
        return replace(best, upper_bound=best.profit)
    found = ListProgramme(bound, best.profit, deadline).run()
    return found if found.packed is not None else replace(found, packed=best.packed)
