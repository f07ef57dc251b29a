"""What the writer and the readers need of a database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

DURABLE = "durable"
"""The execution option of a transaction that must survive a loss of power once it is committed."""


class TroubleKind(Enum):
    """What an error of the database means for the one who met it."""

    BUSY = auto()
    """Somebody else holds it; trying again soon helps."""
    AWAY = auto()
    """It cannot be reached or written; connecting anew may help."""
    BROKEN = auto()
    """Its file is torn or no database."""
    UNFIT = auto()
    """It does not take this; something else might do."""


class Trouble(Exception):
    """An error of the database, understood. ``is_undone``: the transaction has certainly left no trace."""

    def __init__(self, kind: TroubleKind, reason: str, *, is_undone: bool = True) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.is_undone = is_undone


class Database(Protocol):
    """One place for the product's tables."""

    @property
    def name(self) -> str:
        """What people call it, without any password."""
        ...

    @property
    def writing(self) -> Engine:
        """Connections for the writer: transactions exclude those of other writers, and obey ``DURABLE``."""
        ...

    @property
    def reading(self) -> Engine:
        """Connections for readers: every transaction sees one moment; waiting is bounded."""
        ...

    def prepare(self) -> None:
        """Make ready what must exist before connecting.

        Raises:
            Trouble: it cannot be.
        """
        ...

    def lock_for_migration(self, connection: Connection) -> None:
        """Keep other processes from migrating until the transaction is over."""
        ...

    def driver_errors(self) -> tuple[type[Exception], ...]:
        """What the driver raises when it is used beside SQLAlchemy, as while connecting."""
        ...

    def check(self, connection: Connection) -> None:
        """Look for damage where it would matter most, quickly.

        Raises:
            Trouble: there is some.
        """
        ...

    def understand(self, error: Exception) -> Trouble:
        """What an error of the driver means, wrapped by SQLAlchemy or not."""
        ...

    def is_same(self) -> bool:
        """Whether the connections still lead to what stands under the URL (a file may have been taken away)."""
        ...

    def set_aside(self) -> str:
        """Move a broken file out of the way; its new name, or empty if there is nothing to move."""
        ...

    def give_back(self, connection: Connection) -> None:
        """Return some of the space of what was deleted."""
        ...

    def disconnect(self) -> None:
        """Close all connections; new ones are made when needed."""
        ...


@contextmanager
def transaction(database: Database, *, durable: bool) -> Iterator[Connection]:
    """A transaction of the writer's; committed at the end, undone when anything is raised.

    Raises:
        Trouble: the database did not play its part.
    """
    is_committing = False
    try:
        writing = database.writing.execution_options(**{DURABLE: durable})
        with writing.connect() as connection, connection.begin() as begun:
            yield connection
            is_committing = True
            begun.commit()
        if not database.is_same():
            raise Trouble(TroubleKind.AWAY, f"{database.name} was taken away or replaced", is_undone=False)
    except _errors_of(database) as error:
        trouble = understood(database, error)
        trouble.is_undone = not is_committing or trouble.kind is TroubleKind.BUSY
        raise trouble from None


@contextmanager
def reading(database: Database) -> Iterator[Connection]:
    """A look at one moment of the database.

    Raises:
        Trouble: it cannot be read.
    """
    try:
        with database.reading.connect() as connection, connection.begin():
            yield connection
    except _errors_of(database) as error:
        raise understood(database, error) from None


def understood(database: Database, error: Exception) -> Trouble:
    """What an error met on a connection means."""
    if isinstance(error, NoConnectionFree):
        return Trouble(TroubleKind.BUSY, f"{database.name}: all connections are in use")
    return database.understand(error)


def _errors_of(database: Database) -> tuple[type[Exception], ...]:
    return (DBAPIError, NoConnectionFree, *database.driver_errors())
