"""The JSON of forecasts: raw readings in, in any order and unit; the same values out, in order of time."""

from __future__ import annotations

import difflib
import json
from array import array
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from energy_manager.adapters.csv_series import LocalClock, read_series, write_series
from energy_manager.adapters.json_text import read_json
from energy_manager.application.planner_result import PlannerResult, run_planner
from energy_manager.domain.errors import Fault, Refused, shown
from energy_manager.domain.forecast import KNOWN, ForecastHead, IssuedForecast, Unit
from energy_manager.domain.peak_shaving.request.fields import Faults, readings, utc_time
from energy_manager.domain.series import MOST_STEPS, microseconds, utc_text

if TYPE_CHECKING:
    from energy_manager.application.forecasting.quality import Quality

# What a value in that unit is multiplied by to be in the forecast's.
_FACTORS: dict[Unit, dict[str, float]] = {
    Unit.KW: {"kW": 1.0, "W": 1e-3, "MW": 1e3},
    Unit.EUR_PER_KWH: {"EUR/kWh": 1.0, "EUR/MWh": 1e-3, "ct/kWh": 1e-2},
}

# What ``forecast_document`` says of a forecast can be put again: the store's own words in it are passed over.
_FIELDS = ("readings", "unit", "issued_at", "name", "version", "count", "start", "end")

_AHEAD = timedelta(hours=1)
"""A forecast cannot be issued later than now; clocks of machines differ."""


def read_forecast_document(text: bytes, name: str, now: datetime) -> PlannerResult[IssuedForecast]:
    """As ``forecast_from_json``; in a worker, because the readings of a year take a while."""
    return run_planner(lambda: forecast_from_json(text, name, now=now))


def forecast_from_json(text: bytes, name: str, *, now: datetime) -> IssuedForecast:
    """The forecast that a list ``[{"time", "value"}]`` states, or an object with such a list as its ``readings``.

    An object may also say the ``unit`` of the values and when it was ``issued_at`` (else: now). A reading may say its
    own ``unit``. Of readings for the same time the last one counts, as in planning requests; null is nothing.

    Raises:
        NotJson: the text is no JSON.
        Refused: with every fault by its place.
    """
    document = read_json(text, exact=False)
    return _forecast(document if isinstance(document, dict) else {"readings": document}, name, now=now)


def _forecast(fields: Mapping[str, Any], name: str, *, now: datetime) -> IssuedForecast:
    """As ``forecast_from_json``, from what the JSON holds."""
    faults = Faults()
    for field in fields:
        if field not in _FIELDS:
            near = difflib.get_close_matches(str(field), _FIELDS, n=1)
            faults.note(str(field), "there is no such field" + (f"; did you mean {near[0]}?" if near else ""))
    unit, factor = _unit(fields, name, faults)
    issued_at = _issued_at(fields, now, faults)
    stated = fields.get("readings")
    if not isinstance(stated, list) or not 1 <= len(stated) <= MOST_STEPS:
        found = f"a list of {len(stated)}" if isinstance(stated, list) else shown(stated)
        faults.note("readings", f"must be a list of 1 to {MOST_STEPS} readings with time and value, not {found}")
        raise Refused(faults.found)
    factors = [_factor(item, unit, factor, f"readings[{place}].unit", faults) for place, item in enumerate(stated)]
    least = KNOWN[name].least if name in KNOWN else None
    read = readings([_without_unit(item) for item in stated], "readings", faults, least=least)
    if read is None or faults.found:
        raise Refused(faults.found)
    latest = {
        microseconds(reading.time): None if reading.value is None else reading.value * by
        for reading, by in zip(read, factors, strict=True)
    }
    kept = [(instant_us, value) for instant_us, value in sorted(latest.items()) if value is not None]
    if not kept:
        raise Refused([Fault(field="readings", message="has no value that is not null")])
    return IssuedForecast(
        name=name,
        unit=unit,
        issued_at=issued_at,
        instants_us=array("q", [instant_us for instant_us, _ in kept]),
        values=array("d", [value for _, value in kept]),
    )


def forecast_from_csv(text: bytes, name: str, *, label: str, clock: LocalClock, now: datetime) -> IssuedForecast:
    """The forecast in a CSV file, issued now; its header says the unit.

    Raises:
        Refused: with its lines at fault.
    """
    found = read_series(text, label=label, words=(name.lower(), "forecast", "value"), clock=clock)
    readings_ = [{"time": utc_text(time), "value": value} for time, value in found.readings]
    return _forecast({"unit": found.unit, "readings": readings_}, name, now=now)


