"""SQLite: one file with a write-ahead log."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from energy_manager.adapters.storage.sql.databases.database import DURABLE, Trouble, TroubleKind

PRODUCT = "energy-manager"
"""A folder of this name is ours alone."""

BUSY_S = 0.25
"""One try waits this long for another writer; who has more patience tries again."""

READ_BUSY_S = 2.0

VANISHED_PATIENCE_S = 120.0
"""A file that was there and is gone may come back, with its disk; then it is begun anew, as somebody deleted it."""

PAGES_GIVEN_BACK = 2_000
"""At once, of 4 kB."""

_KINDS = {
    sqlite3.SQLITE_BUSY: TroubleKind.BUSY,
    sqlite3.SQLITE_LOCKED: TroubleKind.BUSY,
    sqlite3.SQLITE_CORRUPT: TroubleKind.BROKEN,
    sqlite3.SQLITE_NOTADB: TroubleKind.BROKEN,
    sqlite3.SQLITE_PERM: TroubleKind.AWAY,
    sqlite3.SQLITE_READONLY: TroubleKind.AWAY,
    sqlite3.SQLITE_IOERR: TroubleKind.AWAY,
    sqlite3.SQLITE_FULL: TroubleKind.AWAY,
    sqlite3.SQLITE_CANTOPEN: TroubleKind.AWAY,
    sqlite3.SQLITE_NOMEM: TroubleKind.AWAY,
    sqlite3.SQLITE_PROTOCOL: TroubleKind.AWAY,
    sqlite3.SQLITE_INTERRUPT: TroubleKind.AWAY,
}

_MADE_AFTER = "made_after"

PRIMARY = 0xFF
"""SQLite's extended result codes carry the primary one in their lowest byte."""


