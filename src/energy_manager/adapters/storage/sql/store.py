"""The store in a database, put together."""

from __future__ import annotations

from energy_manager.adapters.storage.sql.databases import Database, Trouble, database_at
from energy_manager.adapters.storage.sql.repositories import SqlBooks
from energy_manager.adapters.storage.sql.writer import Writer
from energy_manager.application.ports.durability import StoreState


class _Idle:
    def gather(self) -> None: ...
    def is_due(self) -> bool:
        return False

    def do(self, database: Database) -> None: ...
    def give_up(self, trouble: Trouble) -> None: ...


class SqlStore:
    """Books and history behind a URL."""

    def __init__(self, url: str) -> None:
        self._database = database_at(url)
        self._writer = Writer(self._database, _Idle())
        self.books = SqlBooks(self._database, self._writer)

    def open(self, *, timeout_s: float = 5.0) -> StoreState:
        """Start the writer and wait until the database was tried, at most ``timeout_s``."""
        self._writer.open(timeout_s=timeout_s)
        return self.state()

    def close(self, *, timeout_s: float = 5.0) -> None:
        """Save what was recorded, if that can be done in time."""
        self._writer.close(timeout_s=timeout_s)

    def state(self) -> StoreState:
        return StoreState(
            is_reachable=self._writer.is_ready and not self._writer.trouble,
            trouble=self._writer.trouble,
            set_aside=self._writer.set_aside,
        )
