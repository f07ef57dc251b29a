"""A simulated storage: it follows its set-point after a dead time and with a lag, between empty and full."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pydantic import Field

from energy_manager.adapters.devices.driver import DriverContext, DriverType, Measurement
from energy_manager.adapters.devices.simulated.connection_point import SimulatedConnectionPoint
from energy_manager.adapters.devices.simulated.storage_physics import StorageSettings, StorageState, stepped, told
from energy_manager.adapters.options import Options
from energy_manager.domain.site import AssetKind


class SimulatedStorageOptions(Options):
    """What it is like beside its ratings; it begins with ``stored_wh`` (or ``stored_kwh``), which is nothing unsaid.

    Meters of the same ``plant`` measure what it takes.
    """

    stored_wh: float | None = Field(None, ge=0)
    stored_kwh: float | None = Field(None, ge=0)
    lag_s: float = Field(1.0, ge=0)
    dead_time_s: float = Field(0.5, ge=0)
    plant: str = Field("site", min_length=1)

    @property
    def begins_with_kwh(self) -> float:
        """What it holds at the start."""
        if self.stored_wh is not None:
            return self.stored_wh / 1000
        return self.stored_kwh or 0.0


class SimulatedStorage:
    """A storage of its own behind a connection point; ``min_wh`` is the reserve below which it offers nothing."""

    def __init__(
        self,
        settings: StorageSettings,
        point: SimulatedConnectionPoint,
        *,
        now_s: Callable[[], float],
        stored_kwh: float,
        min_wh: float = 0.0,
    ) -> None:
        self._settings = settings
        self._point = point
        self._now_s = now_s
        self._min_kwh = min_wh / 1000
        self._state = StorageState(at_s=now_s(), stored_kwh=stored_kwh)
        self._lock = threading.Lock()
        point.join(self._charge_kw)

    def _now(self, setpoint_w: float | None = None) -> StorageState:
        """Where it is now, told the set-point (W, + = delivers) where there is one; asked by lanes and by meters."""
        with self._lock:
            self._state = stepped(self._settings, self._state, to_s=max(self._now_s(), self._state.at_s))
            if setpoint_w is not None:
                self._state = told(self._settings, self._state, -setpoint_w / 1000)
            return self._state

    def _charge_kw(self) -> float:
        return self._now().charge_kw

    def write(self, setpoint_w: float | None) -> None:
        """Discharge with so many W; charge if negative. By itself it does nothing."""
        self._now(setpoint_w or 0.0)

    def read(self) -> Measurement:
        """The discharge, and between what it could be: not below 0 while full, not above 0 at the reserve."""
        state, settings = self._now(), self._settings
        return Measurement(
            power_w=-1000 * state.charge_kw,
            lowest_w=-1000 * settings.max_charge_kw if state.stored_kwh < settings.capacity_kwh else 0.0,
            highest_w=1000 * settings.max_discharge_kw if state.stored_kwh > self._min_kwh else 0.0,
            stored_wh=1000 * state.stored_kwh,
        )

    def close(self) -> None:
        """Leave the connection point."""
        self._point.leave(self._charge_kw)


def _open(options: SimulatedStorageOptions, context: DriverContext) -> SimulatedStorage:
    rated = context.ratings
    settings = StorageSettings(
        max_charge_kw=(rated.max_charge_w or 0.0) / 1000,
        max_discharge_kw=(rated.max_discharge_w or 0.0) / 1000,
        capacity_kwh=(rated.capacity_wh or 0.0) / 1000,
        lag_s=options.lag_s,
        dead_time_s=options.dead_time_s,
    )
    return SimulatedStorage(
        settings,
        context.link(("simulated plant", options.plant), SimulatedConnectionPoint),
        now_s=context.now_s,
        stored_kwh=options.begins_with_kwh,
        min_wh=rated.min_wh or 0.0,
    )


SIMULATED_STORAGE = DriverType(
    name="simulated_storage",
    options=SimulatedStorageOptions,
    kinds=frozenset({AssetKind.STORAGE}),
    open=_open,
    ratings=frozenset({"capacity_wh", "max_charge_w", "max_discharge_w"}),
    describe=lambda _: "",
)
