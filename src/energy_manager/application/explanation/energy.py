"""Energy by day: what each asset delivered and took, kWh, as far as it is on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from energy_manager.application.explanation.power_series import ReadPower
from energy_manager.application.ports.records.history import HOUR_S, MINUTE_S, Window
from energy_manager.application.ports.records.integral import Integral
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.quantities import AssetId

MOST_ASSET_DAYS = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Energy:
    """What was delivered and taken, kWh, and for how many minutes nothing is known."""

    delivered_kwh: float = 0.0
    taken_kwh: float = 0.0
    unknown_min: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEnergy(Energy):
    """An asset's day."""

    asset_id: AssetId
    start: datetime
    end: datetime


def energy_by_day(
    power: ReadPower, days: list[tuple[datetime, datetime]], assets: tuple[AssetId, ...]
) -> tuple[DayEnergy, ...]:
    """By asset and day, from its minutes (``finest_s``), so nothing is netted beyond a minute.

    Only days of which something is known are looked through minute by minute: most of a year are not.

    Raises:
        Refused: these are too many days of too many assets for one answer.
    """
    if len(days) * len(assets) > MOST_ASSET_DAYS:
        message = f"{len(days)} days of {len(assets)} assets are more than {MOST_ASSET_DAYS} together"
        raise Refused([Fault(field="from", message=message)])
    hours = Window.of_hours(days[0][0], days[-1][1])
    by_hour = power.history.output_integrals(assets, hours)
    by_asset: dict[AssetId, list[DayEnergy]] = {asset_id: [] for asset_id in assets}
    for start, end in days:
        first, last = (int((at - hours.start).total_seconds() // HOUR_S) for at in (start, end))
        known = [name for name in assets if any(by_hour[name].covered_s[first : last + 1])]
        windows = windows_of(power, start, end)
        told = energy_of(power, known, windows)
        nothing = Energy(unknown_min=_minutes(sum(window.step_s * window.count for window in windows)))
        for asset_id, own in by_asset.items():
            energy = told.get(asset_id, nothing)
            own.append(
                DayEnergy(
                    asset_id=asset_id,
                    start=start,
                    end=end,
                    delivered_kwh=energy.delivered_kwh,
                    taken_kwh=energy.taken_kwh,
                    unknown_min=energy.unknown_min,
                )
            )
    return tuple(day for own in by_asset.values() for day in own)


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


def energy_of(power: ReadPower, assets: Sequence[AssetId], windows: tuple[Window, ...]) -> dict[AssetId, Energy]:
    """What assets delivered and took in windows one after the other, step by step."""
    kw = power.watts_per_step / 1000
    parts = [(window.step_s, power.history.output_integrals(assets, window)) for window in windows] if assets else []
    return {asset_id: _sum([(step_s, found[asset_id]) for step_s, found in parts], kw) for asset_id in assets}


def _sum(parts: list[tuple[int, Integral]], kw: float) -> Energy:
    steps = [kw * total / 3600 for _, one in parts for total in one.total]
    return Energy(
        delivered_kwh=sum(kwh for kwh in steps if kwh > 0),
        taken_kwh=sum(-kwh for kwh in steps if kwh < 0),
        unknown_min=_minutes(sum(step_s * one.covered_s.count(0.0) for step_s, one in parts)),
    )


def _minutes(seconds: int) -> int:
    return seconds // MINUTE_S
