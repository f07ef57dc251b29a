"""What an appliance draws over the time of a run that is not constant: a washing machine heats, soaks and spins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from energy_manager.domain.appliances.ledger.step_function import Step
from energy_manager.domain.appliances.units import Watts
from energy_manager.domain.errors import Fault, refuse

MOST_SLOTS = 1440
"""A day by the minute."""

NEVER_PAUSED = "a run with a profile is never paused: interruptible must be false"
SAYS_ALL = "says power and duration: leave out power_w and duration_min"


class Phase(NamedTuple):
    """Constant power above 0 for a while, so long after the run has begun."""

    offset_us: int
    length_us: int
    power_w: Watts


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerCourse:
    """One power a slot of ``slot_us``, at least 0, from the beginning of the run on.

    ``phases`` are the same with neighbours of equal power joined and without those of 0 W, in which nothing is drawn.
    """

    slot_us: int
    values_w: tuple[Watts, ...]
    phases: tuple[Phase, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        faults = [
            Fault(field=f"profile_w.values[{place}]", message=f"{value} W is below 0 W")
            for place, value in enumerate(self.values_w)
            if value < 0
        ]
        if self.slot_us <= 0:
            faults.append(Fault(field="profile_w.resolution_min", message="is not above 0"))
        if not 1 <= len(self.values_w) <= MOST_SLOTS:
            message = f"has {len(self.values_w)} values, a profile has 1 to {MOST_SLOTS}"
            faults.append(Fault(field="profile_w.values", message=message))
        elif not any(self.values_w):
            faults.append(Fault(field="profile_w.values", message="are all 0 W"))
        refuse(faults)
        object.__setattr__(self, "phases", tuple(_phases(self.slot_us, self.values_w)))

    @property
    def length_us(self) -> int:
        """How long the run lasts."""
        return self.slot_us * len(self.values_w)

    @property
    def peak_w(self) -> Watts:
        """The greatest power."""
        return max(self.values_w)

    def power_at(self, since_start_us: int) -> Watts:
        """What is drawn so long after the run has begun; 0 outside."""
        place = since_start_us // self.slot_us
        return self.values_w[place] if 0 <= place < len(self.values_w) else 0

    def steps(self, start_us: int, end_us: int) -> Iterator[Step]:
        """The phases of a run that began at ``start_us``, as far as they lie before ``end_us``."""
        for offset_us, length_us, power_w in self.phases:
            begin_us = start_us + offset_us
            if begin_us < end_us:
                yield Step(start_us=begin_us, end_us=min(end_us, begin_us + length_us), value=power_w)


Draws: TypeAlias = Watts | PowerCourse
"""What a run draws: constant power, or a course."""


def phases_of(draws: Draws, length_us: int) -> tuple[Phase, ...]:
    """The phases of a run of ``length_us``: one of constant power."""
    return draws.phases if isinstance(draws, PowerCourse) else (Phase(0, length_us, draws),)


def _phases(slot_us: int, values_w: tuple[Watts, ...]) -> Iterator[Phase]:
    first = 0
    for place in range(1, len(values_w) + 1):
        if place == len(values_w) or values_w[place] != values_w[first]:
            if values_w[first] > 0:
                yield Phase(first * slot_us, (place - first) * slot_us, values_w[first])
            first = place
