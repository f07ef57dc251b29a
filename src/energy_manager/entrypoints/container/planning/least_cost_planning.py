"""Least cost beside the loop: ``[planning.least_cost]`` of the site file, in a thread and a worker of its own."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from energy_manager.adapters.devices.simulated.day import SimulatedOutlook
from energy_manager.adapters.devices.simulated.meter import SimulatedMeterOptions
from energy_manager.adapters.prices.without_market import WithoutMarket
from energy_manager.adapters.runtime.workers import ProcessWorkers
from energy_manager.application.least_cost.live_site import DailyRun, LiveSite
from energy_manager.application.least_cost.read_prices import ReadPrices
from energy_manager.application.least_cost.rolling_planner import KeepSitePlanned, LiveQuestion, PlannedSite
from energy_manager.application.least_cost.savings import TellSavings
from energy_manager.application.least_cost.vehicles import Departures
from energy_manager.application.ports.forecasts.site_outlook import SiteOutlook
from energy_manager.application.ports.planning.workers import Workers
from energy_manager.application.ports.records.history import History
from energy_manager.domain.least_cost import PccLimits, Storage
from energy_manager.domain.site import GridConnection, PlanningSite, Site
from energy_manager.domain.tariff import Charge, Tariff
from energy_manager.entrypoints.container.devices.devices import least_power_w
from energy_manager.entrypoints.container.parts import LeastCostPlanningParts
from energy_manager.entrypoints.container.planning.prices import kept
from energy_manager.entrypoints.jobs.least_cost import LeastCostOptions
from energy_manager.entrypoints.jobs.least_cost.live import plan_live
from energy_manager.entrypoints.site_file import AssetEntry, CarEntry, LeastCostEntry, SiteFile

PATIENCE_S = 30.0
"""A worker that has to be started first may take this long beyond the planner's own time limit."""


async def plan_elsewhere(
    question: LiveQuestion,
    now: datetime,  # noqa: ARG001 - the question has it
    *,
    workers: Workers,
    options: LeastCostOptions,
    site: PlanningSite,
) -> PlannedSite:
    """Have a worker plan.

    Raises:
        EnergyManagerError: there is no plan, and why.
    """
    deadline_s = options.time_limit_s + PATIENCE_S
    return (await workers.run(plan_live, question, options, site, deadline_s=deadline_s)).unwrap()


def live_site_of(file: SiteFile, grid: GridConnection, entry: LeastCostEntry, zone: ZoneInfo) -> LiveSite:
    """What does not change from plan to plan; powers and energies are the assets' ratings."""
    site, assets = file.described, {asset.id: asset for asset in file.assets}
    battery = _storage(site, grid.storage, entry.charge_efficiency)
    return LiveSite(
        battery=Storage(
            **battery,
            discharge_efficiency=entry.discharge_efficiency,
            wear_eur_per_kwh=entry.wear_per_kwh,
            end_value_eur_per_kwh=entry.end_value_per_kwh,
        ),
        pcc=PccLimits(import_limit_kw=grid.import_limit_kw, export_limit_kw=grid.export_limit_kw),
        step_s=entry.step_s,
        horizon=timedelta(hours=entry.horizon_h),
        zone=zone,
        curtailable=entry.curtailable,
        cars=tuple(
            Storage(
                **_storage(site, car.asset, car.charge_efficiency) | {"max_discharge_kw": 0.0},
                kind="ev",
                min_charge_kw=_least_charge_kw(car, assets[car.asset]),
                end_value_eur_per_kwh=car.end_value_per_kwh,
            )
            for car in entry.cars
        ),
        runs=tuple(
            DailyRun(asset=run.asset, profile_kw=tuple(run.profile_kw), earliest=run.earliest, until=run.until)
            for run in entry.runs
        ),
    )


def _least_charge_kw(car: CarEntry, asset: AssetEntry) -> float:
    """As it is said, else as its charger can, at most what it is rated for."""
    if car.min_charge_kw is not None:
        return car.min_charge_kw
    rated = asset.asset.ratings
    return min(least_power_w(asset), rated.max_charge_w or rated.rated_w or 0.0) / 1000


def tell_savings_of(site: SiteFile, grid: GridConnection, entry: LeastCostEntry, history: History) -> TellSavings:
    """What was saved, from the record."""
    zone = ZoneInfo(site.site.time_zone)
    return TellSavings(
        history=history,
        battery=live_site_of(site, grid, entry, zone).battery,
        meter=grid.meter,
        kw_per_step=site.described.kw_per_step,
        zone=zone,
    )


def _storage(site: Site, asset_id: str, charge_efficiency: float) -> dict[str, Any]:
    rated = site.asset(asset_id).ratings
    return {
        "id": asset_id,
        "capacity_kwh": (rated.capacity_wh or 0.0) / 1000,
        "min_kwh": (rated.min_wh or 0.0) / 1000,
        "stored_kwh": 0.0,
        "max_charge_kw": (rated.max_charge_w or rated.rated_w or 0.0) / 1000,
        "max_discharge_kw": (rated.max_discharge_w or 0.0) / 1000,
        "charge_efficiency": charge_efficiency,
    }


def _without_prices(site: SiteFile) -> ReadPrices:
    """A kWh from the grid is worth more than one into it, and all hours are alike: what is left is the rule."""
    alike = Charge(from_min=0, to_min=24 * 60, per_kwh=Decimal(1))
    tariff = Tariff(currency="", zone=ZoneInfo(site.site.time_zone), charges=(alike,))
    return ReadPrices(source=WithoutMarket(), tariff=tariff)


def _outlook_of(parts: LeastCostPlanningParts) -> SiteOutlook:
    """What is expected: by the stored forecasts; of a simulated day what it will be."""
    simulated, pcc = parts.site.simulation, parts.site.pcc
    if simulated is not None and pcc is not None:
        options = next(asset.options for asset in parts.site.assets if asset.id == pcc.meter)
        if isinstance(options, SimulatedMeterOptions) and options.day is not None:
            return SimulatedOutlook(day=options.day, midnight=simulated.start)
    return parts.outlook()


def least_cost_planning_of(parts: LeastCostPlanningParts) -> KeepSitePlanned | None:
    """The use case of ``[planning.least_cost]``, where the site file has it."""
    settings, site = parts.settings, parts.site
    entry, grid = site.planning.least_cost, site.described.grid_connection
    if entry is None or grid is None:
        return None
    prices = parts.prices() or kept(_without_prices(site), parts.site_clock.trust)
    return KeepSitePlanned(
        site=live_site_of(site, grid, entry, prices.tariff.zone),
        outlook=_outlook_of(parts),
        prices=prices,
        departures=Departures(documents=parts.store.repository),
        period=timedelta(minutes=entry.period_min),
        schedules=parts.store.repository,
        statuses=parts.statuses,
        clock=parts.clock,
        status_max_age_s=settings.dispatch.status_max_age_s,
        kw_per_step=site.described.kw_per_step,
        now=parts.site_clock.now,
        plan=partial(
            plan_elsewhere,
            workers=ProcessWorkers(count=1, preload=int),
            options=LeastCostOptions(time_limit_s=entry.time_limit_s),
            site=site.described.planning_site,
        ),
        journal=parts.journal,
        guided=parts.guided,
    )
