"""Job 4: flexibility activation, with the Flexcity test's ``POST /assets`` and the product's own plans."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from energy_manager.adapters.registries import FileRegistry, GeneratedRegistry
from energy_manager.adapters.texts.json_text import write_json
from energy_manager.application.ports.planning.asset_registry import AssetRegistry
from energy_manager.domain.errors import Refused
from energy_manager.domain.flexibility import ActivationPlan, activation_schedule, activation_span, plan_activation
from energy_manager.domain.flexibility.selection import VolumeNotAvailable
from energy_manager.domain.schedule import Schedule, Span
from energy_manager.entrypoints.jobs import JOBS
from energy_manager.entrypoints.jobs.definition import ActivationOptions, Arguments, Form, PlanningJob
from energy_manager.entrypoints.jobs.definition.activation import fresh_id
from energy_manager.entrypoints.jobs.flexibility.answer import (
    ChosenAsset,
    FlexibilityAnswer,
    answer_of,
    answer_text,
    chosen_asset,
)
from energy_manager.entrypoints.jobs.flexibility.request import (
    ASSETS_REQUEST,
    REQUEST,
    FlexibilityRequest,
    assets_request_of,
    request_of,
)
from energy_manager.entrypoints.settings import FlexibilitySettings, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class FlexibilityOptions:
    """What a request leaves open: the assets, the engine, how long to search (s), and which day it is (UTC).

    A request may set its own time limit, up to ``longest_s``.
    """

    registry: AssetRegistry
    today: date
    engine: str = "exact"
    time_limit_s: float = 10.0
    longest_s: float = math.inf


def plan(request: FlexibilityRequest, options: FlexibilityOptions) -> ActivationPlan:
    """The cheapest assets that reach the volume, with a bound."""
    offer = options.registry.offer(options.today) if request.offer is None else request.offer
    if request.day is not None:
        offer = offer.available_on(request.day)
    limit_s = options.time_limit_s if request.time_limit_s is None else request.time_limit_s
    try:
        return plan_activation(
            offer,
            request.volume_kw,
            engine=request.engine or options.engine,
            time_limit_s=min(limit_s, options.longest_s),
        )
    except VolumeNotAvailable as error:
        if request.day is None:
            raise
        raise VolumeNotAvailable(target_kw=error.target_kw, available_kw=error.available_kw, day=request.day) from None


def schedule(request: FlexibilityRequest, found: ActivationPlan, activation: ActivationOptions) -> Schedule:
    """Each chosen asset at its whole volume; two activations may hold for the same time."""
    span = _span(request, activation)
    return activation_schedule(
        found,
        schedule_id=activation.schedule_id or fresh_id("flexibility", span.start),
        span=span,
        steps_per_kw=activation.site.steps_per_kw,
    )


def _span(request: FlexibilityRequest, activation: ActivationOptions) -> Span:
    """When it holds; refuses a time that cannot be."""
    return activation_span(
        request.day,
        now=activation.now,
        start=activation.start,
        minutes=activation.minutes,
        time_zone=activation.site.time_zone,
    )


def terms(request: FlexibilityRequest, found: ActivationPlan) -> Mapping[str, Any]:
    """What is agreed: the volume asked for, and the plan."""
    return {"asked_kw": request.volume_kw, **answer_of(found)}


def options_of(settings: Settings, _: Arguments) -> FlexibilityOptions:
    """How flexibility is planned unless a request says otherwise, today (UTC)."""
    return FlexibilityOptions(
        registry=_registry(settings.flexibility),
        today=datetime.now(UTC).date(),
        engine=settings.flexibility.engine,
        time_limit_s=settings.flexibility.time_limit_s,
    )


def _registry(settings: FlexibilitySettings) -> AssetRegistry:
    if settings.assets_file:
        return FileRegistry(path=Path(settings.assets_file))
    return GeneratedRegistry(**settings.generator.model_dump())


def warm_up(options: FlexibilityOptions) -> None:
    """Read the assets on offer; a registry that cannot be read is told to whoever asks for it, not here."""
    with contextlib.suppress(Refused):
        options.registry.offer(options.today)


def example() -> object:
    """Three assets, two of which do."""
    return {
        "volume": 100,
        "assets": [
            {"code": "A", "volume": 60, "activation_cost": 30.00},
            {"code": "B", "volume": 50, "activation_cost": 20.50},
            {"code": "C", "volume": 55, "activation_cost": 27.10},
        ],
    }


ENTRY = JOBS["flexibility"]

JOB: PlanningJob[FlexibilityRequest, ActivationPlan, FlexibilityOptions, Arguments] = PlanningJob(
    outline=ENTRY,
    summary="The cheapest assets that reach a volume: the registry's, or those in the request.",
    no_plan="all assets on offer together do not reach the volume; the details say how much there is",
    forms=(
        Form(
            path=ENTRY.path,
            summary="The cheapest assets that reach a volume, with bound and proof",
            request=REQUEST,
            example=example,
            answer=TypeAdapter(FlexibilityAnswer),
            answer_is="The selection and what it costs",
            read=lambda text, _: request_of(REQUEST.read(text)),
            write=lambda _, found: answer_text(found),
        ),
        # As the Flexcity test knows it.
        Form(
            path=ENTRY.drop_in[0],
            summary="The cheapest assets that reach a volume on a day",
            request=ASSETS_REQUEST,
            # Today, when some of the generated assets are available.
            example=lambda: {"date": datetime.now(UTC).date().isoformat(), "volume": 100},
            answer=TypeAdapter(list[ChosenAsset]),
            answer_is="The chosen assets; each is taken whole",
            read=lambda text, _: assets_request_of(ASSETS_REQUEST.read(text)),
            write=lambda _, found: write_json([chosen_asset(asset) for asset in found.assets]),
            may_activate=False,
        ),
    ),
    arguments=Arguments,
    activation=("schedule_id", "start", "minutes"),
    activation_is="An activation holds for the date asked for (UTC), unless a start or a length is given; "
    "then the assets get their schedules back.",
    options_of=options_of,
    within_deadline=lambda options: replace(options, longest_s=options.time_limit_s),
    plan=plan,
    gap_of=lambda found: found.gap,
    refuse_activation=_span,
    schedule=schedule,
    terms=terms,
    warm_up=warm_up,
)
