"""Job 2: a day of appliance runs, replayed in the order of its requests or planned with full knowledge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import Field, TypeAdapter

from energy_manager.adapters.solvers.appliances_milp import optimise
from energy_manager.adapters.texts.json_text import write_json
from energy_manager.domain.appliances import (
    Day,
    day_schedule,
    plan_day,
)
from energy_manager.domain.appliances.optimisation.problem import PlanProblem, RunPlan
from energy_manager.domain.schedule import Schedule
from energy_manager.entrypoints.jobs import JOBS
from energy_manager.entrypoints.jobs.appliances.answer import DayAnswer
from energy_manager.entrypoints.jobs.appliances.request import REQUEST, day_of
from energy_manager.entrypoints.jobs.definition import ActivationOptions, Arguments, Form, PlanningJob
from energy_manager.entrypoints.settings import Settings

__all__ = ["JOB", "REQUEST", "AppliancesOptions", "day_of", "read_request"]


class AppliancesArguments(Arguments):
    """What callers may say beside the day."""

    offline: bool | None = Field(None, description="plan the whole day at once with full knowledge, or replay it")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliancesOptions:
    """How long the optimiser may search at most, s, whatever the request allows it; ``is_offline`` overrules it."""

    time_limit_s: float = 30.0
    is_offline: bool | None = None


def read_request(text: bytes, options: AppliancesOptions) -> Day:
    """The day in a JSON text; raises ``NotJson`` and ``Refused``."""
    day = day_of(REQUEST.read(text))
    return day if options.is_offline is None else replace(day, is_offline=options.is_offline)


def plan(day: Day, options: AppliancesOptions) -> dict[str, Any]:
    """The answer: every request decided with what is known by then, or the whole day at once."""

    def in_time(problem: PlanProblem, time_limit_s: float, incumbent: RunPlan | None) -> RunPlan | None:
        return optimise(problem, min(time_limit_s, options.time_limit_s), incumbent)

    return plan_day(day, optimise=in_time)


def gap_of(found: Mapping[str, Any]) -> float | None:
    """Nothing is known of a replayed day."""
    return 0.0 if found.get("optimality", {}).get("is_proved") else None


def schedule(day: Day, found: Mapping[str, Any], activation: ActivationOptions) -> Schedule:
    """The schedule of the assets that the appliances are."""
    return day_schedule(
        day,
        found,
        schedule_id=activation.schedule_id or f"appliances:{day.date}",
        steps_per_kw=activation.site.steps_per_kw,
    )


def options_of(settings: Settings, said: AppliancesArguments) -> AppliancesOptions:
    """How appliances are planned."""
    return AppliancesOptions(time_limit_s=settings.appliances.time_limit_s, is_offline=said.offline)


def example() -> object:
    """An oven that cannot wait long, and a dishwasher that can."""
    return {
        "day": "2026-06-15",
        "time_zone": "UTC",
        "strategy": "earliest",
        "households": [{"id": "1", "threshold_w": 3105}],
        "requests": [
            {
                "household": "1",
                "appliance": "Oven",
                "power_w": 2400,
                "duration_min": 45,
                "max_delay_min": 30,
                "interruptible": False,
                "priority": "normal",
                "at_min": 1080,
            },
            {
                "household": "1",
                "appliance": "Dishwasher",
                "power_w": 1200,
                "duration_min": 180,
                "max_delay_min": 720,
                "interruptible": False,
                "priority": "low",
                "at_min": 1090,
            },
        ],
    }


ENTRY = JOBS["appliances"]

JOB: PlanningJob[Day, dict[str, Any], AppliancesOptions, AppliancesArguments] = PlanningJob(
    outline=ENTRY,
    summary="When each appliance of a day may run, under its home's power threshold.",
    no_plan=None,
    forms=(
        Form(
            path=ENTRY.path,
            summary="When each appliance of a day may run",
            request=REQUEST,
            example=example,
            answer=TypeAdapter(DayAnswer),
            answer_is="Runs, figures and alerts",
            read=read_request,
            write=lambda _, found: write_json(found),
        ),
    ),
    arguments=AppliancesArguments,
    activation=("schedule_id",),
    options_of=options_of,
    plan=plan,
    gap_of=gap_of,
    schedule=schedule,
)
