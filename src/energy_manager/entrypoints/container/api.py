"""The API over all jobs; the web framework takes a second and 30 MB, which a run without it does not need."""

from __future__ import annotations

from functools import partial

from prometheus_client import CollectorRegistry

from energy_manager.adapters.clocks import MonotonicClock, wall_clock
from energy_manager.adapters.devices import LaneDeviceGateway
from energy_manager.adapters.journals import LogJournal, NewestTick
from energy_manager.adapters.schedules import StoredSchedules
from energy_manager.adapters.solvers.appliances_milp import HighsApplianceOptimiser
from energy_manager.adapters.storage import Store
from energy_manager.adapters.workers import ProcessWorkers
from energy_manager.application.appliances import ApplianceService
from energy_manager.application.appliances.reoptimising import ReoptimiseAppliances
from energy_manager.application.clock import SiteClock
from energy_manager.application.dispatch import ReadSiteState, TickStatistics, WatchDevices
from energy_manager.application.mastership import Mastership
from energy_manager.application.ports.journal import Journal
from energy_manager.entrypoints.api.activating import ActivationDesk
from energy_manager.entrypoints.api.app import create_app
from energy_manager.entrypoints.api.appliances import appliances_routes
from energy_manager.entrypoints.api.broadcast import Broadcast
from energy_manager.entrypoints.api.dashboard import dashboard_routes
from energy_manager.entrypoints.api.explanation import explaining_routes
from energy_manager.entrypoints.api.flexibility import flexibility_routes
from energy_manager.entrypoints.api.forecasts import forecasts_routes
from energy_manager.entrypoints.api.guard import Guard
from energy_manager.entrypoints.api.health import health_routes
from energy_manager.entrypoints.api.households import homes_routes
from energy_manager.entrypoints.api.limits.origins import Origins, host_names
from energy_manager.entrypoints.api.metrics import PlanFigures, SiteCollector, metrics_routes
from energy_manager.entrypoints.api.peak_shaving import peak_shaving_routes
from energy_manager.entrypoints.api.planning import PlanningService
from energy_manager.entrypoints.api.production import production_routes
from energy_manager.entrypoints.api.schedules import schedules_routes
from energy_manager.entrypoints.api.serving import ApiServer
from energy_manager.entrypoints.api.site import Live, site_routes
from energy_manager.entrypoints.documents.site import SiteFacts, site_document
from energy_manager.entrypoints.options import (
    appliances_options,
    flexibility_options,
    peak_shaving_options,
    production_options,
)
from energy_manager.entrypoints.settings import AppliancesSettings, Settings
from energy_manager.entrypoints.site_file import SiteFile


def api_server(
    *,
    settings: Settings,
    site: SiteFile,
    workers: ProcessWorkers,
    store: Store,
    devices: LaneDeviceGateway,
    statistics: TickStatistics,
    watch_devices: WatchDevices,
    read_site_state: ReadSiteState,
    newest_tick: NewestTick,
    log_journal: LogJournal,
    clock: MonotonicClock,
    live: ApplianceService,
    journal: Journal,
    site_clock: SiteClock,
    mastership: Mastership,
    stored_schedules: StoredSchedules,
) -> ApiServer:
    """The HTTP server with every route, on its address; raises ``Refused`` where that is taken."""
    registry = CollectorRegistry()
    registry.register(
        SiteCollector(
            survey=read_site_state,
            statistics=statistics,
            devices=devices,
            store=store,
            dropped_events=lambda: log_journal.dropped,
            watts_per_step=site.described.watts_per_step,
            trust=site_clock.trust,
            mastership=mastership,
            oddities=lambda: stored_schedules.oddities,
            is_logging=lambda: log_journal.is_alive,
        )
    )
    facts = SiteFacts(
        name=site.site.name,
        power_unit=site.site.power_unit,
        period_s=settings.dispatch.period_s,
        status_max_age_s=settings.dispatch.status_max_age_s,
    )

    def document() -> bytes:
        notices = [mastership.lost, *stored_schedules.oddities]
        return site_document(read_site_state(), facts, clock=site_clock.trust(), notices=notices)

    live_site = Live(newest_tick, document)
    figures = PlanFigures(registry)
    desk = PlanningService(workers=workers, max_body_mb=settings.api.max_body_mb, answered=figures.answered)
    guard = Guard(settings.api)
    activating = ActivationDesk(
        desk=desk, ledger=store.repository, guard=guard, site=site.described.planning_site, now=wall_clock
    )
    routes = [
        production_routes(activating.of("production"), Broadcast(), guard, production_options(settings.production)),
        flexibility_routes(activating.of("flexibility"), partial(flexibility_options, settings.flexibility)),
        peak_shaving_routes(activating.of("peak_shaving"), peak_shaving_options(settings.peak_shaving)),
        appliances_routes(activating.of("appliances"), appliances_options(settings.appliances)),
        schedules_routes(store.repository, desk, guard, site.described.planning_site),
        forecasts_routes(store.repository, desk, guard),
        homes_routes(live, guard),
        site_routes(live_site, guard),
        metrics_routes(registry, guard),
        dashboard_routes(),
        explaining_routes(store.history, guard, now=wall_clock),
        health_routes(
            statistics,
            clock,
            watch_devices,
            store,
            mastership,
            period_s=settings.dispatch.period_s,
            is_logging=lambda: log_journal.is_alive,
        ),
    ]
    beside = [workers.keep_warm, live_site.keep_looking]
    if settings.appliances.replan_period_s:
        beside.append(_reoptimise(settings.appliances, live, workers, journal).run)
    limits = [partial(Origins, guard=guard, allowed_hosts=host_names(settings.api.allowed_hosts))]
    return ApiServer(create_app(routes, beside, limits), host=settings.api.host, port=settings.api.port)


def _reoptimise(
    settings: AppliancesSettings, live: ApplianceService, workers: ProcessWorkers, journal: Journal
) -> ReoptimiseAppliances:
    return ReoptimiseAppliances(
        live=live,
        optimiser=HighsApplianceOptimiser(),
        workers=workers,
        journal=journal,
        period_s=settings.replan_period_s,
        time_limit_s=settings.replan_limit_s,
    )
