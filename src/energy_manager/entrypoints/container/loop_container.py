"""The dispatch loop of a site, wired: settings, the outside world, devices, schedules, appliances."""

from __future__ import annotations

import threading
import time

from energy_manager.adapters.devices.lane_gateway import LaneDeviceGateway
from energy_manager.adapters.records.journals import Journals, LogJournal, NewestTick
from energy_manager.adapters.runtime.clocks import MonotonicClock, TimeOfDay, seconds_awake_and_asleep
from energy_manager.adapters.runtime.processes import LinuxProcesses
from energy_manager.adapters.runtime.threads import Alarm
from energy_manager.adapters.statuses import InMemoryStatuses
from energy_manager.adapters.storage import StoreJournal
from energy_manager.application.clock import SiteClock
from energy_manager.application.dispatch import (
    DispatchLoop,
    ReadSiteState,
    SendTargets,
    TickStatistics,
    WatchDevices,
)
from energy_manager.application.least_cost.current_guidance import CurrentGuidance
from energy_manager.application.logbook import KeepLogbook
from energy_manager.application.mastership import Mastership
from energy_manager.application.overrides import OverrideBook
from energy_manager.entrypoints.container.appliances import (
    live_appliances,
    meters,
    resting,
    switched,
)
from energy_manager.entrypoints.container.basics import (
    device_clock_of,
    kinds_of,
    machine_clock_of,
    name_of,
    policy_of,
    pool_of,
    site_store_of,
    timing_of,
)
from energy_manager.entrypoints.container.devices.control import keep_control_of
from energy_manager.entrypoints.container.devices.devices import (
    drivers_of,
    hold_grid_limit_of,
    keep_memories_of,
    least_powers_of,
)
from energy_manager.entrypoints.container.injection import containers, providers
from energy_manager.entrypoints.container.parts import SiteParts
from energy_manager.entrypoints.container.schedules import base_schedule_of, stored_schedules_of
from energy_manager.entrypoints.settings import Settings
from energy_manager.entrypoints.site_file import SiteFile


class LoopContainer(containers.DeclarativeContainer):
    """A site's loop, wired, and what it is made of."""

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
        in_force=overrides.provided.in_force,
    )
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

    # For whoever works beside it.
    parts = providers.Singleton(
        SiteParts,
        settings=settings,
        site=site,
        store=store,
        statuses=statuses,
        clock=clock,
        site_clock=site_clock,
        journal=journal,
        logbook=logbook,
        mastership=mastership,
        overrides=overrides,
        statistics=statistics,
        read_site_state=read_site_state,
        guided=guided,
    )
