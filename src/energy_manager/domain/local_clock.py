"""What the local clock shows, on days of 23, 24 and 25 hours."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

HALF_HOUR = timedelta(minutes=30)
"""Clocks are put forward and back at whole half hours of UTC everywhere."""


def day_of_text(text: str) -> date | None:
    """The day that a text names, as 2026-11-20 or by a time with its zone, as 2026-11-20T10:00:00Z; else None."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else _day_of_time(text)
    except ValueError:
        return None


def _day_of_time(text: str) -> date | None:
    time = datetime.fromisoformat(text) if _DAY.match(text) else None
    return None if time is None or time.tzinfo is None else time.date()


def minute_of_day(instant: datetime, zone: ZoneInfo) -> int:
    """Minutes from midnight by the local clock."""
    local = instant.astimezone(zone)
    return 60 * local.hour + local.minute


def same_clock_days_before(instant: datetime, zone: ZoneInfo, days: int) -> datetime:
    """The instant at which the local clock showed the same time so many days before, in UTC.

    A time that the clock left out on that day is taken as if it had not been put forward; of one that it showed twice
    the first is meant, unless the instant is itself a second one.
    """
    return (instant.astimezone(zone) - timedelta(days=days)).astimezone(UTC)


def clock_changes(start: datetime, end: datetime, minutes: Collection[int], zone: ZoneInfo) -> Iterator[datetime]:
    """The instants inside ``(start, end)`` at which the local clock passes one of the minutes, in order, in UTC.

    A half hour in which the clock is put forward over a minute, or back to before one, counts as passing it.
    """
    step = start.astimezone(UTC)
    while step < end:
        following = min(_next_half_hour(step), end)
        first = minute_of_day(step, zone)
        # Inside a half hour of UTC the local clock runs evenly.
        passed = sorted((minute - first) % 1440 for minute in minutes)
        for after in passed:
            instant = step.replace(second=0, microsecond=0) + timedelta(minutes=after)
            if step < instant < following and instant > start:
                yield instant
        if following < end and _passes(following, minutes, zone):
            yield following
        step = following


def _passes(instant: datetime, minutes: Collection[int], zone: ZoneInfo) -> bool:
    before = minute_of_day(instant - timedelta(minutes=1), zone)
    now = minute_of_day(instant, zone)
    if now == (before + 1) % 1440:
        return now in minutes
    return True  # the clock was put: which charge holds may have changed


def _next_half_hour(instant: datetime) -> datetime:
    begun = instant.replace(minute=instant.minute // 30 * 30, second=0, microsecond=0)
    return begun + HALF_HOUR
