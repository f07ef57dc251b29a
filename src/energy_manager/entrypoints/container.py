"""The one place that names concrete classes: settings, the outside world, the jobs."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from shared import DeviceController, ScheduleProvider

from energy_manager.adapters.clocks import MonotonicClock, wall_clock
from energy_manager.adapters.devices import DeviceDriver, LaneDeviceGateway
from energy_manager.adapters.devices.shared_module import SharedDevice
from energy_manager.adapters.devices.simulated_appliance import SimulatedApplianceDriver
from energy_manager.adapters.devices.simulated_plant import (
    PlantSettings,
    SimulatedMeterDriver,
    SimulatedPlant,
    SimulatedStorageDriver,
    restless_load,
)
from energy_manager.adapters.journals import Journals, LogJournal, NewestTick
from energy_manager.adapters.lanes import ElasticPool
from energy_manager.adapters.schedules import PrefetchedSchedule, StoredSchedules
from energy_manager.adapters.schedules.prefetched import LOOK_S
from energy_manager.adapters.schedules.shared_module import SharedSchedule
from energy_manager.adapters.schedules.stored import look_every_s
from energy_manager.adapters.storage import Store, StoreJournal
from energy_manager.adapters.threads import repeat
from energy_manager.adapters.workers import ProcessWorkers
from energy_manager.application.appliances import LiveAppliances
from energy_manager.application.appliances.reoptimising import ReoptimiseAppliances
from energy_manager.application.appliances.watching import WatchAppliances
from energy_manager.application.dispatch import (
    DispatchLoop,
    DispatchTiming,
    HoldGridLimit,
    ReadStatuses,
    SendTargets,
    SurveySite,
    TickStatistics,
    WatchDevices,
)
from energy_manager.application.peak_shaving import KeepStoragePlanned
from energy_manager.application.ports.journal import Journal
from energy_manager.domain.dispatch import POLICIES, DispatchPolicy
from energy_manager.domain.peak_shaving.grid_limit import GridLimitSettings
from energy_manager.entrypoints.homes import habits, live_appliances, meters, site_homes, switched
from energy_manager.entrypoints.injection import containers, providers
from energy_manager.entrypoints.settings import AppliancesSettings, DispatchSettings, FlexibilitySettings, Settings
from energy_manager.entrypoints.site_file import (
    AssetEntry,
    PccEntry,
    SharedAsset,
    SharedScheduleEntry,
    SimulatedAppliance,
    SiteFile,
)
from energy_manager.entrypoints.stores import store_of

if TYPE_CHECKING:
    from energy_manager.entrypoints.api.serving import ApiServer


def _policy(settings: DispatchSettings) -> DispatchPolicy:
    return POLICIES[settings.policy]


def _drivers(site: SiteFile, clock: MonotonicClock) -> dict[str, DeviceDriver]:
    simulated = {} if site.pcc is None else _simulated_pcc(site, site.pcc, clock)
    return {asset.id: simulated.get(asset.id) or _driver(asset, site) for asset in site.assets}


def _driver(asset: AssetEntry, site: SiteFile) -> DeviceDriver:
    if isinstance(asset, SimulatedAppliance):
        return SimulatedApplianceDriver(rated_power_w=asset.rated_power_w, kw_per_step=site.site.kw_per_step)
    assert isinstance(asset, SharedAsset), "the others are parts of the grid connection"
    return _shared_device(asset)


def _shared_device(asset: SharedAsset) -> SharedDevice:
    return SharedDevice(
        DeviceController(
            asset.id,
            asset.potential,
            sleep_chance=asset.sleep_chance,
            sleep_multiplier=asset.sleep_multiplier,
            exception_chance=asset.exception_chance,
        )
    )


def _simulated_pcc(site: SiteFile, pcc: PccEntry, clock: MonotonicClock) -> dict[str, DeviceDriver]:
    """The storage and the meter of the grid connection, which share one simulated plant."""
    storage, meter = site.storage_of(pcc), site.meter_of(pcc)
    plant = SimulatedPlant(
        PlantSettings(
            max_charge_kw=storage.max_charge_kw,
            max_discharge_kw=storage.max_discharge_kw,
            capacity_kwh=storage.capacity_kwh,
            lag_s=storage.lag_s,
            dead_time_s=storage.dead_time_s,
            meter_sigma_kw=meter.sigma_kw,
        ),
        base_kw=restless_load(**meter.load.model_dump(), seed=meter.seed),
        now_s=clock.now_s,
        stored_kwh=storage.stored_kwh,
        seed=meter.seed,
    )
    steps_per_kw = site.for_plans.steps_per_kw
    return {
        storage.id: SimulatedStorageDriver(plant, steps_per_kw=steps_per_kw),
        meter.id: SimulatedMeterDriver(plant, steps_per_kw=steps_per_kw),
    }


def _hold_grid_limit(site: SiteFile, settings: DispatchSettings) -> HoldGridLimit | None:
    if site.pcc is None:
        return None
    storage = site.storage_of(site.pcc)
    limits = GridLimitSettings(
        import_limit_kw=site.pcc.import_limit_kw,
        export_limit_kw=site.pcc.export_limit_kw,
        max_charge_kw=storage.max_charge_kw,
        max_discharge_kw=storage.max_discharge_kw,
        min_kwh=storage.min_kwh,
        capacity_kwh=storage.capacity_kwh,
        tick_s=settings.period_s,
    )
    return HoldGridLimit(
        settings=limits, meter=site.pcc.meter, storage=site.pcc.storage, kw_per_step=site.site.kw_per_step
    )


def _shared_schedule(entry: SharedScheduleEntry) -> SharedSchedule:
    return SharedSchedule(
        ScheduleProvider(
            entry.blocks,
            sleep_chance=entry.sleep_chance,
            sleep_multiplier=entry.sleep_multiplier,
            exception_chance=entry.exception_chance,
        )
    )


def _stored_schedules(base: PrefetchedSchedule, store: Store, settings: DispatchSettings) -> StoredSchedules:
    every_s = look_every_s(settings.period_s)
    return StoredSchedules(
        base,
        schedules=store.books,
        now=wall_clock,
        start_watching=partial(repeat, every_s=every_s, name="stored schedules"),
    )


def _pool(site: SiteFile) -> ElasticPool:
    return ElasticPool(max_threads=2 * len(site.assets) + 64)


def _timing(settings: DispatchSettings) -> DispatchTiming:
    return DispatchTiming(
        period_s=settings.period_s, status_period_s=settings.status_period_s, phase_s=settings.phase_s
    )


def _workers(settings: FlexibilitySettings) -> ProcessWorkers:
    from energy_manager.entrypoints.options import load_planners  # noqa: PLC0415 - with numpy and the solver: 20 MB

    return ProcessWorkers(count=max(2, (os.cpu_count() or 2) - 1), preload=partial(load_planners, settings))


def _storage_planning(
    *,
    settings: Settings,
    site: SiteFile,
    store: Store,
    devices: LaneDeviceGateway,
    clock: MonotonicClock,
    journal: Journals,
) -> KeepStoragePlanned | None:
    entry, pcc = site.planning.peak_shaving, site.pcc
    if entry is None or pcc is None:
        return None
    from energy_manager.entrypoints import storage_planning as beside  # noqa: PLC0415 - with numpy and the solver: 20 MB
    from energy_manager.entrypoints.options import peak_shaving_options  # noqa: PLC0415

    workers = ProcessWorkers(count=1, preload=int)
    return KeepStoragePlanned(
        storage=pcc.storage,
        request=beside.storage_request(pcc, site.storage_of(pcc), entry),
        period=beside.period_of(entry),
        documents=store.books,
        schedules=store.books,
        devices=devices,
        clock=clock,
        status_max_age_s=settings.dispatch.status_max_age_s,
        now=wall_clock,
        plan=partial(
            beside.plan_elsewhere,
            workers=workers,
            options=peak_shaving_options(settings.peak_shaving),
            site=site.for_plans,
        ),
        journal=journal,
    )


def _api(
    *,
    settings: Settings,
    site: SiteFile,
    workers: ProcessWorkers,
    store: Store,
    devices: LaneDeviceGateway,
    statistics: TickStatistics,
    watch_devices: WatchDevices,
    survey_site: SurveySite,
    newest_tick: NewestTick,
    log_journal: LogJournal,
    clock: MonotonicClock,
    live: LiveAppliances,
    journal: Journal,
) -> ApiServer:
    # Imported here: the web framework takes a second and 30 MB, which a run without the API does not need.
    from prometheus_client import CollectorRegistry  # noqa: PLC0415

    from energy_manager.entrypoints.api.activating import ActivationDesk  # noqa: PLC0415
    from energy_manager.entrypoints.api.app import create_app  # noqa: PLC0415
    from energy_manager.entrypoints.api.appliances import appliances_routes  # noqa: PLC0415
    from energy_manager.entrypoints.api.dashboard import dashboard_routes  # noqa: PLC0415
    from energy_manager.entrypoints.api.explaining import explaining_routes  # noqa: PLC0415
    from energy_manager.entrypoints.api.feed import Feed  # noqa: PLC0415
    from energy_manager.entrypoints.api.flexibility import flexibility_routes  # noqa: PLC0415
    from energy_manager.entrypoints.api.forecasts import forecasts_routes  # noqa: PLC0415
    from energy_manager.entrypoints.api.guard import Guard  # noqa: PLC0415
    from energy_manager.entrypoints.api.health import health_routes  # noqa: PLC0415
    from energy_manager.entrypoints.api.homes import homes_routes  # noqa: PLC0415
    from energy_manager.entrypoints.api.metrics import PlanFigures, SiteCollector, metrics_routes  # noqa: PLC0415
    from energy_manager.entrypoints.api.peak_shaving import peak_shaving_routes  # noqa: PLC0415
    from energy_manager.entrypoints.api.planning import PlanningDesk  # noqa: PLC0415
    from energy_manager.entrypoints.api.production import production_routes  # noqa: PLC0415
    from energy_manager.entrypoints.api.schedules import schedules_routes  # noqa: PLC0415
    from energy_manager.entrypoints.api.serving import ApiServer  # noqa: PLC0415
    from energy_manager.entrypoints.api.site import Live, site_routes  # noqa: PLC0415
    from energy_manager.entrypoints.documents.site import SiteFacts, site_document  # noqa: PLC0415
    from energy_manager.entrypoints.options import (  # noqa: PLC0415
        appliances_options,
        flexibility_options,
        peak_shaving_options,
        production_options,
    )

    registry = CollectorRegistry()
    registry.register(
        SiteCollector(
            survey=survey_site,
            statistics=statistics,
            devices=devices,
            store=store,
            dropped_events=lambda: log_journal.dropped,
            watts_per_step=1e3 * site.site.kw_per_step,
        )
    )
    facts = SiteFacts(
        name=site.site.name,
        power_unit=site.site.power_unit,
        period_s=settings.dispatch.period_s,
        status_max_age_s=settings.dispatch.status_max_age_s,
    )
    live_site = Live(newest_tick, lambda: site_document(survey_site(), facts))
    figures = PlanFigures(registry)
    desk = PlanningDesk(workers=workers, max_body_mb=settings.api.max_body_mb, answered=figures.answered)
    guard = Guard(settings.api)
    activating = ActivationDesk(desk=desk, ledger=store.books, guard=guard, site=site.for_plans, now=wall_clock)
    routes = [
        production_routes(activating.of("production"), Feed(), production_options(settings.production)),
        flexibility_routes(activating.of("flexibility"), partial(flexibility_options, settings.flexibility)),
        peak_shaving_routes(activating.of("peak_shaving"), peak_shaving_options(settings.peak_shaving)),
        appliances_routes(activating.of("appliances"), appliances_options(settings.appliances)),
        schedules_routes(store.books, desk, guard),
        forecasts_routes(store.books, desk, guard),
        homes_routes(live, guard),
        site_routes(live_site, guard),
        metrics_routes(registry, guard),
        dashboard_routes(),
        explaining_routes(store.history, guard, now=wall_clock),
        health_routes(statistics, clock, watch_devices, store, period_s=settings.dispatch.period_s),
    ]
    beside = [workers.keep_warm, live_site.keep_looking]
    if settings.appliances.replan_period_s:
        beside.append(_reoptimise(settings.appliances, live, workers, journal).run)
    return ApiServer(create_app(routes, beside), host=settings.api.host, port=settings.api.port)


def _reoptimise(
    settings: AppliancesSettings, live: LiveAppliances, workers: ProcessWorkers, journal: Journal
) -> ReoptimiseAppliances:
    from energy_manager.adapters.solvers.appliances_milp import HighsApplianceOptimiser  # noqa: PLC0415 - with numpy

    return ReoptimiseAppliances(
        live=live,
        optimiser=HighsApplianceOptimiser(),
        workers=workers,
        journal=journal,
        period_s=settings.replan_period_s,
        time_limit_s=settings.replan_limit_s,
    )


class Container(containers.DeclarativeContainer):
    """One site, wired. Everything is a singleton of its container; a second site is a second container."""

    # Settings: typed values, handed in.
    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)
    site: providers.Dependency[SiteFile] = providers.Dependency(instance_of=SiteFile)
    dispatch_settings = settings.provided.dispatch

    # The outside world.
    clock = providers.Singleton(MonotonicClock)
    store = providers.Singleton(store_of, settings.provided.store)
    log_journal = providers.Singleton(LogJournal, power_unit=site.provided.site.power_unit)
    store_journal = providers.Singleton(
        StoreJournal,
        store.provided.recorder,
        clock=clock,
        policy=dispatch_settings.policy,
        power_unit=site.provided.site.power_unit,
    )
    newest_tick = providers.Singleton(NewestTick)
    journal = providers.Singleton(Journals, log_journal, store_journal, newest_tick)
    pool = providers.Singleton(_pool, site)
    drivers = providers.Singleton(_drivers, site, clock)
    devices = providers.Singleton(
        LaneDeviceGateway,
        drivers,
        pool=pool,
        clock=clock,
        journal=journal,
        period_s=dispatch_settings.period_s,
        status_period_s=dispatch_settings.status_period_s,
    )
    blocking_schedule = providers.Singleton(_shared_schedule, site.provided.schedule)
    base_schedule = providers.Singleton(
        PrefetchedSchedule,
        blocking_schedule,
        clock=clock,
        submit=pool.provided.submit,
        start_watching=providers.Object(partial(repeat, every_s=LOOK_S, name="schedule watch")),
    )
    schedule = providers.Singleton(_stored_schedules, base_schedule, store, dispatch_settings)

    workers = providers.Singleton(_workers, settings.provided.flexibility)

    # Job 1: dispatch.
    policy = providers.Singleton(_policy, dispatch_settings)
    statistics = providers.Singleton(TickStatistics)
    hold_grid_limit = providers.Singleton(_hold_grid_limit, site, dispatch_settings)
    send_targets = providers.Singleton(
        SendTargets,
        clock=clock,
        schedule=schedule,
        devices=devices,
        policy=policy,
        journal=journal,
        schedule_wait_s=dispatch_settings.schedule_wait_s,
        status_max_age_s=dispatch_settings.status_max_age_s,
        told=site.provided.told,
        hold_grid_limit=hold_grid_limit,
        limited=site.provided.limited,
    )
    read_statuses = providers.Singleton(ReadStatuses, devices=devices, journal=journal)
    watch_devices = providers.Singleton(
        WatchDevices,
        clock=clock,
        devices=devices,
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
    )
    survey_site = providers.Singleton(
        SurveySite,
        newest=newest_tick,
        devices=devices,
        statistics=statistics,
        clock=clock,
        now=providers.Object(wall_clock),
        status_max_age_s=dispatch_settings.status_max_age_s,
        hold_grid_limit=hold_grid_limit,
    )

    # Job 3: the storage planned anew beside the loop, where the site file asks for it.
    storage_planning = providers.Singleton(
        _storage_planning, settings=settings, site=site, store=store, devices=devices, clock=clock, journal=journal
    )

    # Job 2: appliances.
    live = providers.Singleton(
        live_appliances,
        settings.provided.appliances,
        store.provided.books,
        journal,
        site=providers.Singleton(switched, site),
        meter=providers.Singleton(meters, site, devices, clock=clock, dispatch=dispatch_settings),
    )
    watch_appliances = providers.Singleton(
        WatchAppliances,
        live=live,
        clock=clock,
        journal=journal,
        homes=providers.Singleton(site_homes, site),
        habits=providers.Singleton(habits, site),
    )

    # The API, over all jobs.
    api = providers.Singleton(
        _api,
        settings=settings,
        site=site,
        workers=workers,
        store=store,
        devices=devices,
        statistics=statistics,
        watch_devices=watch_devices,
        survey_site=survey_site,
        newest_tick=newest_tick,
        log_journal=log_journal,
        clock=clock,
        live=live,
        journal=journal,
    )
