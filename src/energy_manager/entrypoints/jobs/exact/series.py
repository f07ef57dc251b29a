"""Series and levels of a request: one value, one a step, or raw readings."""

from __future__ import annotations

import math
from typing import Annotated, TypeAlias, TypeVar

from pydantic import BeforeValidator, Discriminator, Field, Tag, with_config
from typing_extensions import TypedDict

from energy_manager.domain.series import LARGEST, MOST_STEPS, Level, Reading, Series
from energy_manager.entrypoints.jobs.exact.moments import Instant
from energy_manager.entrypoints.jobs.exact.numbers import Number

Power: TypeAlias = Annotated[float, Number(at_least=0, at_most=int(LARGEST))]
Signed: TypeAlias = Annotated[float, Number(at_least=-int(LARGEST), at_most=int(LARGEST))]
Limit: TypeAlias = Annotated[float, Number(at_least=0)]


@with_config({"strict": True})
class ReadingEntry(TypedDict):
    """A raw reading; what a platform adds to it is passed over."""

    time: Instant
    value: Power | None


@with_config({"strict": True})
class SignedReadingEntry(TypedDict):
    """A raw reading of a charge."""

    time: Instant
    value: Signed | None


def _kind_of_series(value: object) -> str:
    return "<readings>" if isinstance(value, list) and value and isinstance(value[0], dict) else "<numbers>"


def _kind_of_level(value: object) -> str:
    return "<numbers>" if isinstance(value, list) else "<number>"


def _some_value(value: object) -> object:
    if isinstance(value, list) and value and value.count(None) == len(value):
        raise ValueError("has no value that is not null")
    return value


def _kind_of_either(value: object) -> str:
    return _kind_of_series(value) if isinstance(value, list) else "<number>"


_OF_STEPS = Field(min_length=1, max_length=MOST_STEPS)
_SERIES = Field(title="a list of numbers or of readings", description="one value a step, or raw readings")
_LEVEL = Field(title="a number or a list of numbers", description="one value, or one a step")

_EITHER = Field(
    title="a number, a list of numbers or of readings", description="one value, one value a step, or raw readings"
)
Value = TypeVar("Value")
Entry = TypeVar("Entry")
_SeriesOf: TypeAlias = Annotated[
    Annotated[list[Value], _OF_STEPS, Tag("<numbers>")] | Annotated[list[Entry], Tag("<readings>")],
    Discriminator(_kind_of_series),
    BeforeValidator(_some_value),
    _SERIES,
]
_LevelOf: TypeAlias = Annotated[
    Annotated[Value, Tag("<number>")] | Annotated[list[Value], _OF_STEPS, Tag("<numbers>")],
    Discriminator(_kind_of_level),
    _LEVEL,
]
_LevelOrSeriesOf: TypeAlias = Annotated[
    Annotated[Value, Tag("<number>")]
    | Annotated[list[Value], _OF_STEPS, Tag("<numbers>")]
    | Annotated[list[Entry], Tag("<readings>")],
    Discriminator(_kind_of_either),
    BeforeValidator(_some_value),
    _EITHER,
]
SeriesEntry: TypeAlias = _SeriesOf[Power, ReadingEntry]
SignedSeriesEntry: TypeAlias = _SeriesOf[Signed, SignedReadingEntry]
LevelEntry: TypeAlias = _LevelOf[Power]
LimitEntry: TypeAlias = _LevelOf[Limit]
LevelOrSeriesEntry: TypeAlias = _LevelOrSeriesOf[Power, ReadingEntry]
SignedLevelOrSeriesEntry: TypeAlias = _LevelOrSeriesOf[Signed, SignedReadingEntry]


def as_series(values: list[float] | list[ReadingEntry] | list[SignedReadingEntry]) -> Series:
    """A series as the domain takes it."""
    if values and isinstance(values[0], dict):
        return [Reading(time=reading["time"], value=reading["value"]) for reading in values]
    return tuple(values)  # type: ignore[arg-type]  # numbers, then


def as_level(value: float | list[float]) -> Level:
    """A level as the domain takes it."""
    return tuple(value) if isinstance(value, list) else value


def as_level_or_series(
    values: float | list[float] | list[ReadingEntry] | list[SignedReadingEntry],
) -> Level | Series:
    """A level or a series as the domain takes it."""
    return as_series(values) if isinstance(values, list) else values


def as_limit(value: float | list[float] | None) -> Level:
    """A limit as the domain takes it; null is none."""
    return math.inf if value is None else as_level(value)
