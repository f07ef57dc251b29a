"""A PostgreSQL server of a test's own: on a socket in a folder of its own, gone afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

HINT = "PostgreSQL is not installed: apt-get install postgresql (its server binaries), pip install psycopg[binary]"


def require_postgresql() -> Path:
    """The folder of the server's binaries; skips without it, fails in CI."""
    on_path = shutil.which("initdb")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    try:
        import psycopg  # noqa: F401, PLC0415
    except ImportError:
        candidates = []
    for folder in candidates:
        if all((folder / name).exists() for name in ("initdb", "postgres", "pg_isready", "createdb")):
            return folder
    if os.environ.get("CI") == "true":
        pytest.fail(HINT)
    pytest.skip(HINT)


def connect(url: str) -> Any:
    """A connection beside the product's."""
    import psycopg  # noqa: PLC0415 - an extra

    return psycopg.connect(url)


class PrivateServer:
    """Start, stop and kill it at will; the data stays until ``clean_up``."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self.folder = Path(tempfile.mkdtemp(prefix="em-pg-", dir="/tmp"))
        # PostgreSQL refuses to run as root.
        self._as_user: list[str] = []
        if os.geteuid() == 0:
            self._as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            shutil.chown(self.folder, "postgres", "postgres")
        self._process: subprocess.Popen[bytes] | None = None
        self._run("initdb", "-D", str(self.folder / "data"), "-U", "test", "--auth=trust", "--no-sync", "-E", "UTF8")
        self._databases = 0

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as_user, str(self._binaries / program), *arguments]
        environment = os.environ | {"LC_ALL": "C.UTF-8"}
        ended = subprocess.run(command, cwd="/", capture_output=True, timeout=60, env=environment, check=False)
        assert ended.returncode == 0, ended.stderr.decode()

    def start(self) -> None:
        command = [str(self._binaries / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder)]
        settings = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=30"]
        self._process = subprocess.Popen(
            [*self._as_user, *command, *settings], cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end_s = time.monotonic() + 30
        while not self._is_answering():
            assert time.monotonic() < end_s, "PostgreSQL does not start"
            time.sleep(0.05)

    def ensure_running(self) -> None:
        """Start it if it was stopped, wake it if it was paused."""
        if self._process is None or self._process.poll() is not None:
            self.start()
        else:
            self.resume()

    def _is_answering(self) -> bool:
        command = [str(self._binaries / "pg_isready"), "-q", "-h", str(self.folder), "-U", "test"]
        return subprocess.run(command, timeout=10, check=False).returncode == 0

    def stop(self) -> None:
        """Cut all connections and end."""
        self._signal_all(signal.SIGINT)
        assert self._process is not None
        self._process.wait(timeout=30)

    def pause(self) -> None:
        """Let it hang, with its connections open."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: int) -> None:
        """The server and, when it is to hang, its children."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        if number in {signal.SIGSTOP, signal.SIGCONT} and children.exists():
            for child in children.read_text().split():
                os.kill(int(child), number)
        self._process.send_signal(number)

    def new_database(self) -> str:
        """The URL of an empty database."""
        self._databases += 1
        name = f"site{self._databases}"
        self._run("createdb", "-h", str(self.folder), "-U", "test", name)
        return f"postgresql://test@/{name}?host={self.folder}"

    def clean_up(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.resume()
            self._process.send_signal(signal.SIGQUIT)
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
