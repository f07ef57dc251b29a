"""What a peak shaving plan is answered with."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from energy_manager.domain.peak_shaving import Plan
from energy_manager.domain.peak_shaving.request import PlanningRequest
from energy_manager.domain.series import utc_text
from energy_manager.entrypoints.jobs.definition import PlanColumns


class ViolationEntry(TypedDict):
    """A step in which the PCC carries more than it may."""

    time: str
    over_kw: float
    limit: Literal["import", "export"]


class StorageAnswer(TypedDict):
    """What one of several storages is to do."""

    charge_kw: list[float]
    stored_kwh: list[float]


class PeakShavingAnswer(TypedDict):
    """The plan; ``violation_at_least_kwh`` is there only while it is not proved."""

    start: str
    step_s: int
    first_step_s: NotRequired[Annotated[float, Field(description="where the plan starts within a step")]]
    charge_kw: list[float]
    pcc_import_kw: list[float]
    stored_kwh: Annotated[list[float], Field(description="after each step")]
    violation_kwh: float
    violations: list[ViolationEntry]
    change_kwh: float
    optimal: bool
    method: Literal["exact", "lp"]
    limited_by: str | None
    violation_at_least_kwh: NotRequired[float]
    warnings: NotRequired[Annotated[list[str], Field(description="gaps over which a reading is held, if any")]]
    storages: NotRequired[list[StorageAnswer]]


def answer_of(request: PlanningRequest, found: Plan) -> PeakShavingAnswer:
    """The answer as values."""
    reasons = [reason for reason in (request.remark, found.limited_by) if reason is not None]
    answer: PeakShavingAnswer = {
        "start": utc_text(found.start),
        "step_s": found.step_s,
        "charge_kw": list(found.charge_kw),
        "pcc_import_kw": list(found.pcc_import_kw),
        "stored_kwh": list(found.stored_kwh),
        "violation_kwh": found.violation_kwh,
        "violations": [
            {"time": utc_text(violation.time), "over_kw": violation.over_kw, "limit": violation.limit}
            for violation in found.violations
        ],
        "change_kwh": found.change_kwh,
        "optimal": found.optimal,
        "method": found.method,
        "limited_by": "; ".join(reasons) or None,
    }
    if not found.optimal:
        answer["violation_at_least_kwh"] = found.violation_at_least_kwh
    if found.first_step_s is not None:
        answer["first_step_s"] = found.first_step_s
    if request.warnings:
        answer["warnings"] = list(request.warnings)
    if request.has_storage_list:
        answer["storages"] = [
            {"charge_kw": list(storage.charge_kw), "stored_kwh": list(storage.stored_kwh)} for storage in found.storages
        ]
    return answer


def plan_columns(request: PlanningRequest, found: Plan) -> PlanColumns:
    """The plan as columns; ``stored_kwh`` is after each step."""
    columns = {"charge_kw": found.charge_kw, "pcc_import_kw": found.pcc_import_kw, "stored_kwh": found.stored_kwh}
    if request.has_storage_list:
        for number, (name, storage) in enumerate(zip(request.storage_ids, found.storages, strict=True), 1):
            own = name or f"storage_{number}"
            columns |= {f"{own}_charge_kw": storage.charge_kw, f"{own}_stored_kwh": storage.stored_kwh}
    remarks = [*request.warnings, *filter(None, (request.remark, found.limited_by))]
    if found.violations:
        remarks.append(
            f"{found.violation_kwh:g} kWh lie beyond the limits, first at {utc_text(found.violations[0].time)}"
        )
    if not found.optimal:
        remarks.append(f"not proved: at least {found.violation_at_least_kwh:g} kWh beyond the limits remain")
    times = [request.problem.time_of(step) for step in range(request.problem.steps)]
    return PlanColumns(times=times, columns=columns, remarks=remarks)
