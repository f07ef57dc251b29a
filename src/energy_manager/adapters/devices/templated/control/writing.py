"""What is to be written to a device now, and what it was told last."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from energy_manager.adapters.devices.driver import DriverMemory
from energy_manager.adapters.devices.links.errors import LinkError
from energy_manager.adapters.devices.templates.model import Usage
from energy_manager.adapters.devices.templates.rules import DAY_S, STORED_WRITES_A_DAY
from energy_manager.domain.quantities import finite


class WritesUsedUp(LinkError):
    """The device's registers are stored in flash and have been written as often as they bear."""

    code = "writes_used_up"


class Action(Enum):
    """What to write."""

    NOTHING = auto()
    TARGET = auto()
    BEGIN_AND_TARGET = auto()
    RELEASE = auto()


class Control(Enum):
    """Whether the device is under our control; unknown until the first order or release of this run."""

    UNKNOWN = auto()
    OURS = auto()
    RELEASED = auto()


@dataclass(slots=True)
class Writing:
    """The state of one device's control, by the rules of its usage.

    A set-point is written when what its steps write changes and it changed by a step or became 0; when it is due to be
    written again; and when what the device was told is not known (a sequence that failed, a lost mode). It
    ``may_be_led`` from the first write of this run to a release that is acknowledged. None releases,
    once; where it is not known who controls the device, once as well, for a run before this one may have ended badly.
    """

    rules: Usage
    control: Control = Control.UNKNOWN
    may_be_led: bool = False
    is_begun: bool = False
    written: tuple[object, ...] | None = None
    written_w: float = 0.0
    written_at_s: float = 0.0
    changed_at_s: float = 0.0
    _is_on: bool = False
    _switched_at_s: float = float("-inf")

    def due(self, setpoint_w: float | None, values: Sequence[object], *, now_s: float) -> Action:
        """What to write for the set-point, whose steps would write ``values``."""
        if setpoint_w is None:
            return Action.NOTHING if self.control is Control.RELEASED else Action.RELEASE
        if not self.is_begun:
            return Action.BEGIN_AND_TARGET
        if self.written is None or self._is_rewrite_due(now_s):
            return Action.TARGET
        is_step = abs(setpoint_w - self.written_w) >= self.rules.step_w or setpoint_w == 0
        return Action.TARGET if is_step and tuple(values) != self.written else Action.NOTHING

    def _is_rewrite_due(self, now_s: float) -> bool:
        rewrite_s = self.rules.rewritten_every_s
        return rewrite_s is not None and now_s - self.written_at_s >= rewrite_s

    def held(self, setpoint_w: float, *, is_on: bool, now_s: float) -> float:
        """The set-point that a device with a least time on and off can be told now: the wanted one, or the last."""
        least_s = self.rules.min_on_s if self._is_on else self.rules.min_off_s
        if self.written is None or is_on is self._is_on or now_s - self._switched_at_s >= least_s:
            return setpoint_w
        return self.written_w

    def wrote(self, setpoint_w: float, values: Sequence[object], *, is_on: bool, now_s: float) -> None:
        """The target is acknowledged."""
        if is_on is not self._is_on:
            self._is_on, self._switched_at_s = is_on, now_s
        if self.written is None or setpoint_w != self.written_w:
            self.changed_at_s = now_s
        self.control, self.may_be_led, self.is_begun = Control.OURS, True, True
        self.written, self.written_w, self.written_at_s = tuple(values), setpoint_w, now_s

    def released(self) -> None:
        """The release is acknowledged."""
        self.control, self.may_be_led, self.is_begun, self.written = Control.RELEASED, False, False, None

    def failed(self) -> None:
        """A sequence failed half way: what the device was told is not known, and it may be under control."""
        self.control, self.may_be_led, self.is_begun, self.written = Control.UNKNOWN, True, False, None

    def forget_begin(self) -> None:
        """The device was connected anew or shows that it left our mode: it is begun again, if it is ours."""
        self.is_begun = False

    def assert_again(self) -> None:
        """Write the target again at the next tick, for the device does not follow it."""
        self.written = None


@dataclass(slots=True)
class WriteBudget:
    """How often stored registers may still be written: at most ``writes_a_day`` in any 24 hours.

    A fifth may go at once, the rest comes back evenly over the day, so that a restless target cannot use up the day's
    writes in minutes. The last write is kept for the release. ``writes_a_day`` None = no limit.

    ``memory`` keeps what is left over a restart; what comes back meanwhile goes by the wall clock (``wall_s``, s), and
    by nothing where that has gone backwards.
    """

    writes_a_day: int | None = STORED_WRITES_A_DAY
    writes: int = 0
    refused: int = 0
    memory: DriverMemory | None = None
    wall_s: Callable[[], float] = time.time
    _left: float = field(init=False)
    _at_s: float | None = None

    def __post_init__(self) -> None:
        self._left = self._burst
        kept = None if self.memory is None or self.writes_a_day is None else self.memory.recall()
        left, at_s = (None, None) if kept is None else (finite(kept.get("writes_left")), finite(kept.get("at_s")))
        if left is not None and at_s is not None:
            away_s = max(0.0, self.wall_s() - at_s)
            self._left = max(0.0, min(self._burst, left + self._a_second * away_s))

    @property
    def _a_second(self) -> float:
        return max(0.0, (self.writes_a_day or 0) - self._burst) / DAY_S

    def left(self, *, now_s: float) -> int | None:
        """How many writes may go now; None = no limit."""
        if self.writes_a_day is None:
            return None
        return int(self._left_at(now_s))

    def _left_at(self, now_s: float) -> float:
        since_s = 0.0 if self._at_s is None else now_s - self._at_s
        return min(self._burst, self._left + self._a_second * since_s)

    @property
    def _burst(self) -> float:
        return max(2.0, (self.writes_a_day or 0) // 5)

    def spend(self, *, now_s: float, is_release: bool = False) -> None:
        """Take one write, before it is sent.

        Raises:
            WritesUsedUp: there is none left.
        """
        if self.writes_a_day is not None:
            self._left, self._at_s = self._left_at(now_s), now_s
            if self._left < (1 if is_release else 2):
                self.refused += 1
                limit = f"{self.writes_a_day} writes a day"
                raise WritesUsedUp(f"its registers are stored and bear {limit}; this target is not written")
            self._left -= 1
            if self.memory is not None:
                self.memory.remember({"writes_left": self._left, "at_s": self.wall_s()})
        self.writes += 1
