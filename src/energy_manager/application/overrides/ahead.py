"""What is scheduled ahead: by asset and step, with whose word it is; and what the site expects besides."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from energy_manager.domain.directions import to_do
from energy_manager.domain.forecast import IssuedForecast
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import AcceptedSchedule, Override, OverrideIndex, ScheduleIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One asset's targets by step, power steps (None: no stored schedule speaks for it), and whose word they are."""

    targets: tuple[int | None, ...]
    decided_by: tuple[str | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextEvent:
    """At an instant an asset's target becomes another one, or a person's word ends."""

    at: datetime
    asset_id: AssetId
    target: int | None
    sentence: str


def instants(start: datetime, step_s: int, count: int) -> tuple[datetime, ...]:
    """Where each step begins."""
    return tuple(start + index * timedelta(seconds=step_s) for index in range(count))


def courses(
    times: tuple[datetime, ...], accepted: Iterable[AcceptedSchedule], in_force: tuple[Override, ...]
) -> dict[AssetId, Course]:
    """What holds at the begin of each step, by asset."""
    index, overrides = ScheduleIndex(accepted), OverrideIndex(in_force)
    words: list[dict[AssetId, tuple[int | None, str]]] = []
    for at in times:
        merged = index.at(at).merged
        said: dict[AssetId, tuple[int | None, str]] = {
            asset_id: (target, merged.decided_by[asset_id].label) for asset_id, target in merged.targets.items()
        }
        said |= {asset_id: (one.target, one.label) for asset_id, one in overrides.at(at).items()}
        words.append(said)
    assets = dict.fromkeys(asset_id for said in words for asset_id in said)
    return {
        asset_id: Course(
            targets=tuple(said[asset_id][0] if asset_id in said else None for said in words),
            decided_by=tuple(said[asset_id][1] if asset_id in said else None for said in words),
        )
        for asset_id in assets
    }


def next_events(
    now: datetime,
    accepted: Iterable[AcceptedSchedule],
    in_force: tuple[Override, ...],
    *,
    horizon: timedelta,
    most: int,
    unit: str,
) -> tuple[NextEvent, ...]:
    """What will change next, soonest first."""
    ends = [
        NextEvent(
            at=one.until,
            asset_id=one.assets[0],
            target=None,
            sentence=f"{', '.join(one.assets[:4])}: what was set by hand ends ({one.reason})",
        )
        for one in in_force
    ]
    events = [*ends, *_changes(now, tuple(accepted), horizon=horizon, most=most, unit=unit)]
    return tuple(sorted(events, key=lambda event: event.at)[:most])


def _changes(
    now: datetime, accepted: tuple[AcceptedSchedule, ...], *, horizon: timedelta, most: int, unit: str
) -> Iterator[NextEvent]:
    index, at, count = ScheduleIndex(accepted), now, 0
    before = index.at(now)
    while before.end is not None and before.end < now + horizon and count < most:
        at = before.end
        after = index.at(at)
        for asset_id in dict.fromkeys([*before.merged.targets, *after.merged.targets]):
            old, new = before.merged.targets.get(asset_id), after.merged.targets.get(asset_id)
            if old != new:
                count += 1
                said = "its schedule ends" if new is None else to_do(new, f"{abs(new):,} {unit}")
                yield NextEvent(at=at, asset_id=asset_id, target=new, sentence=f"{asset_id}: {said}")
        before = after


def on_grid(forecast: IssuedForecast | None, times: tuple[datetime, ...]) -> tuple[float | None, ...] | None:
    """A forecast's value at each instant; None before its first and from a day after its last reading on."""
    if forecast is None:
        return None
    readings = list(forecast.readings())
    values: list[float | None] = []
    place, last = -1, readings[-1][0] + timedelta(days=1)
    for at in times:
        while place + 1 < len(readings) and readings[place + 1][0] <= at:
            place += 1
        values.append(readings[place][1] if place >= 0 and at < last else None)
    return tuple(values)


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageLimits:
    """How a storage turns power into stored energy: efficiencies over 0 up to 1, and what it can hold, kWh."""

    charge_efficiency: float = 1.0
    discharge_efficiency: float = 1.0
    capacity_kwh: float = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCourse:
    """What a storage holds at the begin of each step, and what is lost in it, kWh."""

    stored_kwh: tuple[float, ...]
    loss_kwh: tuple[float, ...]


def stored_course(
    now_kwh: float,
    targets: tuple[int | None, ...],
    *,
    kw_per_step: float,
    step_s: int,
    first_s: float,
    limits: StorageLimits,
) -> StoredCourse:
    """What a storage will hold if it follows its targets as far as it can; without a target it rests.

    The first step has begun already: ``first_s`` of it are left, and it holds ``now_kwh`` now.
    """
    held, stored, lost = now_kwh, list[float](), list[float]()
    for place, target in enumerate(targets):
        stored.append(round(held, 4))
        wanted = -(target or 0) * kw_per_step * (step_s if place else first_s) / 3600
        share = limits.charge_efficiency if wanted > 0 else 1 / limits.discharge_efficiency
        gained = max(-held, min(wanted * share, max(0.0, limits.capacity_kwh - held)))
        lost.append(round(gained / share - gained, 4))
        held += gained
    return StoredCourse(stored_kwh=tuple(stored), loss_kwh=tuple(lost))


def grid_kw(
    load: tuple[float | None, ...] | None,
    production: tuple[float | None, ...] | None,
    targets: Mapping[AssetId, Course],
    *,
    kw_per_step: float,
) -> tuple[float | None, ...] | None:
    """The import to expect: the load less what is produced, and less what is scheduled; None: no load is expected."""
    if load is None:
        return None
    expected: list[float | None] = []
    for index, load_kw in enumerate(load):
        told = sum((course.targets[index] or 0) * kw_per_step for course in targets.values())
        sun = 0.0 if production is None else production[index] or 0.0
        expected.append(None if load_kw is None else round(load_kw - sun - told, 4) + 0.0)
    return tuple(expected)
