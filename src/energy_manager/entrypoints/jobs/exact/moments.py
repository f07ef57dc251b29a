"""Days and instants of a request, as ISO 8601 texts."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, TypeAlias

from pydantic import PlainValidator, WithJsonSchema

from energy_manager.domain.errors import shown

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _day(value: object) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
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
