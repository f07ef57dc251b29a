"""What may be asked of the live half of job 2: households, appliances, runs and cars, each as its JSON states it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Annotated, Any, NotRequired, TypeAlias

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema, with_config
from typing_extensions import TypedDict

from energy_manager.domain.appliances.admission.preference import Strategy
from energy_manager.domain.appliances.priority import PriorityClass
from energy_manager.domain.appliances.units import LONGEST_NAME, MOST_MINUTES, MOST_WATTS
from energy_manager.domain.errors import shown
from energy_manager.entrypoints.jobs.exact import EXACT, Number, RequestModel
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

MOST_KWH = 1000
"""More than any car holds."""

# A day of 23 hours has so many quarter hours.
_LEAST_QUARTERS = 92


def _start(value: object) -> datetime:
    try:
        start = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        start = None
    if start is None or start.utcoffset() is None or not 1970 <= start.year < 9990:
        raise ValueError(f"must be a time with its zone like 2026-06-15T00:00:00Z, not {shown(value)}")
    return start


def _time_of_run(value: object) -> time | datetime:
    stated = None
    if isinstance(value, str):
        stated = _clock(value) or _instant(value)
    if stated is None:
        wanted = "HH:MM or a time with its zone like 2026-06-15T07:00:00+02:00"
        raise ValueError(f"must be {wanted}, not {shown(value)}")
    return stated


def _clock(text: str) -> time | None:
    try:
        clock = time.fromisoformat(text)
    except ValueError:
        return None
    return clock if clock.tzinfo is None else None


def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
        return None if instant.utcoffset() is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _day_of_prices(prices: list[Exact] | None) -> list[Exact] | None:
    if prices is not None and len(prices) != 24 and len(prices) < _LEAST_QUARTERS:
        needs = f"a day needs 24, one an hour, or {_LEAST_QUARTERS} to 100, one a quarter hour"
        raise ValueError(f"has {len(prices)} values, {needs}")
    return prices


Start: TypeAlias = Annotated[
    datetime, PlainValidator(_start), WithJsonSchema({"type": "string", "format": "date-time"})
]
TimeOfRun: TypeAlias = Annotated[time | datetime, PlainValidator(_time_of_run), WithJsonSchema({"type": "string"})]
Delay: TypeAlias = Annotated[
    Annotated[Exact, Number(at_least=0, at_most=MOST_MINUTES)] | None,
    Field(description="total waiting, pauses included; null: unlimited"),
]
StoredWh: TypeAlias = Annotated[Exact, Number(at_least=0, at_most=MOST_WATTS, description="at most the capacity")]
HomeName: TypeAlias = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


@with_config(EXACT)
class ForecastEntry(TypedDict):
    """Slots from ``start`` on, by itself the household's last midnight."""

    start: NotRequired[Start]
    resolution_min: Duration
    values: list[PowerOrNone]


Sun: TypeAlias = Annotated[ForecastEntry | None, Field(description="forecast of the sun's power")]
BaseLoad: TypeAlias = Annotated[
    ForecastEntry | None, Field(description="forecast of what the home takes besides its runs; as pv_w")
]
Prices: TypeAlias = Annotated[
    list[Price] | None,
    AfterValidator(_day_of_prices),
    Field(description="24 by the hour on the wall, or 92 quarter hours or more from midnight on; for strategy cost"),
]


@with_config(EXACT)
class HouseholdDocument(TypedDict):
    """A household that is put."""

    threshold_w: Power
    time_zone: NotRequired[Annotated[Name, AfterValidator(known_zone)]]
    pv_w: NotRequired[Sun]
    base_load_w: NotRequired[BaseLoad]
    battery: NotRequired[BatteryEntry | None]
    follows_aggregator: NotRequired[bool]
    strategy: NotRequired[Strategy]
    target_peak_w: NotRequired[PowerOrNone | None]
    price_eur_per_mwh: NotRequired[Prices]


