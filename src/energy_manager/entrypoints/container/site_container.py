"""The one place that names concrete classes: settings, the outside world, the jobs."""

from __future__ import annotations

import os
import threading
import time

from energy_manager.adapters.devices.lane_gateway import LaneDeviceGateway
from energy_manager.adapters.records.journals import Journals, LogJournal, NewestTick
from energy_manager.adapters.runtime.clocks import MonotonicClock, TimeOfDay, seconds_awake_and_asleep
from energy_manager.adapters.runtime.processes import LinuxProcesses
from energy_manager.adapters.runtime.threads import Alarm
from energy_manager.adapters.statuses import InMemoryStatuses
from energy_manager.adapters.storage import StoreJournal
from energy_manager.application.appliances.monitor import WatchAppliances
from energy_manager.application.clock import SiteClock, WatchClock
from energy_manager.application.dispatch import (
    DispatchLoop,
    ReadSiteState,
    ReadStatuses,
    SendTargets,
    TickStatistics,
    WatchDevices,
)
from energy_manager.application.least_cost.current_guidance import CurrentGuidance
from energy_manager.application.logbook import KeepLogbook
from energy_manager.application.mastership import Mastership
from energy_manager.application.overrides import OverrideBook
from energy_manager.entrypoints.container import on_demand
from energy_manager.entrypoints.container.alarms import alarms_of
from energy_manager.entrypoints.container.appliances import (
    habits,
    live_appliances,
    meters,
    resting,
    site_homes,
    switched,
)
from energy_manager.entrypoints.container.basics import (
    device_clock_of,
    kinds_of,
    machine_clock_of,
    name_of,
    newest_record_of,
    policy_of,
    pool_of,
    site_store_of,
    timing_of,
    workers_of,
)
from energy_manager.entrypoints.container.devices.control import keep_control_of
from energy_manager.entrypoints.container.devices.devices import (
    drivers_of,
    hold_grid_limit_of,
    keep_memories_of,
    least_powers_of,
)
from energy_manager.entrypoints.container.injection import containers, providers
from energy_manager.entrypoints.container.parts import (
    ApiParts,
    FleetSiteParts,
    HomeAssistantParts,
    LeastCostPlanningParts,
    StoragePlanningParts,
)
from energy_manager.entrypoints.container.schedules import base_schedule_of, stored_schedules_of
from energy_manager.entrypoints.settings import Settings
from energy_manager.entrypoints.site_file import SiteFile


