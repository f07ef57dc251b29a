"""The core: the items that the linear bound leaves undecided, in order of efficiency, with what bounds need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from energy_manager.domain.flexibility.exact.bounds.linear import LinearBound
from energy_manager.domain.flexibility.exact.knapsack import (
    SAFE,
    Indices,
    IntArray,
    Knapsack,
    Mask,
    order_by_efficiency,
)
from energy_manager.domain.flexibility.exact.states import States
from energy_manager.domain.flexibility.selection import exact_sum

# So few are the items that count as giants.
MOST_GIANTS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetCore:
    """Undecided items by decreasing efficiency; those before ``split`` are packed in the break solution.

    ``weights`` and ``profits`` end with a sentinel (weight 1, profit 0); ``weight_sums[i]`` and ``profit_sums[i]`` are
    the sums over the items before position i. ``distances`` are the |r| of the items.
    """

    items: Indices
    weights: IntArray
    profits: IntArray
    distances: IntArray
    split: int
    weight_sums: IntArray
    profit_sums: IntArray
    product_fits: bool

    @staticmethod
    def of(items: Indices, weights: IntArray, profits: IntArray, distances: IntArray, split: int) -> AssetCore:
        """A core of items that are in order already."""
        zero = np.zeros(1, dtype=weights.dtype)
        product_fits = items.size == 0 or weights.dtype == object or int(weights.max()) * int(profits.max()) < SAFE
        return AssetCore(
            items=items,
            weights=np.concatenate((weights, zero + 1)),
            profits=np.concatenate((profits, zero)),
            distances=distances,
            split=split,
            weight_sums=np.concatenate((zero, weights.cumsum())),
            profit_sums=np.concatenate((zero, profits.cumsum())),
            product_fits=product_fits,
        )

    def within(self, slack: int, first: int, last: int) -> AssetCore:
        """The items no farther than ``slack``, without those from ``first`` up to ``last``."""
        near = self.distances <= slack
        near[first:last] = False
        return self._only(near, first)

    def without(self, position: int) -> AssetCore:
        """The core without one of its items."""
        others = np.ones(self.items.size, dtype=np.bool_)
        others[position] = False
        return self._only(others, self.split)

    def giant(self) -> int | None:
        """The position of the heaviest item, when a few items each outweigh all the others together.

        What the others do hardly matters until those few are decided.
        """
        if self.items.size < 2 * MOST_GIANTS:
            return None
        heaviest = np.argpartition(self.weights[:-1], -MOST_GIANTS)[-MOST_GIANTS:]
        heaviest = heaviest[np.argsort(-self.weights[heaviest], kind="stable")]
        lighter = self.weight_sums[-1] - self.weights[heaviest].cumsum()
        return int(heaviest[0]) if (self.weights[heaviest] >= lighter).any() else None

    def _only(self, kept: Mask, split: int) -> AssetCore:
        positions = np.flatnonzero(kept)
        return AssetCore.of(
            self.items[positions],
            self.weights[positions],
            self.profits[positions],
            self.distances[positions],
            int(np.count_nonzero(kept[:split])),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakSolution:
    """The core of a knapsack and its break solution: the packing from which the dynamic programme sets out.

    Weights of states are measured from the capacity (positive: too heavy), profits from ``profit``.
    """

    core: AssetCore
    packed: Mask
    weight_over_capacity: int
    profit: int

    def knapsack(self) -> Knapsack:
        """The core as a knapsack of its own, with the capacity that the items outside it leave."""
        capacity = int(self.core.weight_sums[self.core.split]) - self.weight_over_capacity
        return Knapsack(weights=self.core.weights[:-1], profits=self.core.profits[:-1], capacity=capacity)


def break_solution(bound: LinearBound, incumbent: int) -> BreakSolution:
    """The core for packings better than ``incumbent``, cut at its break item."""
    items = bound.core(incumbent)
    # Of equally efficient items the heavier by orders of magnitude come first: the lighter fill what they leave.
    magnitudes = np.frexp(bound.knapsack.weights[items].astype(np.float64))[1]
    items = items[np.argsort(-magnitudes, kind="stable")]
    items = items[order_by_efficiency(bound.knapsack.weights[items], bound.knapsack.profits[items])]
    weights, profits = bound.knapsack.weights[items], bound.knapsack.profits[items]
    if exact_sum(profits) >= SAFE:
        weights, profits = weights.astype(object), profits.astype(object)
    core_was_packed = bound.packed[items]
    weight = bound.packed_weight - int(weights[core_was_packed].sum())
    profit = bound.packed_profit - int(profits[core_was_packed].sum())
    room = bound.knapsack.capacity - weight
    split = int(np.searchsorted(weights.cumsum(), room, side="right")) if room >= 0 else 0
    packed = bound.packed.copy()
    packed[items] = False
    packed[items[:split]] = True
    core = AssetCore.of(items, weights, profits, bound.distances(items), split)
    return BreakSolution(
        core=core,
        packed=packed,
        weight_over_capacity=int(core.weight_sums[split]) - room,
        profit=profit + int(core.profit_sums[split]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Completions:
    """What each state can still become, with the items outside a window of positions undecided.

    ``ends`` is where the greedy completion stops, ``profits`` what it earns, ``bounds`` what no completion exceeds. The
    first ``fitting`` states are within the capacity.
    """

    ends: Indices
    profits: IntArray
    bounds: IntArray
    fitting: int


def complete(core: AssetCore, states: States, first: int, last: int) -> Completions:
    """The linear bound of every state when the items from ``first`` up to ``last`` are decided.

    A state that fits packs the next items after ``last`` as far as there is room; one that is too heavy gives up the
    items before ``first`` until it fits (it must be able to). The item at which that ends counts with the fraction that
    fits, rounded down.
    """
    fitting = int(np.searchsorted(states.weights, 0, side="right"))
    reach = -states.weights
    reach[:fitting] += core.weight_sums[last]
    reach[fitting:] += core.weight_sums[first]
    ends = np.searchsorted(core.weight_sums, reach, side="right") - 1
    profits = states.profits + core.profit_sums[ends]
    profits[:fitting] -= core.profit_sums[last]
    profits[fitting:] -= core.profit_sums[first]
    rest = reach - core.weight_sums[ends]
    whole, weights = core.profits[ends], core.weights[ends]
    if core.product_fits:
        fraction = rest * whole // weights
    else:
        # Rounded up: the four roundings of float64 cost less than 2**-50 of the value.
        fraction = np.minimum(whole, (rest / weights * whole * (1 + 2**-48)).astype(np.int64) + 1)
    return Completions(ends=ends, profits=profits, bounds=profits + fraction, fitting=fitting)