@with_config(ConfigDict(**EXACT, json_schema_extra={"minProperties": 1}))
class HouseholdChange(TypedDict):
    """What is to be otherwise in a household from now on."""

    threshold_w: NotRequired[Power]
    pv_w: NotRequired[Sun]
    base_load_w: NotRequired[BaseLoad]
    stored_wh: NotRequired[StoredWh]
    follows_aggregator: NotRequired[bool]
    strategy: NotRequired[Strategy]
    target_peak_w: NotRequired[PowerOrNone | None]
    price_eur_per_mwh: NotRequired[Prices]


@with_config(EXACT)
class OwnDraw(TypedDict):
    """What an appliance or a run draws, in its own words."""

    power_w: NotRequired[Power]
    duration_min: NotRequired[Annotated[Duration | None, Field(description="null: until it is ended")]]
    profile_w: NotRequired[
        Annotated[
            ProfileEntry | None,
            Field(description="one power a slot, in the place of power_w and duration_min; such a run is never paused"),
        ]
    ]
    interruptible: NotRequired[bool]
    priority: NotRequired[PriorityClass]


@with_config(EXACT)
class ApplianceDocument(OwnDraw):
    """Profiles of the catalogue that an appliance may run, or a power of its own."""

    profiles: NotRequired[list[Name]]
    max_delay_min: NotRequired[Delay]
    asset: NotRequired[
        Annotated[
            Name | None,
            Field(description="the site's asset; by itself the appliance's name; null: planned and not switched"),
        ]
    ]


@with_config(EXACT)
class RunDocument(OwnDraw):
    """A run: what its profile and appliance say, unless it is said here."""

    household: HomeName
    appliance: HomeName
    profile: NotRequired[Annotated[Name, Field(description="needed where the appliance has several")]]
    max_delay_min: NotRequired[Delay]
    not_before: NotRequired[
        Annotated[
            TimeOfRun | None, Field(description="it draws no power earlier; HH:MM: the last time before ready_by")
        ]
    ]
    ready_by: NotRequired[
        Annotated[TimeOfRun | None, Field(description="it is over by then; HH:MM: the next time the clock shows that")]
    ]
    queue: NotRequired[Annotated[bool, Field(description="wait behind the appliance's run instead of being refused")]]


@with_config(EXACT)
class MoveDocument(TypedDict):
    """Another longest delay, from now on."""

    max_delay_min: Delay


@with_config(EXACT)
class VehicleDocument(TypedDict):
    """What a car must have taken by when."""

    ready_by: Annotated[TimeOfRun, Field(description="HH:MM of the household's clock, or a time with its zone")]
    energy_kwh: Annotated[
        Exact, Number(above=0, at_most=MOST_KWH, description="what the charger is to deliver from now on")
    ]
    not_before: NotRequired[TimeOfRun | None]
    profile: NotRequired[Annotated[Name, Field(description="needed where the charger has several")]]


_CHANGES = ", ".join(HouseholdChange.__annotations__)


def _some_change(stated: object) -> object:
    if stated == {}:
        raise ValueError(f"changes nothing; there are {_CHANGES}")
    return stated


HOUSEHOLD: RequestModel[HouseholdDocument] = RequestModel(HouseholdDocument)
HOUSEHOLD_CHANGE: RequestModel[HouseholdChange] = RequestModel(
    Annotated[HouseholdChange, BeforeValidator(_some_change)]
)
APPLIANCE: RequestModel[ApplianceDocument] = RequestModel(ApplianceDocument)
RUN: RequestModel[RunDocument] = RequestModel(RunDocument)
MOVE: RequestModel[MoveDocument] = RequestModel(MoveDocument)
VEHICLE: RequestModel[VehicleDocument] = RequestModel(VehicleDocument)


def exactly(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of a command as a document would state them: numbers by their shortest decimal text."""
    return {name: _exact(value) for name, value in options.items()}


def _exact(value: Any) -> Any:  # noqa: ANN401 - whatever an option may be
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return exactly(value)
    return [_exact(entry) for entry in value] if isinstance(value, list) else value
