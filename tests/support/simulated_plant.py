"""A simulated connection point for closed loops: a storage as the product simulates it, and a meter with faults."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from energy_manager.adapters.devices.simulated.storage_physics import StorageSettings, StorageState, stepped, told


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantSettings(StorageSettings):
    """A storage and the meter beside it.

    ``power_gain`` is what the storage does of what it is told; the sigmas are standard deviations of the readings.
    ``meter_delay_s`` is how much older the meter's word is than the storage's.
    """

    power_gain: float = 1.0
    meter_sigma_kw: float = 0.0
    storage_sigma_kw: float = 0.0
    meter_delay_s: float = 0.0


class SimulatedPlant:
    """One connection point, told and read like devices; every call moves the plant to now. Deterministic with a seed.

    ``base_kw`` says what the load takes (less what is produced) at any time, in kW.
    """

    def __init__(
        self,
        settings: PlantSettings,
        *,
        base_kw: Callable[[float], float],
        now_s: Callable[[], float],
        stored_kwh: float,
        seed: int = 0,
    ) -> None:
        self.settings = settings
        self._base_kw = base_kw
        self._now_s = now_s
        self._noise = random.Random(seed)
        self._state = StorageState(at_s=now_s(), stored_kwh=stored_kwh)
        self._past: list[StorageState] = [self._state]

    def _moved(self) -> StorageState:
        self._state = stepped(self.settings, self._state, to_s=max(self._now_s(), self._state.at_s))
        heard_s = self._state.at_s - self.settings.meter_delay_s
        while len(self._past) > 1 and self._past[1].at_s <= heard_s:
            del self._past[0]
        self._past.append(self._state)
        return self._state

    @property
    def import_kw(self) -> float:
        """What the PCC truly carries, as of the last call."""
        return self._base_kw(self._state.at_s) + self._state.charge_kw

    @property
    def charge_kw(self) -> float:
        """What the storage truly takes, as of the last call."""
        return self._state.charge_kw

    def set_charge(self, charge_kw: float) -> None:
        """Tell the storage its charge target."""
        self._state = told(self.settings, self._moved(), charge_kw * self.settings.power_gain)
        self._past.append(self._state)

    def read_meter(self) -> float:
        """The import in kW, as the meter says it."""
        heard_s = self._moved().at_s - self.settings.meter_delay_s
        heard = stepped(self.settings, self._past[0], to_s=max(heard_s, self._past[0].at_s))
        return self._base_kw(heard.at_s) + heard.charge_kw + self._noise.gauss(0.0, self.settings.meter_sigma_kw)

    def read_storage(self) -> tuple[float, float]:
        """The charge in kW and the stored energy in kWh, as the storage says them."""
        state = self._moved()
        return state.charge_kw + self._noise.gauss(0.0, self.settings.storage_sigma_kw), state.stored_kwh
