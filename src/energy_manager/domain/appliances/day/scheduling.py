"""A planned day as a schedule: an appliance is the asset of its name, a battery the asset that it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from energy_manager.domain.appliances.day.document import Day
from energy_manager.domain.appliances.household import Household
from energy_manager.domain.appliances.run import told_pieces
from energy_manager.domain.appliances.run_request import RunRequest, Segment
from energy_manager.domain.appliances.units import US_PER_MINUTE, us_of_minutes
from energy_manager.domain.errors import Fault, refuse
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import Schedule, Source, TargetPeriod, blocks_of

W_PER_KW = 1000


def day_schedule(day: Day, answer: Mapping[str, Any], *, schedule_id: str, steps_per_kw: int) -> Schedule:
    """What ``plan_day`` answered for a day, as targets: less than 0 while an appliance runs, nothing while it rests.

    A power that is no whole number of steps is rounded up, so that nobody counts on power that is not there. An
    endless run lasts until the day ends, where the plan does. A battery that names no asset is not told.

    Raises:
        Refused: the id can be none, or appliances of two households have one name, or that of a battery, so that they
            would be one asset.
    """
    _refuse_shared_names(day)
    runs = zip(day.requests, answer["runs"], strict=True)
    pieces = [piece for request, run in runs for piece in _pieces(day, request, run["segments_min"], steps_per_kw)]
    batteries = zip(day.households, answer["households"], strict=True)
    pieces += [
        piece for household, told in batteries for piece in _of_battery(day, household, told["battery"], steps_per_kw)
    ]
    return Schedule(id=schedule_id, source=Source.APPLIANCES, blocks=tuple(blocks_of(pieces)))


def _pieces(day: Day, request: RunRequest, segments_min: list[list[Any]], steps_per_kw: int) -> Iterator[TargetPeriod]:
    segments = []
    for start_min, end_min in segments_min:
        start_us = us_of_minutes(start_min)
        end_us = max(day.length_us, start_us + US_PER_MINUTE) if end_min is None else us_of_minutes(end_min)
        segments.append(Segment(start_us=start_us, end_us=end_us))
    for piece in told_pieces(request, segments):
        if piece.start_us < piece.end_us:
            start, end = _instant(day, piece.start_us), _instant(day, piece.end_us)
            target = int(-piece.value * steps_per_kw // W_PER_KW)
            yield TargetPeriod(asset=request.appliance, start=start, end=end, target=target)


def _of_battery(
    day: Day, household: Household, course: Iterable[Mapping[str, Any]], steps_per_kw: int
) -> Iterator[TargetPeriod]:
    battery = household.battery
    if battery is None or battery.asset is None:
        return
    for part in course:
        target = battery.discharge_steps(part["charge_w"], watts_per_step=W_PER_KW // steps_per_kw)
        start, end = (_instant(day, us_of_minutes(part[bound])) for bound in ("start_min", "end_min"))
        if target != 0 and start < end:
            yield TargetPeriod(asset=battery.asset, start=start, end=end, target=target)


def _instant(day: Day, at_us: int) -> datetime:
    midnight = datetime.combine(day.date, time(), ZoneInfo(day.time_zone)).astimezone(UTC)
    return midnight + timedelta(microseconds=at_us)


def _refuse_shared_names(day: Day) -> None:
    owners: dict[str, str] = {}
    batteries: set[AssetId] = set()
    faults = []
    for index, request in enumerate(day.requests):
        owner = owners.setdefault(request.appliance, request.household)
        if owner != request.household:
            message = f"{request.appliance!r} is an appliance of household {owner!r} too, and an asset is only one"
            faults.append(Fault(field=f"requests[{index}].appliance", message=message))
    for index, household in enumerate(day.households):
        asset = None if household.battery is None else household.battery.asset
        if asset is None:
            continue
        if asset in owners or asset in batteries:
            message = f"{asset!r} is an appliance or another battery too, and an asset is only one"
            faults.append(Fault(field=f"households[{index}].battery.asset", message=message))
        batteries.add(asset)
    refuse(faults)
