"""Homes in a request: powers and energies as the JSON spells them, a battery, what an appliance draws."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, NotRequired, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, with_config
from typing_extensions import TypedDict

from energy_manager.domain.appliances.power_course import MOST_SLOTS
from energy_manager.domain.appliances.units import MOST_MINUTES, MOST_WATTS
from energy_manager.domain.errors import shown
from energy_manager.entrypoints.jobs.exact.numbers import Number
from energy_manager.entrypoints.jobs.exact.request_model import EXACT

Exact: TypeAlias = int | Decimal
Power: TypeAlias = Annotated[Exact, Number(above=0, at_most=MOST_WATTS, description="W")]
PowerOrNone: TypeAlias = Annotated[Exact, Number(at_least=0, at_most=MOST_WATTS, description="W")]
Duration: TypeAlias = Annotated[Exact, Number(above=0, at_most=MOST_MINUTES, description="minutes")]
Name: TypeAlias = Annotated[str, Field(min_length=1)]
Price: TypeAlias = Annotated[Exact, Number(at_least=-(10**6), at_most=10**6)]


def known_zone(name: str) -> str:
    """The name of a time zone, or ``ValueError``."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{shown(name)} is not a known time zone") from None
    return name


@with_config(EXACT)
class ProfileEntry(TypedDict):
    """One power a slot from the beginning of a run on."""

    resolution_min: Duration
    values: Annotated[list[PowerOrNone], Field(min_length=1, max_length=MOST_SLOTS)]


@with_config(EXACT)
class BatteryEntry(TypedDict):
    """A home battery, full unless it says otherwise; its asset, where it names one, is commanded when activated."""

    capacity_wh: Annotated[Exact, Number(above=0, at_most=MOST_WATTS)]
    power_w: Power
    depth_of_discharge: NotRequired[Annotated[Exact, Number(at_least=0, at_most=1)]]
    stored_wh: NotRequired[Annotated[Exact, Number(at_least=0, at_most=MOST_WATTS)]]
    asset: NotRequired[Name | None]
