"""What one device is told: what is due, what came of it, and whether it does as it was told."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from energy_manager.adapters.devices.templated.channels.channel import Session
from energy_manager.adapters.devices.templated.control.obedience import Obedience, Observed
from energy_manager.adapters.devices.templated.control.ranges import limits_of
from energy_manager.adapters.devices.templated.control.values import Values, Written
from energy_manager.adapters.devices.templated.control.writing import Action, Control, WriteBudget, Writing
from energy_manager.adapters.devices.templates.model import Usage
from energy_manager.adapters.devices.templates.sources import WriteStep
from energy_manager.adapters.lanes.steps import Steps
from energy_manager.application.ports.clock import Clock
from energy_manager.domain.site import Ratings


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be written: ``told`` None = the release; ``written`` are the values of the target's steps."""

    action: Action
    told: Values | None
    written: tuple[Written, ...]


class Orders:
    """The orders to a device of this usage; the lane that reads it and the lane that tells it may both ask.

    ``limits`` are what the device can do by its last read, ``mode`` what a set-point means to one that knows modes
    only. ``unlimited_w`` is what it delivered last without a limit.
    """

    def __init__(self, usage: Usage, ratings: Ratings, *, clock: Clock, budget: WriteBudget) -> None:
        self._usage = usage
        self._grains = [(step, _grain(step)) for step in usage.target]
        self._clock = clock
        self._budget = budget
        self._writing = Writing(usage)
        self._obedience = Obedience(usage.obeys, usage.control) if usage.obeys and usage.control else None
        self._lock = threading.Lock()
        self._connection: int | None = None
        self.limits = limits_of({}, ratings)
        self.mode = ""
        self.unlimited_w: float | None = None

    @property
    def are_begun(self) -> bool:
        """Whether the device is under our control, in our mode as far as is known."""
        return self._writing.is_begun and self._writing.control is Control.OURS

    @property
    def may_be_followed(self) -> bool:
        """Whether the device may still do what it was told in this run."""
        return self._writing.may_be_led

    @property
    def disobeys(self) -> str | None:
        """What it was told and what it measures instead; None while it obeys."""
        return None if self._obedience is None else self._obedience.disobeys

    @property
    def follows(self) -> bool | None:
        """Whether it does what it was told; one that knows modes only has no power to be held to."""
        if self._usage.control == "modes":
            return True
        return None if self._obedience is None else self.disobeys is None

    def begin_anew(self) -> None:
        """The device may be in another mode, or may be another one: it is begun again before the next target."""
        with self._lock:
            self._writing.forget_begin()

    def note_connection(self, connection: int) -> bool:
        """A device that was connected anew is begun again; whether it was."""
        if connection == self._connection:
            return False
        if self._connection is not None:
            self.begin_anew()
        self._connection = connection
        return True

    def due(self, setpoint_w: float | None) -> Due:
        """What to write for a set-point (W, + = delivers), or for the release (None)."""
        now_s = self._clock.now_s()
        if setpoint_w is None:
            with self._lock:
                return Due(self._writing.due(None, (), now_s=now_s), None, ())
        told = self._values(self.limits.clamped(setpoint_w, self._usage))
        with self._lock:
            if self._usage.control in {"switch", "steps", "current"}:
                told = self._values(self._writing.held(told.setpoint_w, is_on=told.is_on, now_s=now_s))
            written = tuple([_rounded(told.of(step), grain) for step, grain in self._grains])
            return Due(self._writing.due(told.setpoint_w, written, now_s=now_s), told, written)

    def performing(self, session: Session, due: Due) -> Steps[None]:
        """Make the steps in their order, up to the first that fails.

        Raises:
            LinkError: one of them failed, or the device's registers bear no more writes.
        """
        if due.action is Action.NOTHING:
            return
        self._budget.spend(now_s=self._clock.now_s(), is_release=due.action is Action.RELEASE)
        try:
            if due.action is Action.BEGIN_AND_TARGET:
                for step, value in self._constants(self._usage.begin):
                    yield from session.performing(step, value)
            steps = zip(self._usage.target, due.written, strict=True)
            for step, value in self._constants(self._usage.release) if due.told is None else steps:
                yield from session.performing(step, value)
        except BaseException:
            with self._lock:
                self._writing.failed()
            raise
        with self._lock:
            if due.told is None:
                self._writing.released()
            else:
                told = due.told
                self._writing.wrote(told.setpoint_w, due.written, is_on=told.is_on, now_s=self._clock.now_s())

    def observe(self, power_w: float | None, on: float | None, now_s: float) -> None:
        """Learn from a good read what the sun gives without a limit, and whether the device does what it was told."""
        with self._lock:
            writing = self._writing
            told_w = writing.written_w if writing.written is not None else None
            is_limited = self._usage.control == "limit" and told_w is not None
            if power_w is not None and (told_w is None or not is_limited or power_w < 0.95 * told_w):
                self.unlimited_w = power_w
            if self._obedience is None or power_w is None:
                return
            told = None if told_w is None else self._values(told_w)
            asserts = self._obedience.observe(
                Observed(measured_w=power_w, is_on=None if on is None else on != 0),
                told_w=None if told is None else told.owed_w,
                told_on=told is not None and told.is_on,
                told_for_s=now_s - writing.changed_at_s,
            )
            if asserts:
                writing.assert_again()

    def _constants(self, steps: Sequence[WriteStep]) -> Iterator[tuple[WriteStep, Written]]:
        nothing = self._values(0.0)
        return ((step, nothing.of(step)) for step in steps)

    def _values(self, setpoint_w: float) -> Values:
        return Values(self._usage, self.limits, setpoint_w, self.mode)


def _grain(step: WriteStep) -> float | None:
    """The least that what the step writes can change by; None where its register takes any number, or text."""
    of_register = step.value_type if step.cells is not None else step.type or ""
    return step.scale if "int" in of_register else None


def _rounded(value: Written, grain: float | None) -> Written:
    """The value as its register can say it, so that what changes nothing there is no change."""
    if grain is None or isinstance(value, bool | str):
        return value
    return round(value / grain) * grain