def _unit(fields: Mapping[str, Any], name: str, faults: Faults) -> tuple[Unit, float]:
    """The unit that the forecast is kept in, and what stated values are multiplied by."""
    expected, stated = KNOWN.get(name), fields.get("unit")
    if stated is None:
        if expected is None:
            near = difflib.get_close_matches(name, KNOWN, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            faults.note("unit", f"is missing: {name!r} is none of {', '.join(KNOWN)}, so it says its unit{hint}")
        return (Unit.KW if expected is None else expected.unit), 1.0
    units = list(Unit) if expected is None else [expected.unit]
    for unit in units:
        if isinstance(stated, str) and stated in _FACTORS[unit]:
            return unit, _FACTORS[unit][stated]
    known = ", ".join(word for unit in units for word in _FACTORS[unit])
    faults.note("unit", f"must be one of {known}, not {shown(stated)}")
    return units[0], 1.0


def _factor(item: object, unit: Unit, usual: float, place: str, faults: Faults) -> float:
    """What the reading's value is multiplied by, as its own unit says."""
    if not isinstance(item, Mapping) or item.get("unit") is None:
        return usual
    stated = item["unit"]
    factor = _FACTORS[unit].get(stated) if isinstance(stated, str) else None
    if factor is None:
        faults.note(place, f"must be one of {', '.join(_FACTORS[unit])}, not {shown(stated)}")
        return usual
    return factor


def _without_unit(item: object) -> object:
    return {key: value for key, value in item.items() if key != "unit"} if isinstance(item, Mapping) else item


def _issued_at(fields: Mapping[str, Any], now: datetime, faults: Faults) -> datetime:
    stated = fields.get("issued_at")
    if stated is None:
        return now
    issued_at = utc_time(stated)
    if isinstance(issued_at, str):
        faults.note("issued_at", issued_at)
        return now
    if issued_at > now + _AHEAD:
        faults.note("issued_at", f"must not be later than now, {utc_text(now)}, not {shown(stated)}")
    return issued_at


def head_document(head: ForecastHead) -> dict[str, Any]:
    """What is told of a forecast without its values."""
    return {
        "name": head.name,
        "unit": str(head.unit),
        "version": head.version,
        "issued_at": utc_text(head.issued_at),
        "count": head.count,
        "start": utc_text(head.start),
        "end": utc_text(head.end),
    }


def readings_document(forecast: IssuedForecast) -> list[dict[str, Any]]:
    """The values of a forecast, in order of time."""
    return [{"time": utc_text(time), "value": value} for time, value in forecast.readings()]


def forecast_csv(forecast: IssuedForecast, *, clock: LocalClock) -> bytes:
    """The values of a forecast as CSV, which can be put again; in local times with a clock."""
    readings_ = list(forecast.readings())
    column = f"{forecast.name} [{forecast.unit}]"
    return write_series([time for time, _ in readings_], {column: [value for _, value in readings_]}, clock=clock)


def forecast_document(forecast: IssuedForecast, head: ForecastHead) -> PlannerResult[bytes]:
    """A forecast as a whole; in a worker, because a year of quarter hours takes a while to write."""
    return run_planner(lambda: json.dumps({**head_document(head), "readings": readings_document(forecast)}).encode())


def near_name(name: str, known: Iterable[str]) -> str:
    """A hint for a sentence that says that there is no forecast of that name; empty where none is like it."""
    near = difflib.get_close_matches(name, [*known], n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def quality_document(quality: Quality | None) -> dict[str, Any]:
    """How good forecasts of a name have been, and the band of the day ahead; nothing where nobody measures it."""
    if quality is None:
        return {}
    accuracy = quality.accuracy
    return {
        "past_error": None
        if accuracy is None
        else {
            "days": quality.days,
            "mean_error": accuracy.mean_error,
            "mean_absolute_error": accuracy.mean_absolute_error,
            "relative": accuracy.relative,
        },
        "band": None
        if not quality.low_kw
        else {
            "start": utc_text(quality.start),
            "step_s": quality.step_s,
            "low": list(quality.low_kw),
            "high": list(quality.high_kw),
        },
    }
