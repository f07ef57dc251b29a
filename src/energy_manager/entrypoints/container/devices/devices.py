"""The devices of a site file, each with what opens its driver, and the storage that holds the grid limit."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from functools import partial

from pydantic import BaseModel

from energy_manager.adapters.devices import Driver, DriverContext
from energy_manager.adapters.devices.shared_links import SharedLinks
from energy_manager.adapters.runtime.clocks import FastClock, MonotonicClock
from energy_manager.adapters.runtime.threads import Alarm
from energy_manager.application.dispatch import HoldGridLimit, KeepMemories
from energy_manager.application.ports.schedules.schedule_repository import DocumentRepository
from energy_manager.domain.least_cost import Guidance
from energy_manager.domain.peak_shaving.grid_limit import GridLimitSettings
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.site import AssetKind, GridConnection
from energy_manager.entrypoints.settings import DispatchSettings
from energy_manager.entrypoints.site_file import AssetEntry, SiteFile

MOST_BESIDE = 8
"""So many producers and storages are read at each tick beside the meter and the storage of a grid limit."""


def drivers_of(
    site: SiteFile, clock: MonotonicClock | FastClock, memories: KeepMemories | None = None, *, period_s: float = 2.0
) -> dict[AssetId, Callable[[], Driver]]:
    """What opens the driver of each asset, in the order of the site file; nothing is opened here."""
    links = SharedLinks()
    drivers: dict[AssetId, Callable[[], Driver]] = {}
    for entry in site.assets:
        context = DriverContext(
            asset_id=entry.id,
            kind=entry.asset.kind,
            ratings=entry.asset.ratings,
            watts_per_step=site.described.watts_per_step,
            now_s=clock.now_s,
            link=links,
            connection=site.connection_of(entry),
            memory=None if memories is None else memories.of(entry.id),
            period_s=period_s,
        )
        if entry.isolated:
            drivers[entry.id] = partial(_open_isolated, entry.driver, entry.options, context)
            continue
        if entry.driver_type.load is not None:
            entry.driver_type.load(entry.options)
        drivers[entry.id] = partial(entry.driver_type.open, entry.options, context)
    return drivers


def _open_isolated(driver: str, options: BaseModel, context: DriverContext) -> Driver:
    # Few sites have such drivers, and their start need not load what they take.
    from energy_manager.adapters.devices.isolated import open_isolated  # noqa: PLC0415

    return open_isolated(driver, options, context)


def keep_memories_of(site: SiteFile, documents: DocumentRepository, alarm: Alarm) -> KeepMemories:
    """What the drivers of the site keep over restarts."""
    return KeepMemories(site=site.site.name, documents=documents, wake=alarm.ring, lock=threading.Lock())


def hold_grid_limit_of(
    file: SiteFile, settings: DispatchSettings, guided: Callable[[], Guidance | None]
) -> HoldGridLimit | None:
    """The control law of the grid connection, where there is one."""
    site, grid = file.described, file.described.grid_connection
    if grid is None:
        return None
    entry = next(asset for asset in file.assets if asset.id == grid.storage)
    knows_modes_only = entry.driver_type.knows_modes_only
    storage = site.asset(grid.storage).ratings
    limits = GridLimitSettings(
        import_limit_kw=grid.import_limit_kw,
        export_limit_kw=grid.export_limit_kw,
        max_charge_kw=(storage.max_charge_w or 0.0) / 1000,
        max_discharge_kw=(storage.max_discharge_w or 0.0) / 1000,
        min_kwh=(storage.min_wh or 0.0) / 1000,
        capacity_kwh=None if storage.capacity_wh is None else storage.capacity_wh / 1000,
        tick_s=settings.period_s,
        margin_kw=grid.margin_kw,
    )
    return HoldGridLimit(
        settings=limits,
        meter=grid.meter,
        storage=grid.storage,
        beside=_beside(file, grid),
        kw_per_step=site.kw_per_step,
        guidance=guided,
        is_planned=file.planning.least_cost is not None,
        runs_by_itself=site.asset(grid.storage).unscheduled_target is None,
        knows_modes_only=knows_modes_only is not None and knows_modes_only(entry.options),
    )


def _beside(file: SiteFile, grid: GridConnection) -> tuple[AssetId, ...]:
    """The largest of those that measure what they deliver apart from all others; a load may lie within another."""
    roles = {grid.meter, grid.storage}
    assets = [entry.asset for entry in file.assets if entry.id not in roles]
    deliver = [asset for asset in assets if asset.kind in {AssetKind.PRODUCER, AssetKind.STORAGE}]
    deliver.sort(key=lambda asset: -(asset.ratings.max_discharge_w or asset.ratings.rated_w or 0.0))
    return tuple(asset.id for asset in deliver[:MOST_BESIDE])


def least_powers_of(file: SiteFile) -> dict[AssetId, int]:
    """With how much power, in steps, assets take any at all, where that is known and more than a step."""
    least: dict[AssetId, int] = {}
    for entry in file.assets:
        least_w = least_power_w(entry)
        if least_w > file.described.watts_per_step and math.isfinite(least_w):
            least[entry.id] = math.ceil(least_w / file.described.watts_per_step)
    return least


def least_power_w(entry: AssetEntry) -> float:
    """With how much power an asset takes any at all, at most what it is rated for; infinite where that is not known."""
    least_of, rated = entry.driver_type.least_w, entry.asset.ratings
    least_w = 0.0 if least_of is None else least_of(entry.options)
    return min(least_w, rated.max_charge_w or rated.rated_w or least_w)
