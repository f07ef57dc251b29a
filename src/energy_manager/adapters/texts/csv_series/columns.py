"""A series in a CSV table: which columns are its times and its values, and in which unit, by the header's words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median_low
from zoneinfo import ZoneInfo

from energy_manager.adapters.texts.csv_series.local_times import LocalClock
from energy_manager.adapters.texts.csv_series.table import CsvTable, Line, has_decimal_comma, number_of, read_table
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.series import MOST_STEPS

UNITS: Mapping[str, tuple[str, float]] = {
    "kw": ("kW", 1.0),
    "w": ("kW", 1e-3),
    "mw": ("kW", 1e3),
    "kwh": ("kWh", 1.0),
    "wh": ("kWh", 1e-3),
    "mwh": ("kWh", 1e3),
    "eur/kwh": ("EUR/kWh", 1.0),
    "eur/mwh": ("EUR/kWh", 1e-3),
    "ct/kwh": ("EUR/kWh", 1e-2),
}
"""Units as headers write them, in small letters: what they measure, and what makes them kW, kWh or EUR/kWh."""

_UNIT = re.compile(r"(?<![a-zà-ÿ])((?:eur|€|ct)\s*/\s*[km]wh|[km]?wh|[km]?w)(?![a-zà-ÿ])")
_WORD = re.compile(r"[a-zà-ÿ]+")
_BEGINS = frozenset(
    _WORD.findall(
        "time times timestamp datetime date day start starts from begin begins zeit uhrzeit zeitstempel zeitpunkt "
        "datum von beginn van tijd tijdstip horodate horodatage heure debut début moment"
    )
)
_ENDS = frozenset(_WORD.findall("end ends to until bis ende tot einde fin stop"))
_UNIT_WORDS = frozenset(_WORD.findall("unit units eenheid einheit unité unite"))
_VALUE_WORDS = frozenset(
    _WORD.findall("value values volume wert waarde valeur verbruik verbrauch consommation quantity")
)
_REGISTER_WORDS = frozenset(_WORD.findall("register registre obis kanaal kanal channel"))
_PREAMBLE = 30
"""So many lines may stand before the header."""

_SHOWN_FAULTS = 5
"""What is wrong with one line of a meter's file is wrong with all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvSeries:
    """Values at instants in UTC, in the order of the lines; each holds from its instant on. None: nothing was measured.

    ``unit`` is kW (energy an interval has become its power) or EUR/kWh.
    """

    unit: str
    readings: tuple[tuple[datetime, float | None], ...]
    separator: str
    has_decimal_comma: bool

    @property
    def spacing(self) -> timedelta | None:
        """The usual spacing of the readings; None for a single one."""
        return _usual_spacing(sorted({instant for instant, _ in self.readings}))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    line: Line
    begins: tuple[int, ...]
    ends: tuple[int, ...]
    value: int
    unit_column: int | None
    register: int | None

    @property
    def is_utc(self) -> bool:
        """Whether the header says that its times are UTC."""
        return any({"utc", "gmt"} & set(_words(self.line.cells[place])) for place in (*self.begins, *self.ends))


def read_series(octets: bytes, *, label: str, words: Sequence[str], clock: LocalClock) -> CsvSeries:
    """The series of a CSV text.

    The header is the first line with a column of times (``time``, ``Datum``, ``Van`` …; a date and a time of day may
    stand in two) and one of values with its unit: ``load_kw``, ``Verbrauch [kWh]``, ``power (W)``, or a column of
    units. Of several columns of values one is named with one of ``words``. Energy is that of the interval. Where only
    the end of each interval stands there, values hold for the interval before.

    Raises:
        Refused: with the lines that cannot be read, or what the header lacks.
    """
    table = read_table(octets, label=label)
    header = _header(table, words)
    lines = table.lines[table.lines.index(header.line) + 1 :]
    if not 1 <= len(lines) <= MOST_STEPS:
        message = f"has {len(lines)} lines of values below its header, there must be 1 to {MOST_STEPS}"
        raise Refused([Fault(field=label, message=message)])
    _refuse_several_registers(table, header, lines)
    faults: list[Fault] = []
    instants = _instants(header, lines, clock)
    units = _units(table, header, lines, faults)
    cells = [_cell(line, header.value) for line in lines]
    decimal_comma = has_decimal_comma(cells)
    values = _values(table, header, lines, cells, decimal_comma=decimal_comma, faults=faults)
    # A time that the clocks leap over may stand there with nothing beside it.
    faults += [
        Fault(field=table.place(line), message=instant)
        for line, instant, value in zip(lines, instants, values, strict=True)
        if isinstance(instant, str) and value is not None
    ]
    if faults:
        hidden = len(faults) - _SHOWN_FAULTS
        more = [Fault(field=label, message=f"{hidden} more faults like these")] if hidden > 0 else []
        raise Refused([*faults[:_SHOWN_FAULTS], *more])
    known = [
        (instant, None if value is None else value * unit[1])
        for instant, value, unit in zip(instants, values, units, strict=True)
        if not isinstance(instant, str)
    ]
    return _finished(known, header, units[0][0], table=table, decimal_comma=decimal_comma)


