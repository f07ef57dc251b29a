"""Whether a device does what it was told; pure."""

from __future__ import annotations

from dataclasses import dataclass

from energy_manager.adapters.devices.templates.model import Control, Obeys
from energy_manager.domain.directions import measures, to_do

MOST_REASSERTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One good read: what the device delivers (W, + = delivers), and whether it says that it is on."""

    measured_w: float
    is_on: bool | None = None


def deviates(control: Control, *, told_w: float, told_on: bool, observed: Observed, tolerance_w: float) -> bool:
    """Whether this is not what was told.

    A limit is broken from above only: less sun is no disobedience, and a car may take less than it is offered. A switch
    is judged by its state; where it says none, only by drawing power while it is told to be off.
    """
    measured_w = observed.measured_w
    if control == "limit":
        return measured_w > told_w + tolerance_w
    if control == "current":
        return measured_w < told_w - tolerance_w
    if control == "switch":
        if observed.is_on is not None:
            return observed.is_on is not told_on
        return not told_on and abs(measured_w) > tolerance_w
    return abs(measured_w - told_w) > tolerance_w


@dataclass(slots=True)
class Obedience:
    """Counts reads in a row that are not what was told; the verdict comes with the ``reads``-th."""

    rules: Obeys
    control: Control
    deviations: int = 0
    reasserts: int = 0
    disobeys: str | None = None
    """The sentence with both numbers while it does not obey."""

    def observe(self, observed: Observed, *, told_w: float | None, told_on: bool, told_for_s: float) -> bool:
        """Judge a good read, ``told_for_s`` after the target last changed; whether the target is to be written again.

        ``told_w`` None: the device is released and owes nothing.
        """
        if told_w is None:
            self.forget()
            return False
        if told_for_s < self.rules.within_s:
            return False
        if not deviates(
            self.control, told_w=told_w, told_on=told_on, observed=observed, tolerance_w=self.rules.tolerance_w
        ):
            self.forget()
            return False
        self.deviations += 1
        if self.deviations < self.rules.reads:
            return False
        measured_w = observed.measured_w
        told = to_do(told_w, f"{abs(told_w):g} W")
        self.disobeys = f"was told {told} and {measures(measured_w, f'{abs(measured_w):g} W')}"
        if self.deviations % self.rules.reads or self.reasserts >= MOST_REASSERTS:
            return False
        self.reasserts += 1
        return True

    def forget(self) -> None:
        """It obeys, or owes nothing."""
        self.deviations, self.reasserts, self.disobeys = 0, 0, None
