"""Work for other processes; the functions must be importable there."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from pathlib import Path

from energy_manager.domain.errors import Fault, Refused


def pid_after(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def double(value):
    return 2 * value


def take(size: int) -> int:
    return len(bytes(size))


def say(text: str) -> int:
    for stream in (sys.stdout, sys.stderr):
        stream.write(text)
        stream.flush()
    return len(text)


def write_where_answers_go(octets: bytes) -> None:
    """What a library written in C may do: the descriptor of the answers is its standard output."""
    os.write(1, octets)


def fail(error: BaseException) -> None:
    raise error


def refuse() -> None:
    raise Refused([Fault(field="load", message="is missing"), Fault(field="fuels", message="is missing")])


def die(number: int) -> None:
    os.kill(os.getpid(), number)
    time.sleep(60)


def leave(code: int) -> None:
    os._exit(code)


def crash() -> None:
    ctypes.string_at(0)


def never_end_nor_listen() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while True:
        sum(range(1000))


def unpicklable() -> threading.Lock:
    return threading.Lock()


def sign_in(folder: str) -> None:
    """A preload that leaves a file for each process that it ran in."""
    Path(folder, str(os.getpid())).touch()


def sign_in_and_wait_for(folder: str, go: str) -> None:
    """A preload that takes as long as the test wants it to."""
    sign_in(folder)
    while not Path(go).exists():
        time.sleep(0.005)
