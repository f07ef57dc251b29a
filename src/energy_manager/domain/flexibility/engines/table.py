"""The dp and hybrid engines: a table of the least cost for every volume up to the target.

Bellman's recursion: with one more asset (v kW, c cents) the least cost of at least j kW is min(cost[j], cost[j − v] +
c), where a negative volume counts as 0, so that overshoot counts as the target. To say *which* assets, the tables
before every so many assets are kept and the decisions between two of them are worked out again backwards: memory grows
with the square root of the number of assets.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.flexibility.engines.bounds import selection_of
from energy_manager.domain.flexibility.engines.greedy import drop_unneeded, greedy_choice
from energy_manager.domain.flexibility.exact.knapsack import Deadline, common_divisor
from energy_manager.domain.flexibility.selection import Selection, check_offer, exact_sum

TABLE_MEMORY_BYTES = 512 * 2**20
# The hybrid engine's own figures: up to the first it is dp, above it dp decides the last of the second.
HYBRID_THRESHOLD_KW = 100_000
HYBRID_TABLE_KW = 50_000
# More than any sum of costs in a table, and still far from the end of int64 when a cost is added.
UNREACHED = np.int64(2**62)


def select_by_table(
    volumes_kw: NDArray[np.int64],
    costs_cents: NDArray[np.int64],
    target_kw: int,
    *,
    time_limit_s: float | None = None,
) -> Selection:
    """The dp engine: the optimum, in time and memory that grow with the target.

    Arguments and errors as for ``select_cheapest``. When the time limit ends it, the greedy selection is the answer,
    with the linear bound.

    Raises:
        Refused: also when the table would need more than ``TABLE_MEMORY_BYTES``, by the field ``engine``.
    """
    check_offer(volumes_kw, costs_cents, target_kw, time_limit_s)
    deadline = Deadline.after(time_limit_s)
    target_kw = int(target_kw)
    chosen = _cheapest_by_table(volumes_kw, costs_cents, target_kw, "dp", deadline)
    if chosen is None:
        return selection_of(greedy_choice(volumes_kw, costs_cents, target_kw), volumes_kw, costs_cents, target_kw)
    return selection_of(chosen, volumes_kw, costs_cents, target_kw, is_proved=True)


def select_hybrid(
    volumes_kw: NDArray[np.int64],
    costs_cents: NDArray[np.int64],
    target_kw: int,
    *,
    time_limit_s: float | None = None,
) -> Selection:
    """The hybrid engine: greedy for the bulk, the table for the last 50,000 kW.

    Arguments and errors as for ``select_cheapest``. Up to 100,000 kW it is the dp engine. Above, the greedy selection
    for all but 50,000 kW is completed by the table from the other assets and what is not needed is dropped; the pure
    greedy selection is the answer when it is cheaper, or time is up.
    """
    if not isinstance(target_kw, int | np.integer) or target_kw <= HYBRID_THRESHOLD_KW:
        return select_by_table(volumes_kw, costs_cents, target_kw, time_limit_s=time_limit_s)
    check_offer(volumes_kw, costs_cents, target_kw, time_limit_s)
    deadline = Deadline.after(time_limit_s)
    target_kw = int(target_kw)
    greedy = greedy_choice(volumes_kw, costs_cents, target_kw)
    chosen = greedy_choice(volumes_kw, costs_cents, target_kw - HYBRID_TABLE_KW)
    missing_kw = target_kw - int(volumes_kw[chosen].sum())
    if missing_kw > 0:
        others = np.flatnonzero(~chosen)
        rest = _cheapest_by_table(volumes_kw[others], costs_cents[others], missing_kw, "hybrid", deadline)
        if rest is None:
            return selection_of(greedy, volumes_kw, costs_cents, target_kw)
        chosen[others[rest]] = True
    drop_unneeded(chosen, np.flatnonzero(chosen), volumes_kw, costs_cents, target_kw)
    if exact_sum(costs_cents[greedy]) < exact_sum(costs_cents[chosen]):
        chosen = greedy
    return selection_of(chosen, volumes_kw, costs_cents, target_kw)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """The recursion over assets whose volumes count in units of their common divisor and up to the target."""

    volumes: list[int]
    costs: list[int]
    target: int

    def start(self) -> NDArray[np.int64]:
        """The table without any asset: only 0 kW are to be had."""
        cost = np.full(self.target + 1, UNREACHED)
        cost[0] = 0
        return cost

    def with_asset(self, asset: int, cost: NDArray[np.int64]) -> NDArray[np.int64]:
        """For every volume the least cost when the asset is taken."""
        volume, price = min(self.volumes[asset], cost.size), self.costs[asset]
        taken = np.empty_like(cost)
        np.add(cost[: cost.size - volume], price, out=taken[volume:])
        taken[:volume] = price
        return taken


def _cheapest_by_table(
    volumes_kw: NDArray[np.int64], costs_cents: NDArray[np.int64], target_kw: int, engine: str, deadline: Deadline
) -> NDArray[np.bool_] | None:
    """The cheapest choice, or None when the deadline came first."""
    divisor = common_divisor(volumes_kw)
    target = -(-target_kw // divisor)
    stride = 8 * isqrt(volumes_kw.size) + 8
    _refuse_large_table(target, volumes_kw.size, stride, engine)
    if exact_sum(costs_cents) >= UNREACHED:
        raise Refused(
            [Fault(field="engine", message=f"{engine} adds up to {UNREACHED} cents of costs at most; exact does more")]
        )
    table = _Table(
        volumes=np.minimum(volumes_kw // divisor, target).tolist(), costs=costs_cents.tolist(), target=target
    )
    cost, kept = table.start(), []
    for asset in range(volumes_kw.size):
        if deadline.has_passed():
            return None
        if asset % stride == 0:
            kept.append(cost.copy())
        np.minimum(cost, table.with_asset(asset, cost), out=cost)
    chosen = np.zeros(volumes_kw.size, dtype=np.bool_)
    open_volume = target
    for first in range((len(kept) - 1) * stride, -1, -stride):
        decisions = _decisions(table, kept.pop()[: open_volume + 1], first, stride, deadline)
        if decisions is None:
            return None
        for asset in range(first + len(decisions) - 1, first - 1, -1):
            if decisions[asset - first][open_volume >> 3] >> (7 - (open_volume & 7)) & 1:
                chosen[asset] = True
                open_volume = max(0, open_volume - table.volumes[asset])
    return chosen


def _decisions(
    table: _Table, cost: NDArray[np.int64], first: int, count: int, deadline: Deadline
) -> list[NDArray[np.uint8]] | None:
    """For every asset of a stretch, in one bit a volume, whether taking it is cheaper than not; None: time is up."""
    decisions = []
    for asset in range(first, min(first + count, len(table.volumes))):
        if deadline.has_passed():
            return None
        taken = table.with_asset(asset, cost)
        decisions.append(np.packbits(taken < cost))
        np.minimum(cost, taken, out=cost)
    return decisions


def _refuse_large_table(target: int, assets: int, stride: int, engine: str) -> None:
    """Count the memory: 8 bytes a volume for each table kept, one bit a volume for each asset of a stretch."""
    tables = -(-assets // stride) + 3
    needed_bytes = (target + 1) * (8 * tables + min(stride, assets) // 8 + 1)
    if needed_bytes > TABLE_MEMORY_BYTES:
        message = (
            f"{engine} needs {needed_bytes // 2**20} MiB for {assets} assets up to {target} units of volume, "
            f"at most {TABLE_MEMORY_BYTES // 2**20} MiB; exact needs no table"
        )
        raise Refused([Fault(field="engine", message=message)])
