"""The site's time of day: the wall clock, made steady by the time that has passed.

The idea: time of day is a line, an instant plus the seconds since. The line follows the wall clock in small steps. When
the wall clock jumps the line goes on as it was; only a jump that lasts is adopted, by the one who has told everybody
that it concerns. So no tick and no home ever meets half a jump.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from energy_manager.application.clock.marks import ClockRecord
from energy_manager.application.ports.clock import TimeLine
from energy_manager.domain.clock_trust import ClockMark, ClockTrust, clock_trust

FOLLOWED = timedelta(seconds=2)
"""Steps of the wall clock up to this are followed at once; greater ones are jumps."""

SAME_JUMP = timedelta(seconds=1)

CONFIRMED_S = 2.0
"""A jump that has lasted for so long is adopted."""

IN_STEP = timedelta(days=1)
"""A clock that has kept in step with the time that passes for so long is believed, whatever was before."""


@dataclass(slots=True, kw_only=True)
class SiteClock:
    """Read from any thread; ``look``, ``begin`` and ``adopt`` are called by one.

    Args:
        read: what the wall clock shows and how long the machine has been up (sleep included), now.
        is_moving: whether a jump is just being told: what is read meanwhile may belong to either side of it.
    """

    read: Callable[[], ClockMark]
    is_moving: bool = field(default=False, init=False)
    _line: TimeLine = field(init=False)
    _believed: ClockMark = field(init=False)
    _in_step_since_s: float = field(init=False)
    _pending: tuple[timedelta, float] | None = field(default=None, init=False)
    _lived: tuple[datetime, float] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        now = self.read()
        self._line = TimeLine(now.at, now.uptime_s, 0)
        self._believed = now
        self._in_step_since_s = now.uptime_s

    @property
    def line(self) -> TimeLine:
        """The line that holds now."""
        return self._line

    def now(self, line: TimeLine | None = None) -> datetime:
        """The time of day, UTC, on the line that holds now or on an earlier one."""
        return (line or self._line).time_at(self.read().uptime_s)

    def trust(self) -> ClockTrust:
        """Whether the wall clock agrees with the newest record and the time that has passed."""
        return clock_trust(self._believed, self.read())

    def begin(self, kept: ClockRecord | None, *, newest_record: datetime | None) -> None:
        """Judge the clock by what the store knew before this run; once, when the store can be read."""
        now = self.read()
        lived = now.at if newest_record is None else newest_record
        if kept is not None:
            self._believed = kept.mark
            lived = kept.lived_until + (kept.mark.elapsed_until(now) or timedelta(0))
        elif newest_record is not None:
            self._believed = ClockMark(at=newest_record, machine="", uptime_s=0.0)
        self._lived = (min(lived, now.at), now.uptime_s)
        if self.trust().is_trusted:
            self._believed = now

    def lived_until(self) -> datetime | None:
        """The instant up to which time has passed for certain: what retention goes by; None: not known yet.

        It is behind the wall clock by as long as the machine was off, until the clock has kept in step for a day.
        """
        lived = self._lived
        if lived is None:
            return None
        at, at_s = lived
        now = self.read()
        return min(now.at, at + timedelta(seconds=now.uptime_s - at_s))

    def record(self) -> ClockRecord | None:
        """What the store is to know for the next start: a doubtful clock leaves the mark on the line it doubts by."""
        lived_until, now = self.lived_until(), self.read()
        if lived_until is None:
            return None
        elapsed = self._believed.elapsed_until(now)
        if self.trust().is_trusted:
            mark = now
        elif elapsed is None:
            mark = self._believed
        else:
            mark = ClockMark(at=self._believed.at + elapsed, machine=now.machine, uptime_s=now.uptime_s)
        return ClockRecord(mark=mark, lived_until=lived_until)

    def look(self) -> timedelta | None:
        """Follow the wall clock; how far it has jumped, once that has lasted, until the jump is adopted."""
        now = self.read()
        off = now.at - self._line.time_at(now.uptime_s)
        if abs(off) <= FOLLOWED:
            self._line = TimeLine(now.at, now.uptime_s, self._line.moves)
            self._pending = None
            self._believe_in_time(now)
            return None
        if self._pending is None or abs(self._pending[0] - off) > SAME_JUMP:
            self._pending = (off, now.uptime_s)
        return off if now.uptime_s - self._pending[1] >= CONFIRMED_S else None

    def _believe_in_time(self, now: ClockMark) -> None:
        if now.uptime_s - self._in_step_since_s >= IN_STEP.total_seconds():
            self._believed, self._in_step_since_s = now, now.uptime_s
            self._lived = None if self._lived is None else (now.at, now.uptime_s)

    def adopt(self, jump: timedelta) -> None:
        """From now on the time of day is later by this."""
        now = self.read()
        self._line = TimeLine(self._line.time_at(now.uptime_s) + jump, now.uptime_s, self._line.moves + 1)
        self._pending, self._in_step_since_s = None, now.uptime_s
