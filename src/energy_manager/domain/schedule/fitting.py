"""Schedules held against the site that follows them: assets it has not, and more than an asset can ever do.

What is put is refused as a whole, with every fault. What is there already, since the site has changed after it, is
followed as far as it can be: strangers take no part, so that nobody carries anything for them, and the rest is capped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from energy_manager.domain.errors import Fault, refuse
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule.acceptance import AcceptedSchedule
from energy_manager.domain.schedule.blocks import Schedule, TimeBlock
from energy_manager.domain.schedule.sources import Source
from energy_manager.domain.site import PlanningSite

MOST_FAULTS = 20
"""A schedule for a thousand strangers is wrong as a whole; nobody reads more than these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedSchedule:
    """What is followed of a schedule, and in a sentence for each asset what is not."""

    accepted: AcceptedSchedule
    oddities: tuple[str, ...] = ()


def refuse_unfit(schedule: Schedule, site: PlanningSite) -> None:
    """Make sure that the site can follow the schedule as it stands.

    Raises:
        Refused: it names assets that the site has not, or asks more of one than it can ever do; once an asset.
    """
    found = list(_misfits(schedule, site))
    faults = [Fault(field=misfit.place, message=misfit.message(site)) for misfit in found[:MOST_FAULTS]]
    if len(found) > MOST_FAULTS:
        faults.append(Fault(field="blocks", message=f"{len(found) - MOST_FAULTS} more assets are not as the site has"))
    refuse(faults)


def fitted(accepted: AcceptedSchedule, site: PlanningSite) -> FittedSchedule:
    """The schedule as far as the site can follow it."""
    schedule = accepted.schedule
    misfits = list(_misfits(schedule, site))
    if not misfits:
        return FittedSchedule(accepted=accepted)
    blocks = tuple(_blocks(schedule, site))
    oddities = tuple(
        f"schedule {schedule.id!r}, {misfit.asset}: {misfit.message(site)}; {misfit.consequence(site)}"
        for misfit in misfits
    )
    return FittedSchedule(
        accepted=replace(accepted, schedule=replace(schedule, blocks=blocks)), oddities=oddities[:MOST_FAULTS]
    )


def beyond_limits(asset_id: AssetId, target: int, site: PlanningSite) -> str:
    """That the target is more than the asset can ever do, in a sentence without the asset's name."""
    limit = site.limits[asset_id].within(target)
    which = "above" if target > limit else "below"
    return f"{target} {site.power_unit} is {which} {limit} {site.power_unit}, the limit of what it can ever do"


@dataclass(frozen=True, slots=True)
class _Misfit:
    """The first target of an asset that does not fit, and its place."""

    place: str
    asset: AssetId
    target: int

    def message(self, site: PlanningSite) -> str:
        """What is wrong with it."""
        if self.asset not in site.limits:
            return site.about_stranger(self.asset)
        return beyond_limits(self.asset, self.target, site)

    def consequence(self, site: PlanningSite) -> str:
        """What is made of it."""
        return "capped" if self.asset in site.limits else "it takes no part"


def _misfits(schedule: Schedule, site: PlanningSite) -> Iterator[_Misfit]:
    """Runs of appliances are planned by what they draw, which may be more than is said of their device."""
    is_limited = schedule.source is not Source.APPLIANCES
    seen: set[AssetId] = set()
    limits = site.limits
    for index, block in enumerate(schedule.blocks):
        for asset_id, target in block.targets.items():
            bounds = limits.get(asset_id)
            if bounds is not None and (not is_limited or bounds.within(target) == target):
                continue
            if asset_id not in seen:
                seen.add(asset_id)
                yield _Misfit(f"blocks[{index}].targets.{asset_id}", asset_id, target)


def _blocks(schedule: Schedule, site: PlanningSite) -> Iterator[TimeBlock]:
    is_limited, limits = schedule.source is not Source.APPLIANCES, site.limits
    for block in schedule.blocks:
        targets = {
            asset_id: limits[asset_id].within(target) if is_limited else target
            for asset_id, target in block.targets.items()
            if asset_id in limits
        }
        if targets:
            yield TimeBlock(start=block.start, end=block.end, targets=targets)
