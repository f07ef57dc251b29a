"""The API over all jobs; the web framework takes a second and 30 MB, which a run without it does not need."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from fastapi import APIRouter
from prometheus_client import CollectorRegistry

from energy_manager.adapters.runtime.clocks import wall_clock
from energy_manager.adapters.solvers.appliances_milp import optimise
from energy_manager.application.access import TokenRegistry
from energy_manager.application.appliances.reoptimising import ReoptimiseAppliances
from energy_manager.application.dispatch import ReadDevice
from energy_manager.application.least_cost.vehicles import Departures
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
from energy_manager.entrypoints.api.plans.broadcast import Broadcast, plan_feed_routes
from energy_manager.entrypoints.api.plans.planning import PlanningService
from energy_manager.entrypoints.api.plans.routes import PlanRoutes
from energy_manager.entrypoints.api.security.access import access_routes
from energy_manager.entrypoints.api.security.guard import Guard
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
from energy_manager.entrypoints.container.web.servers import (
    ApiServers,
    commands_of,
    health_server_of,
    limits_of,
    server_of,
)
from energy_manager.entrypoints.documents.site import SiteFacts, site_document

LONGEST_MESSAGE = 64_000
"""Characters; what is longer is not broadcast to followers of plans."""


def api_server(parts: ApiParts) -> ApiServers:
    """The HTTP server with every route, on its address; raises ``Refused`` where that is taken."""
    settings = parts.settings.api
    tokens = TokenRegistry(store=parts.store.repository, now=parts.site_clock.now, elapsed_s=parts.clock.now_s)
    tokens.refresh()
    commands = commands_of(settings, tokens, parts.logbook, lost=lambda: parts.mastership.lost)
    facts = facts_of(parts.site, parts.settings.dispatch)
    live = _live(parts, facts)
    health = _health_routes(parts, commands.guard)
    routes = [*_plan_routes(parts, commands), *_site_routes(parts, commands, live, facts), health]
    limits = limits_of(settings, commands.guard)
    app = create_app(routes, [parts.workers.keep_warm, live.keep_looking, *_replanning(parts)], limits)
    return ApiServers(api=server_of(app, settings), health=health_server_of(settings, health, limits))


def _live(parts: ApiParts, facts: SiteFacts) -> Live:
    """The site's document at each tick."""

    def document(*, with_assets: bool = True) -> bytes:
        notices = [parts.mastership.lost, *parts.stored_schedules.oddities] if with_assets else []
        clock = parts.site_clock.trust()
        return site_document(parts.read_site_state(), facts, clock=clock, notices=notices, with_assets=with_assets)

    return Live(parts.newest_tick, document, totals=partial(document, with_assets=False))


def _plan_routes(parts: ApiParts, commands: Commands) -> list[APIRouter]:
    """Plans, and what they are made from and become: forecasts, departures, schedules; metrics count them."""
    guard, repository, now = commands.guard, parts.store.repository, parts.site_clock.now
    registry = _registry(parts, guard)
    service = _planning_service(parts, guard, PlanFigures(registry))
    feed, overrides = Broadcast(longest=LONGEST_MESSAGE), override_desk_of(parts)
    plans = PlanRoutes(
        service=service,
        settings=parts.settings,
        changes=repository,
        guard=guard,
        commands=commands,
        overrides=overrides,
        site=parts.site.described.planning_site,
        now=wall_clock,
        feed=feed,
    )
    return [
        *plans.all(),
        plan_feed_routes(feed, guard),
        schedules_routes(repository, service, commands, overrides),
        forecasts_routes(
            repository,
            service,
            commands,
            now=now,
            quality_of=lambda name, at: parts.forecast_quality().of(name, at),
        ),
        overrides_routes(overrides, commands),
        *_least_cost_routes(parts, service, guard, commands),
        metrics_routes(registry, guard),
    ]


def _site_routes(parts: ApiParts, commands: Commands, live: Live, facts: SiteFacts) -> list[APIRouter]:
    """The site as it is and was, its homes, and the pages that show them."""
    guard, repository, now = commands.guard, parts.store.repository, parts.site_clock.now
    power = power_desk_of(parts)
    device = ReadDevice(survey=parts.read_site_state, devices=parts.devices, clock=parts.clock)
    return [
        homes_routes(parts.live, commands),
        access_routes(repository, guard, now=now),
        events_routes(parts.alarms, repository, commands, now=now),
        site_routes(live, guard),
        assets_routes(device, facts, guard),
        dashboard_routes(),
        documentation_routes(),
        explaining_routes(parts.store.history, guard, power, now=now),
        outlook_routes(outlook_of(parts), guard),
        setup_routes(setup_of(parts), guard),
        energy_routes(power, guard, now=now),
    ]


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


def _replanning(parts: ApiParts) -> list[Callable[[], Coroutine[Any, Any, None]]]:
    """The homes' runs planned anew from time to time, where the settings ask for it."""
    settings = parts.settings.appliances
    if not settings.replan_period_s:
        return []
    anew = ReoptimiseAppliances(
        live=parts.live,
        optimise=optimise,
        workers=parts.own_workers,
        journal=parts.journal,
        period_s=settings.replan_period_s,
        time_limit_s=settings.replan_limit_s,
    )
    return [anew.run]
