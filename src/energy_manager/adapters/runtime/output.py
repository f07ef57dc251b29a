"""Standard output and error that nobody can be stopped by: bounded queues that drop and count.

A pipe that nobody reads blocks whoever writes to it. Devices print, so one unread pipe would stop every lane at the
lock of ``sys.stdout``. Here writing means leaving a line in a queue; one thread a stream does the blocking. At the end
whoever waits for the last lines writes them: on a busy machine that thread may have no turn in the time that is left.
"""

from __future__ import annotations

import io
import os
import select
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, Full, Queue

from energy_manager.adapters.runtime.muting import is_muted
from energy_manager.adapters.runtime.threads import start_daemon

MAX_LINES = 20_000
MAX_LINE_CHARS = 65_536
BATCH_LINES = 500


def about_dropped(count: int) -> str:
    """What stands where lines are missing."""
    return f"… {count} lines were dropped here: they were not read in time"


class DroppingStream(io.TextIOBase):
    """A text stream on a file descriptor whose ``write`` never waits.

    Lines written by different threads do not mix. When more than ``max_lines`` wait, further ones are dropped and
    counted; the count is written once there is room again. ``may_be_muted``: see ``muted``.
    """

    def __init__(self, fd: int, *, max_lines: int = MAX_LINES, may_be_muted: bool = False) -> None:
        super().__init__()
        self._fd = fd
        self._lines: Queue[str] = Queue(max_lines)
        self._some_wait = threading.Event()
        self._turn = threading.Lock()  # whoever has it takes lines and writes them
        self._partial = threading.local()
        self._may_be_muted = may_be_muted
        self._is_finished = False
        self.dropped = self._told_dropped = 0
        self.line_about_dropped: Callable[[int], str] = about_dropped
        start_daemon(self._write_out, name=f"output {fd}")

    @property
    def encoding(self) -> str:  # type: ignore[override] # the base class declares a plain attribute
        """Always UTF-8."""
        return "utf-8"

    def writable(self) -> bool:
        """It is."""
        return True

    def isatty(self) -> bool:
        """Whether a terminal is at the other end."""
        return os.isatty(self._fd)

    def fileno(self) -> int:
        """The descriptor that is written to."""
        return self._fd

    def write(self, text: str) -> int:
        """Queue the complete lines in ``text``; keep what follows the last line end until its line is complete."""
        if self._may_be_muted and is_muted():
            return len(text)
        pending = getattr(self._partial, "text", "") + text
        complete, line_end, rest = pending.rpartition("\n")
        if len(rest) > MAX_LINE_CHARS:
            complete, line_end, rest = pending, "\n", ""
        self._partial.text = rest
        if line_end:
            self._queue(complete + line_end)
        return len(text)

    def _queue(self, lines: str) -> None:
        if self._is_finished:
            return
        try:
            self._lines.put_nowait(lines)
        except Full:
            self.dropped += 1
        self._some_wait.set()

    def finish(self, line: str) -> None:
        """Queue the last line of all; whatever is written after it is ignored."""
        self._queue(line + "\n")
        self._is_finished = True

    def drain(self, *, until_s: float) -> None:
        """Write what waits, until the monotonic clock shows ``until_s`` at most, whether somebody reads it or not."""
        if self._turn.acquire(timeout=max(0.0, until_s - time.monotonic())):
            with suppress(TimeoutError):
                self._write_what_waits(until_s)
            self._turn.release()

    def _write_out(self) -> None:
        while True:
            self._some_wait.wait()
            self._some_wait.clear()
            with self._turn:
                self._write_what_waits()

    def _write_what_waits(self, until_s: float | None = None) -> None:
        while batch := self._taken():
            if self.dropped > self._told_dropped:
                batch.append(self.line_about_dropped(self.dropped - self._told_dropped) + "\n")
                self._told_dropped = self.dropped
            self._write_all("".join(batch).encode("utf-8", "backslashreplace"), until_s)

    def _taken(self) -> list[str]:
        batch: list[str] = []
        with suppress(Empty):
            while len(batch) < BATCH_LINES:
                batch.append(self._lines.get_nowait())
        return batch

    def _write_all(self, octets: bytes, until_s: float | None) -> None:
        """Write them; with ``until_s`` only as long as that takes nobody to read.

        Raises:
            TimeoutError: ``until_s`` is over.
        """
        view = memoryview(octets)
        while view:
            try:
                if until_s is not None:
                    self._wait_for_room(until_s)
                view = view[os.write(self._fd, view if until_s is None else view[: select.PIPE_BUF]) :]
            except BlockingIOError:  # the other end made it non-blocking and is full
                time.sleep(0.01)
            except TimeoutError:
                raise
            except OSError:  # the reader is gone: what is written is lost, control goes on
                self.dropped += 1
                return

    def _wait_for_room(self, until_s: float) -> None:
        """For as much as is sure to be taken at once where a pipe takes anything."""
        room = select.poll()
        room.register(self._fd, select.POLLOUT)
        if not room.poll(1000 * max(0.0, until_s - time.monotonic())):
            raise TimeoutError
