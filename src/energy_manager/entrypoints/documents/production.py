"""The JSON of production planning: the powerplant coding challenge's request and reply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from energy_manager.adapters.json_text import read_json, refuse_constants, write_json
from energy_manager.application.planner_result import Planned, note_gap, run_planner
from energy_manager.domain.production import ProductionPlan, plan_production, production_schedule, read_request
from energy_manager.domain.schedule import Span
from energy_manager.entrypoints.documents.activation import PlanWithSchedule, Wish, activatable


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionOptions:
    """How a request is to be understood: whether CO2 has a price, what wind parks can do, how long to search, s."""

    co2: bool = True
    wind: Literal["on_off", "curtail"] = "on_off"
    time_limit_s: float = 10.0


def plan_production_document(text: bytes, options: ProductionOptions) -> Planned[bytes]:
    """Plan what the request in ``text`` asks for; faults in the text end in the result's error too."""
    return run_planner(lambda: _reply(_plan(text, options)))


def activate_production_document(text: bytes, options: ProductionOptions, wish: Wish) -> Planned[PlanWithSchedule]:
    """The same plan, as the schedule of the assets that the plants are."""

    def plan() -> PlanWithSchedule:
        span = Span.of(now=wish.now, start=wish.start, minutes=wish.minutes)
        found = _plan(text, options)
        schedule = production_schedule(
            found, schedule_id=wish.schedule_id or "production", span=span, steps_per_kw=wish.site.steps_per_kw
        )
        return activatable(_reply(found), schedule, wish)

    return run_planner(plan)


def _plan(text: bytes, options: ProductionOptions) -> ProductionPlan:
    request = read_request(read_json(text), co2=options.co2)
    refuse_constants(text)
    return plan_production(request, co2=options.co2, wind=options.wind, time_limit_s=options.time_limit_s)


def _reply(plan: ProductionPlan) -> bytes:
    """Every plant once, in merit order; a whole number of 0.1 MW prints with exactly one decimal."""
    if plan.is_optimal:
        note_gap(0.0)
    return write_json([{"name": name, "p": steps / 10} for name, steps in zip(plan.names, plan.powers, strict=True)])
