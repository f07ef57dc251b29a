"""Read a schedule file: its times say whether it is dated, daily or weekly.

``2026-03-02T08:00`` is a date and a time of the site's zone (or of the zone that it names), ``08:00`` a time of every
day, ``Mon 08:00`` one of every week. A file has times of one kind only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from energy_manager.adapters.schedules.file.rows import Row, rows_of
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import (
    DAY_S,
    WEEK_S,
    RecurringPeriod,
    RecurringSchedule,
    Schedule,
    Source,
    TargetPeriod,
    blocks_of,
)
from energy_manager.domain.site import PlanningSite

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCK = re.compile(r"(?:(?P<day>[A-Za-z]+)\s+)?(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?", re.ASCII)


class TimesOf(StrEnum):
    """What the times of a file are."""

    DATES = "dated"
    DAY = "daily"
    WEEK = "weekly"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """What a schedule file says: ``targets_at`` in whole power steps, at any instant with a time zone."""

    times: TimesOf
    entries: int
    assets: tuple[AssetId, ...]
    targets_at: Callable[[datetime], Mapping[AssetId, int]]


def read_schedule_file(path: Path, *, time_zone: str, site: PlanningSite) -> FileContent:
    """Read and check a schedule file; times without a zone of their own are those of ``time_zone``.

    Raises:
        Refused: it cannot be read, or says something that cannot be; every fault with its line or block.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise Refused([Fault(field=str(path), message=f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        raise Refused([Fault(field=str(path), message=f"is not UTF-8 text: byte {error.start}")]) from None
    rows = rows_of(text, label=str(path))
    _refuse_strangers(rows, site)
    times, zone = _times_of(rows[0].start), ZoneInfo(time_zone)
    if times is TimesOf.DATES:
        schedule = _dated(rows, zone)
        targets_at: Callable[[datetime], Mapping[AssetId, int]] = partial(_at, schedule)
    else:
        targets_at = _recurring(rows, times, zone).targets_at
    assets = tuple(dict.fromkeys(row.asset for row in rows))
    return FileContent(times=times, entries=len(rows), assets=assets, targets_at=targets_at)


def _at(schedule: Schedule, instant: datetime) -> Mapping[AssetId, int]:
    block = schedule.block_at(instant)
    return {} if block is None else block.targets


def _refuse_strangers(rows: list[Row], site: PlanningSite) -> None:
    """Name the first line of each asset that the site has not."""
    places = {row.asset: row.place for row in reversed(rows)}
    try:
        site.refuse_strangers(places)
    except Refused as refused:
        faults = [
            Fault(field=places.get(fault.field, "assets"), message=f"{fault.field!r}: {fault.message}")
            for fault in refused.faults
        ]
        raise Refused(faults) from None


def _times_of(text: str) -> TimesOf:
    found = _CLOCK.fullmatch(text)
    if found is None:
        return TimesOf.DATES
    return TimesOf.DAY if found["day"] is None else TimesOf.WEEK


def _recurring(rows: list[Row], times: TimesOf, zone: ZoneInfo) -> RecurringSchedule:
    faults: list[Fault] = []
    length_s = DAY_S if times is TimesOf.DAY else WEEK_S
    periods = []
    for row in rows:
        start_s = _shown_s(row.start, times, f"{row.place}, start", faults)
        end_s = _shown_s(row.end, times, f"{row.place}, end", faults)
        if start_s is None or end_s is None:
            continue
        if start_s in {length_s, end_s}:
            faults.append(Fault(field=row.place, message=f"{row.start} to {row.end} does not last"))
            continue
        periods.append(
            RecurringPeriod(asset=row.asset, start_s=start_s, end_s=end_s, target=row.target, place=row.place)
        )
    if faults:
        raise Refused(faults)
    return RecurringSchedule(zone=zone, length_s=length_s, periods=tuple(periods))


def _shown_s(text: str, times: TimesOf, place: str, faults: list[Fault]) -> int | None:
    """Seconds since midnight, or since Monday's."""
    found = _CLOCK.fullmatch(text)
    if found is None or _times_of(text) is not times:
        example = "08:00" if times is TimesOf.DAY else "Mon 08:00"
        faults.append(Fault(field=place, message=f"{text!r} is no time such as {example}, as the first line has it"))
        return None
    second = 3600 * int(found["hour"]) + 60 * int(found["minute"]) + int(found["second"] or 0)
    if int(found["minute"]) > 59 or int(found["second"] or 0) > 59 or second > DAY_S:
        faults.append(Fault(field=place, message=f"{text!r} is no time from 00:00 to 24:00"))
        return None
    if found["day"] is None:
        return second
    named = [day for day, name in enumerate(_WEEKDAYS) if found["day"].lower() in {name, name[:3]}]
    if not named:
        faults.append(Fault(field=place, message=f"{found['day']!r} is none of Mon, Tue, Wed, Thu, Fri, Sat, Sun"))
        return None
    return DAY_S * named[0] + second


def _dated(rows: list[Row], zone: ZoneInfo) -> Schedule:
    faults: list[Fault] = []
    placed = [(row.place, period) for row in rows for period in _period(row, zone, faults)]
    by_asset = sorted(placed, key=lambda entry: (entry[1].asset, entry[1].start))
    for (_, before), (place, after) in pairwise(by_asset):
        if before.asset == after.asset and after.start < before.end:
            message = f"begins before the entry ahead of it for {after.asset!r} ends, {before.end.isoformat()}"
            faults.append(Fault(field=place, message=message))
    if faults:
        raise Refused(faults)
    return Schedule(id="file", source=Source.SHARED, blocks=tuple(blocks_of(period for _, period in placed)))


def _period(row: Row, zone: ZoneInfo, faults: list[Fault]) -> Iterator[TargetPeriod]:
    start = _instant(row.start, zone, f"{row.place}, start", faults)
    end = _instant(row.end, zone, f"{row.place}, end", faults)
    if start is None or end is None:
        return
    if end <= start:
        faults.append(Fault(field=row.place, message=f"{row.end} is not after {row.start}"))
        return
    yield TargetPeriod(asset=row.asset, start=start, end=end, target=row.target)


def _instant(text: str, zone: ZoneInfo, place: str, faults: list[Fault]) -> datetime | None:
    """The instant in UTC; a local time that does not exist or exists twice is a fault."""
    try:
        said = datetime.fromisoformat(text)
        if said.utcoffset() is not None:
            return said.astimezone(UTC)
        first, second = (said.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    except (ValueError, OverflowError):
        faults.append(Fault(field=place, message=f"{text!r} is no time such as 2026-03-02T08:00 or 08:00 or Mon 08:00"))
        return None
    if first.astimezone(zone).replace(tzinfo=None) != said:
        message = f"{text} does not exist in {zone.key}, where the clocks are set forward then"
        faults.append(Fault(field=place, message=message))
        return None
    if first != second:
        offsets = " or ".join(_offset(instant.astimezone(zone).utcoffset()) for instant in (first, second))
        faults.append(Fault(field=place, message=f"{text} exists twice in {zone.key}: add {offsets}"))
        return None
    return first


def _offset(offset: timedelta | None) -> str:
    minutes = int((offset or timedelta()).total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
