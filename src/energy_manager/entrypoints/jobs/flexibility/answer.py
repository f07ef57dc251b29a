"""How job 4 answers: with the plan, or as the Flexcity test knows it."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from energy_manager.domain.flexibility import ActivationPlan, FlexibilityAsset
from energy_manager.domain.flexibility.assets import euros
from energy_manager.entrypoints.jobs.flexibility.request import EngineName


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


def answer_text(found: ActivationPlan) -> bytes:
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
