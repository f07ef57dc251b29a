"""Bounds and packings from how many items there may be, for cores whose efficiencies say little.

When every item earns about its weight and a fee besides (strongly correlated), the linear bound takes a fraction of a
fee that no packing can have. But a packing holds at most as many items as the break solution, or at least one more;
either condition, priced into the profits, gives a bound that is often exact (Martello, Pisinger and Toth, "Dynamic
programming and strong bounds for the 0-1 knapsack problem", Management Science 45, 1999).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from energy_manager.domain.flexibility.exact.knapsack import Knapsack, Mask
from energy_manager.domain.flexibility.selection import exact_sum

# Tangents are drawn until they meet where the function is, which takes a dozen at most in practice.
MOST_TANGENTS = 60
# Reduced profits are formed in int64 and must stay below this.
PRODUCT_BITS = 58
# Reduced profits this small, relative to the greatest profit, are indifferent to a search in floating point.
INDIFFERENT = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Prices of a unit of weight and of an item, and the linear relaxation that takes the latter off every profit.

    ``value`` is that of the relaxation, ``packed`` how many items it packs. All floating point: a guess, good or bad.
    """

    of_weight: float
    of_item: float
    value: float
    packed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CardinalitySide:
    """The packings of at most, or of at least, ``count`` items; none of them earns more than ``bound``."""

    knapsack: Knapsack
    count: int
    prices: Prices
    bound: int

    def packing(self) -> Mask | None:
        """A packing of about ``count`` items near the bound; None where the prices pack more than there is room for.

        Of the items that the prices leave indifferent, as many as are missing are taken that follow each other in
        weight, as heavy ones as fit.
        """
        weights, profits = self.knapsack.weights, self.knapsack.profits
        reduced = profits - self.prices.of_weight * weights - self.prices.of_item
        tolerance = INDIFFERENT * float(profits.max())
        packed = reduced > tolerance
        room = self.knapsack.capacity - exact_sum(weights[packed])
        indifferent = np.flatnonzero(np.abs(reduced) <= tolerance)
        indifferent = indifferent[np.argsort(weights[indifferent], kind="stable")]
        missing = min(max(0, self.count - int(np.count_nonzero(packed))), indifferent.size)
        sums = np.concatenate((np.zeros(1, dtype=np.int64), weights[indifferent].cumsum()))
        first = int(np.searchsorted(sums[missing:] - sums[: sums.size - missing], room, side="right")) - 1
        if first < 0:
            return None
        packed[indifferent[first : first + missing]] = True
        return packed


def cardinality_sides(knapsack: Knapsack, break_count: int) -> list[CardinalitySide]:
    """The two sides of the number of items in the break solution; only the first where one more item can never fit.

    No packing earns more than the greater of their bounds.
    """
    sides = [_side(knapsack, break_count, sign=1)]
    lightest = np.sort(knapsack.weights)[: break_count + 1]
    if lightest.size == break_count + 1 and exact_sum(lightest) <= knapsack.capacity:
        sides.append(_side(knapsack, break_count + 1, sign=-1))
    return sides


def _side(knapsack: Knapsack, count: int, *, sign: int) -> CardinalitySide:
    """The packings of at most (``sign`` 1) or at least (-1) ``count`` items.

    With a price λ of weight and μ of an item, μ of that sign, they earn no more than
    λ·capacity + μ·count + Σ max(0, p − λ·w − μ); worked out in integers at multiples of a small power of two.
    """
    weights, profits = knapsack.weights, knapsack.profits
    prices = _best_prices(
        weights.astype(np.float64), profits.astype(np.float64), capacity=knapsack.capacity, count=count, sign=sign
    )
    largest = max(float(profits.max()), prices.of_weight * float(weights.max()), abs(prices.of_item), 1.0)
    if largest >= 2**PRODUCT_BITS:
        weights, profits = weights.astype(object), profits.astype(object)
    den = 1 << max(0, PRODUCT_BITS - int(np.ceil(np.log2(largest))))
    of_weight = max(0, round(prices.of_weight * den))
    of_item = sign * max(0, round(sign * prices.of_item * den))
    gains = np.maximum(profits * den - weights * of_weight - of_item, 0)
    scaled = of_weight * knapsack.capacity + of_item * count + exact_sum(gains)
    return CardinalitySide(knapsack=knapsack, count=count, prices=prices, bound=scaled // den)


def _best_prices(
    weights: NDArray[np.float64], profits: NDArray[np.float64], *, capacity: int, count: int, sign: int
) -> Prices:
    """Prices at which value + μ·count, a convex function of μ, is about least.

    Its slope at μ is count − packed. Between two prices of which one packs too many items and one too few, the next
    to try is where their tangents meet (Kelley's cutting planes, exact after finitely many on a piecewise linear
    function).
    """
    start = _relaxed(weights, profits, capacity, 0.0)
    if sign * (start.packed - count) <= 0:
        return start
    step = float(profits.max())
    end = _relaxed(weights, profits, capacity, sign * step)
    while sign * (end.packed - count) > 0 and step < 1e30:
        step *= 4.0
        end = _relaxed(weights, profits, capacity, sign * step)
    for _ in range(MOST_TANGENTS):
        if start.packed == end.packed:
            break
        meeting = (end.value - start.value + end.of_item * end.packed - start.of_item * start.packed) / (
            end.packed - start.packed
        )
        tried = _relaxed(weights, profits, capacity, meeting)
        tangent = start.value - (meeting - start.of_item) * start.packed
        if tried.value <= tangent + 1e-14 * abs(tangent) or meeting in (start.of_item, end.of_item):
            return tried
        if sign * (tried.packed - count) > 0:
            start = tried
        else:
            end = tried
    return min(start, end, key=lambda prices: prices.value + prices.of_item * count)


def _relaxed(weights: NDArray[np.float64], profits: NDArray[np.float64], capacity: int, of_item: float) -> Prices:
    """The linear relaxation when ``of_item`` is taken off every profit."""
    reduced = profits - of_item
    efficiencies = reduced / weights
    order = np.argsort(-efficiencies, kind="stable")
    order = order[: int(np.count_nonzero(efficiencies > 0))]
    sums = np.cumsum(weights[order])
    whole = int(np.searchsorted(sums, capacity, side="right"))
    value = float(reduced[order[:whole]].sum())
    if whole == order.size:
        return Prices(of_weight=0.0, of_item=of_item, value=value, packed=float(whole))
    last = order[whole]
    share = float((capacity - (sums[whole - 1] if whole else 0.0)) / weights[last])
    return Prices(
        of_weight=float(efficiencies[last]),
        of_item=of_item,
        value=value + share * float(reduced[last]),
        packed=whole + share,
    )
