"""Prices that nobody has published yet are assumed to be those of the day before, and said to be."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from energy_manager.domain.local_clock import HALF_HOUR, same_clock_days_before
from energy_manager.domain.tariff.price_interval import PriceInterval

MOST_DAYS_BACK = 7
"""Prices of more than a week ago say nothing about today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Prices over a time as far as there are any; ``missing`` are the parts without, neither published nor assumed."""

    intervals: tuple[PriceInterval, ...]
    missing: tuple[tuple[datetime, datetime], ...]


def extended_by_yesterday(known: Sequence[PriceInterval], since: datetime, until: datetime, zone: ZoneInfo) -> Prices:
    """The prices of ``[since, until)``: the published ones, and in their gaps those of a day before.

    Those at the same local clock time: of the day before if that is known, else of the one before that, up to a week
    back. ``known`` is in order and without overlaps; it may reach beyond the time on both sides. A price is never 0 for
    want of one.
    """
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    published = [part for each in known if (part := each.within(since, until)) is not None]
    intervals: list[PriceInterval] = []
    missing: list[tuple[datetime, datetime]] = []
    at = since
    for following in [*published, None]:
        gap_end = until if following is None else following.start
        for start, end, source in _assumed(known, at, gap_end, zone):
            if source is None:
                _add_missing(missing, start, end)
            else:
                _add(intervals, source, start, end)
        if following is not None:
            intervals.append(following)
            at = following.end
    return Prices(intervals=tuple(intervals), missing=tuple(missing))


def _assumed(
    known: Sequence[PriceInterval], start: datetime, end: datetime, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime, PriceInterval | None]]:
    """Pieces of a gap, each with the interval whose price is assumed in it."""
    starts = [each.start for each in known]
    while start < end:
        half_hour_end = start.replace(minute=start.minute // 30 * 30, second=0, microsecond=0) + HALF_HOUR
        piece_end = min(end, half_hour_end)
        source = None
        for days in range(1, MOST_DAYS_BACK + 1):
            before = same_clock_days_before(start, zone, days)
            place = bisect_right(starts, before) - 1
            if place >= 0 and known[place].end > before:
                source = known[place]
                piece_end = min(piece_end, start + (source.end - before))
                break
            if place + 1 < len(known):
                piece_end = min(piece_end, start + (known[place + 1].start - before))
        yield start, piece_end, source
        start = piece_end


def _add(intervals: list[PriceInterval], source: PriceInterval, start: datetime, end: datetime) -> None:
    assumed = replace(source, start=start, end=end, is_assumed=True)
    last = intervals[-1] if intervals else None
    # A piece ends with each half hour; pieces of one interval before are one interval again.
    is_one = last is not None and last.end == start and last.has_price_of(assumed)
    if last is not None and is_one and end - last.start <= source.end - source.start:
        intervals[-1] = replace(last, end=end)
    else:
        intervals.append(assumed)


def _add_missing(missing: list[tuple[datetime, datetime]], start: datetime, end: datetime) -> None:
    if missing and missing[-1][1] == start:
        missing[-1] = (missing[-1][0], end)
    else:
        missing.append((start, end))
