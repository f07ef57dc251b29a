"""An MQTT broker of a test's own on a free loopback port, stopped and started at will."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from tests.support.installed import program
from tests.support.modbus_peers import free_port
from tests.support.waiting import eventually


class Broker:
    """``start`` and ``stop`` keep the port; nothing is kept on disk but what is retained between them."""

    def __init__(self) -> None:
        self._program = str(program("mosquitto", package="mosquitto"))
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="em-mqtt-", dir="/tmp"))
        configuration = f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
        (self._folder / "conf").write_text(configuration)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [self._program, "-c", str(self._folder / "conf")]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert eventually(self._answers, within_s=20), "mosquitto does not start"

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(timeout=20)

    def pause(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def clean_up(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
