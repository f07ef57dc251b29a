"""The JSON of appliance plans: a day in, a timetable and its figures out."""

from __future__ import annotations

from dataclasses import dataclass

from energy_manager.adapters.json_text import read_json, write_json
from energy_manager.adapters.solvers.appliances_milp import HighsApplianceOptimiser
from energy_manager.application.planned import Planned, note_gap, run_planner
from energy_manager.domain.appliances import plan_day
from energy_manager.domain.appliances.programme.problem import Plan, PlanProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliancesOptions:
    """How long the optimiser may search at most, s, whatever the request allows it."""

    longest_s: float = 30.0


def plan_appliances_document(text: bytes, options: AppliancesOptions) -> Planned[bytes]:
    """Plan the day that the request in ``text`` tells of: replayed in request order, or with full knowledge."""
    optimiser = HighsApplianceOptimiser()

    def optimise(problem: PlanProblem, time_limit_s: float, incumbent: Plan | None) -> Plan | None:
        plan = optimiser.optimise(problem, min(time_limit_s, options.longest_s), incumbent)
        if plan is not None and plan.is_proved:
            note_gap(0.0)
        return plan

    return run_planner(lambda: write_json(plan_day(read_json(text), optimise=optimise)))
