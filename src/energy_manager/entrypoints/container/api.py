"""The API over all jobs; the web framework takes a second and 30 MB, which a run without it does not need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

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
from energy_manager.entrypoints.api.limits.bodies_in_flight import BodiesInFlight
from energy_manager.entrypoints.api.limits.origins import Origins, host_names
from energy_manager.entrypoints.api.limits.turns import Turns
from energy_manager.entrypoints.api.metrics import PlanFigures, SiteCollector, metrics_routes
from energy_manager.entrypoints.api.peak_shaving import peak_shaving_routes
from energy_manager.entrypoints.api.planning import PlanningService
from energy_manager.entrypoints.api.production import production_routes
from energy_manager.entrypoints.api.schedules import schedules_routes
from energy_manager.entrypoints.api.serving import Address, ApiServer, connections_of
from energy_manager.entrypoints.api.site import Live, site_routes
from energy_manager.entrypoints.documents.site import SiteFacts, site_document
from energy_manager.entrypoints.options import (
    appliances_options,
    flexibility_options,
    peak_shaving_options,
    production_options,
)
from energy_manager.entrypoints.settings import ApiSettings, AppliancesSettings, Settings
from energy_manager.entrypoints.site_file import SiteFile

LONGEST_MESSAGE = 64_000
"""Characters; what is longer is not broadcast to followers of plans."""


def api_server(
    *,
    settings: Settings,
    site: SiteFile,
    workers: ProcessWorkers,
    own_workers: ProcessWorkers,
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
) -> ApiServers:
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
    guard = Guard(settings.api)
    desk = PlanningService(
        workers=workers,
        own_workers=own_workers,
        turns=Turns(guard=guard, needs_token=settings.api.planning == "token"),
        max_body_mb=settings.api.max_body_mb,
        answered=figures.answered,
    )
    activating = ActivationDesk(
        desk=desk, ledger=store.repository, guard=guard, site=site.described.planning_site, now=wall_clock
    )
    health = health_routes(
        statistics,
        clock,
        watch_devices,
        store,
        mastership,
        period_s=settings.dispatch.period_s,
        is_logging=lambda: log_journal.is_alive,
    )
    routes = [
        production_routes(
            activating.of("production"),
            Broadcast(longest=LONGEST_MESSAGE),
            guard,
            production_options(settings.production),
        ),
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
        health,
    ]
    beside = [workers.keep_warm, live_site.keep_looking]
    if settings.appliances.replan_period_s:
        beside.append(_reoptimise(settings.appliances, live, own_workers, journal).run)
    limits: list[Callable[[ASGIApp], ASGIApp]] = [
        partial(Origins, guard=guard, allowed_hosts=host_names(settings.api.allowed_hosts)),
        partial(BodiesInFlight, limit_mb=settings.api.max_in_flight_mb),
    ]
    server = ApiServer(
        create_app(routes, beside, limits),
        Address(host=settings.api.host, port=settings.api.port),
        connections_of(
            most=settings.api.max_connections,
            most_of_a_client=settings.api.max_client_connections,
            reverse_proxy=settings.api.reverse_proxy,
        ),
    )
    return ApiServers(api=server, health=_health_server(settings.api, health, limits[:1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiServers:
    """The API's server and, where the settings ask for it, one for health alone, in a thread of its own."""

    api: ApiServer
    health: ApiServer | None

    @property
    def app(self) -> FastAPI:
        """The application of the API."""
        return self.api.app

    @property
    def url(self) -> str:
        """Where the API can be reached."""
        return self.api.url

    def start(self) -> None:
        """Serve both; ends with the process."""
        if self.health is not None:
            self.health.start()
        self.api.start()

    def close(self) -> None:
        """Give the addresses back, if they were never served."""
        if self.health is not None:
            self.health.close()
        self.api.close()


MOST_HEALTH_CONNECTIONS = 32


def _health_server(
    settings: ApiSettings, health: APIRouter, limits: list[Callable[[ASGIApp], ASGIApp]]
) -> ApiServer | None:
    if settings.health_port < 0:
        return None
    address = Address(host=settings.host, port=settings.health_port, port_setting="HEALTH_PORT")
    connections = connections_of(most=MOST_HEALTH_CONNECTIONS, most_of_a_client=8, reverse_proxy="")
    return ApiServer(create_app([health], [], limits), address, connections)


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
