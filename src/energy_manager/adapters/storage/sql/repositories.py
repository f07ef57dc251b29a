"""The repositories over SQL: reads in the caller's thread, writes through the writer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from energy_manager.adapters.storage.sql import forecasts, logbook
from energy_manager.adapters.storage.sql.databases import Database, Trouble
from energy_manager.adapters.storage.sql.databases.database import reading
from energy_manager.adapters.storage.sql.state_repository import (
    is_active_at,
    is_of,
    is_on_page,
    is_unfinished_at,
    read_activations,
    read_documents,
    read_revision,
    read_schedules,
    read_unknown_schedules,
)
from energy_manager.adapters.storage.sql.writer import Writer
from energy_manager.adapters.storage.validation import check_changes
from energy_manager.application.ports.records.logbook import EVERYTHING, LogFilter, LogRecord
from energy_manager.application.ports.schedules.durability import (
    PATIENCE_S,
    AcceptedActivation,
    Change,
    Document,
    Done,
    StoreUnavailable,
)
from energy_manager.application.ports.schedules.schedule_repository import NONE_KNOWN, StateRepository
from energy_manager.domain.errors import Refused
from energy_manager.domain.forecast import ForecastHead, IssuedForecast
from energy_manager.domain.schedule import AcceptedSchedule

Result = TypeVar("Result")


@contextmanager
def readable(database: Database, writer: Writer) -> Iterator[Connection]:
    """A look at the database.

    Raises:
        StoreUnavailable: it cannot be read now.
    """
    if not writer.is_readable:
        raise StoreUnavailable(writer.trouble)
    try:
        with reading(database) as connection:
            yield connection
    except Trouble as trouble:
        raise StoreUnavailable(trouble.reason) from None
    except (ValueError, KeyError, Refused) as error:
        raise StoreUnavailable(f"{database.name}: what it holds cannot be read: {error}") from None


class SqlStateRepository(StateRepository):
    """Schedules, activations and documents."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database = database
        self._writer = writer

    def commit(self, changes: Sequence[Change], *, timeout_s: float = PATIENCE_S) -> tuple[Done, ...]:
        check_changes(changes)
        return self._writer.commit(changes, timeout_s=timeout_s)

    def get(self, schedule_id: str) -> AcceptedSchedule | None:
        found = self._read(lambda connection: read_schedules(connection, is_of(schedule_id)))
        return found[0] if found else None

    def all(self) -> tuple[AcceptedSchedule, ...]:
        return self._read(read_schedules)

    def active_at(self, instant: datetime) -> tuple[AcceptedSchedule, ...]:
        return self._read(lambda connection: read_schedules(connection, is_active_at(instant)))

    def page(self, *, after: int, limit: int) -> tuple[AcceptedSchedule, ...]:
        return self._read(lambda connection: read_schedules(connection, is_on_page(after=after, limit=limit)))

    def unfinished_at(
        self, instant: datetime, *, known: Mapping[int, AcceptedSchedule] = NONE_KNOWN
    ) -> tuple[AcceptedSchedule, ...]:
        return self._read(lambda connection: read_unknown_schedules(connection, is_unfinished_at(instant), known))

    def revision(self) -> int:
        return self._read(read_revision)

    def activation(self, activation_id: str) -> AcceptedActivation | None:
        found = self._read(lambda connection: read_activations(connection, is_of(activation_id)))
        return found[0] if found else None

    def activations(self) -> tuple[AcceptedActivation, ...]:
        return self._read(read_activations)

    def forecast(self, name: str, *, at: datetime) -> IssuedForecast | None:
        return self._read(lambda connection: forecasts.read_forecast(connection, name, at))

    def forecasts(self, *, at: datetime) -> tuple[ForecastHead, ...]:
        return self._read(lambda connection: forecasts.read_heads(connection, at))

    def issues(self, name: str, *, since: datetime, until: datetime) -> tuple[IssuedForecast, ...]:
        return self._read(lambda connection: forecasts.read_issues(connection, name, since, until))

    def document(self, kind: str, document_id: str) -> Document | None:
        found = self._read(lambda connection: read_documents(connection, kind, document_id))
        return next(iter(found), None)

    def documents(self, kind: str) -> tuple[Document, ...]:
        return self._read(lambda connection: tuple(read_documents(connection, kind)))

    def log_page(
        self, *, before: int | None = None, limit: int = 100, only: LogFilter = EVERYTHING
    ) -> tuple[LogRecord, ...]:
        return self._read(lambda connection: logbook.read_page(connection, before=before, limit=limit, only=only))

    def _read(self, look: Callable[[Connection], Result]) -> Result:
        with readable(self._database, self._writer) as connection:
            return look(connection)
