"""How a simulated storage follows its targets: with lag and dead time, between empty and full; pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageSettings:
    """What a storage is like; powers in kW at the terminals, charge positive, energies in kWh.

    It follows a target ``dead_time_s`` later and with a first-order lag: after ``lag_s`` it has done 63 % of a step.
    """

    max_charge_kw: float
    max_discharge_kw: float
    capacity_kwh: float
    lag_s: float = 0.0
    dead_time_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageState:
    """Where the storage is: its power, what it aims at, the targets on their way to it, and what it holds."""

    at_s: float
    charge_kw: float = 0.0
    aim_kw: float = 0.0
    stored_kwh: float = 0.0
    coming: tuple[tuple[float, float], ...] = ()
    """(when it arrives, charge target), in order."""


def told(settings: StorageSettings, state: StorageState, charge_kw: float) -> StorageState:
    """The state after a target was sent; it arrives when the dead time is over."""
    return replace(state, coming=(*state.coming, (state.at_s + settings.dead_time_s, charge_kw)))


def stepped(settings: StorageSettings, state: StorageState, *, to_s: float) -> StorageState:
    """The state at ``to_s``: targets arrive on their way, power follows its aim exponentially, energy its power."""
    while state.coming and state.coming[0][0] <= to_s:
        (arrives_s, target), *rest = state.coming
        state = _followed(settings, state, to_s=max(arrives_s, state.at_s))
        aim = min(max(target, -settings.max_discharge_kw), settings.max_charge_kw)
        state = replace(state, aim_kw=aim, coming=tuple(rest))
    return _followed(settings, state, to_s=to_s)


def _followed(settings: StorageSettings, state: StorageState, *, to_s: float) -> StorageState:
    """The state at ``to_s`` while the aim stays as it is; an empty or full storage stops."""
    passed_s = to_s - state.at_s
    if passed_s <= 0.0:
        return state
    left = math.exp(-passed_s / settings.lag_s) if settings.lag_s > 0.0 else 0.0
    charge = state.aim_kw + (state.charge_kw - state.aim_kw) * left
    # The mean power of an exponential approach, exactly.
    moved_kws = state.aim_kw * passed_s + (state.charge_kw - state.aim_kw) * settings.lag_s * (1.0 - left)
    stored = state.stored_kwh + moved_kws / 3600.0
    if not 0.0 <= stored <= settings.capacity_kwh:
        stored, charge = min(max(stored, 0.0), settings.capacity_kwh), 0.0
    return StorageState(at_s=to_s, charge_kw=charge, aim_kw=state.aim_kw, stored_kwh=stored, coming=state.coming)
