"""The one place that names concrete classes: settings, the outside world, the jobs."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from energy_manager.adapters.clocks import FastClock, MachineClock, MonotonicClock, TimeOfDay, seconds_awake_and_asleep
from energy_manager.adapters.devices.device_lanes import MOST_GIVEN_UP
from energy_manager.adapters.devices.lane_gateway import LaneDeviceGateway
from energy_manager.adapters.journals import Journals, LogJournal, NewestTick
from energy_manager.adapters.lanes import ElasticPool
from energy_manager.adapters.processes import LinuxProcesses
from energy_manager.adapters.statuses import InMemoryStatuses
from energy_manager.adapters.storage import IN_MEMORY, Store, StoreJournal
from energy_manager.adapters.threads import Alarm
from energy_manager.adapters.workers import ProcessWorkers
from energy_manager.application.appliances.monitor import WatchAppliances
from energy_manager.application.clock import SiteClock, WatchClock
from energy_manager.application.dispatch import (
    DispatchLoop,
    DispatchTiming,
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
from energy_manager.domain.dispatch import POLICIES, DispatchPolicy
from energy_manager.entrypoints.container.alarms import alarms_of
from energy_manager.entrypoints.container.appliances import habits, live_appliances, meters, site_homes, switched
from energy_manager.entrypoints.container.control import keep_control_of
from energy_manager.entrypoints.container.devices import drivers_of, hold_grid_limit_of, keep_memories_of
from energy_manager.entrypoints.container.injection import containers, providers
from energy_manager.entrypoints.container.parts import (
    ApiParts,
    FleetSiteParts,
    HomeAssistantParts,
    LeastCostPlanningParts,
    StoragePlanningParts,
)
from energy_manager.entrypoints.container.schedules import base_schedule_of, stored_schedules_of
from energy_manager.entrypoints.container.store import store_of
from energy_manager.entrypoints.fleet_access import refuse_without_client
from energy_manager.entrypoints.jobs import load_planners
from energy_manager.entrypoints.settings import DispatchSettings, Settings, StoreSettings
from energy_manager.entrypoints.site_file import (
    SiteFile,
)

if TYPE_CHECKING:
    from energy_manager.application.forecasting.issue import IssueForecasts
    from energy_manager.application.forecasting.measured import MeasuredSite
    from energy_manager.application.forecasting.outlook import ForecastOutlook
    from energy_manager.application.forecasting.quality import ForecastQuality
    from energy_manager.application.peak_shaving.rolling_planner import RollingPlanner
    from energy_manager.application.rolling import RollingPlan
    from energy_manager.entrypoints.container.api import ApiServers
    from energy_manager.entrypoints.container.fleet.site import RunningSiteLink
    from energy_manager.entrypoints.container.home_assistant import RunningTalk


def _policy(settings: DispatchSettings) -> DispatchPolicy:
    return POLICIES[settings.policy]


def _newest_record(store: Store) -> datetime | None:
    """When the newest tick of the store was due."""
    newest = store.history.tick_at(datetime.max.replace(tzinfo=UTC))
    return None if newest is None else newest.at


def _name(site: SiteFile) -> str:
    """The site's name; ``site.provided.site.name`` would be the provider's own."""
    return site.site.name


def _kinds(site: SiteFile) -> dict[str, str]:
    """What each asset is, where the site file says so."""
    return {asset.id: str(asset.kind) for asset in site.described.assets if asset.kind is not None}


def _pool(site: SiteFile) -> ElasticPool:
    return ElasticPool(max_threads=2 * len(site.assets) + 64 + MOST_GIVEN_UP)


def _machine_clock(site: SiteFile) -> MachineClock | FastClock:
    simulated = site.simulation
    return MachineClock() if simulated is None else FastClock(start=simulated.start, speed=simulated.speed)


def _device_clock(clock: MonotonicClock, machine: MachineClock | FastClock) -> MonotonicClock | FastClock:
    """The time in which simulated devices live."""
    return machine if isinstance(machine, FastClock) else clock


def _store(settings: StoreSettings, site: SiteFile, *, lived_until: Callable[[], datetime | None]) -> Store:
    """The store; what a simulation makes up is kept in none."""
    kept = settings if site.simulation is None else StoreSettings(url=IN_MEMORY)
    return store_of(kept, site=site.site.name, lived_until=lived_until)


def _timing(settings: DispatchSettings) -> DispatchTiming:
    return DispatchTiming(
        period_s=settings.period_s, status_period_s=settings.status_period_s, phase_s=settings.phase_s
    )


def _workers(settings: Settings, *, count: int) -> ProcessWorkers:
    return ProcessWorkers(
        count=count, preload=partial(load_planners, settings), memory_mb=settings.api.worker_memory_mb
    )


def _measured_site(site: SiteFile, store: Store) -> MeasuredSite:
    from energy_manager.entrypoints.container.forecasting import measured_site_of  # noqa: PLC0415 - with numpy

    return measured_site_of(site, store)


def _site_outlook(site: SiteFile, store: Store, measured: MeasuredSite) -> ForecastOutlook:
    from energy_manager.entrypoints.container.forecasting import site_outlook_of  # noqa: PLC0415 - with numpy

    return site_outlook_of(site, store, measured)


def _forecast_quality(store: Store, measured: MeasuredSite) -> ForecastQuality:
    from energy_manager.entrypoints.container.forecasting import forecast_quality_of  # noqa: PLC0415 - with numpy

    return forecast_quality_of(store, measured)


def _issue_forecasts(
    site: SiteFile,
    store: Store,
    measured: Callable[[], MeasuredSite],
    clock: SiteClock,
    journal: Journals,
    *,
    planning: RollingPlan | None,
) -> IssueForecasts | None:
    if site.forecasts is None:
        return None
    from energy_manager.entrypoints.container.forecasting import issue_forecasts_of  # noqa: PLC0415 - with numpy

    return issue_forecasts_of(site, store, measured(), clock, journal, planning=planning)


def _storage_planning(parts: StoragePlanningParts) -> RollingPlanner | None:
    if parts.site.planning.peak_shaving is None:
        return None
    from energy_manager.entrypoints.container.storage_planning import storage_planning_of  # noqa: PLC0415 - slow to load

    return storage_planning_of(parts)


def _home_assistant(parts: HomeAssistantParts) -> RunningTalk | None:
    if parts.site.home_assistant is None:
        return None
    from energy_manager.entrypoints.container.home_assistant import talk_of  # noqa: PLC0415 - seldom needed

    return talk_of(parts)


def _either(storage: RollingPlan | None, site: RollingPlan | None) -> RollingPlan | None:
    """The one planner beside the loop; a site file has at most one of them."""
    return storage or site


def _fleet_link(parts: FleetSiteParts) -> RunningSiteLink | None:
    if not parts.settings.fleet.url:
        return None
    refuse_without_client()
    from energy_manager.entrypoints.container.fleet.site import fleet_link_of  # noqa: PLC0415 - seldom needed

    return fleet_link_of(parts)


def _site_planning(parts: LeastCostPlanningParts, guided: CurrentGuidance) -> RollingPlan | None:
    if parts.site.planning.least_cost is None:
        return None
    from energy_manager.entrypoints.container.least_cost_planning import least_cost_planning_of  # noqa: PLC0415 - slow

    return least_cost_planning_of(parts, guided)


def _api(parts: ApiParts) -> ApiServers:
    from energy_manager.entrypoints.container.api import api_server  # noqa: PLC0415 - slow to load

    return api_server(parts)


class Container(containers.DeclarativeContainer):
    """One site, wired. Everything is a singleton of its container; a second site is a second container."""

    # Settings: typed values, handed in.
    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)
    site: providers.Dependency[SiteFile] = providers.Dependency(instance_of=SiteFile)
    dispatch_settings = settings.provided.dispatch
    described = site.provided.described

    # The outside world.
    clock = providers.Singleton(MonotonicClock)
    machine_clock = providers.Singleton(_machine_clock, site)
    site_clock = providers.Singleton(SiteClock, read=machine_clock)
    time_of = providers.Singleton(TimeOfDay, clock, now=site_clock.provided.now)
    store = providers.Singleton(_store, settings.provided.store, site, lived_until=site_clock.provided.lived_until)
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
        site=providers.Callable(_name, site),
        documents=store.provided.repository,
        processes=providers.Singleton(LinuxProcesses),
        journal=journal,
        elapsed_s=providers.Object(seconds_awake_and_asleep),
        sleep_s=providers.Object(time.sleep),
    )
    pool = providers.Singleton(_pool, site)
    statuses = providers.Singleton(InMemoryStatuses)
    memories_alarm = providers.Singleton(Alarm)
    memories = providers.Singleton(keep_memories_of, site, store.provided.repository, memories_alarm)
    drivers = providers.Singleton(
        drivers_of,
        site,
        providers.Callable(_device_clock, clock, machine_clock),
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
        stored_schedules_of, base_schedule, store, site, site_clock, dispatch_settings, overrides=overrides
    )

    workers = providers.Singleton(_workers, settings, count=max(2, (os.cpu_count() or 2) - 1))

    # For what is guarded; started when it is needed, which is seldom.
    own_workers = providers.Singleton(_workers, settings, count=1)

    # Job 1: dispatch.
    policy = providers.Singleton(_policy, dispatch_settings)
    statistics = providers.Singleton(TickStatistics)
    guided = providers.Singleton(CurrentGuidance)
    hold_grid_limit = providers.Singleton(hold_grid_limit_of, described, dispatch_settings, guided)
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
        unscheduled=described.unscheduled_targets,
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
        timing=providers.Singleton(_timing, dispatch_settings),
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
        kinds=providers.Callable(_kinds, site),
    )

    # Forecasts beside the loop: what planners expect of the hours ahead.
    measured_site = providers.Singleton(_measured_site, site, store)
    site_outlook = providers.Singleton(_site_outlook, site, store, measured_site)
    forecast_quality = providers.Singleton(_forecast_quality, store, measured_site)

    # Job 3: the storage planned anew beside the loop, where the site file asks for it.
    storage_planning = providers.Singleton(
        _storage_planning,
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

    # Job 6: the site planned anew for least cost, where the site file asks for it.
    site_planning = providers.Singleton(
        _site_planning,
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
        ),
        guided,
    )
    planner = providers.Singleton(_either, storage_planning, site_planning)

    issue_forecasts = providers.Singleton(
        _issue_forecasts, site, store, measured_site.provider, site_clock, journal, planning=site_planning
    )

    # Job 2: appliances.
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
    watch_appliances = providers.Singleton(
        WatchAppliances,
        live=live,
        clock=clock,
        journal=journal,
        homes=providers.Singleton(site_homes, site),
        habits=providers.Singleton(habits, site),
    )

    watch_clock = providers.Singleton(
        WatchClock,
        clock=site_clock,
        documents=store.provided.repository,
        newest_record=providers.Callable(_newest_record, store).provider,
        on_jump=live.provided.clock_jumped,
        journal=journal,
    )

    # Home Assistant, where the site file names it.
    home_assistant = providers.Singleton(
        _home_assistant,
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
        _fleet_link,
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
        _api,
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
