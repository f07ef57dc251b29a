"""Reading a parsed JSON document field by field: what is sound is returned, every fault is noted with its path."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from difflib import get_close_matches
from functools import partial

from energy_manager.domain.errors import Fault, shown
from energy_manager.domain.peak_shaving.request.alignment import Reading
from energy_manager.domain.series import FAULTS_PER_SERIES, MOST_STEPS, number_fault

MISSING = object()

Judge = Callable[[float], str | None]
"""Says what is wrong with a finite number, if anything."""


@dataclass(slots=True)
class Faults:
    """The faults found so far."""

    found: list[Fault] = field(default_factory=list)

    def note(self, path: str, message: str) -> None:
        """One more."""
        self.found.append(Fault(field=path, message=message))

    def note_many(self, path: str, messages: Sequence[tuple[str, str]]) -> None:
        """Several of one series: the first of them, and how many more there are."""
        for own, message in messages[:FAULTS_PER_SERIES]:
            self.note(own, message)
        if len(messages) > FAULTS_PER_SERIES:
            self.note(path, f"{len(messages) - FAULTS_PER_SERIES} more values are at fault")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One JSON object of the document and where it is; ``path`` ends in a dot, or is empty for the document."""

    members: Mapping[str, object]
    path: str
    faults: Faults

    def refuse_unknown(self, known: Sequence[str]) -> None:
        """A name that means nothing here is a fault: a misspelt limit must not go unnoticed."""
        for name in self.members:
            if name not in known:
                near = get_close_matches(str(name), known, n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                self.faults.note(f"{self.path}{name}", f"is not a field here{hint}")

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.members.get(name) is not None

    def _given(self, name: str, *, optional: bool) -> object:
        value = self.members.get(name, MISSING)
        if value is MISSING or (value is None and optional):
            if not optional:
                self.faults.note(f"{self.path}{name}", "is missing")
            return MISSING
        return value

    def section(self, name: str, *, optional: bool = False) -> Section | None:
        """An object inside this one."""
        value = self._given(name, optional=optional)
        if value is MISSING:
            return None
        if not isinstance(value, Mapping):
            self.faults.note(f"{self.path}{name}", f"must be an object, not {shown(value)}")
            return None
        return Section(members=value, path=f"{self.path}{name}.", faults=self.faults)

    def number(self, name: str, *, optional: bool = False) -> float | None:
        """A finite number."""
        value = self._given(name, optional=optional)
        return None if value is MISSING else finite(value, f"{self.path}{name}", self.faults)

    def level(self, name: str, judge: Judge, *, optional: bool = False) -> float | tuple[float, ...] | None:
        """A finite number, or a list of them, in which ``judge`` finds no fault."""
        value = self._given(name, optional=optional)
        if isinstance(value, list):
            return numbers(value, f"{self.path}{name}", self.faults, judge=judge)
        return None if value is MISSING else finite(value, f"{self.path}{name}", self.faults, judge=judge)

    def word(self, name: str, words: Sequence[str]) -> str:
        """One of some words; the first of them where the field is missing or null."""
        value = self._given(name, optional=True)
        if value is MISSING:
            return words[0]
        if value not in words:
            self.faults.note(f"{self.path}{name}", f"must be one of {', '.join(words)}, not {shown(value)}")
            return words[0]
        return str(value)

    def instant(self, name: str) -> datetime | None:
        """An ISO 8601 time with its offset, as UTC."""
        value = self._given(name, optional=False)
        if value is MISSING:
            return None
        time = utc_time(value)
        if isinstance(time, str):
            self.faults.note(f"{self.path}{name}", time)
            return None
        return time

    def series(self, name: str, *, least: float | None, optional: bool) -> tuple[float, ...] | list[Reading] | None:
        """A list on the grid (a tuple of numbers), or raw readings (a list of them)."""
        value = self._given(name, optional=optional)
        path = f"{self.path}{name}"
        if value is MISSING:
            return None
        if not isinstance(value, list) or not value:
            what = "an empty list" if isinstance(value, list) else shown(value)
            self.faults.note(path, f"must be a list of numbers or of readings, not {what}")
        elif all(item is None for item in value):
            self.faults.note(path, "has no value that is not null")
        elif isinstance(value[0], Mapping):
            return readings(value, path, self.faults, least=least)
        else:
            return numbers(value, path, self.faults, judge=partial(number_fault, least=least))
        return None


def _number(value: object, judge: Judge) -> float | str:
    """A finite number, or what is wrong with it."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return f"must be a number, not {shown(value)}"
    try:
        number = float(value)
    except OverflowError:
        return "must be a finite number, this one is too large"
    if not math.isfinite(number):
        return f"must be a finite number, not {shown(value)}"
    return judge(number) or number


def no_judge(_: float) -> None:
    """Every finite number will do."""


def finite(value: object, path: str, faults: Faults, *, judge: Judge = no_judge) -> float | None:
    """A finite number; None and a fault where it is none, or ``judge`` finds one."""
    number = _number(value, judge)
    if isinstance(number, str):
        faults.note(path, number)
        return None
    return number


def numbers(values: list[object], path: str, faults: Faults, *, judge: Judge) -> tuple[float, ...] | None:
    """A list of finite numbers; None and a fault for each that is none, or in which ``judge`` finds one."""
    if not 1 <= len(values) <= MOST_STEPS:
        faults.note(path, f"must have 1 to {MOST_STEPS} values, not {len(values)}")
        return None
    read = [_number(value, judge) for value in values]
    sound = tuple(number for number in read if not isinstance(number, str))
    if len(sound) == len(read):
        return sound
    wrong = [(f"{path}[{place}]", number) for place, number in enumerate(read) if isinstance(number, str)]
    faults.note_many(path, wrong)
    return None


def utc_time(value: object) -> datetime | str:
    """An ISO 8601 time with its offset as UTC, or what is wrong with it."""
    if not isinstance(value, str):
        return f"must be an ISO 8601 time such as 2026-03-02T00:00:00Z, not {shown(value)}"
    try:
        time = datetime.fromisoformat(value)
        if time.utcoffset() is None:
            return f"must have an offset from UTC (such as Z or +01:00), not {shown(value)}"
        return time.astimezone(UTC)
    except (ValueError, OverflowError):
        return f"must be an ISO 8601 time such as 2026-03-02T00:00:00Z, not {shown(value)}"


def readings(items: list[object], path: str, faults: Faults, *, least: float | None) -> list[Reading] | None:
    """Raw readings; None and a fault for everything wrong in them."""
    judge = partial(number_fault, least=least)
    sound: list[Reading] = []
    wrong: list[tuple[str, str]] = []
    for place, item in enumerate(items):
        own = f"{path}[{place}]"
        if not isinstance(item, Mapping):
            wrong.append((own, f"must be a reading with time and value, not {shown(item)}"))
            continue
        time = utc_time(item["time"]) if "time" in item else "is missing"
        value = item.get("value", MISSING)
        number = "is missing" if value is MISSING else None if value is None else _number(value, judge)
        if isinstance(time, str):
            wrong.append((f"{own}.time", time))
        if isinstance(number, str):
            wrong.append((f"{own}.value", number))
        if not isinstance(time, str) and not isinstance(number, str):
            sound.append(Reading(time=time, value=number))
    faults.note_many(path, wrong)
    return None if wrong else sound
