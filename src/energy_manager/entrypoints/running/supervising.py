"""``run --supervised``: a parent that does nothing but watch, and starts the loop again when it hangs or dies.

No law can hold in a process whose interpreter foreign code keeps, or that it ends. The child says at each tick that it
is alive (``adapters.watchdog``); after a silence it is killed and started again, so that devices are told again within
ten seconds. What the child says is passed on to systemd, if that watches the parent.

Most of a start is loading the product. So beside a child that has ticked for a while a second process is kept that has
loaded everything and waits for a word (``_Spare``): it is the next child.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from loguru import logger

from energy_manager.adapters.runtime.watchdog import ALIVE, STOPPING, Notifier

SILENCE_S = 4.5
"""So long without a tick, and it is started again. Measured on two cores at a load of 13: a start takes 4.9 s."""

PERIODS = 2.25
"""But no sooner than after so many periods."""

START_S = 60.0
"""The first tick may take this long: a machine may just have booted."""

RESPITE_S = 1.0
SHORT_LIFE_S = 5.0
"""Between two starts of a child that lived no longer than this, there is a respite."""

SPARE_AFTER_S = 10.0
"""A spare process is loaded once the loop has lived so long, so that it does not slow down its start."""

LOOK_S = 0.2
BAD_INPUT = 2

WAIT_FOR = "--wait-for"
"""How a spare process is told where it hears the word."""

_PR_SET_PDEATHSIG = 1


class _Spare:
    """A process that has loaded everything, and begins when it hears so; it ends with whoever could tell it."""

    def __init__(self, command: list[str], address: str) -> None:
        hearing, self._telling = os.pipe()
        try:
            self._process = _started([*command, WAIT_FOR, str(hearing)], address, pass_fds=(hearing,))
        finally:
            os.close(hearing)

    @property
    def is_waiting(self) -> bool:
        """Whether it is there to be told."""
        return self._process.poll() is None

    def begin(self) -> subprocess.Popen[bytes]:
        """Let it begin; it is the child from now on."""
        with suppress(OSError):
            os.write(self._telling, b"!")
        os.close(self._telling)
        return self._process

    def dismiss(self) -> None:
        """It is not needed any more."""
        os.close(self._telling)
        self._process.kill()
        self._process.wait()


def wait_for_word(descriptor: int) -> None:
    """In a spare process: wait until it is to begin; it ends where nobody can tell it any more."""
    if not os.read(descriptor, 1):
        os._exit(0)
    os.close(descriptor)


@dataclass(slots=True, kw_only=True)
class Supervisor:
    """Watches one command; ``period_s`` is how often its loop ticks."""

    command: list[str]
    period_s: float
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _spare: _Spare | None = field(default=None, init=False)
    _is_ending: bool = field(default=False, init=False)

    def __call__(self) -> int:
        """Watch until the child ends on purpose, or a signal comes; the child's exit code."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._pass_on)
        with tempfile.TemporaryDirectory(prefix="energy-manager-") as folder:
            address = str(Path(folder) / "notify")
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as words:
                words.bind(address)
                while True:
                    began_s = time.monotonic()
                    code = self._watch(words, address)
                    if code is not None:
                        if self._spare is not None:
                            self._spare.dismiss()
                        return code
                    if time.monotonic() - began_s < SHORT_LIFE_S:
                        time.sleep(RESPITE_S)

    def _watch(self, words: socket.socket, address: str) -> int | None:
        """One life of the child; None: it has to be started again."""
        outer, began_s = Notifier(), time.monotonic()
        self._child = child = self._next_child(address)
        heard_s, is_stopping = None, False
        patience_s = max(SILENCE_S, PERIODS * self.period_s)
        while child.poll() is None:
            for word in _heard(words):
                outer(word)
                is_stopping |= word == STOPPING
                heard_s = time.monotonic() if word == ALIVE else heard_s
            if heard_s is not None and heard_s - began_s > SPARE_AFTER_S and self._spare is None:
                self._spare = _Spare(self.command, address)
            silent_s = time.monotonic() - (began_s if heard_s is None else heard_s)
            if not is_stopping and silent_s > (START_S if heard_s is None else patience_s):
                logger.error("the loop has been silent for {:.0f} s: it is killed and started again", silent_s)
                child.kill()
                child.wait()
        is_stopping |= STOPPING in _heard(words)
        code = child.returncode if child.returncode >= 0 else 128 - child.returncode
        if is_stopping or self._is_ending or (code == BAD_INPUT and heard_s is None):
            return code
        logger.error("the loop ended with {}: it is started again", code)
        return None

    def _next_child(self, address: str) -> subprocess.Popen[bytes]:
        spare, self._spare = self._spare, None
        if spare is not None and spare.is_waiting:
            return spare.begin()
        if spare is not None:
            spare.dismiss()
        return _started(self.command, address)

    def _pass_on(self, number: int, _: object) -> None:
        self._is_ending = True
        if self._child is not None:
            with suppress(OSError):
                self._child.send_signal(number)


def _started(command: list[str], address: str, *, pass_fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - this very product
        command,
        env={**os.environ, "NOTIFY_SOCKET": address},
        start_new_session=True,
        pass_fds=pass_fds,
        preexec_fn=_end_with_the_parent,  # noqa: PLW1509 - no lock of this process is held
    )


def _heard(words: socket.socket) -> list[bytes]:
    """What was said since the last look; waits a little for the first word."""
    heard: list[bytes] = []
    while select.select([words], [], [], 0.0 if heard else LOOK_S)[0]:
        heard += words.recv(4096).splitlines()
    return heard


def _end_with_the_parent() -> None:
    """A child whose parent was killed ends in order (Linux)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def supervise(arguments: list[str], *, period_s: float) -> NoReturn:
    """Run ``energy-manager run`` with these arguments under supervision; does not return."""
    command = [sys.executable, "-m", "energy_manager.entrypoints.cli", "run", *arguments]
    sys.exit(Supervisor(command=command, period_s=period_s)())
