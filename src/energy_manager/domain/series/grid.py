"""The plan's time grid: where it begins, how far the series reach, and every series and limit cut to that."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from energy_manager.domain.errors import Fault
from energy_manager.domain.series.levels import LONGEST_STEP_S, MOST_STEPS, Level, utc_text
from energy_manager.domain.series.readings import HeldSeries, Reading, floored, microseconds, time_of

# With raw readings a plan shorter than this is hardly one: six hours.
RAW_MIN_PERIOD_S = 21_600.0
_HORIZON = "horizon_h"
DAY_S = 86_400
# A series that has gaps all the way is one finding, not a thousand.
NAMED_GAPS = 10

Series = tuple[float, ...] | list[Reading]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """``steps`` steps of ``step_s`` seconds from ``start``; ``remark`` says which series ends before the others.

    ``first_step_s`` is how long the first step lasts where it has begun before ``start``; ``warnings`` name the gaps
    over which readings are held.
    """

    start: datetime
    step_s: int
    steps: int
    remark: str | None
    first_step_s: float | None = None
    warnings: tuple[str, ...] = ()

    def cut(self, level: Level) -> Level:
        """A limit's values within the grid."""
        return level[: self.steps] if isinstance(level, tuple) else level


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far the plan shall go at least and at most, and over how long a gap a reading may be held, as asked."""

    min_period_s: float | None
    horizon_h: float | None
    max_gap_s: float | None = None


def fitted(
    series: Mapping[str, Series],
    levels: Mapping[str, Level],
    *,
    start: datetime,
    step_s: int,
    reach: Reach,
    faults: list[Fault],
    may_begin_within_step: bool = False,
) -> tuple[Grid, dict[str, tuple[float, ...]]] | None:
    """The grid that all series (by path) cover, and their values on it; None and faults where there is none.

    A ``start`` between two points of the grid is that of a first step which lasts for what is left of it, if it
    ``may_begin_within_step``; else the plan begins at the point before, or, with lists only, the grid at ``start``.
    """
    is_raw = any(isinstance(values, list) for values in series.values())
    is_fixed = is_raw or (may_begin_within_step and DAY_S % step_s == 0)
    try:
        begin = floored(start, step_s=step_s) if is_fixed else start
        start + timedelta(seconds=LONGEST_STEP_S * MOST_STEPS)
    except OverflowError:
        faults.append(Fault(field="start", message=f"is too near to the calendar's ends: {utc_text(start)}"))
        return None
    begin_us, step_us = microseconds(begin), step_s * 1_000_000
    lists = {path: values for path, values in {**series, **levels}.items() if isinstance(values, tuple)}
    held = {path: HeldSeries.of(values, step_s=step_s) for path, values in series.items() if isinstance(values, list)}
    ends = {path: begin_us + len(values) * step_us for path, values in lists.items()}
    for path, own in held.items():
        if own is None:
            faults.append(Fault(field=path, message="has no value that is not null"))
        elif not own.covers(begin_us):
            first = utc_text(time_of(own.instants_us[0]))
            faults.append(Fault(field=path, message=f"begins at {first}, after the plan's start at {utc_text(begin)}"))
        else:
            ends[path] = own.end_us
    if faults:
        return None
    grid = _grid(ends, begin=begin, step_s=step_s, is_raw=is_raw, reach=reach, faults=faults)
    if grid is None:
        return None
    end_us = begin_us + step_us * grid.steps
    gaps = {path: own.gaps(start_us=begin_us, end_us=end_us) for path, own in held.items() if own is not None}
    _refuse_long_gaps(gaps, reach.max_gap_s, faults)
    grid = replace(grid, warnings=tuple(_gap_warnings(gaps)))
    since_us = None
    if may_begin_within_step and begin < start:
        since_us = microseconds(start)
        grid = replace(grid, start=start, first_step_s=(begin_us + step_us - since_us) / 1e6)
    fitting = {}
    for path, values in series.items():
        own = held.get(path)
        if own is not None:
            fitting[path] = own.means(start_us=begin_us, step_us=step_us, steps=grid.steps, since_us=since_us)
        elif isinstance(values, tuple):
            fitting[path] = values[: grid.steps]
    return grid, fitting


def _refuse_long_gaps(gaps: Mapping[str, Sequence[tuple[int, int]]], most_s: float | None, faults: list[Fault]) -> None:
    if most_s is None:
        return
    for path, own in gaps.items():
        too_long = [(before, after) for before, after in own if after - before > most_s * 1_000_000]
        if too_long:
            words = f"has no value {_between(*too_long[0])}: longer than max_gap_s, {most_s:g} s"
            others = f", and {len(too_long) - 1} more gaps of that kind" if len(too_long) > 1 else ""
            faults.append(Fault(field=path, message=words + others))


def _gap_warnings(gaps: Mapping[str, Sequence[tuple[int, int]]]) -> Iterator[str]:
    for path, own in gaps.items():
        for before, after in own[:NAMED_GAPS]:
            yield f"{path} has no value {_between(before, after)}: the one before is held"
        if len(own) > NAMED_GAPS:
            yield f"{path} has {len(own) - NAMED_GAPS} more gaps, over which the value before is held"


def _between(before_us: int, after_us: int) -> str:
    length_s = (after_us - before_us) / 1e6
    return f"between {utc_text(time_of(before_us))} and {utc_text(time_of(after_us))} ({length_s:g} s)"


def note_unequal(given: Mapping[str, Series | Level], faults: list[Fault]) -> None:
    """Lists (not readings) are all on the same grid: their lengths must be equal."""
    lists = {path: values for path, values in given.items() if isinstance(values, tuple)}
    first = next(iter(lists), "")
    for path, values in lists.items():
        if len(values) != len(lists[first]):
            faults.append(Fault(field=path, message=f"has {len(values)} values where {first} has {len(lists[first])}"))


def _grid(
    ends: Mapping[str, int], *, begin: datetime, step_s: int, is_raw: bool, reach: Reach, faults: list[Fault]
) -> Grid | None:
    """As many whole steps as the shortest series covers and the horizon allows."""
    begin_us, step_us = microseconds(begin), step_s * 1_000_000
    shortest = min(ends, key=lambda path: ends[path])
    steps = max((ends[shortest] - begin_us) // step_us, 0)
    longest = max((end - begin_us) // step_us for end in ends.values())
    remark = None
    if steps < longest:
        end = utc_text(begin + timedelta(seconds=steps * step_s))
        remark = f"the plan ends at {end} because {shortest} does not reach further"
    if reach.horizon_h is not None and reach.horizon_h * 3600.0 <= steps * step_s:
        steps, remark, shortest = int(reach.horizon_h * 3600.0 / step_s), None, _HORIZON
    least_s = reach.min_period_s
    if least_s is None:
        # Who asks for less than six hours, and says nothing else, gets it.
        least_s = min(RAW_MIN_PERIOD_S, steps * step_s if shortest == _HORIZON else math.inf) if is_raw else 0.0
    if steps * step_s < max(least_s, step_s):
        words = f"lets the plan reach {steps * step_s} s only, at least {max(least_s, step_s):g} s are needed"
        faults.append(Fault(field=shortest, message=words))
        return None
    if steps > MOST_STEPS:
        faults.append(
            Fault(field=shortest, message=f"makes {steps} steps of {step_s} s, at most {MOST_STEPS} are planned")
        )
        return None
    return Grid(start=begin, step_s=step_s, steps=steps, remark=remark)
