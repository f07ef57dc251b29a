"""What a step writes for a set-point; pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from energy_manager.adapters.devices.links.errors import LinkError
from energy_manager.adapters.devices.templates.model import Usage
from energy_manager.adapters.devices.templates.points import DELIVERS
from energy_manager.adapters.devices.templates.sources import WriteStep
from energy_manager.domain.storage_value.told_mode import mode_of_power

Written = bool | int | float | str
_ROUNDING_ERROR = 1e-9
SHARES = {
    "output_percent": ("rated_w", 1),
    "discharge_percent": ("max_discharge_w", 1),
    "charge_percent": ("max_charge_w", -1),
}
"""What shares in percent are taken of, with the sign that turns them into what the asset delivers."""


class NotControllable(LinkError):
    """Something that is needed to control the device is not known; nothing was written."""

    code = "not_controllable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the device can do now, in W and never below 0; None = not known."""

    rated_w: float | None = None
    max_charge_w: float | None = None
    max_discharge_w: float | None = None

    def clamped(self, setpoint_w: float, usage: Usage) -> float:
        """The set-point (+ = delivers) within what the device can do."""
        if usage.control == "limit":
            return max(0.0, setpoint_w if self.rated_w is None else min(setpoint_w, self.rated_w))
        most = self.max_discharge_w if self.max_discharge_w is not None else math.inf
        least = self.max_charge_w if self.max_charge_w is not None else math.inf
        if self.rated_w is not None and usage.control in {"switch", "steps", "current"}:
            least = self.rated_w
        return max(-least, min(most, setpoint_w))


@dataclass(frozen=True, slots=True)
class Values:
    """The values of one set-point (W, + = delivers) for the steps of one usage."""

    usage: Usage
    limits: Limits
    setpoint_w: float
    mode: str = ""

    def of(self, step: WriteStep) -> Written:
        """What the step writes, before its scale; words already put in.

        Raises:
            NotControllable: a rating that a share is taken of is not known.
        """
        value = self._named(str(step.value)) if isinstance(step.value, str) else step.value
        if step.words is not None:
            word = {True: "on", False: "off"}.get(value, value) if isinstance(value, bool) else value
            value = step.words.get(str(word), value)
        if step.within is not None and isinstance(value, int | float) and not isinstance(value, bool):
            lowest, highest = step.within
            value = max(lowest, min(highest, value))
        return value

    @property
    def is_on(self) -> bool:
        """Whether a device that can only be on or off is to be on: from half of its rated power."""
        if self.usage.control == "current":
            return self.amps > 0
        return abs(self.setpoint_w) > (self.limits.rated_w or 0.0) / 2 - _ROUNDING_ERROR and self.setpoint_w != 0

    @property
    def owed_w(self) -> float:
        """What a device that follows delivers: the power of its step, where it knows steps only."""
        if self.usage.control != "steps" or not self.usage.steps_w:
            return self.setpoint_w
        return math.copysign(self.usage.steps_w[self._step()], self.setpoint_w)

    def _named(self, name: str) -> Written:
        """The value of this name; any other text stands for itself."""
        if name in DELIVERS:
            return 0.0 + DELIVERS[name] * self.setpoint_w
        if name in SHARES:
            rating, sign = SHARES[name]
            whole_w = getattr(self.limits, rating)
            if not whole_w:
                raise NotControllable(f"a share in percent needs {rating}, which is not known")
            return float(0.0 + 100.0 * sign * self.setpoint_w / whole_w)
        others: dict[str, Callable[[], Written]] = {
            "magnitude_w": lambda: abs(self.setpoint_w),
            "direction": lambda: ("idle", "discharge", "charge")[(self.setpoint_w > 0) - (self.setpoint_w < 0)],
            "on": lambda: self.is_on,
            "step": self._step,
            "amps": lambda: self.amps,
            "mode": lambda: self.mode or mode_of_power(self.setpoint_w),
        }
        return others[name]() if name in others else name

    @property
    def amps(self) -> float:
        """Whole amperes a phase that take no more than was told; 0 below the least that a charger can."""
        amps = math.floor(abs(self.setpoint_w) / (self.usage.voltage_v * self.usage.phases) + _ROUNDING_ERROR)
        if self.usage.max_a is not None:
            amps = min(amps, math.floor(self.usage.max_a))
        return 0 if amps < self.usage.min_a else amps

    def _step(self) -> int:
        steps = self.usage.steps_w or []
        return sum(power_w <= abs(self.setpoint_w) + _ROUNDING_ERROR for power_w in steps) - 1 if steps else 0
