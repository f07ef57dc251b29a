"""The logbook as rows: a line is inserted, and never updated or deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select

from energy_manager.adapters.storage.sql.tables import logbook
from energy_manager.adapters.storage.validation import json_text
from energy_manager.application.ports.records.logbook import Actor, LogEntry, LogFilter, LogKind, LogRecord
from energy_manager.domain.series import microseconds, time_of

_IN_BODY = ("before", "after", "reason", "outcome", "key")
"""What of an entry nobody looks for."""


def append(connection: Connection, entry: LogEntry) -> LogRecord:
    """Write the next line; commits follow one another, so numbers have no gap."""
    newest: int | None = connection.execute(select(func.max(logbook.c.number))).scalar()
    number = (newest or 0) + 1
    body = {"role": entry.actor.role, "origin": entry.actor.origin}
    body |= {name: getattr(entry, name) for name in _IN_BODY}
    row = {
        "number": number,
        "at_us": microseconds(entry.at),
        "kind": str(entry.kind),
        "who": entry.actor.who,
        "action": entry.action,
        "subject": entry.subject,
        "body": json_text(body),
    }
    connection.execute(insert(logbook), row)
    return LogRecord(number=number, entry=entry)


def read_page(connection: Connection, *, before: int | None, limit: int, only: LogFilter) -> tuple[LogRecord, ...]:
    """The newest lines that are wanted, newest first."""
    wanted = select(logbook).where(*_conditions(before, only)).order_by(logbook.c.number.desc()).limit(limit)
    return tuple(_record(row) for row in connection.execute(wanted))


def _conditions(before: int | None, only: LogFilter) -> Iterator[ColumnElement[bool]]:
    if before is not None:
        yield logbook.c.number < before
    if only.kinds is not None:
        yield logbook.c.kind.in_([str(kind) for kind in only.kinds])
    if only.subject is not None:
        yield logbook.c.subject == only.subject
    if only.who is not None:
        yield logbook.c.who == only.who
    if only.since is not None:
        yield logbook.c.at_us >= microseconds(only.since)
    if only.until is not None:
        yield logbook.c.at_us < microseconds(only.until)


def _record(row: Any) -> LogRecord:  # noqa: ANN401 - a row
    body = json.loads(row.body)
    entry = LogEntry(
        at=time_of(row.at_us),
        kind=LogKind(row.kind),
        actor=Actor(who=row.who, role=body["role"], origin=body["origin"]),
        action=row.action,
        subject=row.subject,
        **{name: body[name] for name in _IN_BODY},
    )
    return LogRecord(number=row.number, entry=entry)
