"""An incumbent made better by exchanging one packed item for another, as long as that gains anything.

What the linear bound leaves open is often closed by exchanges of likes: a lighter item for a heavier one that fills the
room. Each round finds the best of all pairs by one sorted search.
"""

from __future__ import annotations

import numpy as np

from energy_manager.domain.flexibility.exact.knapsack import Knapsack, Mask

MOST_ROUNDS = 64


def exchanged(knapsack: Knapsack, packed: Mask) -> Mask:
    """A packing at least as profitable as ``packed``, which is within the capacity."""
    weights, profits = knapsack.weights, knapsack.profits
    room = knapsack.capacity - int(weights[packed].sum())
    packed = packed.copy()
    by_weight = np.argsort(weights, kind="stable")
    for _ in range(MOST_ROUNDS):
        offered = by_weight[~packed[by_weight]]
        held = np.flatnonzero(packed)
        if offered.size == 0:
            break
        best_profits = np.maximum.accumulate(profits[offered])
        # The last entry stands for packing one more item without giving one up.
        rooms = np.append(weights[held] + room, room)
        losses = np.append(profits[held], 0)
        fitting = np.searchsorted(weights[offered], rooms, side="right") - 1
        gains = np.where(fitting >= 0, best_profits[fitting], 0) - losses
        winner = int(gains.argmax())
        if gains[winner] <= 0:
            break
        taken = offered[np.searchsorted(best_profits, best_profits[fitting[winner]])]
        packed[taken] = True
        room -= int(weights[taken])
        if winner < held.size:
            packed[held[winner]] = False
            room += int(weights[held[winner]])
    return packed
