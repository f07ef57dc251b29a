"""Types commands at terminals as a person does: a shell in a pseudo-terminal of so many columns, and Ctrl-C."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from dataclasses import dataclass
from pathlib import Path

PROMPT = re.compile(r"<(\d+)> $")
_STEERING = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]")
CTRL_C = b"\x03"


@dataclass(frozen=True)
class Typed:
    """What was on the screen after a command, without the command itself, and its exit code."""

    command: str
    screen: str
    code: int

    @property
    def lines(self) -> list[str]:
        return self.screen.splitlines()


class Terminal:
    """A shell of one's own at a terminal."""

    def __init__(self, *, folder: Path, environment: dict[str, str], columns: int = 80) -> None:
        self.columns = columns
        self.pid, self._descriptor = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # locks, say, of whoever started the tests
            environment = environment | {"PS1": "<$?> ", "PS2": "", "TERM": "xterm"}
            os.execve("/bin/bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"], environment)
        fcntl.ioctl(self._descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        self._raw = b""
        self._since = 0
        self._expect(lambda: bool(PROMPT.search(self._seen())), within_s=30)

    @property
    def screen(self) -> str:
        """What was shown since the last command was typed."""
        self._read(0)
        return self._seen()

    def type(self, command: str, *, within_s: float = 60, answers: tuple[str, ...] = ()) -> Typed:
        """Type a command, answer what it asks, and wait for the next prompt."""
        self.begin(command)
        shown = 0
        for answer in answers:
            self._expect(lambda since=shown: self._seen()[since:].rstrip(" ").endswith(":"), within_s=within_s)
            shown = len(self._seen()) + len(answer) + 1
            self._write(answer.encode() + b"\n")
            self._expect(lambda until=shown: len(self._seen()) >= until, within_s=within_s)
        return self.end(command, within_s=within_s)

    def begin(self, command: str) -> None:
        """Type a command that goes on."""
        self._since = len(self._raw)
        self._write(command.encode() + b"\n")
        self._skip_echo(command)

    def end(self, command: str, *, within_s: float = 60) -> Typed:
        """Wait until the command has ended by itself."""
        self._expect(lambda: bool(PROMPT.search(self._seen())), within_s=within_s)
        seen = self._seen()
        found = PROMPT.search(seen)
        assert found is not None
        return Typed(command, seen[: found.start()], int(found[1]))

    def sees(self, pattern: str, *, within_s: float = 60) -> str:
        """Wait until the pattern is on the screen."""
        self._expect(lambda: bool(re.search(pattern, self._seen())), within_s=within_s, wanted=pattern)
        return self._seen()

    def interrupt(self, command: str, *, within_s: float = 30) -> Typed:
        """Press Ctrl-C, and wait for the prompt."""
        self._write(CTRL_C)
        return self.end(command, within_s=within_s)

    def close(self) -> None:
        """Hang up, as the window of a terminal that is closed does, and wait until the shell has gone."""
        os.kill(self.pid, signal.SIGHUP)
        os.close(self._descriptor)
        until_s = time.monotonic() + 20
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > until_s:
                os.kill(self.pid, signal.SIGKILL)
            time.sleep(0.02)

    def _skip_echo(self, command: str) -> None:
        """The terminal shows what is typed, and for further lines the second prompt."""
        lines = command.count("\n") + 1
        self._expect(lambda: self._raw[self._since :].count(b"\n") >= lines, within_s=60)
        for _ in range(lines):
            self._since = self._raw.index(b"\n", self._since) + 1

    def _seen(self) -> str:
        text = self._raw[self._since :].decode("utf-8", "replace")
        text = re.sub(r"\r+\n", "\n", text)
        text = _STEERING.sub("", text)
        # What is written over after a carriage return is not there any more.
        return "\n".join(line.rpartition("\r")[2] for line in text.split("\n"))

    def _write(self, typed: bytes) -> None:
        while typed:
            typed = typed[os.write(self._descriptor, typed) :]
            self._read(0)

    def _read(self, timeout_s: float) -> bool:
        ready, _, _ = select.select([self._descriptor], [], [], timeout_s)
        if not ready:
            return False
        try:
            self._raw += os.read(self._descriptor, 1 << 16)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
        return True

    def _expect(self, holds, *, within_s: float, wanted: str = "the prompt") -> None:
        until_s = time.monotonic() + within_s
        while not holds():
            left_s = until_s - time.monotonic()
            assert left_s > 0, f"{wanted} is not there after {within_s} s:\n{self._seen()}"
            self._read(min(left_s, 1.0))
