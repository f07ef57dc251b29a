"""PostgreSQL over psycopg."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from energy_manager.adapters.storage.sql.databases.database import DURABLE, Trouble, TroubleKind
from energy_manager.adapters.storage.sql.databases.secrets import masked, secrets_of, without_secrets
from energy_manager.domain.errors import Fault, Refused

# One try gives up after these; who has more patience tries again.
CONNECT_S = 3
LOCK_MS = 1_000
STATEMENT_MS = 20_000

# A server that has vanished without a word is noticed after about ten seconds.
LINE = {
    "keepalives": 1,
    "keepalives_idle": 4,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}

MIGRATION_LOCK = 0x656E65726779
"""Any number that nobody else locks: "energy" in ASCII."""

_BUSY_STATES = {"55P03", "57014", "40001", "40P01"}
"""Lock not available, statement timeout, serialization failure, deadlock."""

_UNFIT_CLASSES = {"21", "22", "23", "42", "54"}
"""Cardinality, data, integrity, syntax or access, program limits: it is about what was sent."""


class PostgresqlDatabase:
    """A database on a server, or a schema in it by ``?options=-csearch_path=…``."""

    def __init__(self, url: URL) -> None:
        try:
            import psycopg  # noqa: PLC0415 - an extra
        except ImportError:
            sentence = "PostgreSQL needs psycopg: pip install 'energy-manager[postgres]'"
            raise Refused([Fault(field="url", message=sentence)]) from None
        self._driver_error, self._data_error = psycopg.Error, psycopg.DataError
        self._url = url.set(drivername="postgresql+psycopg")
        self.writing = self._engine(isolation="READ COMMITTED", connections=1)
        self.reading = self._engine(isolation="REPEATABLE READ", connections=4)
        event.listen(self.writing, "begin", _begun)

    @property
    def name(self) -> str:
        return without_secrets(self._url.set(drivername="postgresql"))

    def prepare(self) -> None:
        """The server is somebody else's."""

    def lock_for_migration(self, connection: Connection) -> None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")

    def check(self, connection: Connection) -> None:
        """The server does."""

    def driver_errors(self) -> tuple[type[Exception], ...]:
        return (self._driver_error,)

    def understand(self, error: Exception) -> Trouble:
        cause = getattr(error, "orig", error)
        state: str = getattr(cause, "sqlstate", None) or ""
        said = masked((str(cause).strip() or "no answer").splitlines()[0], secrets_of(self._url))
        reason = f"{self.name}: {said}"
        if state in _BUSY_STATES:
            return Trouble(TroubleKind.BUSY, reason)
        is_unfit = state[:2] in _UNFIT_CLASSES or isinstance(cause, self._data_error)
        return Trouble(TroubleKind.UNFIT if is_unfit else TroubleKind.AWAY, reason)

    def is_same(self) -> bool:
        """A server under the same address is the same."""
        return True

    def set_aside(self) -> str:
        """The server's files are not ours to move."""
        return ""

    def give_back(self, connection: Connection) -> None:
        """Its autovacuum does."""

    def disconnect(self) -> None:
        self.writing.dispose()
        self.reading.dispose()

    def _engine(self, *, isolation: Any, connections: int) -> Engine:  # noqa: ANN401 - a literal of SQLAlchemy's
        theirs = self._url.query.get("options", "")
        options = f"-c statement_timeout={STATEMENT_MS} -c lock_timeout={LOCK_MS} {theirs}"
        return create_engine(
            self._url.difference_update_query(["options"]),
            connect_args={
                "connect_timeout": CONNECT_S,
                "application_name": "energy-manager",
                "options": options,
                **LINE,
            },
            isolation_level=isolation,
            pool_size=connections,
            max_overflow=0 if connections == 1 else connections,
            pool_timeout=CONNECT_S,
            pool_pre_ping=connections > 1,
        )


def _begun(connection: Connection) -> None:
    options = connection.get_execution_options()
    if DURABLE in options:
        # A server that waits for its replicas as well ("remote_apply") keeps doing so.
        wanted, instead_of = ("on", "= 'off'") if options[DURABLE] else ("off", "<> 'off'")
        connection.exec_driver_sql(
            f"SELECT set_config('synchronous_commit', '{wanted}', true) "
            f"WHERE current_setting('synchronous_commit') {instead_of}"
        )
