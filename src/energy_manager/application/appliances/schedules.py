"""Runs and batteries as schedules of their assets: what the dispatch loop tells them by."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from energy_manager.application.appliances.building import Building, instant
from energy_manager.domain.appliances.ledger.battery import battery_course
from energy_manager.domain.appliances.run import told_pieces
from energy_manager.domain.appliances.units import FOREVER_US, US_PER_DAY, Watts
from energy_manager.domain.schedule import Schedule, Source, TargetPeriod, TimeBlock, blocks_of
from energy_manager.domain.series import microseconds

_LAST = instant(FOREVER_US) - timedelta(days=366)
"""An endless run ends here unless somebody ends it; schedules are looked at with some margin around their ends."""


def schedule_id(household: str, appliance: str) -> str:
    """One schedule an appliance; it is replaced whenever what its runs have planned changes."""
    return f"appliance:{household}/{appliance}"


def schedule_of(building: Building, household: str, appliance: str) -> Schedule | None:
    """What the appliance's device is told; None when nothing is planned, or the site has no such device.

    A target is what an asset delivers, so an appliance that draws power is told less than 0: at least one whole step.
    """
    installed = building.installed[household, appliance]
    if installed.asset is None or installed.asset not in building.site.assets:
        return None
    blocks = [
        TimeBlock(
            start=instant(piece.start_us),
            end=min(_LAST, instant(piece.end_us)),
            targets={installed.asset: -_steps(piece.value, building.site.watts_per_step)},
        )
        for run in building.table.runs.values()
        if run.request.household == household and run.request.appliance == appliance and run.is_open(building.now_us)
        for piece in told_pieces(run.request, run.segments)
        if building.now_us < piece.end_us and piece.start_us < microseconds(_LAST)
    ]
    if not blocks:
        return None
    ordered = tuple(sorted(blocks, key=lambda block: block.start))
    return Schedule(id=schedule_id(household, appliance), source=Source.APPLIANCES, blocks=ordered)


def battery_schedule_id(household: str) -> str:
    """One schedule a battery; it is replaced whenever the battery's course changes."""
    return f"battery:{household}"


def battery_schedule_of(building: Building, household: str) -> Schedule | None:
    """What the battery is told from now until tomorrow's end, UTC; None when it rests or the site has no such device.

    A target is what an asset delivers, so a battery that charges is told less than 0. While it rests nothing is said:
    it is told 0, and takes no part in carrying what other assets cannot deliver.
    """
    home = building.table.homes[household]
    battery = home.household.battery
    if battery is None or battery.asset is None or battery.asset not in building.site.assets:
        return None
    watts_per_step = building.site.watts_per_step
    pieces = [
        TargetPeriod(asset=battery.asset, start=instant(piece.start_us), end=instant(piece.end_us), target=target)
        for piece in battery_course(home, _tomorrows_end_us(building.now_us))
        if (target := battery.discharge_steps(piece.charge_w, watts_per_step=watts_per_step)) != 0
    ]
    if not pieces:
        return None
    return Schedule(id=battery_schedule_id(household), source=Source.APPLIANCES, blocks=tuple(blocks_of(pieces)))


def with_batteries_told(building: Building) -> Building:
    """The building with what the store is to have for the loop to tell batteries; as it was where it still holds."""
    told = {
        name: schedule
        for name in building.table.homes
        if (schedule := _still(building, building.batteries.get(name), battery_schedule_of(building, name))) is not None
    }
    return building if told == building.batteries else replace(building, batteries=told)


def _still(building: Building, known: Schedule | None, planned: Schedule | None) -> Schedule | None:
    """The known schedule if it says the same from now on."""
    if known is None or planned is None:
        return planned
    now = instant(building.now_us)
    ahead = tuple(replace(block, start=max(block.start, now)) for block in known.blocks if block.end > now)
    return known if ahead == planned.blocks else planned


def _tomorrows_end_us(now_us: int) -> int:
    """At least a day ahead; the same all day, so that a plan in force need not be written again as time passes."""
    return (now_us // US_PER_DAY + 2) * US_PER_DAY


def _steps(power_w: Watts, watts_per_step: int) -> int:
    return -int(-power_w // watts_per_step)
