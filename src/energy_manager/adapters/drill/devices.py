"""Simulated devices that do as they are told, until a fault is put in front of them.

A ``Plant`` is the truth: what each asset delivers and could. A ``FaultyDriver`` is how the product reaches one of them;
what goes wrong in between is a ``Trouble``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from energy_manager.adapters.devices.driver import Measurement
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.site import Asset, AssetKind

UNRATED_STEPS = 300
"""What an asset can deliver of which nothing is said, as those of the ``shared`` module."""

STORED_SHARE = 0.5


@dataclass(slots=True, kw_only=True)
class SimulatedAsset:
    """One asset as it really is; powers in W, positive = production."""

    asset: Asset
    least_w: float
    most_w: float
    stored_wh: float | None
    setpoint_w: float | None = None
    obeyed_share: float = 1.0
    is_stuck: bool = False
    able_share: float = 1.0
    _since_s: float = 0.0
    _output_w: float = 0.0

    @property
    def highest_w(self) -> float:
        """What it could deliver now."""
        if self.stored_wh is not None and self.stored_wh <= (self.asset.ratings.min_wh or 0.0):
            return 0.0
        return self.most_w * self.able_share

    @property
    def lowest_w(self) -> float:
        """The least that it could be told now, at most 0."""
        capacity_wh = self.asset.ratings.capacity_wh
        if self.stored_wh is not None and capacity_wh is not None and self.stored_wh >= capacity_wh:
            return 0.0
        return self.least_w

    @property
    def output_w(self) -> float:
        """What it delivers now; released it stands still."""
        if self.is_stuck:
            return self._output_w
        wanted_w = (self.setpoint_w or 0.0) * self.obeyed_share
        return min(max(wanted_w, self.lowest_w), self.highest_w)

    def stick(self) -> None:
        """Stand still at the output of this moment."""
        self._output_w, self.is_stuck = self.output_w, True

    def mend(self) -> None:
        """Whatever was wrong with it is not any more."""
        self.is_stuck, self.obeyed_share, self.able_share = False, 1.0, 1.0

    def pass_time(self, now_s: float) -> None:
        """Let what a storage holds follow its output."""
        hours, self._since_s = (now_s - self._since_s) / 3600, now_s
        if self.stored_wh is not None and self.asset.ratings.capacity_wh is not None:
            held_wh = self.stored_wh - self.output_w * hours
            self.stored_wh = min(max(held_wh, 0.0), self.asset.ratings.capacity_wh)


def simulated(asset: Asset, *, watts_per_step: int) -> SimulatedAsset:
    """The asset as its ratings and limits have it."""
    bounds = asset.ever(watts_per_step)
    most = UNRATED_STEPS if bounds.highest is None else bounds.highest
    takes = asset.kind in {AssetKind.STORAGE, AssetKind.LOAD}
    least = (-UNRATED_STEPS if bounds.lowest is None else bounds.lowest) if takes else 0
    capacity_wh = asset.ratings.capacity_wh
    return SimulatedAsset(
        asset=asset,
        least_w=float(min(0, least) * watts_per_step),
        most_w=float(max(0, most) * watts_per_step),
        stored_wh=None if capacity_wh is None else STORED_SHARE * capacity_wh,
    )


@dataclass(slots=True, kw_only=True)
class GridPoint:
    """The grid connection of the plant: a load of its own, in waves, and whatever the assets deliver."""

    meter: AssetId
    mean_w: float
    swing_w: float
    wave_s: float

    def import_w(self, now_s: float, outputs_w: float) -> float:
        """What is drawn from the grid now."""
        wave = math.sin(2 * math.pi * now_s / self.wave_s)
        return self.mean_w + self.swing_w * (1.0 if wave > 0.0 else -1.0) - outputs_w


@dataclass(slots=True, kw_only=True)
class Plant:
    """Everything that stands at the site, and the targets that came to it which never may."""

    assets: dict[AssetId, SimulatedAsset]
    watts_per_step: int
    now_s: Callable[[], float]
    grid: GridPoint | None = None
    unsafe: list[str] = field(default_factory=list)
    _last: dict[AssetId, float] = field(default_factory=dict, init=False)
    _measured: dict[AssetId, list[float]] = field(default_factory=dict, init=False)

    def pass_time(self) -> None:
        """Bring every asset to this moment."""
        for asset in self.assets.values():
            asset.pass_time(self.now_s())

    def import_w(self) -> float | None:
        """The exchange at the grid connection, import positive; None where there is none."""
        if self.grid is None:
            return None
        return self.grid.import_w(self.now_s(), sum(asset.output_w for asset in self.assets.values()))

    def write(self, asset_id: AssetId, setpoint_w: float | None) -> None:
        """A set-point arrives at the device, which is told off if it never may."""
        self.pass_time()
        self._check(asset_id, setpoint_w)
        self.assets[asset_id].setpoint_w = setpoint_w

    def read(self, asset_id: AssetId) -> Measurement:
        """What the device says of itself."""
        self.pass_time()
        if self.grid is not None and asset_id == self.grid.meter:
            import_w = self.import_w()
            return Measurement(power_w=None if import_w is None else -import_w)
        asset = self.assets[asset_id]
        self._measured.setdefault(asset_id, []).append(asset.output_w)
        del self._measured[asset_id][:-8]
        return Measurement(
            power_w=asset.output_w, lowest_w=asset.lowest_w, highest_w=asset.highest_w, stored_wh=asset.stored_wh
        )

    def _check(self, asset_id: AssetId, setpoint_w: float | None) -> None:
        asset = self.assets[asset_id].asset
        if asset.kind is AssetKind.METER:
            self.unsafe.append(f"the meter {asset_id!r} is told {setpoint_w}")
            return
        before_w, self._last[asset_id] = self._last.get(asset_id), setpoint_w or 0.0
        if setpoint_w is None:
            return
        if not math.isfinite(setpoint_w):
            self.unsafe.append(f"{asset_id!r} is told {setpoint_w}")
            return
        steps = setpoint_w / self.watts_per_step
        bounds = asset.ever(self.watts_per_step)
        if (bounds.lowest is not None and steps < bounds.lowest) or (
            bounds.highest is not None and steps > bounds.highest
        ):
            self.unsafe.append(f"{asset_id!r} is told {steps:g}, outside {bounds.lowest} to {bounds.highest}")
        if asset.ramp is not None:
            known_w = [*self._measured.get(asset_id, ()), 0.0 if before_w is None else before_w]
            jump = min(abs(setpoint_w - other_w) for other_w in known_w) / self.watts_per_step
            if jump > asset.ramp + 1:  # a step is rounded at both ends
                self.unsafe.append(
                    f"{asset_id!r} is told {steps:g}, {jump:g} from what it did; its ramp is {asset.ramp}"
                )


class Trouble:
    """What stands between the product and a device; as it is, nothing. ``block`` blocks the call for so long."""

    def write(self, send: Callable[[], None]) -> None:
        """Pass a set-point on."""
        send()

    def read(self, ask: Callable[[], Measurement]) -> Any:  # noqa: ANN401 - nonsense, too, comes from devices
        """Pass an answer on."""
        return ask()


NO_TROUBLE = Trouble()


class FaultyDriver:
    """The driver of one asset of the plant."""

    def __init__(self, plant: Plant, asset_id: AssetId, trouble_of: Callable[[AssetId], Trouble]) -> None:
        self._plant = plant
        self._asset_id = asset_id
        self._trouble_of = trouble_of

    def write(self, setpoint_w: float | None) -> None:
        """Tell the device."""
        self._trouble_of(self._asset_id).write(lambda: self._plant.write(self._asset_id, setpoint_w))

    def read(self) -> Measurement:
        """Ask the device."""
        answer: Measurement = self._trouble_of(self._asset_id).read(lambda: self._plant.read(self._asset_id))
        return answer

    def close(self) -> None:
        """Nothing to let go of."""
