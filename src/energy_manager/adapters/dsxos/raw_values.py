"""Readings and numbers as platforms send them: what is sound is returned, every fault is noted with its path."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from energy_manager.domain.errors import Fault, shown
from energy_manager.domain.series import FAULTS_PER_SERIES, Reading, number_fault

MISSING = object()


@dataclass(slots=True)
class Faults:
    """The faults found so far."""

    found: list[Fault] = field(default_factory=list)

    def note(self, path: str, message: str) -> None:
        """One more."""
        self.found.append(Fault(field=path, message=message))


def _number(value: object, least: float | None) -> float | str:
    """A finite number of at least ``least``, or what is wrong with it."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return f"must be a number, not {shown(value)}"
    try:
        number = float(value)
    except OverflowError:
        return "must be a finite number, this one is too large"
    if not math.isfinite(number):
        return f"must be a finite number, not {shown(value)}"
    return number_fault(number, least) or number


def finite(value: object, path: str, faults: Faults, *, least: float | None) -> float | None:
    """A finite number of at least ``least``; None and a fault where it is none."""
    number = _number(value, least)
    if isinstance(number, str):
        faults.note(path, number)
        return None
    return number


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
    sound: list[Reading] = []
    wrong: list[tuple[str, str]] = []
    for place, item in enumerate(items):
        own = f"{path}[{place}]"
        if not isinstance(item, Mapping):
            wrong.append((own, f"must be a reading with time and value, not {shown(item)}"))
            continue
        time = utc_time(item["time"]) if "time" in item else "is missing"
        value = item.get("value", MISSING)
        number = "is missing" if value is MISSING else None if value is None else _number(value, least)
        unit = item.get("unit", "kW")
        if isinstance(time, str):
            wrong.append((f"{own}.time", time))
        if unit != "kW":
            wrong.append((f"{own}.unit", f"must be kW, not {shown(unit)}"))
        if isinstance(number, str):
            wrong.append((f"{own}.value", number))
        if not isinstance(time, str) and not isinstance(number, str):
            sound.append(Reading(time=time, value=number))
    for own, message in wrong[:FAULTS_PER_SERIES]:
        faults.note(own, message)
    if len(wrong) > FAULTS_PER_SERIES:
        faults.note(path, f"{len(wrong) - FAULTS_PER_SERIES} more values are at fault")
    return None if wrong else sound
