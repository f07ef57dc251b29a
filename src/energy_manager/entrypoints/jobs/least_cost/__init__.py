"""Job 6: least cost plans, from series on a grid or raw readings."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from energy_manager.adapters.texts.json_text import write_json
from energy_manager.application.least_cost.plan import plan_least_cost
from energy_manager.domain.least_cost import Plan
from energy_manager.entrypoints.jobs import JOBS
from energy_manager.entrypoints.jobs.definition import Arguments, CsvForm, CsvInput, Form, PlanningJob
from energy_manager.entrypoints.jobs.least_cost.activation import refuse_activation, schedule
from energy_manager.entrypoints.jobs.least_cost.answer import LeastCostAnswer, answer_of, plan_columns
from energy_manager.entrypoints.jobs.least_cost.request import REQUEST, LeastCostRequest, request_of

__all__ = ["JOB", "REQUEST", "LeastCostOptions", "LeastCostRequest", "answer_of", "request_of"]

DEFAULT_TIME_LIMIT_S = 2.0
"""How long is searched where a request does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastCostOptions:
    """How long the solver may search at most, s, whatever a request says; one storage needs no limit.

    ``is_bound``: a request may not ask for more.
    """

    time_limit_s: float = 10.0
    is_bound: bool = False


def plan(request: LeastCostRequest, options: LeastCostOptions) -> Plan:
    """The plan that costs least; there is always one."""
    from energy_manager.adapters.solvers.least_cost_milp import HighsSitePlanner  # noqa: PLC0415 - with HiGHS and numpy

    wanted_s = DEFAULT_TIME_LIMIT_S if request.time_limit_s is None else request.time_limit_s
    limit_s = min(wanted_s, options.time_limit_s) if options.is_bound else wanted_s
    return plan_least_cost(request.site, solve=HighsSitePlanner(time_limit_s=limit_s).plan)


def gap_of(found: Plan) -> float | None:
    """By which share of its cost the plan may be above the least; None where it costs nothing."""
    if found.optimal:
        return 0.0
    return (found.cost_eur - found.lower_bound_eur) / abs(found.cost_eur) if found.cost_eur else None


def example() -> object:
    """Two hours: a battery takes surplus now for the dear hour that follows."""
    return {
        "start": "2026-03-02T16:00:00Z",
        "step_s": 3600,
        "load_kw": [0.5, 2.0],
        "production_kw": [3.0, 0.0],
        "buy_eur_per_kwh": [0.28, 0.41],
        "sell_eur_per_kwh": 0.079,
        "pcc": {"import_limit_kw": 17.0, "export_limit_kw": None},
        "storages": [
            {
                "id": "battery",
                "kind": "battery",
                "capacity_kwh": 10,
                "min_kwh": 1,
                "stored_kwh": 3.5,
                "max_charge_kw": 5,
                "max_discharge_kw": 5,
                "charge_efficiency": 0.95,
                "discharge_efficiency": 0.95,
                "wear_eur_per_kwh": 0.01,
                "end_value_eur_per_kwh": 0.24,
            }
        ],
    }


ENTRY = JOBS["least_cost"]

JOB: PlanningJob[LeastCostRequest, Plan, LeastCostOptions, Arguments] = PlanningJob(
    outline=ENTRY,
    summary="Charge batteries, cars and heat and start runs so that the site's energy costs least.",
    no_plan=None,
    forms=(
        Form(
            path=ENTRY.path,
            summary="What a site should do so that its energy costs least, with bound and proof",
            request=REQUEST,
            example=example,
            answer=TypeAdapter(LeastCostAnswer),
            answer_is="The plan; there is always one",
            read=lambda text, _: request_of(REQUEST.read(text)),
            write=lambda request, found: write_json(answer_of(request, found)),
        ),
    ),
    arguments=Arguments,
    activation=("schedule_id",),
    options_of=lambda settings, _: LeastCostOptions(time_limit_s=settings.least_cost.time_limit_s),
    within_deadline=lambda options: replace(options, is_bound=True),
    plan=plan,
    gap_of=gap_of,
    refuse_activation=refuse_activation,
    schedule=schedule,
    csv=CsvForm(
        inputs=(
            CsvInput(flag="load", place=("load_kw",), words=("load", "consumption", "verbruik", "verbrauch", "afname")),
            CsvInput(flag="production", place=("production_kw",), words=("production", "pv", "solar", "injectie")),
            CsvInput(flag="buy", place=("buy_eur_per_kwh",), words=("buy", "price", "preis", "prijs"), unit="EUR/kWh"),
            CsvInput(flag="sell", place=("sell_eur_per_kwh",), words=("sell", "feed", "price"), unit="EUR/kWh"),
        ),
        columns=plan_columns,
    ),
)