class Container(containers.DeclarativeContainer):
    """One site, wired. Everything is a singleton of its container; a second site is a second container."""

    # Settings: typed values, handed in.
    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)
    site: providers.Dependency[SiteFile] = providers.Dependency(instance_of=SiteFile)
    dispatch_settings = settings.provided.dispatch
    described = site.provided.described

    # The outside world.
    clock = providers.Singleton(MonotonicClock)
    machine_clock = providers.Singleton(machine_clock_of, site)
    site_clock = providers.Singleton(SiteClock, read=machine_clock)
    time_of = providers.Singleton(TimeOfDay, clock, now=site_clock.provided.now)
    store = providers.Singleton(
        site_store_of, settings.provided.store, site, lived_until=site_clock.provided.lived_until
    )
    log_journal = providers.Singleton(LogJournal, power_unit=site.provided.site.power_unit)
    store_journal = providers.Singleton(
        StoreJournal,
        store.provided.recorder,
        time_of=time_of,
    )
    newest_tick = providers.Singleton(NewestTick)
    journal = providers.Singleton(Journals, log_journal, store_journal, newest_tick)
    mastership = providers.Singleton(
        Mastership,
        site=providers.Callable(name_of, site),
        documents=store.provided.repository,
        processes=providers.Singleton(LinuxProcesses),
        journal=journal,
        elapsed_s=providers.Object(seconds_awake_and_asleep),
        sleep_s=providers.Object(time.sleep),
    )
    pool = providers.Singleton(pool_of, site)
    statuses = providers.Singleton(InMemoryStatuses)
    memories_alarm = providers.Singleton(Alarm)
    memories = providers.Singleton(keep_memories_of, site, store.provided.repository, memories_alarm)
    drivers = providers.Singleton(
        drivers_of,
        site,
        providers.Callable(device_clock_of, clock, machine_clock),
        memories,
        period_s=dispatch_settings.period_s,
    )
    devices = providers.Singleton(
        LaneDeviceGateway,
        drivers,
        statuses=statuses,
        pool=pool,
        clock=clock,
        journal=journal,
        period_s=dispatch_settings.period_s,
        status_period_s=dispatch_settings.status_period_s,
        watts_per_step=described.watts_per_step,
        assets=described.assets,
    )
    base_schedule = providers.Singleton(base_schedule_of, site, clock, site_clock, pool)

    logbook = providers.Singleton(KeepLogbook, store=store.provided.repository, now=site_clock.provided.now)
    overrides = providers.Singleton(
        OverrideBook,
        store=store.provided.repository,
        documents=store.provided.repository,
        now=site_clock.provided.now,
        elapsed_s=providers.Object(seconds_awake_and_asleep),
        memory=providers.Factory(threading.Lock),
        one_at_a_time=providers.Factory(threading.Lock),
    )

    schedule = providers.Singleton(
        stored_schedules_of,
        base_schedule,
        store,
        site,
        site_clock,
        dispatch_settings,
        overrides=overrides,
        logbook=logbook,
    )

    workers = providers.Singleton(workers_of, settings, count=max(2, (os.cpu_count() or 2) - 1))

    # For what is guarded; started when it is needed, which is seldom.
    own_workers = providers.Singleton(workers_of, settings, count=1)

    # Job 1: dispatch.
    policy = providers.Singleton(policy_of, dispatch_settings)
    statistics = providers.Singleton(TickStatistics)
    guided = providers.Singleton(CurrentGuidance)
    hold_grid_limit = providers.Singleton(hold_grid_limit_of, site, dispatch_settings, guided)
    control_alarm = providers.Singleton(Alarm)
    control = providers.Singleton(
        keep_control_of,
        site,
        documents=store.provided.repository,
        devices=devices,
        journal=journal,
        clock=clock,
        alarm=control_alarm,
        may_command=mastership.provided.may_command,
    )
    live = providers.Singleton(
        live_appliances,
        settings.provided.appliances,
        store.provided.repository,
        journal,
        now=site_clock.provided.now,
        trust=site_clock.provided.trust,
        site=providers.Singleton(switched, site),
        meter=providers.Singleton(meters, site, statuses, clock=clock, dispatch=dispatch_settings),
    )
    send_targets = providers.Singleton(
        SendTargets,
        clock=clock,
        schedule=schedule,
        devices=devices,
        statuses=statuses,
        policy=policy,
        policy_name=dispatch_settings.policy,
        power_unit=site.provided.site.power_unit,
        journal=journal,
        time_of=time_of,
        schedule_wait_s=dispatch_settings.schedule_wait_s,
        status_max_age_s=dispatch_settings.status_max_age_s,
        told=described.controllable,
        hold_grid_limit=hold_grid_limit,
        limited=described.limited_assets,
        unreachable=described.assumed_unreachable,
        least=providers.Singleton(least_powers_of, site),
        unscheduled=described.unscheduled_targets,
        rest=providers.Singleton(resting, live, site),
        fallbacks=described.fallback_targets,
        control=control,
        overrides=overrides,
    )
    read_statuses = providers.Singleton(ReadStatuses, devices=devices, journal=journal)
    watch_devices = providers.Singleton(
        WatchDevices,
        clock=clock,
        devices=devices,
        statuses=statuses,
        journal=journal,
        status_max_age_s=dispatch_settings.status_max_age_s,
    )
    dispatch_loop = providers.Singleton(
        DispatchLoop,
        clock=clock,
        schedule=schedule,
        devices=devices,
        journal=journal,
        send_targets=send_targets,
        read_statuses=read_statuses,
        watch_devices=watch_devices,
        statistics=statistics,
        timing=providers.Singleton(timing_of, dispatch_settings),
        may_command=mastership.provided.may_command,
    )
    read_site_state = providers.Singleton(
        ReadSiteState,
        newest=newest_tick,
        devices=devices,
        statuses=statuses,
        statistics=statistics,
        clock=clock,
        status_max_age_s=dispatch_settings.status_max_age_s,
        hold_grid_limit=hold_grid_limit,
        kinds=providers.Callable(kinds_of, site),
    )

    # Forecasts beside the loop: what planners expect of the hours ahead.
    measured_site = providers.Singleton(on_demand.measured_site, site, store)
    site_outlook = providers.Singleton(on_demand.site_outlook, site, store, measured_site)
    forecast_quality = providers.Singleton(on_demand.forecast_quality, store, measured_site)

    # Job 3: the storage planned anew beside the loop, where the site file asks for it.
    storage_planning = providers.Singleton(
        on_demand.storage_planning,
        providers.Factory(
            StoragePlanningParts,
            settings=settings,
            site=site,
            store=store,
            statuses=statuses,
            clock=clock,
            journal=journal,
        ),
    )

    # What a kWh costs and earns, for all who plan by it.
    prices = providers.Singleton(on_demand.keep_prices, site, settings, site_clock)

    # Job 6: the site planned anew for least cost, where the site file asks for it.
    site_planning = providers.Singleton(
        on_demand.site_planning,
        providers.Factory(
            LeastCostPlanningParts,
            settings=settings,
            site=site,
            store=store,
            statuses=statuses,
            clock=clock,
            journal=journal,
            site_clock=site_clock,
            outlook=site_outlook.provider,
            prices=prices.provider,
        ),
        guided,
    )
    planner = providers.Singleton(on_demand.either_planner, storage_planning, site_planning)

    issue_forecasts = providers.Singleton(
        on_demand.issue_forecasts, site, store, measured_site.provider, site_clock, journal, planning=site_planning
    )

    # Job 2: appliances.
    watch_appliances = providers.Singleton(
        WatchAppliances,
        live=live,
        clock=clock,
        journal=journal,
        homes=providers.Singleton(site_homes, site),
        habits=providers.Singleton(habits, site),
    )

    keep_homes_priced = providers.Singleton(
        on_demand.keep_homes_priced, site, prices.provider, live, site_clock, journal
    )

    watch_clock = providers.Singleton(
        WatchClock,
        clock=site_clock,
        documents=store.provided.repository,
        newest_record=providers.Callable(newest_record_of, store).provider,
        on_jump=live.provided.clock_jumped,
        journal=journal,
    )

    # Home Assistant, where the site file names it.
    home_assistant = providers.Singleton(
        on_demand.home_assistant,
        providers.Factory(
            HomeAssistantParts,
            settings=settings,
            site=site,
            store=store,
            read_site_state=read_site_state,
            site_clock=site_clock,
            clock=clock,
            mastership=mastership,
        ),
    )

    alarms = providers.Singleton(
        alarms_of,
        site,
        dispatch_settings,
        store=store,
        clock=clock,
        site_clock=site_clock,
        state=read_site_state,
        statistics=statistics,
        schedules=schedule,
        mastership=mastership,
        planner=planner,
    )

    # The centre of a fleet, where the settings name one.
    fleet_link = providers.Singleton(
        on_demand.fleet_link,
        providers.Factory(
            FleetSiteParts,
            settings=settings,
            site=site,
            store=store,
            read_site_state=read_site_state,
            statistics=statistics,
            clock=clock,
            site_clock=site_clock,
            mastership=mastership,
            overrides=overrides,
            alarms=alarms,
            guided=guided,
            journal=journal,
        ),
    )

    # The API, over all jobs.
    api = providers.Singleton(
        on_demand.api,
        providers.Factory(
            ApiParts,
            settings=settings,
            site=site,
            workers=workers,
            own_workers=own_workers,
            store=store,
            devices=devices,
            statistics=statistics,
            watch_devices=watch_devices,
            read_site_state=read_site_state,
            newest_tick=newest_tick,
            log_journal=log_journal,
            clock=clock,
            live=live,
            journal=journal,
            site_clock=site_clock,
            mastership=mastership,
            stored_schedules=schedule,
            forecast_quality=forecast_quality.provider,
            logbook=logbook,
            overrides=overrides,
            alarms=alarms,
            planner=planner,
        ),
    )
