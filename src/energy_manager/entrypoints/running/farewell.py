"""The end of a run: what it does in the little time that it has."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from loguru import logger

from energy_manager.adapters.devices.lane_gateway import LaneDeviceGateway
from energy_manager.adapters.records.journals import LogJournal
from energy_manager.adapters.runtime.output import DroppingStream
from energy_manager.adapters.runtime.threads import start_daemon
from energy_manager.adapters.runtime.watchdog import STOPPING, Notifier
from energy_manager.adapters.storage import Store
from energy_manager.application.dispatch import KeepControl, TickStatistics
from energy_manager.application.mastership import Mastership
from energy_manager.entrypoints.running.logs import closing_line
from energy_manager.entrypoints.running.shutdown import FAREWELL_S

ENDING_SHARE = 0.1
"""Of the time to release: kept for the end of the process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Farewell:
    """Devices are released, the store is closed beside the rest, and the closing line is the last of all."""

    mastership: Mastership
    control: KeepControl
    release_s: float
    is_hurried: Callable[[], bool]
    devices: LaneDeviceGateway
    store: Store
    statistics: TickStatistics
    log_journal: LogJournal
    standard_output: DroppingStream
    standard_error: DroppingStream
    style: Literal["text", "json"]
    is_closed: threading.Event = field(default_factory=threading.Event, init=False)

    def __call__(self) -> None:
        Notifier()(STOPPING)
        if not self.mastership.lost:
            self._release()
        self.devices.close()
        hanging = f"failed {self.devices.failed_calls()}, overdue {len(self.devices.overdue(time.monotonic()))}"
        until_s = time.monotonic() + FAREWELL_S
        with suppress(RuntimeError):  # the machine may give no thread any more
            start_daemon(self._close_store, name="closing the store")
        self.log_journal.drain(until_s=until_s - FAREWELL_S / 2)
        self.standard_error.finish(closing_line(f"{self.statistics.sentence()}, {hanging}", self.style))
        self.standard_error.drain(until_s=until_s)
        self.standard_output.drain(until_s=until_s)
        self.is_closed.wait(max(0.0, until_s - time.monotonic()))

    def _release(self) -> None:
        """Release what is under control, and name the devices that do not take it.

        A part of the time is left for the end of the process, in which a busy machine wakes a thread several times
        late.
        """
        hanging = self.control.release_all(for_s=(1 - ENDING_SHARE) * self.release_s, is_hurried=self.is_hurried)
        if hanging:
            logger.warning("not released within {:g} s: {}", self.release_s, ", ".join(hanging))

    def _close_store(self) -> None:
        """The lease first: the next start finds it free."""
        self.mastership.give_back(timeout_s=FAREWELL_S / 2)
        self.store.close(timeout_s=FAREWELL_S)
        self.is_closed.set()
