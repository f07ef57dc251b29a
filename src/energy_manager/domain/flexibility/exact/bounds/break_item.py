"""The break item: the first that no longer fits when the items are packed by profit per weight.

Balas and Zemel, "An algorithm for large zero-one knapsack problems", Operations Research 28 (1980): the break item is
found by narrowing a bracket of efficiencies around it, in linear time, without sorting the items.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from energy_manager.domain.flexibility.exact.knapsack import Indices, Knapsack

# Up to here a sort is as quick as a further bracket.
SORTED_AT_ONCE = 4096
# A bracket is drawn from this many items, and reaches so many of them to either side of the expected break.
SAMPLE = 4096
SAMPLE_MARGIN = 256
# Fewer neighbours than this on a side of the break are looked for again among all items.
NEIGHBOURS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """The break item and the items whose efficiency is nearest to its own.

    ``neighbours`` are in order of efficiency; ``position`` is where the break item stands among them. The order is that
    of rounded floating-point ratios: good enough for a guess, and nothing that is proved rests on it.
    """

    item: int
    neighbours: Indices
    position: int


def find_break(knapsack: Knapsack) -> Break:
    """The break item of a knapsack whose items do not all fit."""
    efficiencies = knapsack.profits / knapsack.weights
    room = knapsack.capacity
    candidates: Indices | None = None  # None: all items
    while (knapsack.weights.size if candidates is None else candidates.size) > SORTED_AT_ONCE:
        ratios = efficiencies if candidates is None else efficiencies[candidates]
        weights = knapsack.weights if candidates is None else knapsack.weights[candidates]
        low, high = _bracket(ratios, weights, room)
        above = ratios > high
        weight_above = int(weights[above].sum())
        if weight_above > room:
            inside = above
        else:
            room -= weight_above
            inside = (ratios >= low) & ~above
            weight_inside = int(weights[inside].sum())
            if weight_inside <= room:
                room -= weight_inside
                inside = ratios < low
        if inside.all():
            break
        kept = np.flatnonzero(inside)
        candidates = kept if candidates is None else candidates[kept]
    if candidates is None:
        candidates = np.arange(knapsack.weights.size)
    order = candidates[np.argsort(-efficiencies[candidates], kind="stable")]
    position = int(np.searchsorted(np.cumsum(knapsack.weights[order]), room, side="right"))
    item = int(order[min(position, order.size - 1)])
    if order.size < efficiencies.size and not NEIGHBOURS <= position < order.size - NEIGHBOURS:
        order = _nearest(efficiencies, item)
        position = int(np.flatnonzero(order == item)[0])
    return Break(item=item, neighbours=order, position=position)


def _nearest(efficiencies: NDArray[np.float64], item: int) -> Indices:
    """The items nearest in efficiency to one, itself among them, in order of efficiency."""
    distances = np.abs(efficiencies - efficiencies[item])
    distances[item] = -1
    nearest = np.argpartition(distances, 2 * NEIGHBOURS)[: 2 * NEIGHBOURS]
    return nearest[np.argsort(-efficiencies[nearest], kind="stable")]


def _bracket(ratios: NDArray[np.float64], weights: NDArray[np.int64], room: int) -> tuple[float, float]:
    """Two ratios that probably enclose the break of these items, judged by an even sample."""
    stride = max(1, ratios.size // SAMPLE)
    sample = ratios[::stride]
    order = np.argsort(-sample, kind="stable")
    packed = np.cumsum(weights[::stride][order].astype(np.float64)) * stride
    middle = int(np.searchsorted(packed, room))
    last = order.size - 1
    high = sample[order[min(max(middle - SAMPLE_MARGIN, 0), last)]]
    low = sample[order[min(middle + SAMPLE_MARGIN, last)]]
    return float(low), float(high)
