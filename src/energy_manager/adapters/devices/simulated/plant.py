"""A simulated connection point: a storage with lag, dead time and losses, a meter with noise, and a load.

Used by the example site, the closed-loop tests and the benchmark. ``stepped`` is a pure function, so that tests run on
virtual time; ``SimulatedPlant`` wraps it as something that is read and told like real devices, by any clock.
"""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantSettings:
    """What the storage and the meter are like; powers in kW at the terminals, charge positive, energies in kWh.

    The storage follows a target ``dead_time_s`` later and with a first-order lag: after ``lag_s`` it has done 63 % of a
    step. ``power_gain`` is what it does of what it is told; the sigmas are standard deviations of the readings.
    ``meter_delay_s`` is how much older the meter's word is than the storage's.
    """

    max_charge_kw: float
    max_discharge_kw: float
    capacity_kwh: float
    lag_s: float = 0.0
    dead_time_s: float = 0.0
    charge_efficiency: float = 1.0
    discharge_efficiency: float = 1.0
    power_gain: float = 1.0
    meter_sigma_kw: float = 0.0
    storage_sigma_kw: float = 0.0
    meter_delay_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantState:
    """Where the storage is: its power, what it aims at, the targets on their way to it, and what it holds."""

    at_s: float
    charge_kw: float = 0.0
    aim_kw: float = 0.0
    stored_kwh: float = 0.0
    coming: tuple[tuple[float, float], ...] = ()
    """(when it arrives, charge target), in order."""


def told(settings: PlantSettings, state: PlantState, charge_kw: float) -> PlantState:
    """The state after a target was sent; it arrives when the dead time is over."""
    return replace(state, coming=(*state.coming, (state.at_s + settings.dead_time_s, charge_kw)))


def stepped(settings: PlantSettings, state: PlantState, *, to_s: float) -> PlantState:
    """The state at ``to_s``: targets arrive on their way, power follows its aim exponentially, energy its power."""
    while state.coming and state.coming[0][0] <= to_s:
        (arrives_s, target), *rest = state.coming
        state = _followed(settings, state, to_s=max(arrives_s, state.at_s))
        aim = min(max(target * settings.power_gain, -settings.max_discharge_kw), settings.max_charge_kw)
        state = replace(state, aim_kw=aim, coming=tuple(rest))
    return _followed(settings, state, to_s=to_s)


def _followed(settings: PlantSettings, state: PlantState, *, to_s: float) -> PlantState:
    """The state at ``to_s`` while the aim stays as it is; an empty or full storage stops."""
    passed_s = to_s - state.at_s
    if passed_s <= 0.0:
        return state
    left = math.exp(-passed_s / settings.lag_s) if settings.lag_s > 0.0 else 0.0
    charge = state.aim_kw + (state.charge_kw - state.aim_kw) * left
    # The mean power of an exponential approach, exactly.
    moved_kws = state.aim_kw * passed_s + (state.charge_kw - state.aim_kw) * settings.lag_s * (1.0 - left)
    factor = settings.charge_efficiency if moved_kws > 0.0 else 1.0 / settings.discharge_efficiency
    stored = state.stored_kwh + moved_kws * factor / 3600.0
    if not 0.0 <= stored <= settings.capacity_kwh:
        stored, charge = min(max(stored, 0.0), settings.capacity_kwh), 0.0
    return replace(state, at_s=to_s, charge_kw=charge, stored_kwh=stored)


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
        self._noise = random.Random(seed)  # noqa: S311 - a simulation, and it must be repeatable
        self._state = PlantState(at_s=now_s(), stored_kwh=stored_kwh)
        self._past: list[PlantState] = [self._state]
        self._lock = threading.Lock()

    def _moved(self) -> PlantState:
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
        with self._lock:
            self._state = told(self.settings, self._moved(), charge_kw)
            self._past.append(self._state)

    def read_meter(self) -> float:
        """The import in kW, as the meter says it."""
        with self._lock:
            heard_s = self._moved().at_s - self.settings.meter_delay_s
            heard = stepped(self.settings, self._past[0], to_s=max(heard_s, self._past[0].at_s))
            return self._base_kw(heard.at_s) + heard.charge_kw + self._noise.gauss(0.0, self.settings.meter_sigma_kw)

    def read_storage(self) -> tuple[float, float]:
        """The charge in kW and the stored energy in kWh, as the storage says them."""
        with self._lock:
            state = self._moved()
            return state.charge_kw + self._noise.gauss(0.0, self.settings.storage_sigma_kw), state.stored_kwh


def random_load(
    *, level_kw: float, peak_kw: float, every_s: float, lasts_s: float, wander_kw: float = 0.0, seed: int = 0
) -> Callable[[float], float]:
    """A load with peaks at random times and a level that wanders; a fixed hour in steps of a second, which repeats.

    ``peak_kw`` is the most that a peak adds, ``every_s`` the mean time between peaks and ``lasts_s`` their mean length;
    ``wander_kw`` is the standard deviation of the level.
    """
    noise = random.Random(seed)  # noqa: S311 - a simulation, and it must be repeatable
    load, wander = [level_kw] * 3600, 0.0
    for place in range(3600):
        wander = 0.98 * wander + noise.gauss(0.0, wander_kw * math.sqrt(1.0 - 0.98**2))
        load[place] += wander
    begin_s = noise.expovariate(1.0 / every_s)
    while begin_s < 3600.0:
        height, end_s = noise.uniform(0.3, 1.0) * peak_kw, begin_s + noise.uniform(0.5, 1.5) * lasts_s
        for place in range(int(begin_s), min(int(end_s), 3600)):
            load[place] += height
        begin_s = end_s + noise.expovariate(1.0 / every_s)
    return lambda at_s: load[int(at_s) % 3600]
