"""The command ``check``: what would happen, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from energy_manager.entrypoints.settings import DispatchSettings, load_settings
from energy_manager.entrypoints.site_file import (
    DEMO_SITE,
    AssetEntry,
    SimulatedAppliance,
    SimulatedMeter,
    SimulatedStorage,
    SiteFile,
    read_site_file,
)

_POLICIES = {
    "proportional": "what an asset cannot deliver is carried by the others, in proportion to their potentials",
    "follow_schedule": "targets are the schedule, whatever the assets can deliver",
}


def describe(site_path: Path | None) -> Iterator[str]:
    """Say what ``run`` would do with these settings and this site file.

    Raises:
        Refused: a setting or the site file is not acceptable.
    """
    settings, site = load_settings(), read_site_file(site_path or DEMO_SITE)
    source = site_path or "the built-in demo"
    yield f"site {site.site.name!r} from {source}: {len(site.assets)} assets, in {site.site.power_unit}"
    yield from _describe_assets(site)
    yield from _describe_dispatch(settings.dispatch)
    yield from _describe_homes(site)
    if site.pcc is not None:
        limits = f"import at most {site.pcc.import_limit_kw:g} kW, export at most {site.pcc.export_limit_kw:g} kW"
        yield f"grid connection: {limits}, measured by {site.pcc.meter}, kept by {site.pcc.storage} before its schedule"
    yield "all is well: energy-manager run would start"


def _describe_assets(site: SiteFile) -> Iterator[str]:
    scheduled = {asset_id for block in site.schedule.blocks for asset_id in block}
    for asset in site.assets:
        yield f"  {asset.id}: driver {asset.driver}, {_describe_asset(asset)}; {_plan(asset, scheduled)}"
    for asset_id in sorted(scheduled - {asset.id for asset in site.assets}):
        yield f"  {asset_id}: scheduled, but there is no such device: the others carry its share"


def _plan(asset: AssetEntry, scheduled: set[str]) -> str:
    if isinstance(asset, SimulatedMeter):
        return "is read and told nothing"
    if isinstance(asset, SimulatedAppliance):
        asked = "" if asset.asked_every_s is None else f", asked for every {asset.asked_every_s:g} s"
        return f"is switched by its runs{asked}"
    return "follows the schedule" if asset.id in scheduled else "is not in the schedule, so it is always told 0"


def _describe_asset(asset: AssetEntry) -> str:
    if isinstance(asset, SimulatedStorage):
        powers = f"charges up to {asset.max_charge_kw:g} kW, discharges up to {asset.max_discharge_kw:g} kW"
        return f"{asset.capacity_kwh:g} kWh, {powers}"
    if isinstance(asset, SimulatedMeter):
        return f"a load of {asset.load.level_kw:g} kW with peaks of up to {asset.load.peak_kw:g} kW more"
    if isinstance(asset, SimulatedAppliance):
        lasts = "until it is ended" if asset.duration_min is None else f"for {asset.duration_min:g} min"
        return f"{asset.name} of household {asset.household}, draws {asset.rated_power_w:g} W {lasts}"
    if asset.potential is None:
        return "no potential, so it counts as able to deliver nothing"
    return f"potential {', '.join(map(str, asset.potential))}"


def _describe_homes(site: SiteFile) -> Iterator[str]:
    for home in site.households:
        battery = "" if home.battery is None else f", a battery of {home.battery.capacity_wh:g} Wh"
        measured = "is not measured" if home.meter is None else f"is measured by {home.meter}"
        yield f"household {home.id}: at most {home.threshold_w:g} W{battery}; {measured}"
        yield f"  what the store knows of {home.id} already goes before what stands here"


def _describe_dispatch(dispatch: DispatchSettings) -> Iterator[str]:
    yield f"targets every {dispatch.period_s:g} s, the first {dispatch.phase_s:g} s after the start"
    yield f"statuses every {dispatch.status_period_s:g} s; older than {dispatch.status_max_age_s:g} s counts as missing"
    yield f"a schedule that is not there {dispatch.schedule_wait_s:g} s after the tick means 0 for all"
    yield f"policy {dispatch.policy}: {_POLICIES[dispatch.policy]}"
