"""When nothing was recorded: stretches without any tick, as exact as the ticks, however coarse the steps asked for.

Whole minutes are counted first, which is cheap; only the ticks of minutes with too few of them are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from energy_manager.application.ports.records.history import MINUTE_S, History, Window
from energy_manager.application.ports.records.integral import LEAST_OUTAGE_S, MISSED_TICKS

LONGEST_EXACT = timedelta(hours=26)
"""In so much is looked for single ticks; more would hold up the service."""

_MINUTE = timedelta(seconds=MINUTE_S)
_FEW = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Nothing is known of ``[start, end)``."""

    start: datetime
    end: datetime


def outages(history: History, window: Window, *, longest_s: float = LEAST_OUTAGE_S) -> tuple[Gap, ...]:
    """The outages of a window between its first and its last tick; none where it is too long to look for them.

    What is not longer than ``longest_s``, or ``MISSED_TICKS`` ticks, is none.

    Raises:
        StoreUnavailable: the store cannot be read now.
    """
    start, end = window.start, window.end
    if end - start > LONGEST_EXACT:
        return ()
    minutes = Window.of(start.replace(second=0, microsecond=0), end, MINUTE_S)
    counts = history.loop(minutes).ticks
    usual = _usual(history, minutes, counts)
    if usual == 0:
        return ()
    longest = timedelta(seconds=max(longest_s, MISSED_TICKS * MINUTE_S / usual))
    return tuple(_gaps(_spans(history, minutes, counts, usual), longest))


def _usual(history: History, minutes: Window, counts: tuple[int, ...]) -> float:
    """How many ticks a whole minute has: by those of the fullest one, which may not be whole."""
    fullest = max(counts, default=0)
    if fullest <= MISSED_TICKS:
        return fullest
    begin = minutes.start + counts.index(fullest) * _MINUTE
    instants = sorted(tick.at for tick in history.ticks(begin, begin + _MINUTE))
    apart_s = median((later - earlier).total_seconds() for earlier, later in pairwise(instants))
    return max(fullest, MINUTE_S / apart_s if apart_s else 0)


def _spans(
    history: History, minutes: Window, counts: tuple[int, ...], usual: float
) -> Iterator[tuple[datetime, datetime]]:
    """Stretches of which ticks are known, in order of time: a full minute is one, of others each tick is."""
    for index, count in enumerate(counts):
        begin = minutes.start + index * _MINUTE
        if count >= _FEW * usual:
            yield begin, begin + _MINUTE
        elif count:
            yield from ((tick.at, tick.at) for tick in history.ticks(begin, begin + _MINUTE))


def _gaps(spans: Iterator[tuple[datetime, datetime]], longest: timedelta) -> Iterator[Gap]:
    known: datetime | None = None
    for begin, end in spans:
        if known is not None and begin - known > longest:
            yield Gap(start=known, end=begin)
        known = end if known is None else max(known, end)
