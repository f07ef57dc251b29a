"""What a least cost plan is answered with."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from energy_manager.domain.least_cost import Plan
from energy_manager.domain.series import utc_text
from energy_manager.entrypoints.jobs.definition import PlanColumns
from energy_manager.entrypoints.jobs.least_cost.request import LeastCostRequest


class SavingsEntry(TypedDict):
    """What the plan costs less than without it."""

    doing_nothing_eur: Annotated[float, Field(description="batteries rest")]
    self_consumption_eur: Annotated[float, Field(description="batteries take surplus and cover load")]


class LeastCostAnswer(TypedDict):
    """The plan; series have one value a step."""

    start: str
    step_s: int
    charge_kw: dict[str, list[float]]
    stored_kwh: Annotated[dict[str, list[float]], Field(description="after each step")]
    unserved_kwh: Annotated[dict[str, list[float]], Field(description="use that the storage could not serve")]
    import_kw: list[float]
    export_kw: list[float]
    curtailed_kw: list[float]
    starts: Annotated[dict[str, int], Field(description="the step in which each run starts")]
    violation_kwh: float
    shortfall_kwh: float
    cost_eur: float
    lower_bound_eur: float
    optimal: bool
    method: Literal["exact", "in turn", "lp", "milp"]
    limited_by: str | None
    value_eur_per_kwh: Annotated[dict[str, list[float]], Field(description="of the next kWh at the end of each step")]
    band: Annotated[
        dict[str, list[Annotated[list[float | None], Field(min_length=2, max_length=2)]]],
        Field(description="import in kW between which the storage rests; null: without end on that side"),
    ]
    savings: SavingsEntry
    kept: Annotated[bool, Field(description="whether the plan in force stays")]
    warnings: NotRequired[Annotated[list[str], Field(description="gaps over which a reading is held, if any")]]


def answer_of(request: LeastCostRequest, found: Plan) -> LeastCostAnswer:
    """The answer as values."""
    reasons = [reason for reason in (request.remark, found.limited_by) if reason is not None]
    answer: LeastCostAnswer = {
        "start": utc_text(found.start),
        "step_s": found.step_s,
        "charge_kw": {name: list(values) for name, values in found.charge_kw.items()},
        "stored_kwh": {name: list(values) for name, values in found.stored_kwh.items()},
        "unserved_kwh": {name: list(values) for name, values in found.unserved_kwh.items()},
        "import_kw": list(found.import_kw),
        "export_kw": list(found.export_kw),
        "curtailed_kw": list(found.curtailed_kw),
        "starts": dict(found.starts),
        "violation_kwh": found.violation_kwh,
        "shortfall_kwh": found.shortfall_kwh,
        "cost_eur": found.cost_eur,
        "lower_bound_eur": found.lower_bound_eur,
        "optimal": found.optimal,
        "method": found.method,
        "limited_by": "; ".join(reasons) or None,
        "value_eur_per_kwh": {name: list(values) for name, values in found.value_eur_per_kwh.items()},
        "band": {name: [[own.lo_kw, own.hi_kw] for own in bands] for name, bands in found.band.items()},
        "savings": {
            "doing_nothing_eur": found.savings.doing_nothing_eur,
            "self_consumption_eur": found.savings.self_consumption_eur,
        },
        "kept": found.kept,
    }
    if request.warnings:
        answer["warnings"] = list(request.warnings)
    return answer


def plan_columns(request: LeastCostRequest, found: Plan) -> PlanColumns:
    """The plan as columns; ``stored_kwh`` is after each step."""
    columns = {"import_kw": found.import_kw, "export_kw": found.export_kw, "curtailed_kw": found.curtailed_kw}
    for name, charge_kw in found.charge_kw.items():
        columns |= {f"{name}_charge_kw": charge_kw, f"{name}_stored_kwh": found.stored_kwh[name]}
    times = [request.site.time_of(step) for step in range(len(found.import_kw))]
    starts = [f"{run} starts at {utc_text(times[step])}" for run, step in found.starts.items()]
    remarks = [*request.warnings, *filter(None, (request.remark, found.limited_by)), *starts]
    remarks.append(f"it costs {found.cost_eur:g} EUR, at least {found.lower_bound_eur:g} EUR")
    return PlanColumns(times=times, columns=columns, remarks=remarks)
