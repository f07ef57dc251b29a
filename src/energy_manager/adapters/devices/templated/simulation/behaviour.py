"""What a simulated device does with what is written to it, however that reaches it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from energy_manager.adapters.devices.templated.control.values import SHARES, Written
from energy_manager.adapters.devices.templates.model import Template, Usage
from energy_manager.adapters.devices.templates.points import DELIVERS
from energy_manager.adapters.devices.templates.sources import WriteStep
from energy_manager.application.ports.clock import Clock
from energy_manager.domain.site import Ratings
from energy_manager.domain.storage_value.told_mode import CHARGE, FEED, HOLD

_NEVER_S = float("-inf")


@dataclass(slots=True)
class SimulatedUsage:
    """One use of the device: what it delivers by itself (W, + = delivers), and its other points by their names.

    ``lowest_w`` and ``highest_w`` are what it can do now, whatever it is told.
    """

    usage: Usage
    own_w: float = 0.0
    points: dict[str, float | None] = field(default_factory=dict)
    told_at_s: float = _NEVER_S
    obeys: bool = True
    serial: str = "1234567"
    lowest_w: float = -math.inf
    highest_w: float = math.inf


class SimulatedDevice(ABC):
    """Follows what is written to it until that expires; ``live`` is called before it is read and after it was written.

    ``usages`` leaves out those that would say other things in the same places; ``ratings`` turn shares back into
    powers.
    """

    def __init__(
        self,
        template: Template,
        *,
        clock: Clock,
        usages: Collection[str] | None = None,
        ratings: Ratings | None = None,
    ) -> None:
        self._clock = clock
        self._ratings = ratings or Ratings(rated_w=5000.0, max_charge_w=5000.0, max_discharge_w=5000.0)
        self.usages = {
            name: SimulatedUsage(usage) for name, usage in template.usages.items() if not usages or name in usages
        }
        self.live: Callable[[], None] = lambda: None

    @abstractmethod
    def _value_of(self, step: WriteStep) -> float:
        """The number that was written last where this step writes."""

    @abstractmethod
    def _holds(self, step: WriteStep, value: Written) -> bool:
        """Whether this value, as this step would write it, was the last there."""

    def setpoint_w(self, name: str) -> float | None:
        """What the device is told to deliver now; None while it runs by itself."""
        usage = self.usages[name]
        expires_s = usage.usage.expires_s
        if usage.told_at_s == _NEVER_S:
            return None
        if expires_s is not None and self._clock.now_s() - usage.told_at_s >= expires_s:
            return None
        if not all(self._holds(step, step.value) for step in _constants(usage.usage)):
            return None
        return self._decoded(usage.usage)

    def power_w(self, name: str) -> float:
        """What the device delivers now."""
        usage = self.usages[name]
        told_w = self.setpoint_w(name) if usage.obeys else None
        if told_w is None:
            return usage.own_w
        power_w = min(told_w, usage.own_w) if usage.usage.control == "limit" else told_w
        return max(usage.lowest_w, min(usage.highest_w, power_w))

    def values(self, name: str) -> Iterator[tuple[str, float | None]]:
        """Each point that is read of this usage, with its present value."""
        usage, power_w = self.usages[name], self.power_w(name)
        powers = [point for point in usage.usage.read if point in DELIVERS]
        signs = {DELIVERS[point] for point in powers}
        for point in usage.usage.read:
            if point in DELIVERS:
                share_w = DELIVERS[point] * power_w
                value: float | None = max(0.0, share_w) if len(signs) > 1 else share_w
                yield point, value if point == powers[0] or len(signs) > 1 else 0.0
            else:
                yield point, usage.points.get(point, self._default(point, power_w=power_w))

    def _default(self, point: str, *, power_w: float) -> float | None:
        if point == "on":
            return float(power_w != 0)
        rated: Mapping[str, float | None] = {
            "soc_percent": 50.0,
            "rated_w": self._ratings.rated_w,
            "max_charge_w": self._ratings.max_charge_w,
            "max_discharge_w": self._ratings.max_discharge_w,
        }
        return rated.get(point, 0.0)

    def _decoded(self, usage: Usage) -> float | None:
        """The set-point that the steps of the target have written."""
        values = {str(step.value): (step, self._value_of(step)) for step in usage.target if isinstance(step.value, str)}
        powers = {name: value for name, (_, value) in values.items() if name in DELIVERS}
        if powers:
            return sum(DELIVERS[name] * value for name, value in powers.items())
        shares = {name: value for name, (_, value) in values.items() if name in SHARES}
        for name, percent in shares.items():
            rating, direction = SHARES[name]
            return direction * percent / 100.0 * (getattr(self._ratings, rating) or 0.0)
        if "mode" in values:
            return self._of_mode(values["mode"][0])
        magnitude_w = self._magnitude_w(usage, values)
        if "direction" not in values:
            return None if magnitude_w is None else 0.0 - magnitude_w
        step, _ = values["direction"]
        word = next((word for word, raw in (step.words or {}).items() if self._holds(step, raw)), None)
        return None if word is None else {"charge": -1.0, "discharge": 1.0}.get(word, 0.0) * (magnitude_w or 0.0)

    def _of_mode(self, step: WriteStep) -> float | None:
        """Charging and feeding in are all that it can; holding, it rests; else it does its own."""
        mode = next((word for word, raw in (step.words or {}).items() if self._holds(step, raw)), None)
        powers = {CHARGE: -(self._ratings.max_charge_w or 0.0), FEED: self._ratings.max_discharge_w or 0.0, HOLD: 0.0}
        return None if mode is None else powers.get(mode)

    def _magnitude_w(self, usage: Usage, values: Mapping[str, tuple[WriteStep, float]]) -> float | None:
        if "magnitude_w" in values:
            return values["magnitude_w"][1]
        if "amps" in values:
            return values["amps"][1] * usage.voltage_v * usage.phases
        if "step" in values:
            steps = [step for step in usage.target if step.value == "step"]
            found = [index for index in range(len(usage.steps_w or [])) if self._are_at(steps, index)]
            return (usage.steps_w or [0.0])[found[0] if found else 0]
        if "on" in values:
            step, _ = values["on"]
            return (self._ratings.rated_w or 0.0) if self._holds(step, (step.words or {}).get("on", True)) else 0.0
        return None

    def _are_at(self, steps: Collection[WriteStep], index: int) -> bool:
        return all(self._holds(step, (step.words or {}).get(str(index), index)) for step in steps)


def _constants(usage: Usage) -> Iterator[WriteStep]:
    """The steps that say the same whatever the target."""
    last: dict[object, WriteStep] = {}
    for step in (*usage.begin, *usage.target):
        last[step.cells or step.sunspec_points or (step.topic, step.url, step.body)] = step
    yield from (step for step in last.values() if not isinstance(step.value, str))
