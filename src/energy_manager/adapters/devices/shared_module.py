"""Devices of the ``shared`` module, whichever module of that name stands first on the path."""

from __future__ import annotations

from dataclasses import dataclass

from shared import DeviceController

from energy_manager.adapters.devices.driver import Reading


@dataclass(frozen=True, slots=True)
class SharedDevice:
    """One ``DeviceController``."""

    controller: DeviceController

    def set_power_target(self, target: int) -> None:
        """Pass the target on."""
        self.controller.set_power_target(target)

    def read(self) -> Reading:
        """Ask for the status; its two numbers are passed on as they are."""
        status = self.controller.get_device_status()
        return Reading(output=status.current_power_output, potential=status.potential_power_output)
