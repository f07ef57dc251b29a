"""What routes are handed of a site: what its documents say of it, and the desks that answer from its parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from energy_manager.adapters.runtime.clocks import wall_clock
from energy_manager.application.explanation.power_series import ReadPower
from energy_manager.application.overrides.ahead import StorageLimits
from energy_manager.application.ports.records.integral import LONGEST_HOLD_S, MISSED_TICKS, ROUNDS_HELD
from energy_manager.domain.site import AssetKind
from energy_manager.entrypoints.api.commanding.overrides import OverrideDesk
from energy_manager.entrypoints.api.views.energy import PowerDesk
from energy_manager.entrypoints.api.views.outlook import Outlook
from energy_manager.entrypoints.api.views.setup import Setup
from energy_manager.entrypoints.container.parts import ApiParts
from energy_manager.entrypoints.documents.site import SiteFacts
from energy_manager.entrypoints.settings import DispatchSettings
from energy_manager.entrypoints.site_file import SiteFile


def facts_of(site: SiteFile, dispatch: DispatchSettings) -> SiteFacts:
    """What the site's documents say that does not change."""
    return SiteFacts(
        name=site.site.name,
        power_unit=site.site.power_unit,
        period_s=dispatch.period_s,
        status_max_age_s=dispatch.status_max_age_s,
        time_zone=site.site.time_zone,
        offers=tuple(_offers(site)),
        capacities_wh={
            asset.id: wh for asset in site.described.assets if (wh := asset.ratings.capacity_wh) is not None
        },
    )


def _offers(site: SiteFile) -> Iterator[str]:
    """What ``SiteFacts.offers`` says of the site."""
    has_grid = site.described.grid_connection is not None
    if has_grid:
        yield "grid"
    if site.households:
        yield "homes"
    if has_grid and site.planning.least_cost is not None:
        yield "savings"
    if site.simulation is not None:
        yield "simulation"


def setup_of(parts: ApiParts) -> Setup:
    """For ``/api/v1/setup``."""
    return Setup(
        settings=parts.settings,
        site=parts.site,
        store=parts.store,
        planner=parts.planner,
        mastership=parts.mastership,
        trust=parts.site_clock.trust,
        started_at=wall_clock(),
    )


def outlook_of(parts: ApiParts) -> Outlook:
    """For ``/api/v1/plan``."""
    return Outlook(
        store=parts.store.repository,
        book=parts.overrides,
        site=parts.read_site_state,
        planner=parts.planner,
        now=parts.site_clock.now,
        quality_of=lambda name, at: parts.forecast_quality().of(name, at),
        kw_per_step=parts.site.described.kw_per_step,
        power_unit=parts.site.site.power_unit,
        limits=_storage_limits(parts.site),
    )


def _storage_limits(site: SiteFile) -> dict[str, StorageLimits]:
    """Of each asset with a capacity; efficiencies of the grid connection's storage are those that its planner uses."""
    grid, planner = site.described.grid_connection, site.planning.peak_shaving or site.planning.least_cost
    limits = {
        asset.id: StorageLimits(capacity_kwh=asset.ratings.capacity_wh / 1000)
        for asset in site.described.assets
        if asset.ratings.capacity_wh
    }
    if grid is not None and planner is not None and grid.storage in limits:
        limits[grid.storage] = replace(
            limits[grid.storage],
            charge_efficiency=planner.charge_efficiency,
            discharge_efficiency=planner.discharge_efficiency,
        )
    return limits


def power_desk_of(parts: ApiParts) -> PowerDesk:
    """For power and energy as they were."""
    site = parts.site.described
    grid = site.grid_connection
    simulated, dispatch = parts.site.simulation, parts.settings.dispatch
    rarely_s = max(MISSED_TICKS * dispatch.period_s, ROUNDS_HELD * dispatch.status_period_s)
    power = ReadPower(
        history=parts.store.history,
        watts_per_step=site.watts_per_step,
        assets=site.controllable,
        meter=None if grid is None else grid.meter,
        producers=tuple(asset.id for asset in site.assets if asset.kind is AssetKind.PRODUCER),
        hold_s=max(LONGEST_HOLD_S, 0.0 if simulated is None else simulated.speed * rarely_s),
    )
    return PowerDesk(
        power=power,
        all_assets=tuple(asset.id for asset in site.assets),
        storage=None if grid is None else grid.storage,
        has_grid=grid is not None,
        time_zone=site.time_zone,
    )


def override_desk_of(parts: ApiParts) -> OverrideDesk:
    """For overrides, holds and schedules by hand."""
    grid = parts.site.described.grid_connection
    return OverrideDesk(
        book=parts.overrides,
        schedules=parts.store.repository,
        site=parts.site.described.planning_site,
        newest=parts.newest_tick,
        now=parts.site_clock.now,
        limited_live=None if grid is None else grid.storage,
    )
