"""Job 3: peak shaving plans, from series on a grid or raw readings."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from energy_manager.adapters.texts.json_text import write_json
from energy_manager.application.peak_shaving.plan import plan_peak_shaving
from energy_manager.application.planner_result import PlannerResult, run_planner
from energy_manager.application.rolling import PlannedAnew
from energy_manager.domain.peak_shaving import Plan
from energy_manager.domain.peak_shaving.request import PlanningRequest
from energy_manager.domain.series import utc_text
from energy_manager.entrypoints.jobs import JOBS
from energy_manager.entrypoints.jobs.definition import (
    ActivationOptions,
    Arguments,
    CsvForm,
    CsvInput,
    Form,
    PlanningJob,
)
from energy_manager.entrypoints.jobs.peak_shaving.activation import assets_of, schedule
from energy_manager.entrypoints.jobs.peak_shaving.answer import PeakShavingAnswer, answer_of, plan_columns
from energy_manager.entrypoints.jobs.peak_shaving.request import REQUEST, request_of
from energy_manager.entrypoints.settings import Settings

__all__ = [
    "JOB",
    "REQUEST",
    "PeakShavingOptions",
    "answer_of",
    "options_of",
    "plan_storage_anew",
    "request_of",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakShavingOptions:
    """How long the solver may search, s; the exact planner needs no limit."""

    time_limit_s: float = 10.0


def plan(request: PlanningRequest, options: PeakShavingOptions) -> Plan:
    """The plan that keeps the limits, or crosses them least; there is always one."""
    from energy_manager.adapters.solvers.peak_shaving_lp import HighsStoragePlanner  # noqa: PLC0415 - with HiGHS

    return plan_peak_shaving(request.problem, solve=HighsStoragePlanner(time_limit_s=options.time_limit_s).plan)


def plan_storage_anew(
    text: bytes, options: PeakShavingOptions, activation: ActivationOptions
) -> PlannerResult[PlannedAnew]:
    """The plan of the site's own storage as its schedule, under the same name each time, and in a few words."""

    def plan_anew() -> PlannedAnew:
        request = request_of(REQUEST.read(text))
        found = plan(request, options)
        return PlannedAnew(schedule=schedule(request, found, activation), sentence=_in_words(request, found))

    return run_planner(plan_anew)


def _in_words(request: PlanningRequest, found: Plan) -> str:
    proof = "proved optimal"
    if not found.optimal:
        proof = f"not proved: at least {found.violation_at_least_kwh:.3f} kWh beyond the limits remain"
    told = [
        f"planned until {utc_text(request.problem.time_of(request.problem.steps))}",
        proof,
        f"change {found.change_kwh:.3f} kWh",
        f"beyond the limits {found.violation_kwh:.3f} kWh",
        *request.warnings,
        *filter(None, (request.remark, found.limited_by)),
    ]
    return "; ".join(told)


def options_of(settings: Settings, _: Arguments) -> PeakShavingOptions:
    """How storages are planned."""
    return PeakShavingOptions(time_limit_s=settings.peak_shaving.time_limit_s)


def example() -> object:
    """Half an hour, of which the second half needs the storage."""
    return {
        "start": "2026-03-02T00:00:00Z",
        "step_s": 900,
        "load_kw": [40.0, 80.0],
        "production_kw": [0.0, 12.5],
        "schedule": {"charge_kw": [0.0, 5.0]},
        "pcc": {"import_limit_kw": 50.0, "export_limit_kw": 1000.0},
        "storage": {
            "capacity_kwh": 284,
            "stored_kwh": 120,
            "min_kwh": 0,
            "max_charge_kw": 175,
            "max_discharge_kw": 175,
        },
    }


ENTRY = JOBS["peak_shaving"]

JOB: PlanningJob[PlanningRequest, Plan, PeakShavingOptions, Arguments] = PlanningJob(
    outline=ENTRY,
    summary="Change storage schedules as little as possible so that the grid connection stays inside its limits.",
    no_plan=None,
    forms=(
        Form(
            path=ENTRY.path,
            summary="Change storage schedules least, so that the grid connection stays inside its limits",
            request=REQUEST,
            example=example,
            answer=TypeAdapter(PeakShavingAnswer),
            answer_is="The plan; there is always one",
            read=lambda text, _: request_of(REQUEST.read(text)),
            write=lambda request, found: write_json(answer_of(request, found)),
        ),
    ),
    arguments=Arguments,
    activation=("schedule_id", "asset"),
    options_of=options_of,
    plan=plan,
    gap_of=lambda found: 0.0 if found.optimal else None,
    refuse_activation=assets_of,
    schedule=schedule,
    csv=CsvForm(
        inputs=(
            CsvInput(flag="load", place=("load_kw",), words=("load", "consumption", "verbruik", "verbrauch", "afname")),
            CsvInput(flag="production", place=("production_kw",), words=("production", "pv", "solar", "injectie")),
            CsvInput(flag="schedule", place=("schedule", "charge_kw"), words=("charge", "schedule")),
        ),
        columns=plan_columns,
    ),
)
