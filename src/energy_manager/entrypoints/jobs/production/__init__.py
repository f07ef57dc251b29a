"""Job 5: production planning, with the powerplant coding challenge's request and reply."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from pydantic import TypeAdapter

from energy_manager.domain.errors import Refused
from energy_manager.domain.production import ProductionPlan, ProductionRequest, plan_production, production_schedule
from energy_manager.domain.production.plants import duplicate_names
from energy_manager.domain.schedule import Schedule, Span
from energy_manager.entrypoints.jobs import JOBS
from energy_manager.entrypoints.jobs.definition import ActivationOptions, Form, PlanningJob
from energy_manager.entrypoints.jobs.production.answer import PlantPower, ProductionAnswer, write_details, write_reply
from energy_manager.entrypoints.jobs.production.options import ProductionArguments, ProductionOptions
from energy_manager.entrypoints.jobs.production.request import REQUEST, read_request
from energy_manager.entrypoints.settings import Settings


def plan(request: ProductionRequest, options: ProductionOptions) -> ProductionPlan:
    """The cheapest plan; proved, unless its time ends before."""
    return plan_production(request, co2=options.co2, wind=options.wind, time_limit_s=options.time_limit_s)


def refuse_activation(request: ProductionRequest, activation: ActivationOptions) -> None:
    """Refuse a time that cannot be, or two plants that would be one asset."""
    _span(activation)
    faults = duplicate_names([plant.name for plant in request.plants])
    if faults:
        raise Refused(faults)


def schedule(_: ProductionRequest, found: ProductionPlan, activation: ActivationOptions) -> Schedule:
    """Every plant at its power, for as long as was said."""
    return production_schedule(
        found,
        schedule_id=activation.schedule_id or "production",
        span=_span(activation),
        steps_per_kw=activation.site.steps_per_kw,
    )


def _span(activation: ActivationOptions) -> Span:
    return Span.of(now=activation.now, start=activation.start, minutes=activation.minutes)


def options_of(settings: Settings, said: ProductionArguments) -> ProductionOptions:
    """What was said goes before the settings."""
    return ProductionOptions(
        co2=settings.production.co2 if said.co2 is None else said.co2,
        wind=said.wind or settings.production.wind,
        time_limit_s=settings.production.time_limit_s,
        needs_co2_price=said.co2 is True,
    )


# The six plants of the challenge.
EXAMPLE = {
    "load": 480,
    "fuels": {"gas(euro/MWh)": 13.4, "kerosine(euro/MWh)": 50.8, "co2(euro/ton)": 20, "wind(%)": 60},
    "powerplants": [
        {"name": "gasfiredbig1", "type": "gasfired", "efficiency": 0.53, "pmin": 100, "pmax": 460},
        {"name": "gasfiredbig2", "type": "gasfired", "efficiency": 0.53, "pmin": 100, "pmax": 460},
        {"name": "gasfiredsomewhatsmaller", "type": "gasfired", "efficiency": 0.37, "pmin": 40, "pmax": 210},
        {"name": "tj1", "type": "turbojet", "efficiency": 0.3, "pmin": 0, "pmax": 16},
        {"name": "windpark1", "type": "windturbine", "efficiency": 1, "pmin": 0, "pmax": 150},
        {"name": "windpark2", "type": "windturbine", "efficiency": 1, "pmin": 0, "pmax": 36},
    ],
}

ENTRY = JOBS["production"]


_OWN: Form[ProductionRequest, ProductionPlan, ProductionOptions] = Form(
    path=ENTRY.path,
    summary="Which plants run, and at what power, for a load",
    request=REQUEST,
    example=lambda: EXAMPLE,
    answer=TypeAdapter(ProductionAnswer),
    answer_is="Every plant once, in merit order, with what the plan costs, what one MWh more would, and why",
    read=read_request,
    write=write_reply,
    details=write_details,
)

JOB: PlanningJob[ProductionRequest, ProductionPlan, ProductionOptions, ProductionArguments] = PlanningJob(
    outline=ENTRY,
    summary="Which power plants run, and at what power, for a load.",
    no_plan="no choice of plants adds up to the load; the details name the nearest loads that can be met",
    forms=(
        _OWN,
        # As the challenge's community knows it.
        replace(
            _OWN,
            path=ENTRY.drop_in[0],
            answer=TypeAdapter(list[PlantPower]),
            answer_is="Every plant once, in merit order; the powers add up to the load",
            read=partial(read_request, may_repeat_names=True),
            details=None,
            is_fed=True,
        ),
    ),
    arguments=ProductionArguments,
    activation=("schedule_id", "start", "minutes"),
    options_of=options_of,
    plan=plan,
    gap_of=lambda found: found.gap,
    refuse_activation=refuse_activation,
    schedule=schedule,
)
