"""The knapsack behind an activation, and the exact integer arithmetic that all its pieces share."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]

# Sums and products are formed in int64 only while they stay below this; one bit is left for an addition.
SAFE = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Knapsack:
    """Which items to pack so that their weights stay within ``capacity`` and their profits are greatest.

    For an activation the items are the assets, *packing* one means *leaving it out*: its volume is the weight (at least
    1), its activation cost the profit (at least 1), and the capacity is what the offer exceeds the target by (at least
    0).
    """

    weights: IntArray
    profits: IntArray
    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """The best packing found; no packing has more profit than ``upper_bound``.

    ``packed`` is None when nothing better than the profit to beat was found; ``profit`` is then the profit to beat.
    """

    packed: Mask | None
    profit: int
    upper_bound: int


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock after which a planner returns what it has."""

    at_s: float

    @staticmethod
    def after(time_limit_s: float | None) -> Deadline:
        """The moment ``time_limit_s`` seconds from now; never, for None."""
        return Deadline(inf if time_limit_s is None else perf_counter() + time_limit_s)

    def has_passed(self) -> bool:
        """Whether the time is up."""
        return perf_counter() > self.at_s


def common_divisor(values: IntArray) -> int:
    """The greatest common divisor of positive integers; looks no further than needed to find a 1."""
    divisor = 0
    start, step = 0, 64
    while start < values.size and divisor != 1:
        divisor = int(np.gcd.reduce(values[start : start + step], initial=divisor))
        start, step = start + step, step * 4
    return max(divisor, 1)


def order_by_efficiency(weights: IntArray, profits: IntArray) -> Indices:
    """The items by profit per weight, greatest first, compared exactly."""
    if weights.size == 0:
        return np.empty(0, dtype=np.intp)
    largest = int(weights.max()) * int(profits.max())
    if largest < 2**51:
        # Two different ratios p/w and q/v differ by at least 1/(w·v), relatively by 1/(q·w): more than a rounding error
        # of float64 while q·w < 2**51, so that different ratios stay different and in order.
        return np.argsort(-(profits / weights), kind="stable")
    ratios = profits / weights
    order = np.argsort(-ratios, kind="stable")
    # Three roundings of 2**-53 each make a ratio; where two differ by more than 2**-50, they are in order.
    ratios = ratios[order]
    is_close = ratios[:-1] - ratios[1:] <= ratios[:-1] * 2**-50
    ends = np.flatnonzero(np.diff(is_close, prepend=False, append=False))
    for first, last in zip(ends[::2].tolist(), ends[1::2].tolist(), strict=True):
        order[first : last + 1] = _in_exact_order(order[first : last + 1], weights, profits)
    return order


def _in_exact_order(items: Indices, weights: IntArray, profits: IntArray) -> list[int]:
    """Items by profit per weight, greatest first, equal ones by position; with Python integers.

    Two different ratios of weights below 2**62 differ by at least 2**-124: fixed-point numbers tell them apart.
    """
    by_position = sorted(items.tolist())
    return sorted(by_position, key=lambda item: -((int(profits[item]) << 124) // int(weights[item])))
