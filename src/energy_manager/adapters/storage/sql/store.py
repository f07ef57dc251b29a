"""The store in a database, put together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from energy_manager.adapters.storage.sql.databases import database_at
from energy_manager.adapters.storage.sql.history import HistoryHousework, Inbox, SqlHistory
from energy_manager.adapters.storage.sql.repositories import SqlStateRepository, readable
from energy_manager.adapters.storage.sql.writer import Writer
from energy_manager.application.ports.records.history import Retention
from energy_manager.application.ports.schedules.durability import StoreState


class SqlStore:
    """State and history behind ``sqlite:///<file>`` or ``postgresql://…``.

    ``repository`` keeps schedules, activations and documents, ``recorder`` takes what happens, ``history`` reads it.
    Nothing is read or written before ``open``. ``lived_until`` is up to when time has passed for certain (None: not
    known now); hours are summed up and old records deleted by it, and never without it.

    Raises:
        Refused: the URL is not acceptable.
    """

    def __init__(
        self,
        url: str,
        *,
        retention: Retention | None = None,
        lived_until: Callable[[], datetime | None] | None = None,
    ) -> None:
        self._database = database_at(url)
        self.recorder = Inbox()
        self._housework = HistoryHousework(self.recorder, retention or Retention(), lived_until=lived_until)
        self._writer = Writer(self._database, self._housework)
        self.repository = SqlStateRepository(self._database, self._writer)
        self.history = SqlHistory(partial(readable, self._database, self._writer))

    def open(self, *, timeout_s: float = 5.0) -> StoreState:
        """Start the writer and wait until the database was tried, at most ``timeout_s``; works on without it."""
        self._writer.open(timeout_s=timeout_s)
        return self.state()

    def look(self) -> bool:
        """Open it for questions alone: nothing is written. False: it must be opened, or cannot be read."""
        return self._writer.look()

    def close(self, *, timeout_s: float = 5.0) -> None:
        """Save what was recorded, if that can be done in time; nothing can be committed afterwards."""
        self._writer.close(timeout_s=timeout_s)

    def state(self) -> StoreState:
        """How the store is; never waits."""
        stalled_s = self._writer.stalled_s
        trouble = f"it has not answered for {stalled_s:.0f} s" if stalled_s else self._writer.trouble
        return StoreState(
            is_reachable=self._writer.is_ready and not trouble,
            writer_is_alive=self._writer.is_alive,
            waiting=self._housework.waiting,
            stored=self._housework.stored,
            dropped=self._housework.dropped,
            trouble=trouble,
            set_aside=self._writer.set_aside,
            last_stored_at=self._housework.last_stored_at,
        )
