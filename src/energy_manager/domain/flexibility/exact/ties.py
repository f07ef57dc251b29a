"""Which of equally cheap selections: least over-delivery, then fewest assets, then the first in the order of the offer.

A selection that costs no more than the least cost differs from the linear relaxation only in assets whose reduced costs
together fit in the gap between the two, which leaves a few assets open (``exact.bounds.linear``). Those are decided in
the order of the offer by a list of all (cost, volume) sums; of the selections with the same sums the one with the
fewest assets stays, then the one that has the first asset in which they differ. Where prices are so alike that the
lists grow beyond ``MOST_STATES``, or so many assets are open, single exchanges at equal cost take over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from energy_manager.domain.flexibility.exact.bounds.break_item import find_break
from energy_manager.domain.flexibility.exact.bounds.linear import LinearBound, linear_bound, masked_sum
from energy_manager.domain.flexibility.exact.knapsack import SAFE, Indices, IntArray, Knapsack, Mask
from energy_manager.domain.flexibility.selection import exact_sum

# Sums looked at in all, and assets decided one by one: together some tens of milliseconds.
MOST_STATES = 1 << 18
MOST_OPEN = 256
# Exchanges are looked for among so many assets, of which so many have one cost.
MOST_EXCHANGED, MOST_OF_ONE_COST = 1 << 15, 1 << 11


def settle_ties(chosen: Mask, volumes_kw: IntArray, costs_cents: IntArray, target_kw: int) -> Mask:
    """The preferred one of all selections that cost as little as ``chosen``, which is proved to be the least."""
    cost_cents = masked_sum(costs_cents, chosen)
    open_assets = _open_assets(volumes_kw, costs_cents, target_kw, cost_cents)
    if open_assets is None:
        return exchange_equal_costs(chosen, volumes_kw, costs_cents, target_kw)
    positions = open_assets.positions
    settled = open_assets.otherwise.copy()
    settled[positions] = False
    taken: Indices | Mask | None = None
    if positions.size <= MOST_OPEN:
        taken = _preferred(
            open_assets,
            volumes_kw[positions],
            costs_cents[positions],
            needed_kw=target_kw - masked_sum(volumes_kw, settled),
            cost_cents=cost_cents - masked_sum(costs_cents, settled),
        )
    if taken is None:
        open_kw = target_kw - masked_sum(volumes_kw, settled)
        taken = exchange_equal_costs(chosen[positions], volumes_kw[positions], costs_cents[positions], open_kw)
    settled[positions[taken]] = True
    return settled


def exchange_equal_costs(chosen: Mask, volumes_kw: IntArray, costs_cents: IntArray, target_kw: int) -> Mask:
    """``chosen`` after exchanges of one asset for another of the same cost: less over-delivery, then earlier assets."""
    settled = chosen.copy()
    surplus_kw = masked_sum(volumes_kw, chosen) - target_kw
    if surplus_kw > 0 and chosen.size <= MOST_EXCHANGED:
        for members in _groups_of_equal_cost(costs_cents, chosen):
            if members.size <= MOST_OF_ONE_COST:
                surplus_kw -= _exchange(settled, members, volumes_kw[members], surplus_kw)
    return _first_of_equal(settled, volumes_kw, costs_cents)


@dataclass(frozen=True, slots=True, kw_only=True)
class _OpenAssets:
    """The assets that optimal selections may decide either way.

    ``otherwise`` are the assets taken by the linear relaxation; deciding ``positions[i]`` unlike it uses up
    ``distances[i]`` of ``slack``.
    """

    positions: Indices
    otherwise: Mask
    distances: NDArray[Any]
    slack: int


def _open_assets(volumes_kw: IntArray, costs_cents: IntArray, target_kw: int, cost_cents: int) -> _OpenAssets | None:
    """None where their sums would not fit in int64."""
    volumes = np.minimum(volumes_kw, target_kw)
    surplus_kw, total_cents = exact_sum(volumes) - target_kw, exact_sum(costs_cents)
    if cost_cents >= SAFE:
        return None
    if surplus_kw == 0:
        nothing = np.empty(0, dtype=np.intp)
        everything = np.ones(volumes.size, dtype=np.bool_)
        return _OpenAssets(positions=nothing, otherwise=everything, distances=nothing, slack=0)
    if total_cents == 0:
        positions = np.arange(volumes.size)
        distances = np.zeros(volumes.size, dtype=np.int64)
        return _OpenAssets(
            positions=positions, otherwise=np.zeros(volumes.size, np.bool_), distances=distances, slack=0
        )
    left_out = Knapsack(weights=volumes, profits=costs_cents, capacity=surplus_kw)
    bound: LinearBound = linear_bound(left_out, find_break(left_out).item)
    beaten = total_cents - cost_cents - 1  # what an equally cheap selection leaves out is worth one cent more
    positions = bound.core(beaten)
    return _OpenAssets(
        positions=positions, otherwise=~bound.packed, distances=bound.distances(positions), slack=bound.slack(beaten)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    """Selections of the assets decided so far, one a pair of sums; ``ranks`` sort them by their first assets."""

    costs: IntArray
    volumes: IntArray
    counts: IntArray
    used: NDArray[Any]
    ranks: IntArray

    def __len__(self) -> int:
        return self.costs.size

    def only(self, kept: Mask | Indices) -> _Sums:
        """The selections that ``kept`` selects, in their order."""
        return _Sums(
            costs=self.costs[kept],
            volumes=self.volumes[kept],
            counts=self.counts[kept],
            used=self.used[kept],
            ranks=self.ranks[kept],
        )

    def with_asset(self, cost: int, volume: int, distance: int, *, is_taken_otherwise: bool) -> _Sums:
        """Every selection without the asset, then every selection with it."""
        left, taken = (distance, 0) if is_taken_otherwise else (0, distance)
        return _Sums(
            costs=np.concatenate((self.costs, self.costs + cost)),
            volumes=np.concatenate((self.volumes, self.volumes + volume)),
            counts=np.concatenate((self.counts, self.counts + 1)),
            used=np.concatenate((self.used + left, self.used + taken)),
            ranks=np.concatenate((2 * self.ranks + 1, 2 * self.ranks)),
        )

    def preferred_of_equal(self) -> Indices:
        """Of each pair of sums the selection with the fewest assets, then the one with the first asset."""
        order = np.lexsort((self.ranks, self.counts, self.volumes, self.costs))
        costs, volumes = self.costs[order], self.volumes[order]
        is_first = np.ones(order.size, dtype=np.bool_)
        is_first[1:] = (costs[1:] != costs[:-1]) | (volumes[1:] != volumes[:-1])
        return order[is_first]


def _preferred(
    assets: _OpenAssets, volumes_kw: IntArray, costs_cents: IntArray, *, needed_kw: int, cost_cents: int
) -> Indices | None:
    """Which of the open assets are taken; None where there are too many sums."""
    zero = np.zeros(1, dtype=np.int64)
    sums = _Sums(costs=zero, volumes=zero, counts=zero, used=zero.astype(assets.distances.dtype), ranks=zero)
    to_come_kw = exact_sum(volumes_kw)
    origins: list[Indices] = []
    looked_at = 0
    for place, position in enumerate(assets.positions.tolist()):
        volume, cost = int(volumes_kw[place]), int(costs_cents[place])
        to_come_kw -= volume
        before = len(sums)
        sums = sums.with_asset(
            cost, volume, assets.distances[place], is_taken_otherwise=bool(assets.otherwise[position])
        )
        possible = (sums.costs <= cost_cents) & (sums.used <= assets.slack) & (sums.volumes >= needed_kw - to_come_kw)
        kept = np.flatnonzero(possible.astype(np.bool_))
        kept = kept[sums.only(kept).preferred_of_equal()]
        sums = sums.only(kept)
        sums.ranks[np.argsort(sums.ranks)] = np.arange(len(sums))
        origins.append(np.where(kept < before, kept, before - 1 - kept))
        looked_at += len(sums)
        if looked_at > MOST_STATES:
            return None
    cheapest = np.flatnonzero(sums.costs == cost_cents)
    at = int(cheapest[sums.volumes[cheapest].argmin()])
    taken = []
    for place in range(len(origins) - 1, -1, -1):
        at = int(origins[place][at])
        if at < 0:
            taken.append(place)
            at = -1 - at
    return np.array(taken[::-1], dtype=np.intp)


def _first_of_equal(chosen: Mask, volumes_kw: IntArray, costs_cents: IntArray) -> Mask:
    """As many of the assets with the same volume and cost, but the first ones."""
    if not chosen.size:
        return chosen
    order = np.lexsort((volumes_kw, costs_cents))
    is_new = np.ones(order.size, dtype=np.bool_)
    is_new[1:] = (np.diff(volumes_kw[order]) != 0) | (np.diff(costs_cents[order]) != 0)
    starts = np.flatnonzero(is_new)
    sizes = np.diff(starts, append=order.size)
    taken = np.add.reduceat(chosen[order].astype(np.int64), starts)
    settled = np.empty_like(chosen)
    settled[order] = np.arange(order.size) - np.repeat(starts, sizes) < np.repeat(taken, sizes)
    return settled


def _groups_of_equal_cost(costs_cents: IntArray, chosen: Mask) -> list[Indices]:
    """The assets by cost, in the order of the offer; only costs at which some are chosen and some are not."""
    order = np.argsort(costs_cents, kind="stable")
    starts = np.flatnonzero(np.diff(costs_cents[order], prepend=-1))
    sizes = np.diff(starts, append=order.size)
    taken = np.add.reduceat(chosen[order].astype(np.int64), starts) if order.size else sizes
    is_mixed = (taken > 0) & (taken < sizes)
    return [
        order[start : start + size]
        for start, size in zip(starts[is_mixed].tolist(), sizes[is_mixed].tolist(), strict=True)
    ]


def _exchange(settled: Mask, members: Indices, volumes_kw: IntArray, surplus_kw: int) -> int:
    """Exchange assets of one cost for smaller ones, the largest first, while the surplus lasts.

    Returns by how much the over-delivery falls, kW.
    """
    spent_kw = 0
    by_volume = np.argsort(volumes_kw, kind="stable")
    is_taken = settled[members]
    for place in by_volume[is_taken[by_volume]][::-1].tolist():
        least_kw = int(volumes_kw[place]) - (surplus_kw - spent_kw)
        free = by_volume[~is_taken[by_volume]]
        fits = free[np.searchsorted(volumes_kw[free], least_kw) :]
        if fits.size and volumes_kw[fits[0]] < volumes_kw[place]:
            spent_kw += int(volumes_kw[place] - volumes_kw[fits[0]])
            is_taken[place], is_taken[fits[0]] = False, True
    settled[members] = is_taken
    return spent_kw
