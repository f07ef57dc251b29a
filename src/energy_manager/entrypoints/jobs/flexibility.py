"""Job 4: flexibility activation, with the Flexcity test's ``POST /assets`` and the product's own plans."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, PlainValidator, TypeAdapter, WithJsonSchema
from typing_extensions import TypedDict

from energy_manager.adapters.json_text import write_json
from energy_manager.adapters.registries import FileRegistry, GeneratedRegistry
from energy_manager.application.ports.asset_registry import AssetRegistry
from energy_manager.domain.errors import Refused
from energy_manager.domain.flexibility import (
    ActivationPlan,
    FlexibilityAsset,
    Offer,
    activation_schedule,
    activation_span,
    parse_offer,
    plan_activation,
)
from energy_manager.domain.flexibility.assets import MAX_ASSETS, MAX_VOLUME_KW, euros
from energy_manager.domain.flexibility.selection import MAX_COST_CENTS, VolumeNotAvailable
from energy_manager.domain.schedule import Schedule, Source, Span
from energy_manager.entrypoints.jobs.definition import ActivationOptions, Arguments, Form, PlanningJob
from energy_manager.entrypoints.jobs.definition.activation import fresh_id
from energy_manager.entrypoints.jobs.exact import Day, ExactModel, FaultsFound, Number, RequestModel
from energy_manager.entrypoints.jobs.exact.request_model import json_schema
from energy_manager.entrypoints.settings import FlexibilitySettings, Settings

MAX_REQUEST_KW = 10**18
"""A request may ask for more than any offer has, up to what fits in int64."""

MAX_TIME_LIMIT_S = 10**6

EngineName: TypeAlias = Literal["exact", "greedy", "dp", "hybrid"]
Volume: TypeAlias = Annotated[int, Number(at_least=1, at_most=MAX_REQUEST_KW, description="kW")]


class AssetEntry(ExactModel):
    """An asset of a request; read column by column in the domain, so that a million of them take seconds."""

    code: Annotated[str, Field(min_length=1)]
    name: str | None = None
    volume: Annotated[int, Number(at_least=1, at_most=MAX_VOLUME_KW, description="kW")]
    activation_cost: Annotated[
        int | Decimal, Number(at_least=0, at_most=MAX_COST_CENTS // 100, step=0.01, description="EUR")
    ]
    availability: list[Day] | None = None


def _offer(assets: object) -> Offer:
    try:
        return parse_offer(assets)
    except Refused as refused:
        below = [replace(fault, field=fault.field.removeprefix("assets")) for fault in refused.faults]
        raise FaultsFound(below) from None


_ASSETS = {
    "type": "array",
    "items": json_schema(TypeAdapter(AssetEntry)),
    "maxItems": MAX_ASSETS,
    "description": "instead of the registry's",
}


class FlexibilityDocument(ExactModel):
    """What the product's own route is asked."""

    volume: Volume
    date: Day | None = None
    assets: Annotated[Offer, PlainValidator(_offer), WithJsonSchema(_ASSETS)] | None = None
    engine: EngineName | None = None
    time_limit_s: Annotated[int | Decimal, Number(at_least=0, at_most=MAX_TIME_LIMIT_S)] | None = None


class AssetsDocument(ExactModel):
    """What the Flexcity test asks ``POST /assets``."""

    date: Day
    volume: Volume


class FlexibilityAnswer(TypedDict):
    """The selection, and what it costs."""

    volume: Annotated[int, Field(description="kW chosen")]
    cost: Annotated[float, Field(description="EUR")]
    lower_bound: Annotated[float, Field(description="EUR; no selection costs less")]
    optimal: Annotated[bool, Field(description="whether the cost is proved to be the least")]
    engine: EngineName
    assets: Annotated[list[str], Field(description="codes in the order of the offer")]


class ChosenAsset(TypedDict):
    """An asset as the Flexcity test answers it."""

    code: str
    name: str
    price: Annotated[float, Field(description="activation cost, EUR")]
    availability: Annotated[
        list[Annotated[str, Field(json_schema_extra={"format": "date"})]] | None,
        Field(description="the days (UTC); null: every day, as in an offer"),
    ]
    volume: Annotated[int, Field(description="kW")]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlexibilityRequest:
    """What a plan is asked for.

    ``offer`` None: the registry's assets; ``day`` None: whatever their availability; ``engine`` and ``time_limit_s``
    None: as the options say.
    """

    volume_kw: int
    day: date | None
    offer: Offer | None = None
    engine: str | None = None
    time_limit_s: float | None = None


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


