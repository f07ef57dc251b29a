"""What ``check`` says of the loop, the store and the API."""

from __future__ import annotations

from collections.abc import Iterator

from energy_manager.entrypoints.access_rules import is_loopback
from energy_manager.entrypoints.container.store.store_place import place_of, warning_of_place
from energy_manager.entrypoints.settings import ApiSettings, DispatchSettings, StoreSettings
from energy_manager.entrypoints.site_file import FileScheduleEntry, SiteFile

_POLICIES = {
    "proportional": "what an asset cannot deliver is carried by the others, in proportion to their potentials",
    "follow_schedule": "targets are the schedule, whatever the assets can deliver",
}


def describe_authority(site: SiteFile) -> Iterator[str]:
    """Who is obeyed before whom, and the limits of the grid connection."""
    yield (
        "authority, highest first: asset limits > grid limit > activation > schedule (manual, production, "
        "least cost) > comfort (appliances, Home Assistant) > the site's own schedule; ties: newest first"
    )
    if site.pcc is not None:
        limits = f"import at most {site.pcc.import_limit_kw:g} kW, export at most {site.pcc.export_limit_kw:g} kW"
        yield f"grid connection: {limits}, measured by {site.pcc.meter}, kept by {site.pcc.storage} before its schedule"


def describe_schedule(site: SiteFile, dispatch: DispatchSettings) -> Iterator[str]:
    """The site's own schedule."""
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


def describe_dispatch(dispatch: DispatchSettings) -> Iterator[str]:
    """How often what happens."""
    yield f"targets every {dispatch.period_s:g} s, the first {dispatch.phase_s:g} s after the start"
    yield f"statuses every {dispatch.status_period_s:g} s; older than {dispatch.status_max_age_s:g} s counts as missing"
    yield f"policy {dispatch.policy}: {_POLICIES[dispatch.policy]}"


def describe_store(store: StoreSettings, site: SiteFile) -> Iterator[str]:
    """Where history is kept, and for how long."""
    place = place_of(store, site.site.name)
    if place is None:
        yield "store: in memory; schedules and history are gone when the process ends, and no command can see them"
        return
    kept = f"ticks {store.detail_days:g} days, by the minute {store.summary_days:g} days, {store.max_mb:g} MB at most"
    yield f"store: {place}; {kept}"
    if warning := warning_of_place(store, site.site.name):
        yield f"  warning: {warning}"


def describe_api(api: ApiSettings) -> Iterator[str]:
    """Where the API listens, and to whom."""
    host = f"[{api.host}]" if ":" in api.host else api.host
    scheme = "https" if api.tls_certificate else "http"
    planning = "open to whoever reaches it" if api.planning == "open" else "for whoever may see the site"
    yield f"API: {scheme}://{host}:{api.port or '<a free port>'}; planning is {planning}"
    yield f"  the site (schedules, forecasts, activation) {_who_may(api)}"
    if api.warning:
        yield f"  warning: {api.warning}"


def _who_may(api: ApiSettings) -> str:
    if api.token.get_secret_value():
        return "needs the token of ENERGY_MANAGER_API__TOKEN"
    if is_loopback(api.host):
        return "is open on this machine; no token is set, and none is needed on loopback"
    return "is closed: beyond loopback it needs a token, and ENERGY_MANAGER_API__TOKEN is not set"
