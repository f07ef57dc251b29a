"""What may be put as a forecast: ``[{"time", "value"}]``, or an object with such a list as its ``readings``."""

from __future__ import annotations

from array import array
from datetime import datetime, timedelta
from typing import Annotated, Any, Generic, NotRequired, TypeAlias, TypeVar

from pydantic import Field, model_validator, with_config
from typing_extensions import TypedDict

from energy_manager.adapters.texts.csv_series import LocalClock, read_series
from energy_manager.application.planner_result import PlannerResult, run_planner
from energy_manager.domain.errors import Fault, Refused, near_miss, shown
from energy_manager.domain.forecast import KNOWN, IssuedForecast, Unit
from energy_manager.domain.series import FAULTS_PER_SERIES, MOST_STEPS, microseconds, utc_text
from energy_manager.entrypoints.jobs.exact import Instant, LenientModel, RequestModel
from energy_manager.entrypoints.jobs.exact.series import Power, Signed

# What a value in that unit is multiplied by to be in the forecast's.
_FACTORS: dict[Unit, dict[str, float]] = {
    Unit.KW: {"kW": 1.0, "W": 1e-3, "MW": 1e3},
    Unit.EUR_PER_KWH: {"EUR/kWh": 1.0, "EUR/MWh": 1e-3, "ct/kWh": 1e-2},
}

_OF_THE_STORE = frozenset({"name", "version", "count", "start", "end"})
"""What ``forecast_document`` says of a forecast can be put again: the store's own words in it are passed over."""

_AHEAD = timedelta(hours=1)
"""A forecast cannot be issued later than now; clocks of machines differ."""

_UNIT = "of this value: kW, W or MW; EUR/kWh, EUR/MWh or ct/kWh"


@with_config({"strict": True})
class ReadingEntry(TypedDict):
    """A raw reading; what a platform adds to it is passed over."""

    time: Instant
    value: Signed | None
    unit: NotRequired[Annotated[str | None, Field(description=_UNIT)]]


@with_config({"strict": True})
class PositiveReadingEntry(TypedDict):
    """A raw reading of what is never below 0."""

    time: Instant
    value: Power | None
    unit: NotRequired[Annotated[str | None, Field(description=_UNIT)]]


Entry = TypeVar("Entry", ReadingEntry, PositiveReadingEntry)


class ForecastDocument(LenientModel, Generic[Entry]):
    """A forecast; of readings for the same time the last one counts, as in planning requests, and null is nothing."""

    readings: Annotated[
        list[Entry],
        Field(min_length=1, max_length=MOST_STEPS, description="in any order; each holds until the next"),
    ]
    unit: Annotated[str | None, Field(description="of the values; needed for names that no planner uses")] = None
    issued_at: Annotated[Instant | None, Field(description="else: now")] = None

    @model_validator(mode="before")
    @classmethod
    def _as_object(cls, stated: Any) -> Any:  # noqa: ANN401 - pydantic's
        if isinstance(stated, dict):
            return {name: value for name, value in stated.items() if name not in _OF_THE_STORE}
        return {"readings": stated}


Document: TypeAlias = ForecastDocument[ReadingEntry] | ForecastDocument[PositiveReadingEntry]
_ANY: RequestModel[Document] = RequestModel(
    ForecastDocument[ReadingEntry], decimals=False, most_faults=FAULTS_PER_SERIES
)
_POSITIVE: RequestModel[Document] = RequestModel(
    ForecastDocument[PositiveReadingEntry], decimals=False, most_faults=FAULTS_PER_SERIES
)

READINGS: dict[str, Any] = _ANY.schema["properties"]["readings"]
BODY = {"oneOf": [READINGS, _ANY.schema]}
"""The JSON schema of what may be put."""


def read_forecast_document(text: bytes, name: str, now: datetime) -> PlannerResult[IssuedForecast]:
    """As ``forecast_from_json``; in a worker, because the readings of a year take a while."""
    return run_planner(lambda: forecast_from_json(text, name, now=now))


def forecast_from_json(text: bytes, name: str, *, now: datetime) -> IssuedForecast:
    """The forecast that a JSON text states, issued now unless it says when.

    Raises:
        NotJson: the text is no JSON.
        Refused: with every fault by its place.
    """
    return _forecast(_model_of(name).read(text), name, now=now)


def forecast_from_csv(text: bytes, name: str, *, label: str, clock: LocalClock, now: datetime) -> IssuedForecast:
    """The forecast in a CSV file, issued now; its header says the unit.

    Raises:
        Refused: with its lines at fault.
    """
    found = read_series(text, label=label, words=(name.lower(), "forecast", "value"), clock=clock)
    readings = [{"time": utc_text(time), "value": value} for time, value in found.readings]
    return _forecast(_model_of(name).of_document({"unit": found.unit, "readings": readings}), name, now=now)


def _model_of(name: str) -> RequestModel[Document]:
    return _POSITIVE if name in KNOWN and KNOWN[name].least == 0 else _ANY


def _forecast(document: Document, name: str, *, now: datetime) -> IssuedForecast:
    unit, faults = _unit(document.unit, name)
    factors = _FACTORS[unit]
    usual = factors.get(document.unit or "", 1.0)
    issued_at = document.issued_at or now
    if issued_at > now + _AHEAD:
        message = f"must not be later than now, {utc_text(now)}, not {utc_text(issued_at)}"
        faults.append(Fault(field="issued_at", message=message))
    latest: dict[int, float] = {}
    for place, reading in enumerate(document.readings):
        stated = reading.get("unit")
        factor = usual if stated is None else factors.get(stated)
        if factor is None:
            message = f"must be one of {', '.join(factors)}, not {shown(stated)}"
            faults.append(Fault(field=f"readings[{place}].unit", message=message))
        elif reading["value"] is None:
            latest.pop(microseconds(reading["time"]), None)
        else:
            latest[microseconds(reading["time"])] = reading["value"] * factor
    if not latest and not faults:
        faults.append(Fault(field="readings", message="has no value that is not null"))
    if faults:
        raise Refused(faults)
    instants_us = sorted(latest)
    return IssuedForecast(
        name=name,
        unit=unit,
        issued_at=issued_at,
        instants_us=array("q", instants_us),
        values=array("d", map(latest.__getitem__, instants_us)),
    )


def _unit(stated: str | None, name: str) -> tuple[Unit, list[Fault]]:
    """The unit that the forecast is kept in, and what is wrong with the stated one."""
    expected = KNOWN.get(name)
    if stated is None:
        return (Unit.KW, [_missing_unit(name)]) if expected is None else (expected.unit, [])
    units = list(Unit) if expected is None else [expected.unit]
    found = next((unit for unit in units if stated in _FACTORS[unit]), None)
    if found is not None:
        return found, []
    known = ", ".join(word for unit in units for word in _FACTORS[unit])
    return units[0], [Fault(field="unit", message=f"must be one of {known}, not {shown(stated)}")]


def _missing_unit(name: str) -> Fault:
    message = f"is missing: {name!r} is none of {', '.join(KNOWN)}, so it says its unit{near_miss(name, KNOWN)}"
    return Fault(field="unit", message=message)
