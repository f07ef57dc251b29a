"""The clocks: the machine's, and one that a test or a simulation moves by hand."""

from __future__ import annotations

import heapq
import itertools
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from energy_manager.application.ports.clock import Clock
from energy_manager.domain.clock_trust import ClockMark

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
UPTIME = Path("/proc/uptime")


class MonotonicClock:
    """The machine's monotonic clock; unimpressed by changes of the date."""

    now_s = staticmethod(time.monotonic)
    """Seconds since some moment before the program began."""

    def sleep_until(self, instant_s: float) -> None:
        """Sleep; signals are handled meanwhile."""
        while (remaining_s := instant_s - time.monotonic()) > 0:
            time.sleep(remaining_s)


def wall_clock() -> datetime:
    """The time of day, in UTC."""
    return datetime.now(UTC)


class TimeOfDay:
    """Times of day (UTC, to the millisecond) of monotonic times."""

    def __init__(self, clock: Clock, *, now: Callable[[], datetime] = wall_clock) -> None:
        self._clock = clock
        self._now = now

    def __call__(self, instant_s: float) -> datetime:
        """The time of day when the monotonic clock showed, or will show, ``instant_s``."""
        return _to_ms(self._now() - timedelta(seconds=self._clock.now_s() - instant_s))

    def now(self) -> datetime:
        """The time of day."""
        return _to_ms(self._now())


def _to_ms(instant: datetime) -> datetime:
    """Rounded to the millisecond."""
    rounded = instant + timedelta(microseconds=500)
    return rounded.replace(microsecond=rounded.microsecond // 1000 * 1000)


class MachineClock:
    """The wall clock together with the time since the machine was started, sleep included.

    Where the system does not say which start of the machine this is, time is counted from the start of the process.
    """

    def __init__(self) -> None:
        self._machine, at_start_s = uuid.uuid4().hex, 0.0
        with suppress(OSError, ValueError, IndexError):
            at_start_s = float(UPTIME.read_text().split()[0])
            self._machine = BOOT_ID.read_text().strip() or self._machine
        self._origin_s = seconds_awake_and_asleep() - at_start_s

    def __call__(self) -> ClockMark:
        """What both show now."""
        uptime_s = seconds_awake_and_asleep() - self._origin_s
        return ClockMark(at=wall_clock(), machine=self._machine, uptime_s=uptime_s)


class FastClock:
    """A clock of a simulated site: it begins at ``start`` and passes ``speed`` times as fast as the machine's."""

    def __init__(self, *, start: datetime, speed: float) -> None:
        self._start, self._speed = start.astimezone(UTC), speed
        self._machine, self._origin_s = uuid.uuid4().hex, time.monotonic()

    def now_s(self) -> float:
        """Seconds of the site since the start."""
        return (time.monotonic() - self._origin_s) * self._speed

    def __call__(self) -> ClockMark:
        """What the site's clock shows now."""
        passed_s = self.now_s()
        at = self._start + timedelta(seconds=passed_s)
        return ClockMark(at=at, machine=self._machine, uptime_s=passed_s)


def seconds_awake_and_asleep() -> float:
    """Seconds that have passed, a machine's sleep included where the system counts it."""
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boottime is None else time.clock_gettime(boottime)


class FakeClock:
    """Time that passes only when somebody sleeps; what was planned for an instant then happens at it.

    One thread at a time.
    """

    def __init__(self, start_s: float = 0.0) -> None:
        self._now_s = start_s
        self._order = itertools.count()
        self._planned: list[tuple[float, int, Callable[[], object]]] = []

    def now_s(self) -> float:
        """The time that was slept so far."""
        return self._now_s

    def call_at(self, instant_s: float, action: Callable[[], object]) -> None:
        """Plan something; it happens when the time comes, in order of instants, then of planning."""
        heapq.heappush(self._planned, (instant_s, next(self._order), action))

    def sleep_until(self, instant_s: float) -> None:
        """Let time pass up to the instant, and everything happen that was planned until then.

        An action that itself sleeps beyond the instant makes the sleeper wake late, as a busy machine would.
        """
        while self._planned and self._planned[0][0] <= instant_s:
            planned_s, _, action = heapq.heappop(self._planned)
            self._now_s = max(self._now_s, planned_s)
            action()
        self._now_s = max(self._now_s, instant_s)
