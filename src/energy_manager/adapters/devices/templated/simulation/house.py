"""One house behind a simulated device: its sun, its load, its battery and its meter influence one another.

The power balance holds at every moment: what is imported is what the house draws, less what sun and battery deliver.
So a loop that reads and tells these devices is a closed one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from energy_manager.adapters.devices.templated.simulation.behaviour import SimulatedDevice, SimulatedUsage
from energy_manager.adapters.devices.templates.model import KIND_OF_USAGE
from energy_manager.application.ports.clock import Clock
from energy_manager.domain.site import AssetKind

_HOUR_S = 3600.0


@dataclass(slots=True, kw_only=True)
class SimulatedHouse:
    """The house of one device; left to itself its battery rests, so that what it does is what it was told.

    The house draws ``base_w``, and each ``kettle_every_s`` for ``kettle_lasts_s`` another ``kettle_w``; the sun goes
    from 0 to ``sun_w`` and back in each ``day_s``. A usage that the device has not is not there, the meter apart.
    """

    device: SimulatedDevice
    clock: Clock
    base_w: float = 400.0
    kettle_w: float = 2000.0
    kettle_every_s: float = 40.0
    kettle_lasts_s: float = 20.0
    sun_w: float = 2400.0
    day_s: float = 600.0
    capacity_wh: float = 10_000.0
    power_w: float = 5000.0
    stored_wh: float = 5000.0
    _began_s: float = field(init=False)
    _at_s: float = field(init=False)

    def __post_init__(self) -> None:
        self._began_s = self._at_s = self.clock.now_s()
        self.device.live = self.move
        self.move()

    def load_w(self, at_s: float) -> float:
        """What the house draws then, but for loads that are devices themselves."""
        is_kettle_on = (at_s - self._began_s) % self.kettle_every_s >= self.kettle_every_s - self.kettle_lasts_s
        return self.base_w + (self.kettle_w if is_kettle_on else 0.0)

    def sunshine_w(self, at_s: float) -> float:
        """What the sun would deliver then without a limit."""
        return self.sun_w * (1 - math.cos(2 * math.pi * (at_s - self._began_s) / self.day_s)) / 2

    def move(self) -> None:
        """Let pass what time has passed, and balance the powers."""
        now_s = self.clock.now_s()
        for name in self._of_kind(AssetKind.STORAGE):
            moved_wh = self.device.power_w(name) * (now_s - self._at_s) / _HOUR_S
            self.stored_wh = min(self.capacity_wh, max(0.0, self.stored_wh - moved_wh))
        self._at_s = now_s
        for name in self._of_kind(AssetKind.PRODUCER):
            self.device.usages[name].own_w = self.sunshine_w(now_s)
        needed_w = self.load_w(now_s) - sum(
            self.device.power_w(name) for kind in (AssetKind.PRODUCER, AssetKind.LOAD) for name in self._of_kind(kind)
        )
        for name in self._of_kind(AssetKind.STORAGE):
            self._limit(self.device.usages[name])
            needed_w -= self.device.power_w(name)
        for name in self._of_kind(AssetKind.METER):
            self.device.usages[name].own_w = 0.0 - needed_w

    def _limit(self, battery: SimulatedUsage) -> None:
        """An empty battery gives nothing, a full one takes nothing."""
        battery.highest_w = self.power_w if self.stored_wh > 0 else 0.0
        battery.lowest_w = -self.power_w if self.stored_wh < self.capacity_wh else 0.0
        known = {"soc_percent": 100.0 * self.stored_wh / self.capacity_wh, "stored_wh": self.stored_wh}
        battery.points.update({point: value for point, value in known.items() if point in battery.usage.read})

    def _of_kind(self, kind: AssetKind) -> list[str]:
        return [
            name
            for name, simulated in self.device.usages.items()
            if (simulated.usage.kind or KIND_OF_USAGE[name]) is kind
        ]
