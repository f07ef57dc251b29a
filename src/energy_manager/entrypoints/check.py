"""The command ``check``: what would happen, line by line; or everything that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from energy_manager.adapters.storage import IN_MEMORY, default_path
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.schedule import Source
from energy_manager.domain.site import Asset, AssetKind, Use
from energy_manager.entrypoints.access_rules import is_loopback, warning_of
from energy_manager.entrypoints.container.forecasting import describe_forecasts
from energy_manager.entrypoints.container.prices import describe_prices, prices_of
from energy_manager.entrypoints.container.store import store_of
from energy_manager.entrypoints.home_assistant.entities import exposed_assets
from energy_manager.entrypoints.jobs import planning_jobs
from energy_manager.entrypoints.settings import ApiSettings, DispatchSettings, Settings, StoreSettings, load_settings
from energy_manager.entrypoints.site_file import (
    DEMO_SITE,
    AssetEntry,
    FileScheduleEntry,
    LeastCostEntry,
    PccEntry,
    SharedScheduleEntry,
    SiteFile,
    read_site_file,
)
from energy_manager.entrypoints.store_check import describe_stored

Read = TypeVar("Read")

_POLICIES = {
    "proportional": "what an asset cannot deliver is carried by the others, in proportion to their potentials",
    "follow_schedule": "targets are the schedule, whatever the assets can deliver",
}


def describe(site_path: Path | None) -> Iterator[str]:
    """Say what ``run`` would do with these settings and this site file.

    Raises:
        Refused: a setting or the site file is not acceptable; with every fault of both.
    """
    faults: list[Fault] = []
    settings = _read(load_settings, faults)
    site = _read(lambda: read_site_file(site_path or DEMO_SITE), faults)
    if settings is not None:
        _read(lambda: store_of(settings.store), faults)
    if settings is not None and site is not None and site.tariff is not None:
        _read(lambda: prices_of(site, settings), faults)
    if settings is None or site is None or faults:
        raise Refused(faults)
    source = site_path or "the built-in demo"
    yield f"site {site.site.name!r} from {source}: {len(site.assets)} assets, in {site.site.power_unit}"
    yield from _describe_assets(site)
    yield from _describe_connections(site)
    yield from _describe_authority(site)
    yield from _describe_schedule(site, settings.dispatch)
    yield from _describe_dispatch(settings.dispatch)
    yield from _describe_homes(site)
    yield from describe_prices(site)
    yield from describe_forecasts(site)
    yield from _describe_home_assistant(site)
    yield from _describe_planning(site, settings)
    yield _describe_store(settings.store)
    yield from (f"  {line}" for line in describe_stored(settings.store, site))
    yield from _describe_api(settings.api)
    yield "all is well: energy-manager run would start"


def _read(read: Callable[[], Read], faults: list[Fault]) -> Read | None:
    try:
        return read()
    except Refused as refused:
        faults += refused.faults
        return None


def _describe_assets(site: SiteFile) -> Iterator[str]:
    scheduled = _scheduled(site)
    limited = {asset.id: asset for asset in site.described.limited_assets}
    for asset in site.assets:
        kind = "" if asset.kind is None else f"{asset.kind}, "
        words = ", ".join(part for part in (f"{kind}driver {asset.driver}", *_describe_asset(asset)) if part)
        yield f"  {asset.id}: {words}; {_obeys(site, asset, scheduled)}"
        if asset.id in limited:
            yield f"    is never told {_describe_limits(limited[asset.id], site.site.power_unit)}"
        yield from _describe_fallback(site, asset)
    for asset_id in sorted(scheduled - {asset.id for asset in site.assets}):
        yield f"  {asset_id}: scheduled, but there is no such device: the others carry its share"


def _scheduled(site: SiteFile) -> set[str]:
    """The assets that the site's own schedule names."""
    content = site.schedule_content()
    if content is not None:
        return set(content.assets)
    if isinstance(site.schedule, SharedScheduleEntry):
        return {asset_id for block in site.schedule.blocks for asset_id in block}
    return set()


def _obeys(site: SiteFile, asset: AssetEntry, scheduled: set[str]) -> str:
    if asset.asset.kind is AssetKind.METER:
        return "is read and told nothing"
    if asset.household is not None:
        asked = "" if asset.asked_every_s is None else f", asked for every {asset.asked_every_s:g} s"
        return f"is switched by its runs{asked}"
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
        told = "is released" if fallback is None else f"is told {fallback} {site.site.power_unit}"
        yield f"    {told} when the schedule is not known or nothing can be decided"


def _describe_asset(asset: AssetEntry) -> Iterator[str]:
    """What the driver says of its options, the ratings, and what a household has of it."""
    yield asset.driver_type.words(asset.options)
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
        words.append(f"less than {standing.lowest} {unit}")
    if standing.highest is not None:
        words.append(f"more than {standing.highest} {unit}")
    if asset.ramp is not None:
        words.append(f"more than {asset.ramp} {unit} away from what it was told the tick before")
    return " or ".join(words)


