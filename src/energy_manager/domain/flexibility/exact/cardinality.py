"""A bound from how many items a packing may hold, for cores whose efficiencies say little.

When every item earns about its weight and a fee besides (strongly correlated), the linear bound takes a fraction of a fee
that no packing can have. But a packing holds at most as many items as the break solution, or at least one more; either
condition, priced into the profits, gives a bound that is often exact (Martello, Pisinger and Toth, "Dynamic programming
and strong bounds for the 0-1 knapsack problem", Management Science 45, 1999).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from energy_manager.domain.flexibility.exact.knapsack import IntArray
from energy_manager.domain.flexibility.selection import exact_sum

# Tangents are drawn until they meet where the function is, which takes a dozen at most in practice.
MOST_TANGENTS = 60
# Reduced profits are formed in int64 and must stay below this.
PRODUCT_BITS = 60


def cardinality_bound(weights: IntArray, profits: IntArray, capacity: int, break_count: int) -> int:
    """What no packing of these items earns more than, where the break solution packs ``break_count`` of them.

    ``capacity`` is at least 0; the bound is proved by integers, whatever the floating-point search for good prices found.
    """
    few = _bound_with_count(weights, profits, capacity, break_count, sign=1)
    smallest = np.sort(weights)[: break_count + 1]
    if smallest.size <= break_count or exact_sum(smallest) > capacity:
        return few
    return max(few, _bound_with_count(weights, profits, capacity, break_count + 1, sign=-1))


def _bound_with_count(weights: IntArray, profits: IntArray, capacity: int, count: int, *, sign: int) -> int:
    """The bound for packings of at most (``sign`` 1) or at least (-1) ``count`` items.

    With a price λ of weight and μ of an item, μ of that sign, it is λ·capacity + μ·count + Σ max(0, p − λ·w − μ).
    """
    prices = _best_prices(weights.astype(np.float64), profits.astype(np.float64), capacity, count, sign)
    largest = max(float(profits.max()), prices.of_weight * float(weights.max()), abs(prices.of_item), 1.0)
    den = 1 << max(0, PRODUCT_BITS - 2 - int(np.ceil(np.log2(largest))))
    of_weight, of_item = round(prices.of_weight * den), round(prices.of_item * den)
    gains = np.maximum(profits * den - weights * of_weight - of_item, 0)
    return (of_weight * capacity + of_item * count + exact_sum(gains)) // den


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prices:
    """Prices, and the linear relaxation with profits p − μ: its value and how many items it packs."""

    of_weight: float
    of_item: float
    value: float
    packed: float


def _best_prices(
    weights: NDArray[np.float64], profits: NDArray[np.float64], capacity: int, count: int, sign: int
) -> _Prices:
    """Prices at which value + μ·count, a convex function of μ, is about least.

    Its slope at μ is count − packed. Between two prices of which one packs too many items and one too few, the next to try
    is where their tangents meet (Kelley's cutting planes, exact after finitely many on a piecewise linear function).
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
        if tried.value <= tangent * (1 + 1e-14) or meeting in (start.of_item, end.of_item):
            return tried
        if sign * (tried.packed - count) > 0:
            start = tried
        else:
            end = tried
    return min(start, end, key=lambda prices: prices.value + prices.of_item * count)


def _relaxed(
    weights: NDArray[np.float64], profits: NDArray[np.float64], capacity: int, of_item: float
) -> _Prices:
    """The linear relaxation when every item costs ``of_item`` besides."""
    reduced = profits - of_item
    order = np.argsort(-reduced / weights, kind="stable")
    order = order[: int(np.searchsorted(-reduced[order] / weights[order], 0.0))]
    sums = np.cumsum(weights[order])
    whole = int(np.searchsorted(sums, capacity, side="right"))
    value = float(reduced[order[:whole]].sum())
    if whole == order.size:
        return _Prices(of_weight=0.0, of_item=of_item, value=value, packed=float(whole))
    last = order[whole]
    share = (capacity - (sums[whole - 1] if whole else 0.0)) / weights[last]
    return _Prices(
        of_weight=float(reduced[last] / weights[last]),
        of_item=of_item,
        value=value + float(share * reduced[last]),
        packed=whole + float(share),
    )
