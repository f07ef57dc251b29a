"""Instants as people type them: ISO 8601, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Literal

from energy_manager.domain.errors import Refused

FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Instants beyond are slips of the pen."""

_AGO = re.compile(r"-(\d{1,9}(?:\.\d{1,6})?)(s|min|h|d)")
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}

# In an address a plus is a space: 2026-03-02T12:00:00 01:00.
_LOST_PLUS = re.compile(r"(T\S+) (\d\d:?\d\d)")

ENDS = "ISO 8601 like 2026-03-02T12:00:00Z, or in how long like 30min, 12h or 2d"

FORMS = "ISO 8601 like 2026-03-02T12:00:00Z, or how long ago like -90s, -15min, -1h, -7d, or now"


def read_moment(
    text: str, *, field: str, now: datetime, without_zone: Literal["local", "refused"], forms: str = FORMS
) -> datetime:
    """The instant, in UTC. A time without a zone is this machine's local time, or refused.

    ``forms`` says how it can be stated.

    Raises:
        Refused: it is no time, or one of another age.
    """
    try:
        instant = _instant(text.strip(), now)
        if instant.utcoffset() is None and without_zone == "refused":
            raise Refused.at(field, f"{text[:80]!r} has no time zone; Z is UTC")
        instant = instant.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise Refused.at(field, f"{text[:80]!r} is no time: {forms}") from None
    if not FIRST <= instant < LAST:
        raise Refused.at(field, f"{text[:80]!r} is not between {FIRST.year} and {LAST.year}")
    return instant


def read_end(text: str, *, field: str, now: datetime, without_zone: Literal["local", "refused"]) -> datetime:
    """An instant to come: as ``read_moment``, or in how long like ``30d``, ``12h`` or ``30min``.

    Raises:
        Refused: it is no time.
    """
    wait = _AGO.fullmatch(f"-{text.strip()}")
    if wait is not None:
        return now + timedelta(seconds=float(wait[1]) * _SECONDS[wait[2]])
    return read_moment(text, field=field, now=now, without_zone=without_zone, forms=ENDS)


def _instant(text: str, now: datetime) -> datetime:
    if text == "now":
        return now
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return now - timedelta(seconds=float(ago[1]) * _SECONDS[ago[2]])
    return datetime.fromisoformat(_LOST_PLUS.sub(r"\1+\2", text))
