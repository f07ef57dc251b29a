"""The devices of a site file, each with its driver, and the storage that holds the grid limit."""

from __future__ import annotations

from shared import DeviceController

from energy_manager.adapters.clocks import MonotonicClock
from energy_manager.adapters.devices import DeviceDriver
from energy_manager.adapters.devices.shared_module import SharedDevice
from energy_manager.adapters.devices.simulated_appliance import SimulatedApplianceDriver
from energy_manager.adapters.devices.simulated_plant import (
    PlantSettings,
    SimulatedMeterDriver,
    SimulatedPlant,
    SimulatedStorageDriver,
    random_load,
)
from energy_manager.application.dispatch import HoldGridLimit
from energy_manager.domain.peak_shaving.grid_limit import GridLimitSettings
from energy_manager.entrypoints.settings import DispatchSettings
from energy_manager.entrypoints.site_file import (
    AssetEntry,
    PccEntry,
    SharedAsset,
    SimulatedAppliance,
    SimulatedStorage,
    SiteFile,
)


def drivers_of(site: SiteFile, clock: MonotonicClock) -> dict[str, DeviceDriver]:
    """A driver for each asset, in the order of the site file."""
    simulated = {} if site.pcc is None else _simulated_pcc(site, site.pcc, clock)
    return {asset.id: simulated.get(asset.id) or _driver(asset, site, clock) for asset in site.assets}


def _driver(asset: AssetEntry, site: SiteFile, clock: MonotonicClock) -> DeviceDriver:
    if isinstance(asset, SimulatedAppliance):
        return SimulatedApplianceDriver(rated_power_w=asset.rated_power_w, kw_per_step=site.site.kw_per_step)
    if isinstance(asset, SimulatedStorage):
        return _simulated_battery(asset, site, clock)
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


def _simulated_battery(storage: SimulatedStorage, site: SiteFile, clock: MonotonicClock) -> DeviceDriver:
    """A household's battery, which shares its simulated plant with nobody."""
    plant = SimulatedPlant(
        _plant_settings(storage), base_kw=lambda _at_s: 0.0, now_s=clock.now_s, stored_kwh=storage.stored_kwh
    )
    return SimulatedStorageDriver(plant, steps_per_kw=site.for_plans.steps_per_kw)


def _plant_settings(storage: SimulatedStorage, *, meter_sigma_kw: float = 0.0) -> PlantSettings:
    return PlantSettings(
        max_charge_kw=storage.max_charge_kw,
        max_discharge_kw=storage.max_discharge_kw,
        capacity_kwh=storage.capacity_kwh,
        lag_s=storage.lag_s,
        dead_time_s=storage.dead_time_s,
        meter_sigma_kw=meter_sigma_kw,
    )


def _simulated_pcc(site: SiteFile, pcc: PccEntry, clock: MonotonicClock) -> dict[str, DeviceDriver]:
    """The storage and the meter of the grid connection, which share one simulated plant."""
    storage, meter = site.storage_of(pcc), site.meter_of(pcc)
    plant = SimulatedPlant(
        _plant_settings(storage, meter_sigma_kw=meter.sigma_kw),
        base_kw=random_load(**meter.load.model_dump(), seed=meter.seed),
        now_s=clock.now_s,
        stored_kwh=storage.stored_kwh,
        seed=meter.seed,
    )
    steps_per_kw = site.for_plans.steps_per_kw
    return {
        storage.id: SimulatedStorageDriver(plant, steps_per_kw=steps_per_kw),
        meter.id: SimulatedMeterDriver(plant, steps_per_kw=steps_per_kw),
    }


def hold_grid_limit_of(site: SiteFile, settings: DispatchSettings) -> HoldGridLimit | None:
    """The control law of ``[pcc]``, where there is one."""
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
