"""PostgreSQL servers of the tests' own: on a socket in a folder of its own, gone afterwards."""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.support.installed import missing, program

NUMBERS = itertools.count(1)


def require_postgresql() -> Path:
    """The folder of the server's binaries; skips without it, fails in CI."""
    try:
        import psycopg  # noqa: F401, PLC0415 - an extra
    except ImportError:
        missing("psycopg for Python", package="postgresql")
    # Debian keeps those of several versions side by side.
    folders = tuple(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))
    return program("initdb", package="postgresql", folders=folders).resolve().parent


def connect(url: str, **options: Any) -> Any:
    """A connection beside the product's."""
    import psycopg  # noqa: PLC0415 - an extra

    return psycopg.connect(url, **options)


SETTINGS = "-c listen_addresses= -c fsync=off -c max_connections=100"

END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
DROP = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"


class PrivateServer:
    """Start, stop and pause it at will, from any process; the data stays until ``clean_up``."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries = binaries
        self.folder = folder
        self._data = folder / "data"
        self._idle: defaultdict[str, list[str]] = defaultdict(list)
        # PostgreSQL refuses to run as root.
        as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        self._as_user = as_postgres if os.geteuid() == 0 else []

    @classmethod
    def new(cls, binaries: Path) -> PrivateServer:
        """One without databases that does not run yet, in a folder whose path is short enough for a socket's."""
        server = cls(binaries, Path(tempfile.mkdtemp(prefix="em-pg-", dir="/tmp")))
        if os.geteuid() == 0:
            shutil.chown(server.folder, "postgres", "postgres")
        server._run("initdb", "-U", "test", "--auth=trust", "--no-sync", "-E", "UTF8")
        return server

    def _run(self, name: str, *arguments: str) -> None:
        command = [*self._as_user, str(self._binaries / name), "-D", str(self._data), *arguments]
        environment = os.environ | {"LC_ALL": "C.UTF-8"}
        ended = subprocess.run(command, cwd="/", capture_output=True, timeout=90, env=environment, check=False)
        assert ended.returncode == 0, ended.stderr.decode()

    def start(self) -> None:
        log = str(self.folder / "log")
        self._run("pg_ctl", "start", "-w", "-t", "60", "-l", log, "-o", f"-k {self.folder} {SETTINGS}")

    def ensure_running(self) -> None:
        """Start it if it was stopped, wake it if it was paused."""
        if self._pid() is None:
            self.start()
        else:
            self.resume()

    def stop(self) -> None:
        """Cut all connections and end."""
        self._run("pg_ctl", "stop", "-w", "-t", "60", "-m", "fast")

    def pause(self) -> None:
        """Let it hang, with its connections open."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: int) -> None:
        """The server and its children."""
        pid = self._pid()
        assert pid is not None, "it does not run"
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with suppress(ProcessLookupError):  # a connection's process ends with it
                os.kill(int(child), number)
        os.kill(pid, number)

    def _pid(self) -> int | None:
        """The process that runs; None when it was stopped."""
        try:
            return int((self._data / "postmaster.pid").read_text().splitlines()[0])
        except FileNotFoundError:
            return None

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = f"site_{os.getpid()}_{next(NUMBERS)}"
        with connect(f"postgresql://test@/postgres?host={self.folder}", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://test@/{name}?host={self.folder}"

    @contextmanager
    def database(self, *, afterwards: str = DROP) -> Iterator[str]:
        """The URL of a database that this statement has emptied: to make one takes 0.3 s of computing."""
        idle = self._idle[afterwards]
        url = idle.pop() if idle else self.new_database()
        yield url
        with connect(url, autocommit=True) as connection:
            connection.execute(END_OTHERS)
            connection.execute(afterwards)
        idle.append(url)

    def clean_up(self) -> None:
        """End it and forget its data."""
        if self._pid() is not None:
            self.resume()
            self._run("pg_ctl", "stop", "-w", "-t", "60", "-m", "immediate")
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def shared_server(meeting_place: Path) -> Iterator[PrivateServer]:
    """One running server for all processes that give this folder: the first one starts it, the last one ends it."""
    meeting_place.mkdir(parents=True, exist_ok=True)
    address = meeting_place / "address"
    with (meeting_place / "turn").open("w") as turn, (meeting_place / "users").open("w") as users:
        with _locked(turn):
            binaries = require_postgresql()
            fcntl.flock(users, fcntl.LOCK_SH)
            if address.exists():
                server = PrivateServer(binaries, Path(address.read_text()))
            else:
                server = PrivateServer.new(binaries)
                try:
                    server.start()
                except BaseException:
                    server.clean_up()
                    raise
                address.write_text(str(server.folder))
        try:
            yield server
        finally:
            with _locked(turn):
                fcntl.flock(users, fcntl.LOCK_UN)
                if _is_free(users):
                    address.unlink()
                    server.clean_up()


@contextmanager
def _locked(file: Any) -> Iterator[None]:
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _is_free(file: Any) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
