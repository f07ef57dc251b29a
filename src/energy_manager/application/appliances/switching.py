"""A run as its appliance's schedule: what the dispatch loop switches it by."""

from __future__ import annotations

from datetime import timedelta

from energy_manager.application.appliances.building import Building, in_us, instant
from energy_manager.domain.appliances import Run
from energy_manager.domain.appliances.units import FOREVER_US
from energy_manager.domain.schedule import Schedule, Source, TimeBlock

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
    if installed.asset not in building.site.assets:
        return None
    blocks = [
        TimeBlock(
            start=instant(segment.start_us),
            end=min(_LAST, instant(segment.end_us)),
            targets={installed.asset: -_steps(run, building.site.watts_per_step)},
        )
        for run in building.table.runs.values()
        if run.request.household == household and run.request.appliance == appliance and run.is_open(building.now_us)
        for segment in run.segments
        if building.now_us < segment.end_us and segment.start_us < in_us(_LAST)
    ]
    if not blocks:
        return None
    ordered = tuple(sorted(blocks, key=lambda block: block.start))
    return Schedule(id=schedule_id(household, appliance), source=Source.APPLIANCES, blocks=ordered)


def _steps(run: Run, watts_per_step: int) -> int:
    return -int(-run.request.power_w // watts_per_step)
