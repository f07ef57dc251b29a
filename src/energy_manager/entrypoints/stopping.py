"""How the process ends: at once, whatever the devices do.

A signal handler runs in the main thread wherever that thread is, says farewell and leaves with ``os._exit``, so that
no abandoned thread can hold the process.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from types import FrameType

FAREWELL_S = 0.03
"""How long the last lines may take to be written."""


class Stopper:
    """Turns SIGINT and SIGTERM into a farewell and the exit codes 130 and 143; the first signal decides."""

    def __init__(self, leave: Callable[[int], None] = os._exit) -> None:
        self._leave = leave
        self._is_leaving = False
        self.farewell: Callable[[], None] | None = None

    def install(self) -> None:
        """Handle both signals from now on, even if the process was started with them ignored or blocked."""
        for stop_signal in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stop_signal, self._on_signal)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})

    def _on_signal(self, signal_number: int, _: FrameType | None) -> None:
        self.leave(128 + signal_number)

    def leave(self, code: int) -> None:
        """Say farewell, once, and be gone."""
        if self._is_leaving:
            return
        self._is_leaving = True
        try:
            if self.farewell is not None:
                self.farewell()
        finally:
            self._leave(code)
