"""The one place that names concrete classes: the loop of a site, and all that works beside it."""

from __future__ import annotations

import os

from energy_manager.application.appliances.monitor import WatchAppliances
from energy_manager.application.clock import WatchClock
from energy_manager.entrypoints.container import on_demand
from energy_manager.entrypoints.container.alarms import alarms_of
from energy_manager.entrypoints.container.appliances import habits, site_homes
from energy_manager.entrypoints.container.basics import newest_record_of, workers_of
from energy_manager.entrypoints.container.injection import providers
from energy_manager.entrypoints.container.loop_container import LoopContainer as Loop
from energy_manager.entrypoints.container.parts import ApiParts, FleetSiteParts, LeastCostPlanningParts


class Container(Loop):
    """One site, wired. Everything is a singleton of its container; a second site is a second container."""

    # Processes that plan; the second kind for what is guarded, started when it is needed, which is seldom.
    workers = providers.Singleton(workers_of, Loop.settings, count=max(2, (os.cpu_count() or 2) - 1))
    own_workers = providers.Singleton(workers_of, Loop.settings, count=1)

    # Forecasts: what planners expect of the hours ahead.
    measured_site = providers.Singleton(on_demand.measured_site, Loop.site, Loop.store)
    site_outlook = providers.Singleton(on_demand.site_outlook, Loop.site, Loop.store, measured_site)
    forecast_quality = providers.Singleton(on_demand.forecast_quality, Loop.store, measured_site)

    # What a kWh costs and earns, for all who plan by it.
    prices = providers.Singleton(on_demand.keep_prices, Loop.site, Loop.settings, Loop.site_clock)

    # Jobs 3 and 6: the storage, or the whole site for least cost, planned anew where the site file asks for it.
    storage_planning = providers.Singleton(on_demand.storage_planning, Loop.parts)
    site_planning = providers.Singleton(
        on_demand.site_planning,
        providers.Factory(
            LeastCostPlanningParts,
            **Loop.parts.kwargs,
            outlook=site_outlook.provider,
            prices=prices.provider,
        ),
    )
    planner = providers.Singleton(on_demand.either_planner, storage_planning, site_planning)

    issue_forecasts = providers.Singleton(
        on_demand.issue_forecasts,
        Loop.site,
        Loop.store,
        measured_site.provider,
        Loop.site_clock,
        Loop.journal,
        planning=site_planning,
    )

    # Job 2: appliances.
    watch_appliances = providers.Singleton(
        WatchAppliances,
        live=Loop.live,
        clock=Loop.clock,
        journal=Loop.journal,
        homes=providers.Singleton(site_homes, Loop.site),
        habits=providers.Singleton(habits, Loop.site),
    )
    keep_homes_priced = providers.Singleton(
        on_demand.keep_homes_priced, Loop.site, prices.provider, Loop.live, Loop.site_clock, Loop.journal
    )

    watch_clock = providers.Singleton(
        WatchClock,
        clock=Loop.site_clock,
        documents=Loop.store.provided.repository,
        newest_record=providers.Callable(newest_record_of, Loop.store).provider,
        on_jump=Loop.live.provided.clock_jumped,
        journal=Loop.journal,
    )

    alarms = providers.Singleton(alarms_of, Loop.parts, schedules=Loop.schedule, planner=planner)

    # Home Assistant, where the site file names it; the centre of a fleet, where the settings name one.
    home_assistant = providers.Singleton(on_demand.home_assistant, Loop.parts)
    fleet_link = providers.Singleton(
        on_demand.fleet_link, providers.Factory(FleetSiteParts, **Loop.parts.kwargs, alarms=alarms)
    )

    # The API, over all jobs.
    api = providers.Singleton(
        on_demand.api,
        providers.Factory(
            ApiParts,
            **Loop.parts.kwargs,
            workers=workers,
            own_workers=own_workers,
            devices=Loop.devices,
            watch_devices=Loop.watch_devices,
            newest_tick=Loop.newest_tick,
            log_journal=Loop.log_journal,
            live=Loop.live,
            stored_schedules=Loop.schedule,
            forecast_quality=forecast_quality.provider,
            alarms=alarms,
            planner=planner,
        ),
    )
