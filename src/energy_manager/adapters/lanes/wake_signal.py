"""How a thread that polls a connection is told that there is something to send."""

from __future__ import annotations

import contextlib
import socket


class WakeSignal:
    """Wakes the thread that polls; any number of rings before it listens are one."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.settimeout(0.0)
        self._writer.settimeout(0.0)
        self._has_rung = False

    def fileno(self) -> int:
        return self._reader.fileno()

    def ring(self) -> None:
        if not self._has_rung:
            self._has_rung = True
            with contextlib.suppress(OSError):
                self._writer.send(b"\0")

    def hear(self) -> None:
        """Before looking what there is to do, so that no ring after the look is lost.

        The byte goes first: a ring in between, whose byte it took, would else leave nothing that wakes for the next.
        """
        with contextlib.suppress(BlockingIOError):
            self._reader.recv(4096)
        self._has_rung = False

    def close(self) -> None:
        self._reader.close()
        self._writer.close()
