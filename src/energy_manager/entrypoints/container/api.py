"""The API over all jobs; the web framework takes a second and 30 MB, which a run without it does not need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from energy_manager.adapters.clocks import wall_clock
from energy_manager.adapters.solvers.appliances_milp import HighsApplianceOptimiser
from energy_manager.adapters.workers import ProcessWorkers
from energy_manager.application.access import TokenRegistry
from energy_manager.application.appliances import ApplianceService
from energy_manager.application.appliances.reoptimising import ReoptimiseAppliances
from energy_manager.application.dispatch import ReadDevice
from energy_manager.application.explanation.outages import MISSED_TICKS
from energy_manager.application.explanation.power_series import LONGEST_HOLD_S, ReadPower
from energy_manager.application.least_cost.vehicles import Departures
from energy_manager.application.overrides.ahead import StorageLimits
from energy_manager.application.ports.journal import Journal
from energy_manager.domain.site import AssetKind
from energy_manager.entrypoints.api.access import access_routes
from energy_manager.entrypoints.api.app import create_app
from energy_manager.entrypoints.api.assets import assets_routes
from energy_manager.entrypoints.api.broadcast import Broadcast
from energy_manager.entrypoints.api.commands import Commands
from energy_manager.entrypoints.api.dashboard import dashboard_routes
from energy_manager.entrypoints.api.documentation_page import documentation_routes
from energy_manager.entrypoints.api.energy import PowerDesk, energy_routes
from energy_manager.entrypoints.api.events import events_routes
from energy_manager.entrypoints.api.explanation import explaining_routes
from energy_manager.entrypoints.api.forecasts import forecasts_routes
from energy_manager.entrypoints.api.guard import Guard
from energy_manager.entrypoints.api.health import health_routes
from energy_manager.entrypoints.api.households import homes_routes
from energy_manager.entrypoints.api.least_cost import savings_routes, vehicles_routes
from energy_manager.entrypoints.api.limits.bodies_in_flight import BodiesInFlight
from energy_manager.entrypoints.api.limits.browser_rules import BrowserRules
from energy_manager.entrypoints.api.limits.origins import Origins, host_names
from energy_manager.entrypoints.api.limits.turns import Turns
from energy_manager.entrypoints.api.metrics import PlanFigures, SiteCollector, metrics_routes
from energy_manager.entrypoints.api.outlook import Outlook, outlook_routes
from energy_manager.entrypoints.api.overrides import OverrideDesk, overrides_routes
from energy_manager.entrypoints.api.plan_feed import plan_feed_routes
from energy_manager.entrypoints.api.planning import PlanningService
from energy_manager.entrypoints.api.plans import PlanRoutes
from energy_manager.entrypoints.api.schedules import schedules_routes
from energy_manager.entrypoints.api.serving import Address, ApiServer, connections_of
from energy_manager.entrypoints.api.setup import Setup, setup_routes
from energy_manager.entrypoints.api.site import Live, site_routes
from energy_manager.entrypoints.container.least_cost_planning import tell_savings_of
from energy_manager.entrypoints.container.parts import ApiParts
from energy_manager.entrypoints.documents.site import SiteFacts, site_document
from energy_manager.entrypoints.settings import ApiSettings, AppliancesSettings, DispatchSettings
from energy_manager.entrypoints.site_file import SiteFile

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
    registry, facts = _registry(parts, guard), _facts(site, settings.dispatch)

    def document(*, with_assets: bool = True) -> bytes:
        notices = [parts.mastership.lost, *parts.stored_schedules.oddities] if with_assets else []
        clock = parts.site_clock.trust()
        return site_document(parts.read_site_state(), facts, clock=clock, notices=notices, with_assets=with_assets)

    override_desk, power_desk = _override_desk(parts), _power_desk(parts)
    live_site = Live(parts.newest_tick, document, totals=partial(document, with_assets=False))
    figures = PlanFigures(registry)
    service = PlanningService(
        workers=parts.workers,
        own_workers=parts.own_workers,
        turns=Turns(guard=guard, needs_token=settings.api.planning == "token"),
        max_body_mb=settings.api.max_body_mb,
        answered=figures.answered,
    )
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
    health = health_routes(
        parts.statistics,
        parts.clock,
        parts.watch_devices,
        store,
        parts.mastership,
        period_s=settings.dispatch.period_s,
        is_logging=lambda: parts.log_journal.is_alive,
        is_member=guard.is_member,
    )
    routes = [
        *plans.all(),
        plan_feed_routes(feed, guard),
        schedules_routes(store.repository, service, commands, override_desk),
        forecasts_routes(
            store.repository,
            service,
            guard,
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
        outlook_routes(_outlook(parts), guard),
        setup_routes(_setup(parts), guard),
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


def _facts(site: SiteFile, dispatch: DispatchSettings) -> SiteFacts:
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


def _setup(parts: ApiParts) -> Setup:
    return Setup(
        settings=parts.settings,
        site=parts.site,
        store=parts.store,
        planner=parts.planner,
        mastership=parts.mastership,
        trust=parts.site_clock.trust,
        started_at=wall_clock(),
    )


def _outlook(parts: ApiParts) -> Outlook:
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


def _power_desk(parts: ApiParts) -> PowerDesk:
    site = parts.site.described
    grid = site.grid_connection
    simulated, dispatch = parts.site.simulation, parts.settings.dispatch
    rarely_s = max(MISSED_TICKS * dispatch.period_s, 1.5 * dispatch.status_period_s)
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


def _override_desk(parts: ApiParts) -> OverrideDesk:
    grid = parts.site.described.grid_connection
    return OverrideDesk(
        book=parts.overrides,
        schedules=parts.store.repository,
        site=parts.site.described.planning_site,
        newest=parts.newest_tick,
        now=parts.site_clock.now,
        limited_live=None if grid is None else grid.storage,
    )


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
