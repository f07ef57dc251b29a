"""A simulated household appliance: on at its rated power while its target is below 0, else off."""

from __future__ import annotations

from energy_manager.adapters.devices.driver import Reading


class SimulatedApplianceDriver:
    """Told and read like a device of the dispatch, where a target is what an asset delivers: drawing is negative.

    It knows two states only, so any target below 0 switches it on; ``rated_power_w`` is what it then draws.
    """

    def __init__(self, *, rated_power_w: float, kw_per_step: float) -> None:
        self._rated_power_w = rated_power_w
        self._kw_per_step = kw_per_step
        self._is_on = False

    def set_power_target(self, target: int) -> None:
        """Switch on for a target below 0, else off."""
        self._is_on = target < 0

    def read(self) -> Reading:
        """What it draws, as delivered and as measured; it can deliver nothing."""
        draws_kw = self._rated_power_w / 1000 if self._is_on else 0.0
        return Reading(output=-draws_kw / self._kw_per_step, potential=0, measured_kw=draws_kw)
