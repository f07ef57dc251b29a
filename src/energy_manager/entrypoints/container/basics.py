"""What a site runs on, from its settings and its site file: clocks, store, pool, workers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from energy_manager.adapters.devices.plant import MOST_GIVEN_UP
from energy_manager.adapters.lanes import ElasticPool
from energy_manager.adapters.runtime.clocks import FastClock, MachineClock, MonotonicClock
from energy_manager.adapters.runtime.workers import ProcessWorkers
from energy_manager.adapters.storage import IN_MEMORY, Store
from energy_manager.application.dispatch import DispatchTiming
from energy_manager.domain.dispatch import POLICIES, DispatchPolicy
from energy_manager.entrypoints.container.store.store import store_of
from energy_manager.entrypoints.jobs import load_planners
from energy_manager.entrypoints.settings import DispatchSettings, Settings, StoreSettings
from energy_manager.entrypoints.site_file import SiteFile


def policy_of(settings: DispatchSettings) -> DispatchPolicy:
    """The policy of the settings, by its name."""
    return POLICIES[settings.policy]


def newest_record_of(store: Store) -> datetime | None:
    """When the newest tick of the store was due."""
    newest = store.history.tick_at(datetime.max.replace(tzinfo=UTC))
    return None if newest is None else newest.at


def name_of(site: SiteFile) -> str:
    """The site's name; ``site.provided.site.name`` would be the provider's own."""
    return site.site.name


def kinds_of(site: SiteFile) -> dict[str, str]:
    """What each asset is, where the site file says so."""
    return {asset.id: str(asset.kind) for asset in site.described.assets if asset.kind is not None}


def pool_of(site: SiteFile) -> ElasticPool:
    """Threads for calls into devices: as many as may be blocked at once."""
    return ElasticPool(max_threads=2 * len(site.assets) + 64 + MOST_GIVEN_UP)


def machine_clock_of(site: SiteFile) -> MachineClock | FastClock:
    """The machine's time, or that of the simulation."""
    simulated = site.simulation
    return MachineClock() if simulated is None else FastClock(start=simulated.start, speed=simulated.speed)


def device_clock_of(clock: MonotonicClock, machine: MachineClock | FastClock) -> MonotonicClock | FastClock:
    """The time in which simulated devices live."""
    return machine if isinstance(machine, FastClock) else clock


def site_store_of(settings: StoreSettings, site: SiteFile, *, lived_until: Callable[[], datetime | None]) -> Store:
    """The store; what a simulation makes up is kept in none."""
    kept = settings if site.simulation is None else StoreSettings(url=IN_MEMORY)
    return store_of(kept, site=site.site.name, lived_until=lived_until)


def timing_of(settings: DispatchSettings) -> DispatchTiming:
    """How often the loop ticks and reads, as the settings say."""
    return DispatchTiming(
        period_s=settings.period_s, status_period_s=settings.status_period_s, phase_s=settings.phase_s
    )


def workers_of(settings: Settings, *, count: int) -> ProcessWorkers:
    """Processes that plan, with the planners loaded."""
    return ProcessWorkers(
        count=count, preload=partial(load_planners, settings), memory_mb=settings.api.worker_memory_mb
    )