REQUEST: RequestModel[FlexibilityDocument] = RequestModel(FlexibilityDocument)
ASSETS_REQUEST: RequestModel[AssetsDocument] = RequestModel(AssetsDocument)


def read_request(text: bytes, _: FlexibilityOptions) -> FlexibilityRequest:
    """The request of a plan; raises ``NotJson`` and ``Refused``."""
    return request_of(REQUEST.read(text))


def request_of(document: FlexibilityDocument) -> FlexibilityRequest:
    """The request that a document is."""
    limit_s = document.time_limit_s
    return FlexibilityRequest(
        volume_kw=document.volume,
        day=document.date,
        offer=document.assets,
        engine=document.engine,
        time_limit_s=None if limit_s is None else float(limit_s),
    )


def read_assets_request(text: bytes, _: FlexibilityOptions) -> FlexibilityRequest:
    """The request of ``POST /assets``: a volume on a day, from the registry; raises ``NotJson`` and ``Refused``."""
    document = ASSETS_REQUEST.read(text)
    return FlexibilityRequest(volume_kw=document.volume, day=document.date)


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


def write_answer(_: FlexibilityRequest, found: ActivationPlan) -> bytes:
    """The answer; amounts are written digit by digit, so exact whatever their size."""
    amounts = {"cost": found.cost_cents, "lower_bound": found.lower_bound_cents}
    members = (
        f"{json.dumps(name)}: {_digits(amounts[name]) if name in amounts else json.dumps(value)}"
        for name, value in answer_of(found).items()
    )
    return f"{{{', '.join(members)}}}".encode("ascii")


def _digits(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def answer_of(found: ActivationPlan) -> FlexibilityAnswer:
    """The answer as values; amounts in euros are exact as ``euros`` says."""
    return {
        "volume": found.volume_kw,
        "cost": euros(found.cost_cents),
        "lower_bound": euros(found.lower_bound_cents),
        "optimal": found.is_optimal,
        "engine": found.engine,  # type: ignore[typeddict-item]  # the domain's engines are this type's words, a test says
        "assets": [asset.code for asset in found.assets],
    }


def write_assets(_: FlexibilityRequest, found: ActivationPlan) -> bytes:
    """The chosen assets."""
    return write_json([chosen_asset(asset) for asset in found.assets])


def chosen_asset(asset: FlexibilityAsset) -> ChosenAsset:
    """An asset as the Flexcity test answers it; ``null`` days mean every day, as in an offer; none would mean never."""
    days = asset.availability
    return {
        "code": asset.code,
        "name": asset.name,
        "price": euros(asset.cost_cents),
        "availability": None if days is None else [day.isoformat() for day in days],
        "volume": asset.volume_kw,
    }


def refuse_activation(request: FlexibilityRequest, activation: ActivationOptions) -> None:
    """Refuse a time that cannot be."""
    _span(request, activation)


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
    made_up = settings.generator
    return GeneratedRegistry(
        count=made_up.count,
        total_kw=made_up.total_kw,
        seed=made_up.seed,
        base_price_factor=made_up.base_price_factor,
    )


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


def assets_example() -> object:
    """Today, when some of the generated assets are available."""
    return {"date": datetime.now(UTC).date().isoformat(), "volume": 100}


JOB: PlanningJob[FlexibilityRequest, ActivationPlan, FlexibilityOptions, Arguments] = PlanningJob(
    module=__name__,
    name="flexibility",
    source=Source.FLEXIBILITY,
    summary="The cheapest assets that reach a volume: the registry's, or those in the request.",
    no_plan="all assets on offer together do not reach the volume; the details say how much there is",
    forms=(
        Form(
            path="/api/v1/flexibility/plans",
            summary="The cheapest assets that reach a volume, with bound and proof",
            request=REQUEST,
            example=example,
            answer=TypeAdapter(FlexibilityAnswer),
            answer_is="The selection and what it costs",
            read=read_request,
            write=write_answer,
        ),
        # As the Flexcity test knows it.
        Form(
            path="/assets",
            summary="The cheapest assets that reach a volume on a day",
            request=ASSETS_REQUEST,
            example=assets_example,
            answer=TypeAdapter(list[ChosenAsset]),
            answer_is="The chosen assets; each is taken whole",
            read=read_assets_request,
            write=write_assets,
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
    refuse_activation=refuse_activation,
    schedule=schedule,
    terms=terms,
    warm_up=warm_up,
)
