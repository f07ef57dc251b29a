"""What may be asked of job 4: a volume from the registry's assets, or from those in the request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, PlainValidator, TypeAdapter, WithJsonSchema

from energy_manager.domain.errors import Refused
from energy_manager.domain.flexibility import Offer, parse_offer
from energy_manager.domain.flexibility.assets import MAX_ASSETS, MAX_VOLUME_KW
from energy_manager.domain.flexibility.selection import MAX_COST_CENTS
from energy_manager.entrypoints.jobs.exact import Day, ExactModel, FaultsFound, Number, RequestModel
from energy_manager.entrypoints.jobs.exact.request_model import json_schema

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
        int | Decimal, Number(at_least=0, at_most=MAX_COST_CENTS // 100, description="EUR, rounded to the cent")
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


REQUEST: RequestModel[FlexibilityDocument] = RequestModel(FlexibilityDocument)
ASSETS_REQUEST: RequestModel[AssetsDocument] = RequestModel(AssetsDocument)


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


def assets_request_of(document: AssetsDocument) -> FlexibilityRequest:
    """The request of ``POST /assets``: a volume on a day, from the registry."""
    return FlexibilityRequest(volume_kw=document.volume, day=document.date)
