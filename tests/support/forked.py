"""The product's command line in a process of its own, forked from one that has imported the product already.

A start takes a second of computing, nearly all of it imports; with a few hundred starts that is most of a test run.
Here it is paid once a test process. What comes out is a process like any other, with pid, environment, folder and
descriptors of its own; only tests that look at the start itself, or change how Python starts, need a real one.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import select
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]
NOT_INHERITED = ("ENERGY_MANAGER_", "PYTHONPATH")


@functools.cache
def _server(preloaded: str) -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """How to ask the process that is forked, and itself; it ends when this one does, for then its socket is closed.

    ``preloaded``: a folder whose ``sitecustomize`` it loads before the product.
    """
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)}
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("fork_server.py")), str(its.fileno())],
        # One thread: a process with more is not safely forked.
        env=environment | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": preloaded},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=[its.fileno()],
    )
    its.close()
    return ours, process


def requests() -> socket.socket:
    """For ``forked_command.py``: where to ask for a process."""
    return _server("")[0]


def shell_command(folder: Path) -> Path:
    """The new folder with ``energy-manager`` in it, for shells that are passed the descriptor of ``requests()``."""
    folder.mkdir()
    command = folder / "energy-manager"
    start = [sys.executable, "-ISE", str(Path(__file__).with_name("forked_command.py")), str(requests().fileno())]
    command.write_text(f'#!/bin/sh\nexec {shlex.join(start)} "$@"\n')
    command.chmod(0o755)
    return folder


def end() -> None:
    """Of no use any more; what it has started goes on."""
    asked, process = _server("")
    asked.close()
    process.kill()
    process.wait()


def command_line(
    *arguments: str,
    env: Mapping[str, str],
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    stdout: int | IO[bytes] = subprocess.PIPE,
    stderr: int | IO[bytes] = subprocess.PIPE,
    text: bool = False,
    preloaded: str = "",
    ignored: Sequence[int] = (),
    is_held_to_modes: bool = False,
) -> Forked:
    """``python -m energy_manager.entrypoints.cli`` in the project's folder; arguments as those of ``Popen``.

    ``ignored``: signals, as by ``nohup``; ``is_held_to_modes``: by the modes of files even as the superuser.
    """
    ours: list[int | None] = []
    its: list[int] = []
    for number, stream in enumerate((stdin, stdout, stderr)):
        if stream == subprocess.PIPE:
            ends = os.pipe()
            ours.append(ends[number == 0])
            its.append(ends[number != 0])
        else:
            ours.append(None)
            if stream == subprocess.DEVNULL:
                its.append(os.open(os.devnull, os.O_RDWR))
            else:
                its.append(os.dup(stream if isinstance(stream, int) else stream.fileno()))
    told, telling = os.pipe()
    request = {"arguments": arguments, "folder": str(ROOT), "environment": dict(env)}
    request |= {"ignored": ignored, "is_held_to_modes": is_held_to_modes}
    socket.send_fds(_server(preloaded)[0], [json.dumps(request).encode()], [*its, telling])
    for descriptor in (*its, telling):
        os.close(descriptor)
    return Forked(told, *ours, text=text)


class Forked:
    """What tests use of ``subprocess.Popen``."""

    def __init__(self, told: int, stdin: int | None, stdout: int | None, stderr: int | None, *, text: bool) -> None:
        self._told = os.fdopen(told, "rb", buffering=0)
        self.stdin = None if stdin is None else os.fdopen(stdin, "w" if text else "wb", *([] if text else [0]))
        self.stdout, self.stderr = (
            None if end is None else os.fdopen(end, "r" if text else "rb") for end in (stdout, stderr)
        )
        self.pid = int(self._told.read(8))
        self.returncode: int | None = None
        self._texts: list[str | bytes | None] | None = None

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self._see_its_end()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("energy-manager", timeout or 0)
            self._see_its_end()
        assert self.returncode is not None
        return self.returncode

    def _see_its_end(self) -> None:
        self.returncode = int(self._told.read(8))
        self._told.close()

    def communicate(self, *, timeout: float | None = None) -> list[str | bytes | None]:
        """All that it still prints, and wait for its end."""
        if self._texts is None:
            if self.stdin is not None:
                self.stdin.close()
            texts: list[str | bytes | None] = [None, None]
            readers = []
            for place, stream in enumerate((self.stdout, self.stderr)):
                if stream is not None and not stream.closed:
                    reader = threading.Thread(target=_read, args=(stream, texts, place), daemon=True)
                    reader.start()
                    readers.append(reader)
            self.wait(timeout)
            for reader in readers:
                reader.join(timeout)
                if reader.is_alive():
                    raise subprocess.TimeoutExpired("energy-manager", timeout or 0)
            self._texts = texts
        return self._texts

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # the fork server has seen its end, and is about to tell
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


def _read(stream: IO[str] | IO[bytes], texts: list[str | bytes | None], place: int) -> None:
    with stream:
        texts[place] = stream.read()
