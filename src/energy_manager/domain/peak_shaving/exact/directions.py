"""The cheapest path, also where losing energy could pay.

Without losses, or as long as the export limit can be kept, one pass of the value function is the answer. Else some
steps are not convex (see ``step_costs``): branch and bound decides whether each of them charges or discharges. A node
leaves the undecided ones relaxed, so its cost is a lower bound; its path is also a real plan, whose true cost is an
upper bound. The node with the lowest bound is opened next, at the step where bound and truth differ most.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from energy_manager.domain.peak_shaving.exact.step_costs import (
    CostTerms,
    Direction,
    Floats,
    StepCosts,
    step_costs,
)
from energy_manager.domain.peak_shaving.exact.value_function import cheapest_path, value_function
from energy_manager.domain.series import NEGLIGIBLE
from energy_manager.domain.storage_value.reach import EnergyBand

# The search may work through this many steps, over all its nodes: about half a second.
WORK_STEPS = 40_000
# Violations (kWh) and changes (kWh) closer than this are equally good: far below a watt-hour, far above rounding.
TIE_KWH = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class CheapestPath:
    """The energies that go into the storage in each step (kWh), and how sure it is that nothing is better."""

    path: list[float]
    proved: bool
    violation_at_least_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    directions: Mapping[int, Direction]
    path: list[float]
    cost: tuple[float, float]
    bound: tuple[float, float]
    widest: int
    """The undecided step where the relaxation is furthest from the truth; -1 where it is the truth."""


def cheapest(terms: CostTerms, *, stored_kwh: float, band: EnergyBand, late: bool) -> CheapestPath:
    """The path with the least violation and then the least change, proved if the budget allows."""
    search = _Search(terms=terms, stored_kwh=stored_kwh, band=band, late=late)
    open_steps = terms.open_steps
    only_charge = search.node(dict.fromkeys(open_steps, Direction.CHARGE))
    if only_charge is not None and (not open_steps or only_charge.cost[0] <= TIE_KWH):
        # A plan without violation charges wherever standing still would break the export limit.
        return CheapestPath(path=only_charge.path, proved=True, violation_at_least_kwh=only_charge.cost[0])
    root = search.node(dict.fromkeys(open_steps, Direction.OPEN))
    assert root is not None, "the energy band is reachable by construction"
    return search.branch(root, only_charge or root)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    terms: CostTerms
    stored_kwh: float
    band: EnergyBand
    late: bool

    def node(self, directions: Mapping[int, Direction]) -> _Node | None:
        """The cheapest path under these directions; None where they cannot keep the storage inside its limits."""
        costs = step_costs(self.terms, directions)
        values = value_function(costs, stored_kwh=self.stored_kwh, band=self.band)
        if directions and values.missed_kwh > NEGLIGIBLE:
            return None
        path = cheapest_path(costs, values, late=self.late)
        moved = np.asarray(path)
        violation = float(self.terms.violation(moved).sum())
        change = float(np.abs(moved - self.terms.scheduled).sum())
        gaps = self._gaps(costs, moved)
        widest = max(gaps, key=lambda step: gaps[step], default=-1)
        return _Node(
            directions=directions,
            path=path,
            cost=(violation, change),
            bound=(violation - sum(gaps.values()), change),
            widest=widest if widest >= 0 and gaps[widest] > NEGLIGIBLE else -1,
        )

    def _gaps(self, costs: StepCosts, moved: Floats) -> dict[int, float]:
        """How far the true violation of every relaxed step lies above its relaxed one (kWh)."""
        if not costs.relaxed:
            return {}
        steps = np.array(list(costs.relaxed))
        slopes = np.array(list(costs.relaxed.values()))
        kinks = np.minimum(self.terms.export_kept_from[steps], self.terms.most[steps])
        short = kinks - moved[steps]
        above_kink = self.terms.violation(moved[steps], steps) - self.terms.violation(kinks, steps)
        gaps = np.where(short > 0.0, np.maximum(above_kink + slopes * short, 0.0), 0.0)
        return dict(zip(costs.relaxed, gaps.tolist(), strict=True))

    def branch(self, root: _Node, incumbent: _Node) -> CheapestPath:
        """Open nodes, the lowest bound first, until none can beat the best path or the budget is used up."""
        best = root if _is_better(root.cost, incumbent.cost) else incumbent
        waiting = [(root.bound, 0, root)]
        opened, most_opened = 0, max(1, WORK_STEPS // (2 * len(root.path)))
        while waiting and opened < most_opened:
            bound, _, node = heapq.heappop(waiting)
            # Bounds that differ by less than a tie come in any order: one that is no better says nothing of the next.
            if node.widest < 0 or not _is_better(bound, best.cost):
                continue
            opened += 1
            for place, direction in enumerate((Direction.CHARGE, Direction.DISCHARGE)):
                child = self.node({**node.directions, node.widest: direction})
                if child is None:
                    continue
                if _is_better(child.cost, best.cost):
                    best = child
                heapq.heappush(waiting, (child.bound, 2 * opened + place, child))
        left = [bound for bound, _, node in waiting if node.widest >= 0 and _is_better(bound, best.cost)]
        at_least = min([best.cost[0], *(bound[0] for bound in left)])
        return CheapestPath(path=best.path, proved=not left, violation_at_least_kwh=at_least)


def _is_better(cost: tuple[float, float], than: tuple[float, float]) -> bool:
    """Whether a (violation, change) beats another by more than a tie."""
    if abs(cost[0] - than[0]) > TIE_KWH:
        return cost[0] < than[0]
    return cost[1] < than[1] - TIE_KWH
