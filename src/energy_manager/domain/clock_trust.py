"""Whether the wall clock may be believed: it is held against the time that has passed and the newest record.

The idea: a mark says what the wall clock showed when a certain time had passed since the machine was started. As long
as the machine runs, the time that has passed says what the clock must show now. Over a restart of the machine it says
only the least; the clock may then be ahead by as long as a machine is reasonably off.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

TOLERANCE = timedelta(seconds=60)
"""Two machines of one store, or a clock that is slewed, differ by less."""

SLEWED_SHARE = 0.001
"""A time service that slews a clock changes its speed by at most 500 ppm; the crystals of two boots add theirs."""

LONGEST_ABSENCE = timedelta(days=30)
"""A clock that is further ahead after a restart of the machine is doubted: a site is seldom off for a month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockMark:
    """What the wall clock showed (``at``, UTC) ``uptime_s`` seconds after the start of the machine.

    ``machine`` names that start; two marks of one name have the same origin of ``uptime_s``. Empty: not known.
    """

    at: datetime
    machine: str
    uptime_s: float

    def elapsed_until(self, later: ClockMark) -> timedelta | None:
        """The time that has passed for certain between the two; None over a restart of the machine."""
        if not self.machine or self.machine != later.machine:
            return None
        return timedelta(seconds=max(0.0, later.uptime_s - self.uptime_s))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockTrust:
    """The verdict: ``why`` is empty for a clock that is trusted, else one sentence. ``off`` = clock - expectation."""

    why: str = ""
    off: timedelta = timedelta(0)

    @property
    def is_trusted(self) -> bool:
        """Whether what the clock says may close, move or delete something for good."""
        return not self.why


TRUSTED = ClockTrust()


def clock_trust(mark: ClockMark | None, now: ClockMark) -> ClockTrust:
    """Judge the clock of ``now`` by the newest mark; without one there is nothing to doubt it by."""
    if mark is None:
        return TRUSTED
    elapsed = mark.elapsed_until(now)
    off = now.at - mark.at - (elapsed or timedelta(0))
    tolerance = TOLERANCE + SLEWED_SHARE * (elapsed or timedelta(0))
    if off < -tolerance:
        return ClockTrust(why=f"the clock is {in_words(-off)} behind the newest record", off=off)
    if elapsed is not None and off > tolerance:
        why = f"the clock is {in_words(off)} ahead of the newest record and the time that has passed since"
        return ClockTrust(why=why, off=off)
    if elapsed is None and off > LONGEST_ABSENCE:
        why = f"there is no record of the last {in_words(off)}: the machine was off, or its clock is ahead"
        return ClockTrust(why=why, off=off)
    return TRUSTED


def in_words(length: timedelta) -> str:
    """A length of time for a sentence: ``3 days``, ``1.5 h``, ``12 min`` or ``8 s``."""
    seconds = round(abs(length.total_seconds()))
    for unit_s, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * unit_s or (unit != "days" and seconds >= unit_s):
            return f"{seconds / unit_s:.1f}".removesuffix(".0") + f" {unit}"
    return f"{seconds} s"
