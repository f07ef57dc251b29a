"""Letting go of what is old, a piece at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, Table, and_, delete, func, or_, select

from energy_manager.adapters.storage.sql.forecasts import prune_forecasts
from energy_manager.adapters.storage.sql.history.chunks import TABLES
from energy_manager.adapters.storage.sql.history.codecs.codec import AssetSet
from energy_manager.adapters.storage.sql.history.rollup import delete_hours
from energy_manager.adapters.storage.sql.tables import device_changes, hours, schedules
from energy_manager.application.ports.forecasts.forecast_repository import KEPT
from energy_manager.application.ports.records.history import Retention

DAY_US = 86_400_000_000
ENDED_DAYS = 7
"""Schedules are kept this long after they ended."""

ROWS_AT_ONCE = 500
HOURS_AT_ONCE = 24

NAMED_SCHEDULES = 10
"""So many are named in the log's line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was deleted: stretches of ticks and statuses, device changes, summed-up hours, schedules, forecasts."""

    chunks: int = 0
    changes: int = 0
    hours: int = 0
    schedules: tuple[str, ...] = ()
    forecasts: int = 0

    def __bool__(self) -> bool:
        return bool(self.chunks or self.changes or self.hours or self.schedules or self.forecasts)

    def __add__(self, other: Pruned) -> Pruned:
        return Pruned(
            chunks=self.chunks + other.chunks,
            changes=self.changes + other.changes,
            hours=self.hours + other.hours,
            schedules=(*self.schedules, *other.schedules),
            forecasts=self.forecasts + other.forecasts,
        )

    def sentence(self) -> str:
        """``12 stretches of ticks and statuses, 3 device changes, schedules night, day``."""
        counts = (
            (self.chunks, "stretches of ticks and statuses"),
            (self.changes, "device changes"),
            (self.hours, "summed-up hours"),
            (self.forecasts, "forecasts that others have followed"),
        )
        said = [f"{count} {what}" for count, what in counts if count]
        if self.schedules:
            more = len(self.schedules) - NAMED_SCHEDULES
            named = ", ".join(self.schedules[:NAMED_SCHEDULES]) + (f" and {more} more" if more > 0 else "")
            said.append(f"ended schedules {named}")
        return ", ".join(said)


def prune(connection: Connection, retention: Retention, *, now_us: int, known: dict[str, AssetSet]) -> Pruned:
    """Delete some of what is too old or too much, and say what; nothing when there is no more of it."""
    detail_us = now_us - round(retention.detail_days * DAY_US)
    summary_us = now_us - round(retention.summary_days * DAY_US)
    ended_us = max(summary_us, now_us - ENDED_DAYS * DAY_US)
    forgotten = delete(schedules).where(schedules.c.end_us < ended_us, schedules.c.accepted_us < ended_us)
    pruned = Pruned(
        chunks=sum(_delete_chunks(connection, table, before_us=detail_us) for table in TABLES.values()),
        changes=connection.execute(delete(device_changes).where(device_changes.c.at_us < summary_us)).rowcount,
        hours=_delete_hours(connection, before_us=summary_us, known=known),
        forecasts=prune_forecasts(connection, before_us=now_us - round(KEPT / timedelta(microseconds=1))),
        schedules=tuple(connection.execute(forgotten.returning(schedules.c.id)).scalars()),
    )
    return pruned or _shrink(connection, retention.max_bytes, known)


def _delete_chunks(connection: Connection, table: Table, *, before_us: int) -> int:
    oldest = (
        select(table.c.run_us, table.c.seq)
        .where(table.c.start_us < before_us)
        .order_by(table.c.start_us)
        .limit(ROWS_AT_ONCE)
    )
    rows = connection.execute(oldest).all()
    if rows:
        keys = or_(*(and_(table.c.run_us == row.run_us, table.c.seq == row.seq) for row in rows))
        connection.execute(delete(table).where(keys))
    return len(rows)


def _delete_hours(connection: Connection, *, before_us: int, known: dict[str, AssetSet]) -> int:
    oldest = select(hours.c.hour_us).where(hours.c.hour_us < before_us).order_by(hours.c.hour_us).limit(HOURS_AT_ONCE)
    return delete_hours(connection, list(connection.execute(oldest).scalars()), known)


def _shrink(connection: Connection, max_bytes: int, known: dict[str, AssetSet]) -> Pruned:
    """Delete the oldest chunks while everything together is too much; then the oldest hours."""
    sizes = [connection.execute(select(func.sum(table.c.size))).scalar() or 0 for table in (*TABLES.values(), hours)]
    excess = int(sum(sizes)) - max_bytes
    if excess <= 0:
        return Pruned()
    oldest = [
        (row.start_us, row.size, name)
        for name, table in TABLES.items()
        for row in connection.execute(
            select(table.c.start_us, table.c.size).order_by(table.c.start_us).limit(ROWS_AT_ONCE)
        )
    ]
    if not oldest:
        newest = connection.execute(select(func.max(hours.c.hour_us))).scalar() or 0
        return Pruned(hours=_delete_hours(connection, before_us=newest, known=known))
    freed, until_us = 0, 0
    for start_us, size, _ in sorted(oldest):
        if freed >= excess:
            break
        freed, until_us = freed + size, start_us + 1
    return Pruned(chunks=sum(_delete_chunks(connection, table, before_us=until_us) for table in TABLES.values()))