def _finished(
    known: list[tuple[datetime, float | None]], header: _Header, measure: str, *, table: CsvTable, decimal_comma: bool
) -> CsvSeries:
    """Times of ends become beginnings, and energy an interval becomes power."""
    unit, readings = measure, known
    spacing = _usual_spacing(sorted({instant for instant, _ in known}))
    needs_spacing = measure == "kWh" or not header.begins
    if needs_spacing and spacing is None:
        message = "has a single time, so the length of its interval is unknown"
        raise Refused([Fault(field=table.label, message=message)])
    if spacing is not None and not header.begins:
        readings = [(instant - spacing, value) for instant, value in readings]
    if spacing is not None and measure == "kWh":
        unit, hours = "kW", spacing / timedelta(hours=1)
        readings = [(instant, None if value is None else value / hours) for instant, value in readings]
    return CsvSeries(unit=unit, readings=tuple(readings), separator=table.separator, has_decimal_comma=decimal_comma)


def _usual_spacing(instants: Sequence[datetime]) -> timedelta | None:
    spacings = [after - before for before, after in pairwise(instants)]
    return median_low(spacings) if spacings else None


def _words(cell: str) -> list[str]:
    return _WORD.findall(cell.lower())


def _unit_in(cell: str) -> str | None:
    """The unit that a header or a cell of units names, in small letters."""
    found = _UNIT.findall(cell.lower().replace("_", " "))
    return "".join(found[-1].split()).replace("€", "eur") if found else None


def _header(table: CsvTable, words: Sequence[str]) -> _Header:
    """The first line that has a column of times and another one."""
    for line in table.lines[:_PREAMBLE]:
        unitless = {place: set(_words(cell)) for place, cell in enumerate(line.cells) if _unit_in(cell) is None}
        ends = tuple(place for place, said in unitless.items() if said & _ENDS)
        begins = tuple(place for place, said in unitless.items() if said & _BEGINS and place not in ends)
        if (begins or ends) and len(line.cells) > 1:
            value, unit_column = _value_column(table, line, words)
            named = [place for place, said in unitless.items() if said & _REGISTER_WORDS]
            return _Header(
                line=line,
                begins=begins[:2],
                ends=ends[:2],
                value=value,
                unit_column=unit_column,
                register=named[0] if named else None,
            )
    first = table.place(table.lines[0]) if table.lines else table.label
    message = "there must be a header with a column of times and one of values, such as time;load_kw"
    raise Refused([Fault(field=first, message=message)])


def _value_column(table: CsvTable, line: Line, words: Sequence[str]) -> tuple[int, int | None]:
    """Where the values stand; and where their units do, unless the header names the unit itself."""
    with_unit = [place for place, cell in enumerate(line.cells) if _unit_in(cell) is not None]
    of_units = [place for place, cell in enumerate(line.cells) if set(_words(cell)) & _UNIT_WORDS]
    if not with_unit and of_units:
        with_unit = [place for place, cell in enumerate(line.cells) if set(_words(cell)) & _VALUE_WORDS]
        unit_column = of_units[0]
    else:
        unit_column = None
    named = [place for place in with_unit if set(_words(line.cells[place])) & set(words)]
    chosen = named or with_unit
    if len(chosen) == 1:
        return chosen[0], unit_column
    if not chosen:
        message = f"no column of values says its unit, kW, W or kWh: name it such as {words[0]}_kw"
    else:
        several = ", ".join(line.cells[place] for place in chosen[:5])
        message = f"there are several columns of values, {several}: name the one that counts such as {words[0]}_kw"
    raise Refused([Fault(field=table.place(line), message=message)])


def _refuse_several_registers(table: CsvTable, header: _Header, lines: Sequence[Line]) -> None:
    """What a meter takes and what it feeds in are two series; a file with both must say which one counts."""
    if header.register is None:
        return
    found = list(dict.fromkeys(_cell(line, header.register) for line in lines))
    if len(found) > 1:
        message = f"holds several registers, {', '.join(found[:5])}: leave the lines of one in it"
        raise Refused([Fault(field=table.label, message=message)])


def _cell(line: Line, place: int) -> str:
    return line.cells[place] if place < len(line.cells) else ""


def _instants(header: _Header, lines: Sequence[Line], clock: LocalClock) -> list[datetime | str]:
    """When each line's value begins, or ends where no beginning stands there."""
    places = header.begins or header.ends
    written = [" ".join(filter(None, (_cell(line, place) for place in places))) for line in lines]
    if header.is_utc:
        clock = LocalClock(zone=ZoneInfo("UTC"))
    return clock.instants(written)


def _units(table: CsvTable, header: _Header, lines: Sequence[Line], faults: list[Fault]) -> list[tuple[str, float]]:
    """What each line's value measures, and its factor; all of a series measure the same."""
    if header.unit_column is None:
        return [UNITS[_unit_in(header.line.cells[header.value]) or "kw"]] * len(lines)
    units: list[tuple[str, float]] = []
    for line in lines:
        stated = _cell(line, header.unit_column)
        unit = _unit_in(stated)
        if unit is None or (units and UNITS[unit][0] != units[0][0]):
            faults.append(Fault(field=table.place(line), message=f"{stated[:40]!r} must be kW, W or kWh, one for all"))
        units.append(UNITS[unit or "kw"])
    return units


def _values(
    table: CsvTable,
    header: _Header,
    lines: Sequence[Line],
    cells: Sequence[str],
    *,
    decimal_comma: bool,
    faults: list[Fault],
) -> list[float | None]:
    values: list[float | None] = []
    name = header.line.cells[header.value]
    for line, cell in zip(lines, cells, strict=True):
        value = number_of(cell, decimal_comma=decimal_comma)
        if isinstance(value, str):
            hint = f"; has {len(line.cells)} values" if len(line.cells) != len(header.line.cells) else ""
            faults.append(Fault(field=f"{table.place(line)}, {name}", message=f"{value}{hint}"))
            value = None
        values.append(value)
    return values
