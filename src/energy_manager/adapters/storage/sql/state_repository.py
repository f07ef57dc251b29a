"""Schedules, activations and documents as rows: what a commit writes, what the repositories read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, func, insert, select, update

from energy_manager.adapters.storage.sql import logbook
from energy_manager.adapters.storage.sql.forecasts import delete_forecasts, put_forecast
from energy_manager.adapters.storage.sql.tables import activations, blocks, book, documents, schedules
from energy_manager.adapters.storage.validation import (
    BLOCK_OCTETS,
    fits,
    is_large,
    json_text,
    most_kept,
    octets_of,
    targets_text,
    too_many,
    too_much,
)
from energy_manager.application.clock import marks
from energy_manager.application.ports.schedules.durability import (
    AcceptedActivation,
    AppendLog,
    Change,
    DeleteDocument,
    DeleteForecast,
    DeleteSchedule,
    Document,
    Done,
    PutActivation,
    PutDocument,
    PutForecast,
    PutSchedule,
    ScheduleChange,
    VersionConflict,
)
from energy_manager.domain.errors import Refused
from energy_manager.domain.schedule import AcceptedSchedule, Schedule, Source, TimeBlock
from energy_manager.domain.series import microseconds, time_of

NUMBERS_AT_ONCE = 500
"""Databases take so many parameters in one statement."""


def make_changes(connection: Connection, changes: Sequence[Change]) -> tuple[Done, ...]:
    """Make the changes within the connection's transaction; two commits follow one another.

    Raises:
        VersionConflict: a document is not at the version expected.
        Refused: as many schedules are kept as may be.
    """
    # Locks the row, so that the numbers of schedules are in the order in which they become visible.
    grown = sum(isinstance(change, ScheduleChange) for change in changes)
    newest = connection.execute(
        update(book).values(revision=book.c.revision + grown).returning(book.c.revision)
    ).scalar_one()
    number = newest - grown
    done: list[Done] = []
    for change in changes:
        number += isinstance(change, ScheduleChange)
        done.append(_make(connection, change, number))
    return tuple(done)


def _make(connection: Connection, change: Change, number: int) -> Done:
    match change:
        case PutSchedule(schedule=schedule):
            return _put_schedule(connection, schedule, number)
        case PutActivation(activation=activation):
            accepted = _put_schedule(connection, activation.schedule, number)
            text = json_text(activation.terms)
            connection.execute(insert(activations), {"id": activation.id, "terms": text})
            return AcceptedActivation(accepted=accepted, terms=json.loads(text))
        case DeleteSchedule(id=schedule_id):
            return _delete_schedule(connection, schedule_id)
        case PutForecast() | DeleteForecast():
            return _change_forecasts(connection, change)
        case PutDocument() | DeleteDocument():
            return _change_documents(connection, change)
        case AppendLog(entry=entry):
            return logbook.append(connection, entry)


def _change_documents(connection: Connection, change: PutDocument | DeleteDocument) -> Done:
    if isinstance(change, PutDocument):
        return _put_document(connection, change)
    found = _expected_version(connection, change)
    connection.execute(delete(documents).where(_is_document(change)))
    return found > 0


def _change_forecasts(connection: Connection, change: PutForecast | DeleteForecast) -> Done:
    if isinstance(change, PutForecast):
        return put_forecast(connection, change.forecast)
    return delete_forecasts(connection, change.name)


def _put_schedule(connection: Connection, schedule: Schedule, number: int) -> AcceptedSchedule:
    _delete_schedule(connection, schedule.id)
    accepted = AcceptedSchedule(schedule=schedule, number=number, accepted_at=datetime.now(UTC))
    texts = [targets_text(block) for block in schedule.blocks]
    _make_room(connection, schedule, octets_of(texts), now_us=microseconds(accepted.accepted_at))
    row = {
        "id": schedule.id,
        "source": str(schedule.source),
        "number": number,
        "accepted_us": microseconds(accepted.accepted_at),
        "end_us": None if schedule.end is None else microseconds(schedule.end),
    }
    connection.execute(insert(schedules), row)
    rows = [
        {
            "schedule_id": schedule.id,
            "start_us": microseconds(block.start),
            "end_us": microseconds(block.end),
            "targets": text,
        }
        for block, text in zip(schedule.blocks, texts, strict=True)
    ]
    if rows:
        connection.execute(insert(blocks), rows)
    return accepted


def _make_room(connection: Connection, new: Schedule, octets: int, *, now_us: int) -> None:
    """Where as many, or as much, are kept as may be, let go of those that ended longest ago.

    Raises:
        Refused: none of them has ended.
    """
    is_run = schedules.c.source == str(Source.APPLIANCES)
    alike = is_run if new.source is Source.APPLIANCES else ~is_run
    kept = connection.execute(select(func.count()).select_from(schedules).where(alike)).scalar_one()
    if kept >= most_kept(new.source):
        _let_go(connection, alike, now_us=now_us, otherwise=too_many(new.source))
    if is_large(octets, new.source):
        while not fits(octets + _octets_kept(connection, alike)):
            _let_go(connection, alike, now_us=now_us, otherwise=too_much(octets))


def _octets_kept(connection: Connection, alike: ColumnElement[bool]) -> int:
    size = func.sum(func.length(blocks.c.targets) + BLOCK_OCTETS)
    return int(connection.execute(select(size).join(schedules).where(alike)).scalar() or 0)


def _let_go(connection: Connection, alike: ColumnElement[bool], *, now_us: int, otherwise: Refused) -> None:
    """Delete the one that ended longest ago.

    Whether it has ended is not for a clock alone to say that may be ahead: time must have passed for certain.

    Raises:
        Refused: none has, ``otherwise``.
    """
    clock = next(iter(read_documents(connection, marks.KIND, marks.DOCUMENT_ID)), None)
    over_us = now_us if clock is None else min(now_us, microseconds(marks.record_of(clock).lived_until))
    ended = select(schedules.c.id).where(alike, schedules.c.end_us <= over_us).order_by(schedules.c.end_us).limit(1)
    longest_over = connection.execute(ended).scalar()
    if longest_over is None:
        raise otherwise
    _delete_schedule(connection, longest_over)


def _delete_schedule(connection: Connection, schedule_id: str) -> bool:
    """Its blocks and its activation go with it."""
    return connection.execute(delete(schedules).where(schedules.c.id == schedule_id)).rowcount > 0


def _put_document(connection: Connection, change: PutDocument) -> Document:
    version = _expected_version(connection, change) + 1
    text = json_text(change.body)
    if version == 1:
        row = {"kind": change.kind, "id": change.id, "version": 1, "body": text}
        connection.execute(insert(documents), row)
    else:
        connection.execute(update(documents).where(_is_document(change)).values(version=version, body=text))
    return Document(kind=change.kind, id=change.id, version=version, body=json.loads(text))


def _expected_version(connection: Connection, change: PutDocument | DeleteDocument) -> int:
    found = connection.execute(select(documents.c.version).where(_is_document(change))).scalar() or 0
    if change.expected is not None and change.expected != found:
        raise VersionConflict(kind=change.kind, id=change.id, expected=change.expected, found=found)
    return found


def _is_document(change: PutDocument | DeleteDocument) -> ColumnElement[bool]:
    return and_(documents.c.kind == change.kind, documents.c.id == change.id)


def is_of(schedule_id: str) -> ColumnElement[bool]:
    """The schedule of that id."""
    return schedules.c.id == schedule_id


def is_active_at(instant: datetime) -> ColumnElement[bool]:
    """Schedules of which a block covers the instant."""
    at_us = microseconds(instant)
    return exists().where(blocks.c.schedule_id == schedules.c.id, blocks.c.start_us <= at_us, at_us < blocks.c.end_us)


def is_unfinished_at(instant: datetime) -> ColumnElement[bool]:
    """Schedules of which a block ends after the instant."""
    return schedules.c.end_us > microseconds(instant)


def is_on_page(*, after: int, limit: int) -> ColumnElement[bool]:
    """The first schedules of a greater number."""
    numbers = select(schedules.c.number).where(schedules.c.number > after).order_by(schedules.c.number).limit(limit)
    return schedules.c.number.in_(numbers)


def read_unknown_schedules(
    connection: Connection, condition: ColumnElement[bool], known: Mapping[int, AcceptedSchedule]
) -> tuple[AcceptedSchedule, ...]:
    """The schedules that meet the condition, oldest acceptance first; those known by number are not read again."""
    numbers = list(
        connection.execute(select(schedules.c.number).where(condition).order_by(schedules.c.number)).scalars()
    )
    unknown = [number for number in numbers if number not in known]
    found = {number: known[number] for number in numbers if number in known}
    for start in range(0, len(unknown), NUMBERS_AT_ONCE):
        at_once = schedules.c.number.in_(unknown[start : start + NUMBERS_AT_ONCE])
        found |= {entry.number: entry for entry in read_schedules(connection, at_once)}
    return tuple(found[number] for number in numbers)


def read_schedules(connection: Connection, *conditions: ColumnElement[bool]) -> tuple[AcceptedSchedule, ...]:
    """The schedules that meet the conditions, oldest acceptance first."""
    rows = connection.execute(select(schedules).where(*conditions).order_by(schedules.c.number)).all()
    by_schedule: dict[str, list[TimeBlock]] = {row.id: [] for row in rows}
    wanted: Select[Any] = select(blocks).order_by(blocks.c.schedule_id, blocks.c.start_us)
    if conditions:
        wanted = wanted.where(blocks.c.schedule_id.in_(select(schedules.c.id).where(*conditions)))
    for block in connection.execute(wanted):
        by_schedule[block.schedule_id].append(
            TimeBlock(start=time_of(block.start_us), end=time_of(block.end_us), targets=json.loads(block.targets))
        )
    return tuple(
        AcceptedSchedule(
            schedule=Schedule(id=row.id, source=Source(row.source), blocks=tuple(by_schedule[row.id])),
            number=row.number,
            accepted_at=time_of(row.accepted_us),
        )
        for row in rows
    )


def read_activations(connection: Connection, *conditions: ColumnElement[bool]) -> tuple[AcceptedActivation, ...]:
    """The activations whose schedules meet the conditions, oldest acceptance first."""
    terms = {row.id: row.terms for row in connection.execute(select(activations))}
    accepted = read_schedules(connection, schedules.c.id.in_(select(activations.c.id)), *conditions)
    return tuple(AcceptedActivation(accepted=entry, terms=json.loads(terms[entry.schedule.id])) for entry in accepted)


def read_documents(connection: Connection, kind: str, document_id: str | None = None) -> Iterable[Document]:
    """The documents of a kind in order of id, or the one of that id."""
    wanted = select(documents).where(documents.c.kind == kind)
    if document_id is not None:
        wanted = wanted.where(documents.c.id == document_id)
    found = [
        Document(kind=row.kind, id=row.id, version=row.version, body=json.loads(row.body))
        for row in connection.execute(wanted)
    ]
    return sorted(found, key=lambda document: document.id)


def read_revision(connection: Connection) -> int:
    """The number that grows with every change to the schedules."""
    revision: int = connection.execute(select(book.c.revision)).scalar_one()
    return revision
