"""The API over all jobs; the web framework takes a second and 30 MB, which a run without it does not need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from energy_manager.adapters.runtime.clocks import wall_clock
from energy_manager.adapters.runtime.workers import ProcessWorkers
from energy_manager.adapters.solvers.appliances_milp import HighsApplianceOptimiser
from energy_manager.application.access import TokenRegistry
from energy_manager.application.appliances import ApplianceService
from energy_manager.application.appliances.reoptimising import ReoptimiseAppliances
from energy_manager.application.dispatch import ReadDevice
from energy_manager.application.least_cost.vehicles import Departures
from energy_manager.application.ports.records.journal import Journal
from energy_manager.entrypoints.api.app import create_app
from energy_manager.entrypoints.api.commanding.commands import Commands
from energy_manager.entrypoints.api.commanding.forecasts import forecasts_routes
from energy_manager.entrypoints.api.commanding.households import homes_routes
from energy_manager.entrypoints.api.commanding.least_cost import savings_routes, vehicles_routes
from energy_manager.entrypoints.api.commanding.overrides import overrides_routes
from energy_manager.entrypoints.api.commanding.schedules import schedules_routes
from energy_manager.entrypoints.api.http.documentation_page import documentation_routes
from energy_manager.entrypoints.api.operation.health import health_routes
from energy_manager.entrypoints.api.operation.metrics import PlanFigures, SiteCollector, metrics_routes
from energy_manager.entrypoints.api.operation.serving import Address, ApiServer, connections_of
from energy_manager.entrypoints.api.plans.broadcast import Broadcast
from energy_manager.entrypoints.api.plans.plan_feed import plan_feed_routes
from energy_manager.entrypoints.api.plans.planning import PlanningService
from energy_manager.entrypoints.api.plans.routes import PlanRoutes
from energy_manager.entrypoints.api.security.access import access_routes
from energy_manager.entrypoints.api.security.guard import Guard
from energy_manager.entrypoints.api.security.limits.bodies_in_flight import BodiesInFlight
from energy_manager.entrypoints.api.security.limits.browser_rules import BrowserRules
from energy_manager.entrypoints.api.security.limits.origins import Origins, host_names
from energy_manager.entrypoints.api.security.limits.turns import Turns
from energy_manager.entrypoints.api.views.assets import assets_routes
from energy_manager.entrypoints.api.views.dashboard import dashboard_routes
from energy_manager.entrypoints.api.views.energy import energy_routes
from energy_manager.entrypoints.api.views.events import events_routes
from energy_manager.entrypoints.api.views.explanation import explaining_routes
from energy_manager.entrypoints.api.views.outlook import outlook_routes
from energy_manager.entrypoints.api.views.setup import setup_routes
from energy_manager.entrypoints.api.views.site import Live, site_routes
from energy_manager.entrypoints.container.parts import ApiParts
from energy_manager.entrypoints.container.planning.least_cost_planning import tell_savings_of
from energy_manager.entrypoints.container.web.api_desks import (
    facts_of,
    outlook_of,
    override_desk_of,
    power_desk_of,
    setup_of,
)
from energy_manager.entrypoints.documents.site import site_document
from energy_manager.entrypoints.settings import ApiSettings, AppliancesSettings

LONGEST_MESSAGE = 64_000
"""Characters; what is longer is not broadcast to followers of plans."""


def api_server(parts: ApiParts) -> ApiServers:
    """The HTTP server with every route, on its address; raises ``Refused`` where that is taken."""
    settings, site, store = parts.settings, parts.site, parts.store
    tokens = TokenRegistry(store=store.repository, now=parts.site_clock.now, elapsed_s=parts.clock.now_s)
    tokens.refresh()
    guard = Guard(settings.api, tokens)
    commands = Commands(guard=guard, logbook=parts.logbook, lost=lambda: parts.mastership.lost)
    guard.refused = commands.refused
    registry, facts = _registry(parts, guard), facts_of(site, settings.dispatch)

    def document(*, with_assets: bool = True) -> bytes:
        notices = [parts.mastership.lost, *parts.stored_schedules.oddities] if with_assets else []
        clock = parts.site_clock.trust()
        return site_document(parts.read_site_state(), facts, clock=clock, notices=notices, with_assets=with_assets)

    override_desk, power_desk = override_desk_of(parts), power_desk_of(parts)
    live_site = Live(parts.newest_tick, document, totals=partial(document, with_assets=False))
    figures = PlanFigures(registry)
    service = _planning_service(parts, guard, figures)
    feed = Broadcast(longest=LONGEST_MESSAGE)
    plans = PlanRoutes(
        service=service,
        settings=settings,
        changes=store.repository,
        guard=guard,
        commands=commands,
        overrides=override_desk,
        site=site.described.planning_site,
        now=wall_clock,
        feed=feed,
    )
    health = _health_routes(parts, guard)
    routes = [
        *plans.all(),
        plan_feed_routes(feed, guard),
        schedules_routes(store.repository, service, commands, override_desk),
        forecasts_routes(
            store.repository,
            service,
            commands,
            now=parts.site_clock.now,
            quality_of=lambda name, at: parts.forecast_quality().of(name, at),
        ),
        homes_routes(parts.live, commands),
        access_routes(store.repository, guard, now=parts.site_clock.now),
        events_routes(parts.alarms, store.repository, commands, now=parts.site_clock.now),
        overrides_routes(override_desk, commands),
        site_routes(live_site, guard),
        assets_routes(ReadDevice(survey=parts.read_site_state, devices=parts.devices, clock=parts.clock), facts, guard),
        metrics_routes(registry, guard),
        dashboard_routes(),
        documentation_routes(),
        explaining_routes(store.history, guard, power_desk, now=parts.site_clock.now),
        outlook_routes(outlook_of(parts), guard),
        setup_routes(setup_of(parts), guard),
        energy_routes(power_desk, guard, now=parts.site_clock.now),
        *_least_cost_routes(parts, service, guard, commands),
        health,
    ]
    beside = [parts.workers.keep_warm, live_site.keep_looking]
    if settings.appliances.replan_period_s:
        beside.append(_reoptimise(settings.appliances, parts.live, parts.own_workers, parts.journal).run)
    limits: list[Callable[[ASGIApp], ASGIApp]] = [
        BrowserRules,
        partial(Origins, guard=guard, allowed_hosts=host_names(settings.api.allowed_hosts)),
        partial(BodiesInFlight, limit_mb=settings.api.max_in_flight_mb),
    ]
    server = _server(create_app(routes, beside, limits), settings.api)
    return ApiServers(api=server, health=_health_server(settings.api, health, limits[:2]))


def _planning_service(parts: ApiParts, guard: Guard, figures: PlanFigures) -> PlanningService:
    api = parts.settings.api
    return PlanningService(
        workers=parts.workers,
        own_workers=parts.own_workers,
        turns=Turns(guard=guard, needs_token=api.planning == "token"),
        max_body_mb=api.max_body_mb,
        answered=figures.answered,
    )


def _health_routes(parts: ApiParts, guard: Guard) -> APIRouter:
    return health_routes(
        parts.statistics,
        parts.clock,
        parts.watch_devices,
        parts.store,
        parts.mastership,
        period_s=parts.settings.dispatch.period_s,
        is_logging=lambda: parts.log_journal.is_alive,
        is_member=guard.is_member,
    )


def _registry(parts: ApiParts, guard: Guard) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(
        SiteCollector(
            survey=parts.read_site_state,
            statistics=parts.statistics,
            devices=parts.devices,
            store=parts.store,
            dropped_events=lambda: parts.log_journal.dropped,
            watts_per_step=parts.site.described.watts_per_step,
            trust=parts.site_clock.trust,
            mastership=parts.mastership,
            oddities=lambda: parts.stored_schedules.oddities,
            is_logging=lambda: parts.log_journal.is_alive,
            wrong_tokens=lambda: guard.wrong_tokens.count,
        )
    )
    return registry


def _server(app: FastAPI, settings: ApiSettings) -> ApiServer:
    return ApiServer(
        app,
        Address(
            host=settings.host,
            port=settings.port,
            tls_certificate=settings.tls_certificate,
            tls_key=settings.tls_key,
        ),
        connections_of(
            most=settings.max_connections,
            most_of_a_client=settings.max_client_connections,
            reverse_proxy=settings.reverse_proxy,
        ),
    )


def _least_cost_routes(parts: ApiParts, service: PlanningService, guard: Guard, commands: Commands) -> list[APIRouter]:
    """Those of ``[planning.least_cost]``, where the site file has it."""
    site, entry, grid = parts.site, parts.site.planning.least_cost, parts.site.described.grid_connection
    departures = Departures(documents=parts.store.repository)
    vehicles = [] if entry is None else [car.asset for car in entry.cars]
    routes = [vehicles_routes(departures, vehicles, service, guard, commands)]
    if entry is not None and grid is not None:
        tell = tell_savings_of(site, grid, entry, parts.store.history)
        routes.append(savings_routes(tell, guard, now=parts.site_clock.now))
    return routes


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
