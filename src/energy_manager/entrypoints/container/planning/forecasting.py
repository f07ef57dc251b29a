"""Forecasts beside the loop, as the site file asks for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from energy_manager.adapters.records.journals import Journals
from energy_manager.adapters.storage import Store
from energy_manager.application.clock import SiteClock
from energy_manager.application.forecasting.issue import IssueForecasts
from energy_manager.application.forecasting.measured import MeasuredSite
from energy_manager.application.rolling import RollingPlan
from energy_manager.domain.site import AssetKind
from energy_manager.domain.tariff import PriceInterval
from energy_manager.entrypoints.site_file import SiteFile


def measured_site_of(site: SiteFile, store: Store) -> MeasuredSite:
    """What the site's history says of load and production."""
    described = site.described
    load = None if site.forecasts is None else site.forecasts.load
    sun = None if site.forecasts is None else site.forecasts.sun
    own_meter = None if load is None else load.meter
    grid = described.grid_connection
    producers = [asset.id for asset in described.assets if asset.kind is AssetKind.PRODUCER]
    return MeasuredSite(
        history=store.history,
        meter=own_meter or (None if grid is None else grid.meter),
        assets=described.controllable,
        producers=producers if sun is None or sun.assets is None else sun.assets,
        kw_per_step=described.kw_per_step,
    )


def issue_forecasts_of(
    site: SiteFile,
    store: Store,
    measured: MeasuredSite,
    clock: SiteClock,
    journal: Journals,
    *,
    planning: RollingPlan | None,
) -> IssueForecasts | None:
    """The use case of ``[forecasts]``, where the site file has it."""
    entry = site.forecasts
    if entry is None or (entry.load is None and entry.sun is None):
        return None
    return IssueForecasts(
        measured=measured,
        forecasts=store.repository,
        with_load=entry.load is not None,
        with_production=entry.sun is not None,
        sun_service=None if entry.sun is None else entry.sun.port(),
        horizon=timedelta(hours=entry.horizon_h),
        zone=ZoneInfo(site.described.time_zone),
        now=clock.now,
        may_fetch=lambda: clock.trust().is_trusted,
        journal=journal,
        known_prices=_known_prices(planning),
    )


def _known_prices(planning: RollingPlan | None) -> Callable[[], Sequence[PriceInterval]]:
    """What the planner of least cost knows of prices, where the site has one."""
    if planning is None:
        return tuple
    from energy_manager.application.least_cost.rolling_planner import KeepSitePlanned  # noqa: PLC0415 - slow to load

    return (lambda: planning.prices.known) if isinstance(planning, KeepSitePlanned) else tuple