def _describe_connections(site: SiteFile) -> Iterator[str]:
    for entry in site.connections:
        if entry.connection_type.describe is not None:
            yield f"connection {entry.id}: {entry.connection_type.describe(entry.options)}"


def _describe_authority(site: SiteFile) -> Iterator[str]:
    yield (
        "authority, highest first: asset limits > grid limit > activation > schedule (manual, production, "
        "least cost) > comfort (appliances, Home Assistant) > the site's own schedule; ties: newest first"
    )
    if site.pcc is not None:
        limits = f"import at most {site.pcc.import_limit_kw:g} kW, export at most {site.pcc.export_limit_kw:g} kW"
        yield f"grid connection: {limits}, measured by {site.pcc.meter}, kept by {site.pcc.storage} before its schedule"


def _describe_schedule(site: SiteFile, dispatch: DispatchSettings) -> Iterator[str]:
    entry = site.schedule
    if isinstance(entry, FileScheduleEntry):
        content = site.schedule_content()
        assert content is not None, "there is a file"
        zone = entry.time_zone or site.site.time_zone
        yield f"schedule: {entry.path}, {content.times}, {content.entries} entries, times of {zone}"
        yield "  it is read again when it changes; while it is away or wrong, what it said last holds"
    elif entry is None:
        yield "schedule: none of the site's own; stored schedules and plans are followed"
    else:
        yield f"without a schedule {dispatch.schedule_wait_s:g} s after the tick, all targets are 0"


def _describe_homes(site: SiteFile) -> Iterator[str]:
    for home in site.households:
        battery = "" if home.battery is None else f", a battery of {home.battery.capacity_wh:g} Wh"
        measured = "is not measured" if home.meter is None else f"is measured by {home.meter}"
        yield f"household {home.id}: at most {home.threshold_w:g} W{battery}; {measured}"
        yield "  a change here is applied at the next start; one made while the site runs holds until then"


def _describe_home_assistant(site: SiteFile) -> Iterator[str]:
    entry = site.home_assistant
    if entry is None:
        return
    told = ", ".join(asset.id for asset in exposed_assets(site.described) if asset.may_be_ordered) or "none"
    yield (
        f"Home Assistant: all assets are its devices, over connection {entry.connection}, described under "
        f"{entry.discovery_prefix}/"
    )
    yield f"  orders from there for {told}; each holds {entry.order_min:g} min, of authority comfort"


def _describe_dispatch(dispatch: DispatchSettings) -> Iterator[str]:
    yield f"targets every {dispatch.period_s:g} s, the first {dispatch.phase_s:g} s after the start"
    yield f"statuses every {dispatch.status_period_s:g} s; older than {dispatch.status_max_age_s:g} s counts as missing"
    yield f"policy {dispatch.policy}: {_POLICIES[dispatch.policy]}"


def _describe_planning(site: SiteFile, settings: Settings) -> Iterator[str]:
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
    for job in planning_jobs():
        limit_s = job.options_of(settings, job.arguments()).time_limit_s
        paths = ", ".join(f"POST {form.path}" for form in job.forms)
        yield (
            f"{job.name.replace('_', ' ')} plans on request: energy-manager plan {job.slug}, {paths}; "
            f"searched for at most {limit_s:g} s; activated: authority {_authority(job.source)}"
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


def _describe_store(store: StoreSettings) -> str:
    if store.url == IN_MEMORY:
        return "store: in memory; schedules and history are gone when the process ends, and no command can see them"
    kept = f"ticks {store.detail_days:g} days, by the minute {store.summary_days:g} days, {store.max_mb:g} MB at most"
    return f"store: {_where(store.url)}; {kept}"


def _where(url: str) -> str:
    """The store's place, without a password."""
    if not url.startswith("postgres"):
        return url or f"sqlite:///{default_path()}"
    from sqlalchemy.engine import make_url  # noqa: PLC0415 - a third of a second, and seldom needed

    from energy_manager.adapters.storage.sql.databases.secrets import without_secrets  # noqa: PLC0415

    return without_secrets(make_url(url))


def _describe_api(api: ApiSettings) -> Iterator[str]:
    host = f"[{api.host}]" if ":" in api.host else api.host
    scheme = "https" if api.tls_certificate else "http"
    planning = "open to whoever reaches it" if api.planning == "open" else "for whoever may see the site"
    yield f"API: {scheme}://{host}:{api.port or '<a free port>'}; planning is {planning}"
    yield f"  the site (schedules, forecasts, activation) {_who_may(api)}"
    if warning := warning_of(api):
        yield f"  warning: {warning}"


def _who_may(api: ApiSettings) -> str:
    if api.token.get_secret_value():
        return "needs the token of ENERGY_MANAGER_API__TOKEN"
    if is_loopback(api.host):
        return "is open on this machine; no token is set, and none is needed on loopback"
    return "is closed: beyond loopback it needs a token, and ENERGY_MANAGER_API__TOKEN is not set"
