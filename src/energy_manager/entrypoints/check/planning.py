"""What ``check`` says of planners, households, Home Assistant and the fleet."""

from __future__ import annotations

from collections.abc import Iterator

from energy_manager.domain.schedule.sources import Source
from energy_manager.entrypoints.fleet.fleet_access import assets_in_fleet, refuse_without_client, seed_in
from energy_manager.entrypoints.jobs import JOBS
from energy_manager.entrypoints.settings import Settings
from energy_manager.entrypoints.site_file import LeastCostEntry, PccEntry, SiteFile


def describe_homes(site: SiteFile) -> Iterator[str]:
    """Households and their thresholds."""
    for home in site.households:
        battery = "" if home.battery is None else f", a battery of {home.battery.capacity_wh:g} Wh"
        measured = "is not measured" if home.meter is None else f"is measured by {home.meter}"
        money = "; goes by [tariff]" if home.strategy == "cost" else ""
        yield f"household {home.id}: at most {home.threshold_w:g} W{battery}; {measured}{money}"
        yield "  a change here is applied at the next start; one made while the site runs holds until then"


def describe_home_assistant(site: SiteFile) -> Iterator[str]:
    """What Home Assistant sees, and what may be ordered there."""
    entry = site.home_assistant
    if entry is None:
        return
    from energy_manager.entrypoints.home_assistant.entities import exposed_assets  # noqa: PLC0415 - seldom needed

    told = ", ".join(asset.id for asset in exposed_assets(site.described) if asset.may_be_ordered) or "none"
    yield (
        f"Home Assistant: all assets are its devices, over connection {entry.connection}, described under "
        f"{entry.discovery_prefix}/"
    )
    yield f"  orders from there for {told}; each holds {entry.order_min:g} min, of authority comfort"


def describe_fleet(settings: Settings, site: SiteFile) -> Iterator[str]:
    """The centre that this site belongs to, and what its orders are for.

    Raises:
        Refused: a setting of the fleet's is not acceptable.
    """
    fleet = settings.fleet
    if not fleet.url:
        return
    refuse_without_client()
    names = assets_in_fleet(fleet.site, fleet.assets, site.described.planning_site)
    key = "with its key" if seed_in(fleet.credentials) else "without a key"
    yield f"fleet: site {fleet.site} of the centre behind {fleet.url}, {key}"
    yield f"  orders from there for {', '.join(names)}, of authority activation; each ends by itself"


def describe_planning(site: SiteFile, settings: Settings) -> Iterator[str]:
    """Which planners run by themselves, and which on request."""
    entry, pcc = site.planning.peak_shaving, site.pcc
    if entry is not None and pcc is not None:
        yield (
            f"peak shaving: {pcc.storage} is planned at the start, every {entry.period_min:g} min and when a forecast "
            f"changes, {entry.horizon_h:g} h ahead in steps of {entry.step_s} s, from the stored forecasts load, "
            f"production and schedule; a plan takes at most {settings.peak_shaving.time_limit_s:g} s of solving"
        )
    least_cost = site.planning.least_cost
    if least_cost is not None and pcc is not None:
        yield from _describe_least_cost(site, least_cost, pcc)
    elif entry is None:
        yield (
            "no planner runs by itself: [planning.peak_shaving] or [planning.least_cost] would plan the storage of "
            "[pcc]"
        )
    for job in JOBS.values():
        paths = ", ".join(f"POST {path}" for path in (job.path, *job.drop_in))
        yield (
            f"{job.name.replace('_', ' ')} plans on request: energy-manager plan {job.slug}, {paths}; "
            f"searched for at most {job.time_limit_s(settings):g} s; activated: authority {_authority(job.source)}"
        )
    yield "plans asked for are followed when they are activated: plan … --activate, or ?activate=true"


def _describe_least_cost(site: SiteFile, entry: LeastCostEntry, pcc: PccEntry) -> Iterator[str]:
    prices = "the tariff" if site.tariff is not None else "no tariff (so by the self-consumption rule)"
    yield (
        f"least cost: {', '.join([pcc.storage, *(car.asset for car in entry.cars)])} planned at the start and every "
        f"{entry.period_min:g} min, {entry.horizon_h:g} h ahead in steps of {entry.step_s} s, from {prices} and the "
        f"forecasts load and production; at each tick {pcc.storage} follows what its energy is worth, inside the "
        "limits of the grid connection"
    )
    for run in entry.runs:
        yield f"  {run.asset} runs once a day, {len(run.profile_kw)} steps, {run.earliest:%H:%M} to {run.until:%H:%M}"


def _authority(source: Source) -> str:
    return source.authority.name.lower().replace("_", " ")
