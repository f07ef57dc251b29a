"""What production planning answers: a plan, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from energy_manager.domain.errors import Infeasible, OutOfTime
from energy_manager.domain.production.plants import STEPS_PER_MW


class Stage(StrEnum):
    """Which step of the planner gave the answer; each costs more than the one before."""

    NO_LOAD = "no_load"
    MERIT_ORDER = "merit_order"
    EQUAL_COSTS = "equal_costs"
    SEARCH = "search"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionPlan:
    """The cheapest plan: what each plant produces, in merit order, each plant once.

    ``powers`` are whole steps of 0.1 MW; they add up to the load exactly.
    ``cost_eur`` is for one hour at these powers. Among plans of equal cost this is the one with the lexicographically
    greatest powers. ``stage``, ``states`` (looked at by the search) and ``seconds`` say how hard it was. Where time
    ended before the proof, ``is_optimal`` is False and no plan costs less than ``proved_cost_eur``.
    """

    names: tuple[str, ...]
    powers: tuple[int, ...]
    cost_eur: float
    stage: Stage
    states: int = 0
    is_optimal: bool = True
    proved_cost_eur: float | None = None
    seconds: float = field(default=0.0, compare=False)

    @property
    def lower_bound_eur(self) -> float:
        """No plan costs less than this in an hour."""
        return self.cost_eur if self.proved_cost_eur is None else self.proved_cost_eur

    @property
    def gap(self) -> float:
        """The share of the cost by which it may lie above the least; 0 = proved."""
        return 0.0 if self.is_optimal or not self.cost_eur else 1.0 - self.lower_bound_eur / self.cost_eur


class LoadNotCoverable(Infeasible):
    """No choice of plants adds up to the load; says which loads next to it can be met (0 MW counts), or None."""

    def __init__(
        self,
        *,
        load_mw: Decimal,
        reason: Literal["too_low", "too_high", "gap"],
        nearest_below: Decimal | None,
        nearest_above: Decimal | None,
    ) -> None:
        below = "nothing below it" if nearest_below is None else f"{nearest_below} MW below it"
        above = "nothing above it" if nearest_above is None else f"{nearest_above} MW above it"
        super().__init__(f"a load of {load_mw} MW {_REASONS[reason]}: the plants can meet {below} and {above}")
        self.load_mw = load_mw
        self.reason = reason
        self.nearest_below = nearest_below
        self.nearest_above = nearest_above

    @property
    def details(self) -> dict[str, Any]:
        """``reason`` and the nearest loads in MW."""
        return {
            "reason": self.reason,
            "nearest_below": None if self.nearest_below is None else float(self.nearest_below),
            "nearest_above": None if self.nearest_above is None else float(self.nearest_above),
        }


class PlanningOutOfTime(OutOfTime):
    """The time or memory budget ended before any plan was found; whether the load can be met is open too.

    ``bound_eur``: no plan costs less in an hour.
    """

    def __init__(self, *, bound_eur: float) -> None:
        super().__init__(f"out of time: no plan was found yet, and no plan costs less than {bound_eur:.2f} EUR/h")
        self.bound_eur = bound_eur

    @property
    def details(self) -> dict[str, Any]:
        """``best_cost`` (None) and ``bound`` in EUR for one hour."""
        return {"best_cost": None, "bound": self.bound_eur}


_REASONS = {
    "too_low": "is below what the smallest plant can run at",
    "too_high": "is more than all plants can produce",
    "gap": "lies in a gap between what the plants can add up to",
}


def in_mw(steps: int) -> Decimal:
    """Steps of 0.1 MW as MW with one decimal."""
    whole, tenths = divmod(steps, STEPS_PER_MW)
    return Decimal(f"{whole}.{tenths}")
