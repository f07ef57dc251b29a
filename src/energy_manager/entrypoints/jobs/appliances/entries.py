"""What a day's request looks like, each part by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, NotRequired, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema, with_config
from typing_extensions import TypedDict

from energy_manager.domain.appliances import CATALOGUE
from energy_manager.domain.appliances.admission.preference import Strategy
from energy_manager.domain.appliances.power_course import SAYS_ALL
from energy_manager.domain.appliances.priority import PriorityClass
from energy_manager.domain.appliances.units import MOST_MINUTES, minutes_of_us
from energy_manager.domain.errors import shown
from energy_manager.entrypoints.jobs.exact import EXACT, Number
from energy_manager.entrypoints.jobs.exact.homes import (
    BatteryEntry,
    Duration,
    Exact,
    Name,
    Power,
    PowerOrNone,
    Price,
    ProfileEntry,
    known_zone,
)

Minutes: TypeAlias = Annotated[Exact, Number(at_least=0, at_most=MOST_MINUTES, description="minutes from midnight")]
EventWord: TypeAlias = Literal["finish", "cancel", "threshold", "restart"]

LONGEST_TIME_LIMIT_S = 86_400
USUAL_TIME_LIMIT_S = 30


def read_day(value: object) -> date:
    """A day of the calendar, or ``ValueError``."""
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        day = None
    if day is None:
        raise ValueError(f"must be a date like 2026-06-15, not {shown(value)}")
    if not date.min < day < date(9999, 12, 30):
        raise ValueError(f"{shown(value)} is too far away")
    return day


def _known_profile(name: str | None) -> str | None:
    if name is not None and name not in CATALOGUE:
        raise ValueError(f"{shown(name)} is not a profile of the catalogue")
    return name


def _with_profile(request: object) -> object:
    """The request with what its profile of the catalogue, or its own, says, where it does not say it itself."""
    if isinstance(request, dict) and isinstance(own := request.get("profile_w"), dict):
        return _with_own_profile(request, own)
    name = request.get("profile") if isinstance(request, dict) else None
    profile = CATALOGUE.get(name) if isinstance(name, str) else None
    if not isinstance(request, dict) or profile is None:
        return request
    duration_us = profile.duration_us
    return {
        "power_w": profile.rated_power_w,
        "duration_min": None if duration_us is None else Decimal(str(minutes_of_us(duration_us))),
        "interruptible": profile.is_interruptible,
        "priority": profile.priority_class,
        **request,
    }


def _with_own_profile(request: dict[str, object], own: dict[str, object]) -> dict[str, object]:
    """Power and duration are those of its course; what is wrong with that is said where it is read."""
    if request.keys() & {"power_w", "duration_min"}:
        raise ValueError(f"profile_w {SAYS_ALL}")
    values, slot = own.get("values"), own.get("resolution_min")
    numbers = [value for value in values if isinstance(value, int | Decimal)] if isinstance(values, list) else []
    if not any(number > 0 for number in numbers) or not isinstance(slot, int | Decimal) or slot <= 0:
        return {"power_w": 1, "duration_min": 1, **request}
    return {"power_w": max(numbers), "duration_min": slot * len(numbers), **request}


@with_config(EXACT)
class SeriesEntry(TypedDict):
    """A forecast: one power a slot from midnight on."""

    resolution_min: Duration
    values: list[PowerOrNone]


@with_config(EXACT)
class HouseholdEntry(TypedDict):
    """A household and its power threshold."""

    id: Name
    threshold_w: Power
    pv_w: NotRequired[SeriesEntry | None]
    base_load_w: NotRequired[
        Annotated[SeriesEntry | None, Field(description="forecast of what the home takes besides its runs")]
    ]
    battery: NotRequired[BatteryEntry | None]
    follows_aggregator: NotRequired[bool]


@with_config(EXACT)
class RunEntry(TypedDict):
    """A run that is asked for; a profile of the catalogue says what is left out.

    ``profile_w``: its power over its time, in the place of ``power_w`` and ``duration_min``; it is never paused.
    """

    household: Name
    appliance: Name
    profile: NotRequired[Annotated[str | None, AfterValidator(_known_profile)]]
    power_w: Power
    duration_min: Annotated[Duration | None, Field(description="null = endless")]
    profile_w: NotRequired[
        Annotated[ProfileEntry | None, Field(description="in the place of power_w and duration_min; never paused")]
    ]
    max_delay_min: NotRequired[Annotated[Minutes | None, Field(description="null = unlimited")]]
    not_before_min: NotRequired[Annotated[Minutes | None, Field(description="it draws no power earlier")]]
    ready_by_min: NotRequired[Annotated[Minutes | None, Field(description="it is to be over by then")]]
    interruptible: NotRequired[bool]
    priority: NotRequired[PriorityClass]
    at_min: Minutes
    queue: NotRequired[bool]


@with_config(EXACT)
class EventEntry(TypedDict):
    """Something that happens besides requests; which fields it needs follows from its kind."""

    event: EventWord
    at_min: Minutes
    household: NotRequired[Name]
    appliance: NotRequired[Name]
    threshold_w: NotRequired[Power]
    until_min: NotRequired[Minutes]


@with_config(EXACT)
class DayDocument(TypedDict):
    """What a plan is asked."""

    day: Annotated[date, PlainValidator(read_day), WithJsonSchema({"type": "string", "format": "date"})]
    time_zone: NotRequired[Annotated[Name, AfterValidator(known_zone)]]
    strategy: NotRequired[Strategy]
    target_peak_w: NotRequired[PowerOrNone | None]
    price_eur_per_mwh: NotRequired[
        Annotated[
            list[Price] | None,
            Field(
                description="one an hour: 24, or as many as the day has hours; or one a quarter hour: as many as the "
                "day has, or more for the days after it"
            ),
        ]
    ]
    feed_in_eur_per_mwh: NotRequired[
        Annotated[Price | list[Price] | None, Field(description="what surplus earns: one for all, or as the prices")]
    ]
    building_limit_w: NotRequired[Power | None]
    offline: NotRequired[bool]
    time_limit_s: NotRequired[Annotated[Exact, Number(above=0, at_most=LONGEST_TIME_LIMIT_S)] | None]
    window_min: NotRequired[Annotated[list[Minutes], Field(min_length=2, max_length=2)] | None]
    households: Annotated[list[HouseholdEntry], Field(min_length=1)]
    requests: NotRequired[list[Annotated[RunEntry, BeforeValidator(_with_profile)]]]
    events: NotRequired[list[EventEntry] | None]


FIELDS_OF: Mapping[str, Sequence[str]] = {
    "finish": ("household", "appliance"),
    "cancel": ("household", "appliance"),
    "threshold": ("household", "threshold_w"),
    "restart": ("until_min",),
}
"""What each kind of event needs beside its time."""
