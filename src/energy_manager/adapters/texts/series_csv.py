"""A series in a CSV file: a time and a number a row, with a header that names the unit.

Comma or semicolon (then with a decimal comma), the first column the beginning of a reading, the last one its value.
Times without a zone are local times, the second 02:15 of an autumn night the later one. kW, W, MW and kWh by the header
of the value; EUR/kWh, ct/kWh and EUR/MWh for prices.
"""

from __future__ import annotations

import csv
import io
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from typing import Literal
from zoneinfo import ZoneInfo

from energy_manager.adapters.texts.utf8_text import NotUtf8, decode_utf8
from energy_manager.domain.errors import Fault, Refused

_POWER_UNITS = {"kwh": None, "mw": 1000.0, "kw": 1.0, "w": 0.001}
_PRICE_UNITS = {"eur/mwh": 0.001, "ct/kwh": 0.01, "cent/kwh": 0.01, "eur/kwh": 1.0}
_LOCAL_FORMATS = ("%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S")


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvSeries:
    """Seconds since 1970, rising strictly, and values: kW, or a price per kWh; an empty field is not a number."""

    times_s: tuple[float, ...]
    values: tuple[float, ...]


def read_csv_series(text: bytes, *, name: str, zone: ZoneInfo, of: Literal["power", "price"]) -> CsvSeries:
    """Read a file that is called ``name`` in messages.

    Raises:
        Refused: with the line that cannot be read.
    """
    try:
        decoded = decode_utf8(text.removeprefix(b"\xef\xbb\xbf"))
    except NotUtf8 as error:
        raise Refused([Fault(field=name, message=f"is not UTF-8: byte {error.start}")]) from None
    header = decoded.partition("\n")[0]
    delimiter = next((mark for mark in ";\t," if mark in header), ",")
    rows = list(csv.reader(io.StringIO(decoded), delimiter=delimiter))
    if len(rows) < 2 or len(rows[0]) < 2:
        raise Refused([Fault(field=name, message="must have a header, and rows of a time and a value")])
    is_energy, factor = _unit(rows[0][-1], name, _POWER_UNITS if of == "power" else _PRICE_UNITS)
    times, values = _columns(rows[1:], name=name, zone=zone, has_comma=delimiter == ";")
    if is_energy:
        spacing_s = median(later - earlier for earlier, later in pairwise(times))
        factor = 3600.0 / spacing_s
    return CsvSeries(times_s=tuple(times), values=tuple(factor * value for value in values))


def _unit(header: str, name: str, units: dict[str, float | None] | dict[str, float]) -> tuple[bool, float]:
    """Whether the values are energies of each step, and what makes them kW or a price per kWh."""
    words = re.split(r"[^a-z/]+", header.strip().lower().replace("€", "eur").replace("_per_", "/"))
    for unit, factor in units.items():
        if unit in words:
            return factor is None, factor or 1.0
    if units is _PRICE_UNITS and {"price", "preis"}.intersection(words):
        return False, 1.0
    known = ", ".join(units)
    raise Refused([Fault(field=f"{name}, header", message=f"{header.strip()!r} names no unit; there are {known}")])


def _columns(rows: list[list[str]], *, name: str, zone: ZoneInfo, has_comma: bool) -> tuple[list[float], list[float]]:
    times: list[float] = []
    values: list[float] = []
    for line, row in enumerate(rows, 2):
        if not any(field.strip() for field in row):
            continue
        at = _time(row[0].strip(), zone, times[-1] if times else None)
        value = _number(row[-1].strip(), has_comma=has_comma) if len(row) > 1 else None
        if at is None or value is None:
            wrong = row[0] if at is None else row[-1]
            kind = "time" if at is None else "number"
            raise Refused([Fault(field=f"{name}, line {line}", message=f"{wrong.strip()[:60]!r} is no {kind}")])
        if times and at <= times[-1]:
            raise Refused(
                [Fault(field=f"{name}, line {line}", message=f"{row[0].strip()} is not after the row before")]
            )
        times.append(at)
        values.append(value)
    return times, values


def _time(text: str, zone: ZoneInfo, before: float | None) -> float | None:
    read = _read_time(text)
    if read is None:
        return None
    if read.tzinfo is not None:
        return read.astimezone(UTC).timestamp()
    at = read.replace(tzinfo=zone).timestamp()
    if before is not None and at <= before:
        return read.replace(tzinfo=zone, fold=1).timestamp()
    return at


def _read_time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in _LOCAL_FORMATS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - local times get the zone that was said
        except ValueError:
            continue
    return None


def _number(text: str, *, has_comma: bool) -> float | None:
    if not text:
        return math.nan
    try:
        value = float(text.replace(",", ".") if has_comma else text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
