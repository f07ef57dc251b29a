"""Energy by day: what each asset delivered and took, kWh, as far as it is on record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from energy_manager.application.explanation.power_series import ReadPower
from energy_manager.application.ports.records.history import HOUR_S, MINUTE_S, Window
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.quantities import AssetId

MOST_ASSET_DAYS = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEnergy:
    """An asset's day: what it delivered and took, kWh, and for how many minutes nothing is known."""

    asset_id: AssetId
    start: datetime
    end: datetime
    delivered_kwh: float
    taken_kwh: float
    unknown_min: int


def energy_by_day(
    power: ReadPower, days: list[tuple[datetime, datetime]], assets: tuple[AssetId, ...]
) -> tuple[DayEnergy, ...]:
    """By asset and day, from its minutes (``finest_s``), so nothing is netted beyond a minute.

    Raises:
        Refused: these are too many days of too many assets for one answer.
    """
    if len(days) * len(assets) > MOST_ASSET_DAYS:
        message = f"{len(days)} days of {len(assets)} assets are more than {MOST_ASSET_DAYS} together"
        raise Refused([Fault(field="from", message=message)])
    windows = [windows_of(power, start, end) for start, end in days]
    return tuple(day for asset_id in assets for day in _of_days(power, asset_id, days, windows))


def _of_days(
    power: ReadPower, asset_id: AssetId, days: list[tuple[datetime, datetime]], windows: list[tuple[Window, ...]]
) -> Iterator[DayEnergy]:
    """Only days of which something is known are looked through minute by minute: most of a year are not."""
    hours = Window.of_hours(days[0][0], days[-1][1])
    is_known = [value is not None for value in power.history.series(asset_id, hours).output.mean]
    for (start, end), parts in zip(days, windows, strict=True):
        first, last = (int((at - hours.start).total_seconds() // HOUR_S) for at in (start, end))
        if any(is_known[first : last + 1]):
            yield replace(energy_of(power, asset_id, parts), start=start, end=end)
        else:
            minutes = _minutes(sum(window.step_s * window.count for window in parts))
            yield DayEnergy(
                asset_id=asset_id, start=start, end=end, delivered_kwh=0.0, taken_kwh=0.0, unknown_min=minutes
            )


def windows_of(power: ReadPower, start: datetime, end: datetime) -> tuple[Window, ...]:
    """Up to 34 days as windows: whole steps of ``finest_s`` and, where they begin or end within one, its seconds.

    A step that is not over yet is whole all the same: nothing is recorded of what is still to come.
    """
    start = start.replace(microsecond=0)
    minute = start.replace(second=0)
    begin = start if minute == start else min(end, minute + timedelta(seconds=MINUTE_S))
    head = [Window.of(start, begin, 1)] if start < begin else []
    if begin == end:
        return tuple(head)
    whole = Window.of(begin, end, power.finest_s)
    if whole.end == end or not _is_recorded_after(power, end):
        return (*head, whole)
    last = whole.end - timedelta(seconds=whole.step_s)
    body = [replace(whole, count=whole.count - 1)] if whole.count > 1 else []
    return (*head, *body, Window.of(last, end, 1))


def _is_recorded_after(power: ReadPower, end: datetime) -> bool:
    latest = power.history.tick_at(end + timedelta(seconds=power.finest_s))
    return latest is not None and latest.at > end


def energy_of(power: ReadPower, asset_id: AssetId, windows: tuple[Window, ...]) -> DayEnergy:
    """What an asset delivered and took in windows one after the other, step by step."""
    series = [power.of_asset(asset_id, window) for window in windows]
    known = [value for one in series for value in one.kwh if value is not None]
    return DayEnergy(
        asset_id=asset_id,
        start=windows[0].start,
        end=windows[-1].end,
        delivered_kwh=sum(value for value in known if value > 0),
        taken_kwh=sum(-value for value in known if value < 0),
        unknown_min=_minutes(sum(one.window.step_s * one.kwh.count(None) for one in series)),
    )


def _minutes(seconds: int) -> int:
    return seconds // MINUTE_S
