"""What ``check`` finds in the store of ``run``; it only looks."""

from __future__ import annotations

from collections.abc import Iterator

from energy_manager.application.control_record import ControlRecord
from energy_manager.application.mastership import leases_of, refuse_other_site
from energy_manager.application.ports.schedules.schedule_repository import StateRepository
from energy_manager.domain.schedule import fitted
from energy_manager.entrypoints.container.store.store import LinuxProcesses, store_of, trust_in_clock, wall_clock
from energy_manager.entrypoints.settings import StoreSettings
from energy_manager.entrypoints.site_file import SiteFile


def describe_stored(settings: StoreSettings, site: SiteFile) -> Iterator[str]:
    """A line for everything in the store that ``run`` would doubt or pass over.

    Raises:
        OtherSite: the store belongs to another site.
        StoreUnavailable: it can be opened but not read.
    """
    store = store_of(settings, site=site.site.name)
    if store.look():
        yield from _describe_clock(store.repository)
        yield from _describe_master(store.repository, site)
        yield from _describe_left_behind(store.repository, site)
        yield from _describe_schedules(store.repository, site)
        yield from _describe_homes(store.repository, site)


def _describe_master(state: StateRepository, site: SiteFile) -> Iterator[str]:
    leases, known = leases_of(state), LinuxProcesses()
    refuse_other_site(leases, site.site.name)
    for lease in leases:
        if lease.holder is None:
            continue
        is_alive = known.is_alive(lease.holder)
        if is_alive:
            yield f"{lease.holder.in_words} commands this site now: a second run would be refused"
        elif is_alive is None:
            yield f"{lease.holder.in_words} commanded this site last: run waits for a sign of life, see --takeover"


def _describe_left_behind(state: StateRepository, site: SiteFile) -> Iterator[str]:
    """Who was told targets and is not in the site file any more."""
    known = {asset.id for asset in site.assets}
    for controlled in ControlRecord(site=site.site.name, documents=state).load():
        if controlled.asset_id not in known:
            yield f"{controlled.asset_id} was under control and is no longer in the site file: run releases its device"


def _describe_schedules(state: StateRepository, site: SiteFile) -> Iterator[str]:
    for accepted in state.unfinished_at(wall_clock()):
        yield from fitted(accepted, site.described.planning_site).oddities


def _describe_homes(state: StateRepository, site: SiteFile) -> Iterator[str]:
    if not site.households:
        return
    from energy_manager.application.appliances.desired_state import differences, stated_before  # noqa: PLC0415 - seldom
    from energy_manager.application.appliances.repository import load  # noqa: PLC0415 - as above
    from energy_manager.domain.appliances import Policy  # noqa: PLC0415 - as above
    from energy_manager.entrypoints.container.appliances import site_homes  # noqa: PLC0415 - as above

    homes, found = site_homes(site), load(state, Policy())
    if found is None:
        return
    building, _ = found
    for home in homes:
        if home.household in building.table.homes:
            before = stated_before(state, home.household)
            yield from (difference.sentence() for difference in differences(home, before, building))


def _describe_clock(books: StateRepository) -> Iterator[str]:
    trust = trust_in_clock(books)
    if not trust.is_trusted:
        yield f"the clock is doubtful: {trust.why}; nothing is deleted by it"
