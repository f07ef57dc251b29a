"""Drivers as devices that are put into operation: everything they say, for people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from energy_manager.adapters.devices.driver import Driver, Measurement
from energy_manager.adapters.devices.templated.device import NoPower, TemplatedDevice
from energy_manager.adapters.devices.templated.identity import WrongDevice
from energy_manager.application.ports.devices.commissioned_device import CommissionedDevice
from energy_manager.domain.commissioning import FallBack, Inspection, PointReading
from energy_manager.domain.quantities import AssetId

_MEASURED = {"output_w": "power_w", "lowest_w": "lowest_w", "highest_w": "highest_w", "stored_wh": "stored_wh"}
"""What any driver may say, by the names of points."""


def commissioned(asset_id: AssetId, driver: Driver, *, now_s: Callable[[], float]) -> CommissionedDevice:
    """The driver, templated or any other, for people."""
    if isinstance(driver, TemplatedDevice):
        return _Templated(asset_id, driver)
    return _Plain(asset_id, driver, now_s)


@dataclass(frozen=True, slots=True)
class _Templated:
    asset_id: AssetId
    driver: TemplatedDevice

    @property
    def publishes(self) -> bool:
        return self.driver.publishes

    def inspect(self) -> Inspection:
        try:
            output_w = self.driver.read().power_w
        except (NoPower, WrongDevice):  # it answers; what is missing, and who it is, is told below
            output_w = None
        return Inspection(
            asset_id=self.asset_id,
            points=self.driver.readings(),
            output_w=output_w,
            identity=self.driver.identity(),
            only_read_for=self.driver.only_read_for or self.driver.cannot_write,
            falls_back=FallBack(after_s=self.driver.falls_back_after_s) if self.driver.falls_back else None,
        )

    def tell(self, setpoint_w: float | None) -> None:
        self.driver.write(setpoint_w)

    def close(self) -> None:
        self.driver.close()


@dataclass(frozen=True, slots=True)
class _Plain:
    asset_id: AssetId
    driver: Driver
    now_s: Callable[[], float]
    publishes: bool = False

    def inspect(self) -> Inspection:
        began_s = self.now_s()
        said = self.driver.read()
        age_s = self.now_s() - (began_s if said.taken_at_s is None else said.taken_at_s)
        return Inspection(asset_id=self.asset_id, points=tuple(_points_of(said, age_s)), output_w=said.power_w)

    def tell(self, setpoint_w: float | None) -> None:
        self.driver.write(setpoint_w)

    def close(self) -> None:
        self.driver.close()


def _points_of(said: Measurement, age_s: float) -> list[PointReading]:
    values = {point: getattr(said, name) for point, name in _MEASURED.items()}
    known = {point: value for point, value in values.items() if value is not None or point == "output_w"}
    return [
        PointReading(name=point, value=value, age_s=None if value is None else age_s) for point, value in known.items()
    ]
