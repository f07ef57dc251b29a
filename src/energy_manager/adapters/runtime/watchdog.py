"""Words to whoever watches over this process, by systemd's protocol (sd_notify): datagrams to ``NOTIFY_SOCKET``."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress

READY, ALIVE, STOPPING = b"READY=1", b"WATCHDOG=1", b"STOPPING=1"


class Notifier:
    """Says something to the watcher without ever waiting; without one it says nothing."""

    def __init__(self, address: str | None = None) -> None:
        address = os.environ.get("NOTIFY_SOCKET", "") if address is None else address
        # An at sign stands for the zero byte of an abstract address.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address

    def __call__(self, word: bytes) -> None:
        """Say it."""
        if self._address and hasattr(socket, "AF_UNIX"):
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to_watcher:
                to_watcher.settimeout(0)
                to_watcher.sendto(word, self._address)


class FeedWatchdog:
    """Says that the process is alive for each look in which the loop has ticked anew, and for nothing else."""

    def __init__(self, notify: Callable[[bytes], None], last_tick_s: Callable[[], float | None]) -> None:
        self._notify = notify
        self._last_tick_s = last_tick_s
        self._fed_s: float | None = None

    def look(self) -> None:
        """Feed it if there was a tick."""
        last_s = self._last_tick_s()
        if last_s is None or last_s == self._fed_s:
            return
        if self._fed_s is None:
            self._notify(READY)
        self._fed_s = last_s
        self._notify(ALIVE)
