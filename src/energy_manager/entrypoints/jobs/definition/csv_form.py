"""A planner's series from CSV files beside its request, and its plan as CSV."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from energy_manager.adapters.texts.csv_series import CsvSeries, LocalClock, clock_of, read_series, write_series
from energy_manager.adapters.texts.json_text import read_json
from energy_manager.domain.errors import Refused
from energy_manager.domain.series import utc_text

Request = TypeVar("Request")
Plan = TypeVar("Plan")


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvInput:
    """A series that may come from a CSV file: ``--load FILE`` for ``flag`` "load".

    ``place`` is where the request has it, ``words`` are what its column may be called, ``unit`` is what it measures.
    """

    flag: str
    place: tuple[str, ...]
    words: tuple[str, ...]
    unit: str = "kW"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanColumns:
    """A plan as columns of numbers, a line for each of ``times``; ``remarks`` are sentences for whoever reads it."""

    times: Sequence[datetime]
    columns: Mapping[str, Sequence[float]]
    remarks: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvForm(Generic[Request, Plan]):
    """Which series of a request may be CSV files, and the plan as columns."""

    inputs: tuple[CsvInput, ...]
    columns: Callable[[Request, Plan], PlanColumns]


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvDialect:
    """How a plan is written: as the files that were read."""

    clock: LocalClock = field(default_factory=LocalClock)
    separator: str = ","
    has_decimal_comma: bool = False

    def write(self, found: PlanColumns) -> bytes:
        """The plan as CSV."""
        return write_series(
            found.times,
            found.columns,
            clock=self.clock,
            separator=self.separator,
            has_decimal_comma=self.has_decimal_comma,
        )


def with_series(text: bytes, files: Mapping[CsvInput, str], *, time_zone: str | None) -> tuple[bytes, CsvDialect]:
    """The request with the series of the files in it, and how these were written.

    Without a ``start`` the plan begins where all files have begun, without ``step_s`` it has the first file's spacing.

    Raises:
        NotJson: the request is no JSON.
        Refused: a file cannot be read as its series, or the request has that series already.
    """
    clock = clock_of(time_zone)
    if not files:
        return text, CsvDialect(clock=clock)
    document = read_json(text, exact=False)
    if not isinstance(document, dict):
        raise Refused.at("request", "must be an object")
    series = {stated: _read(file, stated, clock) for stated, file in files.items()}
    for stated, found in series.items():
        _put(document, stated, [{"time": utc_text(time), "value": value} for time, value in found.readings])
    first = next(iter(series.values()))
    document.setdefault("start", utc_text(max(min(time for time, _ in found.readings) for found in series.values())))
    if first.spacing is not None:
        document.setdefault("step_s", round(first.spacing.total_seconds()))
    dialect = CsvDialect(clock=clock, separator=first.separator, has_decimal_comma=first.has_decimal_comma)
    return json.dumps(document).encode(), dialect


def _read(file: str, stated: CsvInput, clock: LocalClock) -> CsvSeries:
    try:
        octets = Path(file).read_bytes()
    except OSError as error:
        raise Refused.at(file, f"cannot be read: {error.strerror}") from None
    found = read_series(octets, label=file, words=stated.words, clock=clock)
    if found.unit != stated.unit:
        raise Refused.at(file, f"has {found.unit} where --{stated.flag} needs {stated.unit}")
    return found


def _put(document: dict[str, Any], stated: CsvInput, readings: list[dict[str, Any]]) -> None:
    """Into its place; what is on the way there is made if it is missing."""
    for key in stated.place[:-1]:
        inner = document.get(key)
        if inner is None:
            inner = document[key] = {}
        if not isinstance(inner, dict):
            raise Refused.at(key, "must be an object")
        document = inner
    if document.get(stated.place[-1]) is not None:
        message = f"is in the request already; leave it out there, or leave out --{stated.flag}"
        raise Refused.at(".".join(stated.place), message)
    document[stated.place[-1]] = readings
