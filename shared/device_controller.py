"""A simulated device that takes a power target and tells its status, both through an unreliable line."""

from __future__ import annotations

from dataclasses import dataclass

from .clock import Clock
from .schedule_provider import AssetId, PowerTarget
from .unreliable import Unreliable


@dataclass(frozen=True)
class DeviceStatus:
    """What a device delivers now, and what it could deliver."""

    current_power_output: int
    potential_power_output: int


class DeviceController:
    """One device; its potential may differ from block to block."""

    def __init__(
        self,
        asset_id: AssetId,
        potential_power_outputs: list[int] | None = None,
        sleep_chance: float = 0.1,
        sleep_multiplier: float = 1.0,
        exception_chance: float = 0.0,
    ) -> None:
        self._asset_id = asset_id
        self._potentials = potential_power_outputs
        self._line = Unreliable(sleep_chance, sleep_multiplier, exception_chance)
        self._power_target: PowerTarget = 0

    def set_power_target(self, power_target: PowerTarget) -> None:
        """Tell the device its power target.

        The line may sleep *before* the target is stored: of two calls at once the older may win.

        Raises:
            Exception: 'Could not set power target', with the chance given.
        """
        self._line.call("Could not set power target")
        print(f"[{self._asset_id}] Power set: {power_target}")  # noqa: T201 - this is what the device shows
        self._power_target = power_target

    def get_device_status(self) -> DeviceStatus:
        """The output now and the potential of this time block (0 for a device that was given none).

        Raises:
            Exception: 'Could not read device status', with the chance given.
        """
        self._line.call("Could not read device status")
        if self._potentials is None:
            return DeviceStatus(current_power_output=self._power_target, potential_power_output=0)
        potential = self._potentials[Clock.get_current_time_block()]
        return DeviceStatus(
            current_power_output=min(self._power_target, potential),
            potential_power_output=potential,
        )
