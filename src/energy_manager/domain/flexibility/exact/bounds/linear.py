"""Reduced costs: the linear bound, and which items it already decides.

For any price λ = ``num/den`` of a unit of weight, a packing earns at most λ·capacity + Σ max(0, p − λ·w): items whose
reduced profit r = den·p − num·w is positive are packed, the others not. At the ratio of the break item this is the
linear bound (Dantzig). A packing that decides an item the other way earns |r|/den less than the bound, so when that
falls to the incumbent or below, the item is fixed (Ingargiola and Korsh 1973; Dembo and Hammer 1980). The items left
undecided are the core.

The bound holds for every λ, so rounding in the search for the break item can weaken it but never make it wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd

import numpy as np

from energy_manager.domain.flexibility.exact.knapsack import SAFE, Indices, IntArray, Knapsack, Mask
from energy_manager.domain.flexibility.selection import exact_sum

# Reduced costs are formed piece by piece: this many items stay in the processor's cache.
PIECE = 1 << 15


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearBound:
    """The linear relaxation at one price: ``scaled`` / ``den`` is at least the profit of every packing.

    ``packed`` are the items with positive reduced profit, and of those with none as many of the first as fit; their
    weight and profit are summed exactly.
    """

    knapsack: Knapsack
    num: int
    den: int
    packed: Mask
    packed_weight: int
    packed_profit: int

    @property
    def scaled(self) -> int:
        """The bound times ``den``."""
        return self.num * (self.knapsack.capacity - self.packed_weight) + self.den * self.packed_profit

    @property
    def profit(self) -> int:
        """The greatest whole profit that the bound allows."""
        return self.scaled // self.den

    def slack(self, incumbent: int) -> int:
        """How far |r| may go in a packing better than ``incumbent``; negative when there is none."""
        return self.scaled - self.den * (incumbent + 1)

    def core(self, incumbent: int) -> Indices:
        """The items that a packing better than ``incumbent`` may decide either way."""
        slack = self.slack(incumbent)
        pieces = [
            start + np.flatnonzero(np.abs(reduced) <= slack)
            for start, reduced in _reduced_profits(self.knapsack, self.num, self.den)
        ]
        return np.concatenate(pieces)

    def distances(self, items: Indices) -> IntArray:
        """The |r| of some items; Python integers where int64 would not do."""
        some = Knapsack(weights=self.knapsack.weights[items], profits=self.knapsack.profits[items], capacity=0)
        pieces = [np.abs(reduced) for _, reduced in _reduced_profits(some, self.num, self.den)]
        return np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int64)


def linear_bound(knapsack: Knapsack, item: int) -> LinearBound:
    """The linear bound at the ratio of ``item``."""
    num, den = int(knapsack.profits[item]), int(knapsack.weights[item])
    divisor = gcd(num, den)
    num, den = num // divisor, den // divisor
    packed = np.empty(knapsack.weights.size, dtype=np.bool_)
    indifferent = []
    for start, reduced in _reduced_profits(knapsack, num, den):
        packed[start : start + reduced.size] = reduced > 0
        indifferent.append(start + np.flatnonzero(reduced == 0))
    weight = masked_sum(knapsack.weights, packed)
    fill = np.concatenate(indifferent)
    fill = fill[np.cumsum(knapsack.weights[fill]) <= knapsack.capacity - weight]
    packed[fill] = True
    return LinearBound(
        knapsack=knapsack,
        num=num,
        den=den,
        packed=packed,
        packed_weight=weight + exact_sum(knapsack.weights[fill]),
        packed_profit=masked_sum(knapsack.profits, packed),
    )


def masked_sum(values: IntArray, mask: Mask) -> int:
    """The exact sum of the masked values, without a copy of them all."""
    return sum(
        exact_sum(values[start : start + PIECE][mask[start : start + PIECE]]) for start in range(0, values.size, PIECE)
    )


def _reduced_profits(knapsack: Knapsack, num: int, den: int) -> Iterator[tuple[int, IntArray]]:
    """``den``·p − ``num``·w, piece by piece with its position; Python integers where int64 would not do."""
    if knapsack.weights.size == 0:
        return
    fits = den * int(knapsack.profits.max()) < SAFE and num * int(knapsack.weights.max()) < SAFE
    for start in range(0, knapsack.weights.size, PIECE):
        profits, weights = knapsack.profits[start : start + PIECE], knapsack.weights[start : start + PIECE]
        if fits:
            reduced = profits * den
            reduced -= weights * num
        else:
            reduced = profits.astype(object) * den - weights.astype(object) * num
        yield start, reduced
