"""The dispatch loop: targets and statuses on one grid, until the time is up."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from energy_manager.application.dispatch.hold_grid_limit import HoldGridLimit
from energy_manager.application.dispatch.send_targets import SendTargets
from energy_manager.application.dispatch.statistics import TickStatistics
from energy_manager.application.dispatch.watch_devices import WatchDevices
from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.devices.device_gateway import DeviceGateway
from energy_manager.application.ports.records.journal import Journal, Noticed, StatusesAsked, TicksSkipped
from energy_manager.application.ports.schedules.schedule_source import ScheduleSource
from energy_manager.application.tick_grid import TickGrid
from energy_manager.application.ticking import PeriodicTask, TickStart, keep_time


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchTiming:
    """The periods of the loop in seconds, and the phase: how long after the first look at the schedule it starts.

    Where a grid limit is held, its meter and storage are read ``measure_ahead_s`` before each tick.
    """

    period_s: float
    status_period_s: float
    phase_s: float
    measure_ahead_s: float = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchLoop:
    """Runs in the thread that calls it and never waits for a device, the store or a reader of the logs.

    ``may_command`` says whether this process is still the site's master; while it is not, ticks tell nobody anything.
    """

    clock: Clock
    schedule: ScheduleSource
    devices: DeviceGateway
    journal: Journal
    send_targets: SendTargets
    watch_devices: WatchDevices
    statistics: TickStatistics
    timing: DispatchTiming
    may_command: Callable[[], bool] = lambda: True

    def __call__(self, *, for_s: float = math.inf) -> None:
        """Dispatch for ``for_s`` seconds from the first tick on.

        All statuses are asked for at the schedule's first moment; what has answered by the first tick counts.
        """
        self.schedule.open()
        opened_s = self.clock.now_s()
        self.devices.request_statuses(due_s=opened_s)
        start_s = opened_s + self.timing.phase_s
        targets = TickGrid(start_s=start_s, period_s=self.timing.period_s)
        statuses = TickGrid(start_s=start_s, period_s=self.timing.status_period_s)
        self.schedule.follow(targets)
        self.watch_devices.follow(targets=targets, statuses=statuses)
        rhythms = [
            PeriodicTask(grid=targets, work=self._tick, on_skipped=self._ticks_skipped),
            PeriodicTask(grid=statuses, work=self._ask_statuses, on_skipped=self._rounds_skipped),
        ]
        if self.send_targets.hold_grid_limit is not None:
            rhythms.append(self._measuring(self.send_targets.hold_grid_limit, before=targets))
        keep_time(self.clock, rhythms, until_s=start_s + for_s)

    def _measuring(self, hold: HoldGridLimit, *, before: TickGrid) -> PeriodicTask:
        """Read the meter, the storage and who tells what changes beside them in one round, shortly before each tick."""
        ahead_s = min(self.timing.measure_ahead_s, before.period_s / 4)

        def measure(tick: TickStart) -> None:
            self.devices.request_statuses(due_s=tick.due_s, asset_ids=hold.measured)

        grid = TickGrid(start_s=before.start_s - ahead_s, period_s=before.period_s)
        return PeriodicTask(grid=grid, work=measure, on_skipped=self._measurements_skipped)

    def _tick(self, tick: TickStart) -> None:
        self.statistics.ran(at_s=tick.due_s + tick.lag_s, lag_s=tick.lag_s)
        if not self.may_command():
            return
        try:
            self.send_targets(tick)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in deciding, the devices get their fallbacks
            self.send_targets.tell_fallbacks(tick, failure=repr(error))
            told = "each device gets its fallback" if self.send_targets.fallbacks else "all devices are told 0"
            sentence = f"tick {tick.number} could not be decided, {told}: {error!r}"
            self.journal.record(Noticed(is_good=False, sentence=sentence))

    def _ask_statuses(self, tick: TickStart) -> None:
        """Ask all devices at once; their answers are collected by the gateway as they come."""
        self.devices.request_statuses(due_s=tick.due_s)
        self.journal.record(StatusesAsked(round=tick.number, due_s=tick.due_s))

    def _ticks_skipped(self, count: int, late_s: float) -> None:
        self.statistics.skipped += count
        self.journal.record(TicksSkipped(what="ticks", count=count, late_s=late_s))

    def _measurements_skipped(self, count: int, late_s: float) -> None:
        """Nothing to tell: the ticks they belong to were skipped and told of."""

    def _rounds_skipped(self, count: int, late_s: float) -> None:
        self.journal.record(TicksSkipped(what="status rounds", count=count, late_s=late_s))
