"""What ``check`` says of the assets and of what they are reached by."""

from __future__ import annotations

from collections.abc import Iterator

from energy_manager.domain.directions import to_do
from energy_manager.domain.schedule import beyond_limits
from energy_manager.domain.site import Asset, AssetKind, Use
from energy_manager.entrypoints.site_file import AssetEntry, SharedScheduleEntry, SiteFile


def describe_assets(site: SiteFile) -> Iterator[str]:
    """Each asset: what it is, whom it obeys, what it is never told."""
    scheduled = _scheduled(site)
    limited = {asset.id: asset for asset in site.described.limited_assets}
    for asset in site.assets:
        kind = "" if asset.kind is None else f"{asset.kind}, "
        words = ", ".join(part for part in (f"{kind}driver {asset.driver}", *_describe_asset(asset)) if part)
        yield f"  {asset.id}: {words}; {_obeys(site, asset, scheduled)}"
        if asset.id in limited:
            yield f"    is never told {_describe_limits(limited[asset.id], site.site.power_unit)}"
        yield from _describe_fallback(site, asset)
        yield from _describe_unreachable(site, asset)
    for asset_id in sorted(scheduled - {asset.id for asset in site.assets}):
        yield f"  {asset_id}: scheduled, but there is no such device: the others carry its share"
    yield from _describe_excess(site)


def _scheduled(site: SiteFile) -> set[str]:
    """The assets that the site's own schedule names."""
    content = site.schedule_content()
    if content is not None:
        return set(content.assets)
    if isinstance(site.schedule, SharedScheduleEntry):
        return {asset_id for block in site.schedule.blocks for asset_id in block}
    return set()


def _describe_excess(site: SiteFile) -> Iterator[str]:
    """Each asset of which the site's own schedule asks more than it can ever do, once; a file that does is refused."""
    if not isinstance(site.schedule, SharedScheduleEntry):
        return
    planning_site, seen = site.described.planning_site, set[str]()
    limits = planning_site.limits
    for block in site.schedule.blocks:
        for asset_id, target in block.items():
            bounds = limits.get(asset_id)
            if bounds is None or asset_id in seen or bounds.within(target) == target:
                continue
            seen.add(asset_id)
            excess = beyond_limits(asset_id, target, planning_site)
            yield f"  warning: the site's own schedule, {asset_id}: {excess}; capped"


def _obeys(site: SiteFile, asset: AssetEntry, scheduled: set[str]) -> str:
    if asset.asset.kind is AssetKind.METER:
        return "is read and told nothing"
    if asset.household is not None:
        asked = "" if asset.asked_every_s is None else f", asked for every {asset.asked_every_s:g} s"
        profile = asset.profile_w
        lasts = (
            ""
            if profile is None
            else f" of {profile.resolution_min * len(profile.values):g} min, each with its profile"
        )
        return f"is switched by its runs{lasts}{asked}"
    otherwise = "released" if asset.asset.unscheduled_target is None else "always told 0"
    base = "follows the schedule" if asset.id in scheduled else f"is not in the schedule, so it is {otherwise}"
    before = "; before that keeps the grid limit" if site.pcc is not None and site.pcc.storage == asset.id else ""
    home = site.described.household_of(asset.id, Use.HOME_BATTERY)
    if home is not None:
        return f"is told what household {home} plans for its battery{before}"
    return f"{base} unless a stored one speaks for it{before}"


def _describe_fallback(site: SiteFile, asset: AssetEntry) -> Iterator[str]:
    """What holds when no schedule covers an asset, when none is known, and at the end, where that is not simply 0."""
    unscheduled, fallbacks = site.described.unscheduled_targets, site.described.fallback_targets
    if asset.id in site.described.releasable:
        where = "where no schedule covers it, and " if asset.id in unscheduled else ""
        yield f"    is released, so that it runs by itself, {where}when the product ends"
    if asset.id in fallbacks or asset.id in unscheduled:
        fallback = fallbacks.get(asset.id, 0)
        told = (
            "is released"
            if fallback is None
            else f"is told {to_do(fallback, f'{abs(fallback)} {site.site.power_unit}')}"
        )
        yield f"    {told} when the schedule is not known or nothing can be decided"


def _describe_unreachable(site: SiteFile, asset: AssetEntry) -> Iterator[str]:
    """What it counts as while it cannot be reached, where that is not nothing."""
    assumed = asset.asset.unreachable
    if assumed != "zero":
        power = "what it measured last" if assumed == "last" else f"{assumed} {site.site.power_unit}"
        yield f"    counts as delivering {power} while it cannot be reached"


def _describe_asset(asset: AssetEntry) -> Iterator[str]:
    """What the driver says of its options, the ratings, and what a household has of it."""
    yield asset.driver_type.words(asset.options)
    if asset.isolated:
        yield "in a process of its own"
    rated = asset.ratings
    if rated.capacity_wh is not None:
        reserve = f", of which {rated.min_wh / 1000:g} kWh stay in reserve" if rated.min_wh else ""
        yield f"{rated.capacity_wh / 1000:g} kWh{reserve}"
    if rated.max_charge_w is not None:
        yield f"charges up to {rated.max_charge_w / 1000:g} kW"
    if rated.max_discharge_w is not None:
        yield f"discharges up to {rated.max_discharge_w / 1000:g} kW"
    if asset.household is not None:
        lasts = "until it is ended" if asset.duration_min is None else f"for {asset.duration_min:g} min"
        yield f"{asset.name} of household {asset.household}, draws {rated.rated_w:g} W {lasts}"
    elif rated.rated_w is not None:
        yield f"rated {rated.rated_w:g} W"


def _describe_limits(asset: Asset, unit: str) -> str:
    standing = asset.bounds(None)
    words = []
    if standing.lowest is not None:
        words.append(_beyond("take", -standing.lowest, "deliver", unit))
    if standing.highest is not None:
        words.append(_beyond("deliver", standing.highest, "take", unit))
    if asset.ramp is not None:
        words.append(f"to change by more than {asset.ramp} {unit} from one tick to the next")
    return " or ".join(words)


def _beyond(does: str, most: int, else_does: str, unit: str) -> str:
    """What lies beyond a limit, in words: ``to take more than 60 kW``."""
    if most > 0:
        return f"to {does} more than {most} {unit}"
    return f"to {does} anything" if most == 0 else f"to {else_does} less than {-most} {unit}"


def describe_connections(site: SiteFile) -> Iterator[str]:
    """What the types of connections have to say."""
    for entry in site.connections:
        if entry.connection_type.describe is not None:
            yield f"connection {entry.id}: {entry.connection_type.describe(entry.options)}"
