"""Days and instants of a request, as ISO 8601 texts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, TypeAlias

from pydantic import PlainValidator, WithJsonSchema

from energy_manager.domain.errors import shown
from energy_manager.domain.local_clock import day_of_text


def _day(value: object) -> date:
    day = day_of_text(value) if isinstance(value, str) else None
    if day is not None:
        return day
    raise ValueError(f"must be a date like 2026-11-20, not {shown(value)}")


def _instant(value: object) -> datetime:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
        if instant is not None and instant.utcoffset() is not None:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        instant = None
    if instant is None:
        raise ValueError(f"must be an ISO 8601 time such as 2026-03-02T00:00:00Z, not {shown(value)}")
    raise ValueError(f"must have an offset from UTC (such as Z or +01:00), not {shown(value)}")


Day: TypeAlias = Annotated[date, PlainValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
"""A day of the calendar."""

Instant: TypeAlias = Annotated[
    datetime, PlainValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""A time with its offset from UTC; read as UTC."""
