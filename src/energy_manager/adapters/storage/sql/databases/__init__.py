"""The databases: how to connect, what durable means there, and what their errors say."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from energy_manager.adapters.storage.sql.databases.database import Database, Trouble, TroubleKind
from energy_manager.adapters.storage.sql.databases.secrets import without_secrets
from energy_manager.adapters.storage.sql.databases.sqlite import SqliteDatabase
from energy_manager.domain.errors import Fault, Refused

__all__ = ["Database", "Trouble", "TroubleKind", "database_at"]


def database_at(url: str) -> Database:
    """The database behind ``sqlite:///<file>`` or ``postgresql://…``; does not connect yet.

    Raises:
        Refused: the URL is of neither kind, or the driver for it is not installed.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # Not quoted: where it cannot be read, nobody can tell what in it is a password.
        message = "is no database URL: sqlite:///<file> or postgresql://<user>@<host>/<database>"
        raise Refused([Fault(field="url", message=message)]) from None
    shown = without_secrets(parsed)
    if parsed.drivername == "sqlite":
        if not parsed.database or parsed.database == ":memory:" or parsed.query:
            raise Refused([Fault(field="url", message=f"{shown!r} names no file: sqlite:///<file>")])
        return SqliteDatabase(Path(parsed.database))
    if parsed.drivername in {"postgresql", "postgres"}:
        from energy_manager.adapters.storage.sql.databases.postgresql import PostgresqlDatabase  # noqa: PLC0415

        return PostgresqlDatabase(parsed)
    raise Refused([Fault(field="url", message=f"{shown!r} is neither sqlite:///<file> nor postgresql://…")])
