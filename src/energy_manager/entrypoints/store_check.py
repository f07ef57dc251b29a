"""What ``check`` finds in the store of ``run``; it only looks."""

from __future__ import annotations

from collections.abc import Iterator

from energy_manager.adapters.clocks import MachineClock, wall_clock
from energy_manager.adapters.processes import LinuxProcesses
from energy_manager.adapters.storage import IN_MEMORY, StateRepository
from energy_manager.application.appliances.desired_state import differences, stated_before
from energy_manager.application.appliances.repository import load
from energy_manager.application.clock import trust_of_store
from energy_manager.application.mastership import leases_of, refuse_other_site
from energy_manager.domain.appliances import Policy
from energy_manager.domain.schedule import fitted
from energy_manager.entrypoints.container.appliances import site_homes
from energy_manager.entrypoints.container.store import store_of
from energy_manager.entrypoints.settings import StoreSettings
from energy_manager.entrypoints.site_file import SiteFile


def describe_stored(settings: StoreSettings, site: SiteFile) -> Iterator[str]:
    """A line for everything in the store that ``run`` would doubt or pass over.

    Raises:
        OtherSite: the store belongs to another site.
        StoreUnavailable: it can be opened but not read.
    """
    if settings.url == IN_MEMORY:
        return
    store = store_of(settings)
    if store.look():
        yield from _describe_clock(store.repository)
        yield from _describe_master(store.repository, site)
        yield from _describe_schedules(store.repository, site)
        yield from _describe_homes(store.repository, site)


def _describe_master(state: StateRepository, site: SiteFile) -> Iterator[str]:
    leases, processes = leases_of(state), LinuxProcesses()
    refuse_other_site(leases, site.site.name)
    for lease in leases:
        if lease.holder is None:
            continue
        is_alive = processes.is_alive(lease.holder)
        if is_alive:
            yield f"{lease.holder.in_words} commands this site now: a second run would be refused"
        elif is_alive is None:
            yield f"{lease.holder.in_words} commanded this site last: run waits for a sign of life, see --takeover"


def _describe_schedules(state: StateRepository, site: SiteFile) -> Iterator[str]:
    for accepted in state.unfinished_at(wall_clock()):
        yield from fitted(accepted, site.described.planning_site).oddities


def _describe_homes(state: StateRepository, site: SiteFile) -> Iterator[str]:
    homes = site_homes(site)
    found = load(state, Policy()) if homes else None
    if found is None:
        return
    building, _ = found
    for home in homes:
        if home.household in building.table.homes:
            before = stated_before(state, home.household)
            yield from (difference.sentence() for difference in differences(home, before, building))


def _describe_clock(books: StateRepository) -> Iterator[str]:
    trust = trust_of_store(books, MachineClock()())
    if not trust.is_trusted:
        yield f"the clock is doubtful: {trust.why}; nothing is deleted by it"