class SqliteDatabase:
    """A file; readers and one writer at a time, from any number of processes."""

    def __init__(self, path: Path) -> None:
        self._path = path.expanduser().absolute()
        self._identity: tuple[int, int] | None = None
        self._was_there = False
        self._vanished_at_s: float | None = None
        self._disconnected = 0
        self.writing = self._engine(
            lambda: self._connection("mode=rwc", BUSY_S), begin="BEGIN IMMEDIATE", connections=1
        )
        self.reading = self._engine(self._reader, begin="BEGIN", connections=4)
        event.listen(self.writing, "connect", self._connected_for_writing)
        event.listen(self.reading, "connect", _connected_for_reading)
        for engine in (self.writing, self.reading):
            event.listen(engine, "connect", self._note_connection)
            event.listen(engine, "checkin", self._close_if_outdated)

    @property
    def name(self) -> str:
        return str(self._path)

    def prepare(self) -> None:
        self._wait_for_a_vanished_file()
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Trouble(TroubleKind.AWAY, f"{self._path.parent}: {error.strerror}") from None
        self._keep_to_its_owner()

    def _keep_to_its_owner(self) -> None:
        """Schedules and history are nobody else's: the file is made, or left, for its owner alone.

        SQLite gives the files beside it the same rights. Where that cannot be, connecting tells why.
        """
        with suppress(OSError):
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
            for suffix in ("", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    Path(f"{self._path}{suffix}").chmod(0o600)
        if self._path.parent.name == PRODUCT:
            with suppress(OSError):
                self._path.parent.chmod(0o700)

    def _wait_for_a_vanished_file(self) -> None:
        if not self._was_there or self._path.exists():
            self._vanished_at_s = None
            return
        now_s = time.monotonic()
        self._vanished_at_s = now_s if self._vanished_at_s is None else self._vanished_at_s
        if now_s < self._vanished_at_s + VANISHED_PATIENCE_S:
            sentence = f"{self._path} is gone; unless it comes back within {VANISHED_PATIENCE_S:g} s it is begun anew"
            raise Trouble(TroubleKind.AWAY, sentence)

    def lock_for_migration(self, connection: Connection) -> None:
        """``BEGIN IMMEDIATE`` has locked it already."""

    def check(self, connection: Connection) -> None:
        for table in ("book", "schedules", "blocks", "activations", "documents", "forecasts"):
            verdict = connection.exec_driver_sql(f"PRAGMA quick_check('{table}')").scalar()
            if verdict != "ok":
                raise Trouble(TroubleKind.BROKEN, f"{self._path}: {verdict}")

    def driver_errors(self) -> tuple[type[Exception], ...]:
        return (sqlite3.Error,)

    def understand(self, error: Exception) -> Trouble:
        cause = getattr(error, "orig", error)
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & PRIMARY
        return Trouble(_KINDS.get(code, TroubleKind.UNFIT), f"{self._path}: {cause}")

    def is_same(self) -> bool:
        return self._identity is not None and self._identity == self._identity_now()

    def set_aside(self) -> str:
        self.disconnect()
        self._was_there = False
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
        aside = self._path.with_name(f"{self._path.name}.broken-{stamp}")
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{self._path}{suffix}").rename(f"{aside}{suffix}")
        return str(aside) if aside.exists() else ""

    def give_back(self, connection: Connection) -> None:
        # Each row of the answer is a page returned, so they must be asked for.
        freed = connection.exec_driver_sql(f"PRAGMA incremental_vacuum({PAGES_GIVEN_BACK})")
        if freed.returns_rows:
            freed.all()

    def disconnect(self) -> None:
        self._disconnected += 1
        self.writing.dispose()
        self.reading.dispose()
        self._identity = None

    def _note_connection(self, _connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        record.info[_MADE_AFTER] = self._disconnected

    def _close_if_outdated(self, connection: sqlite3.Connection | None, record: ConnectionPoolEntry) -> None:
        """Who was reading while all were disconnected closes what it read with.

        Its pool is never asked again. Left open it would hold the log of a file that was read-only as read-only for
        the whole process, and a descriptor for each attempt to write.
        """
        if connection is not None and record.info.get(_MADE_AFTER) != self._disconnected:
            connection.close()

    def _identity_now(self) -> tuple[int, int] | None:
        with suppress(OSError):
            status = self._path.stat()
            return status.st_dev, status.st_ino
        return None

    def _connection(self, how: str, busy_s: float) -> sqlite3.Connection:
        uri = f"{self._path.as_uri()}?{how}"
        return sqlite3.connect(uri, uri=True, timeout=busy_s, check_same_thread=False)

    def _reader(self) -> sqlite3.Connection:
        """A reader that made a file would stand in the way of one that comes back.

        Where the folder cannot be written and no process has the file open for writing, there is no log to be read
        with it, and SQLite is told that the file does not change.
        """
        connection = self._connection("mode=rw", READ_BUSY_S)
        try:
            connection.execute("PRAGMA schema_version").fetchone()
        except sqlite3.OperationalError:
            connection.close()
            if not self._path.exists() or os.access(self._path.parent, os.W_OK) or self._has_log():
                raise
            return self._connection("mode=ro&immutable=1", READ_BUSY_S)
        return connection

    def _has_log(self) -> bool:
        log = Path(f"{self._path}-wal")
        return log.exists() and log.stat().st_size > 0

    def _engine(self, connect: Callable[[], sqlite3.Connection], *, begin: str, connections: int) -> Engine:
        engine = create_engine(
            URL.create("sqlite", database=os.fspath(self._path)),
            creator=connect,
            poolclass=QueuePool,
            pool_size=connections,
            max_overflow=0 if connections == 1 else connections,
            pool_timeout=READ_BUSY_S,
        )

        def begun(connection: Connection) -> None:
            if DURABLE in connection.get_execution_options():
                is_durable = connection.get_execution_options()[DURABLE]
                connection.exec_driver_sql(f"PRAGMA synchronous = {'FULL' if is_durable else 'NORMAL'}")
            connection.exec_driver_sql(begin)

        event.listen(engine, "begin", begun)
        return engine

    def _connected_for_writing(self, connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
        """Transactions are begun by hand, so that they also hold changes of tables."""
        connection.isolation_level = None
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        if pages == 0:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = ON")
        self._identity = self._identity_now()
        self._was_there = True


def _connected_for_reading(connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
    connection.isolation_level = None
    connection.execute("PRAGMA query_only = ON")
