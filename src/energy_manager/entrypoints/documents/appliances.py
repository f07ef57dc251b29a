"""The JSON of appliance plans: a day in, a timetable and its figures out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from energy_manager.adapters.json_text import read_json, write_json
from energy_manager.adapters.solvers.appliances_milp import HighsApplianceOptimiser
from energy_manager.application.planner_result import Planned, note_gap, run_planner
from energy_manager.domain.appliances import day_schedule, plan_day, read_day
from energy_manager.domain.appliances.optimisation.problem import PlanProblem, RunPlan
from energy_manager.entrypoints.documents.activation import PlanWithSchedule, Wish, activatable


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliancesOptions:
    """How long the optimiser may search at most, s, whatever the request allows it."""

    longest_s: float = 30.0


def plan_appliances_document(text: bytes, options: AppliancesOptions) -> Planned[bytes]:
    """RunPlan the day that the request in ``text`` tells of: replayed in request order, or with full knowledge."""
    return run_planner(lambda: write_json(_plan(read_json(text), options)))


def activate_appliances_document(text: bytes, options: AppliancesOptions, wish: Wish) -> Planned[PlanWithSchedule]:
    """The same plan, as the schedule of the assets that the appliances are."""

    def plan() -> PlanWithSchedule:
        document = read_json(text)
        answer = _plan(document, options)
        day = read_day(document)
        schedule = day_schedule(
            day,
            answer,
            schedule_id=wish.schedule_id or f"appliances:{day.date}",
            steps_per_kw=wish.site.steps_per_kw,
        )
        return activatable(write_json(answer), schedule, wish)

    return run_planner(plan)


def _plan(document: object, options: AppliancesOptions) -> dict[str, Any]:
    optimiser = HighsApplianceOptimiser()

    def optimise(problem: PlanProblem, time_limit_s: float, incumbent: RunPlan | None) -> RunPlan | None:
        plan = optimiser.optimise(problem, min(time_limit_s, options.longest_s), incumbent)
        if plan is not None and plan.is_proved:
            note_gap(0.0)
        return plan

    return plan_day(document, optimise=optimise)
