"""When a run may draw power: not before one time, and over by another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from energy_manager.application.appliances.building import in_us, instant
from energy_manager.domain.appliances.reading import Reader
from energy_manager.domain.errors import shown

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWindow:
    """Microseconds since 1970; None: no such bound."""

    not_before_us: int | None
    ready_by_us: int | None


def read_window(reader: Reader, fields: Mapping[str, object], zone: ZoneInfo, now_us: int) -> RunWindow:
    """``not_before`` and ``ready_by``: times with their zone, or HH:MM of the household's clock.

    ``ready_by`` is the next such time; ``not_before`` the last one before that, or the next one without ``ready_by``.
    So 22:00 and 07:00, said at 23:00, are the night that has begun.
    """
    now = instant(now_us)
    ready_by = _time(reader, fields.get("ready_by"), "ready_by", zone, after=now)
    if ready_by is not None and ready_by <= now:
        reader.fault("ready_by", f"{shown(fields['ready_by'])} is past")
    not_before = _time(reader, fields.get("not_before"), "not_before", zone, after=now, before=ready_by)
    return RunWindow(
        not_before_us=None if not_before is None or not_before <= now else in_us(not_before),
        ready_by_us=None if ready_by is None else in_us(ready_by),
    )


def _time(
    reader: Reader, value: object, path: str, zone: ZoneInfo, *, after: datetime, before: datetime | None = None
) -> datetime | None:
    if value is None:
        return None
    text = reader.text(value, path)
    try:
        return _on_clock(time.fromisoformat(text), zone, after=after, before=before)
    except ValueError:
        pass
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        told = None
    if told is None or told.utcoffset() is None:
        if text:
            reader.fault(
                path, f"{shown(value)} is neither HH:MM nor a time with its zone like 2026-06-15T07:00:00+02:00"
            )
        return None
    return told.astimezone(UTC)


def _on_clock(clock: time, zone: ZoneInfo, *, after: datetime, before: datetime | None) -> datetime:
    """The first time after one instant at which the clock shows this, or the last one before another."""
    if clock.tzinfo is not None:
        raise ValueError("a time of day with a zone")
    day = (after if before is None else before).astimezone(zone).date()
    tried = [datetime.combine(day + step * _A_DAY, clock, zone).astimezone(UTC) for step in (-1, 0, 1, 2)]
    if before is None:
        return next(at for at in tried if at > after)
    return next(at for at in reversed(tried) if at < before)
