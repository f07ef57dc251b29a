"""A request for an appliance to run, and a stretch of time in which it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from energy_manager.domain.appliances.ledger.step_function import Step
from energy_manager.domain.appliances.power_course import NEVER_PAUSED, SAYS_ALL, Draws, PowerCourse
from energy_manager.domain.appliances.priority import BASE_PRIORITY, PriorityClass
from energy_manager.domain.appliances.units import FOREVER_US, Watts, exact_minutes, in_words
from energy_manager.domain.errors import Fault, Refused, faults_of, refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """A household asks for one run.

    Args:
        run_id: unique among all runs.
        power_w: the greatest that it draws, above 0; constant without a profile.
        duration_us: above 0; None: until it is finished by an event.
        max_delay_us: the most it may wait in total, pauses included, at least 0; None: as long as it takes.
        requested_us: when it was asked for; waiting counts from here, or from ``not_before_us`` where that is later.
        is_queued: when the appliance is still busy, wait behind it instead of being refused.
        not_before_us: it may not draw power earlier; None: from when it is asked for.
        profile: its power over its time, as long as the duration and with ``power_w`` as its peak; such a run is never
            paused. None: constant power.
    """

    run_id: str
    household: str
    appliance: str
    power_w: Watts
    duration_us: int | None
    max_delay_us: int | None
    is_interruptible: bool
    priority_class: PriorityClass
    requested_us: int
    is_queued: bool = False
    not_before_us: int | None = None
    profile: PowerCourse | None = None

    def __post_init__(self) -> None:
        power_w, duration_us, delay_us, kind = self.power_w, self.duration_us, self.max_delay_us, self.priority_class
        faults = {
            "power_w": None if power_w > 0 else f"{power_w} is not above 0 W",
            "duration_us": None if duration_us is None or duration_us > 0 else f"{duration_us} is not above 0",
            "max_delay_us": None if delay_us is None or delay_us >= 0 else f"{delay_us} is negative",
            "priority_class": None if kind in BASE_PRIORITY else f"{kind!r} is not one of urgent, normal, low",
        }
        refuse([*faults_of(faults), *self._profile_faults()])

    def _profile_faults(self) -> Iterator[Fault]:
        profile = self.profile
        if profile is None:
            return
        if self.is_interruptible:
            yield Fault(field="profile_w", message=NEVER_PAUSED)
        if (self.power_w, self.duration_us) != (profile.peak_w, profile.length_us):
            yield Fault(field="profile_w", message=SAYS_ALL)

    @property
    def draws(self) -> Draws:
        """What it draws while it runs."""
        return self.power_w if self.profile is None else self.profile

    def pieces(self, segment: Segment) -> Iterator[Step]:
        """What it draws in a segment, as pieces of constant power above 0; one with a profile has one segment."""
        if self.profile is None:
            yield Step(start_us=segment.start_us, end_us=segment.end_us, value=self.power_w)
        else:
            yield from self.profile.steps(segment.start_us, segment.end_us)

    @property
    def length_us(self) -> int:
        """The duration; for ever when endless."""
        return FOREVER_US if self.duration_us is None else self.duration_us

    def moved_by(self, by_us: int) -> RunRequest:
        """The request as a clock has it that was set by so much."""
        not_before_us = None if self.not_before_us is None else self.not_before_us + by_us
        return replace(self, requested_us=self.requested_us + by_us, not_before_us=not_before_us)

    @property
    def waits_from_us(self) -> int:
        """The first instant at which it may draw power; its waiting counts from here."""
        return self.requested_us if self.not_before_us is None else max(self.requested_us, self.not_before_us)

    def ready_by(self, end_us: int | None) -> RunRequest:
        """The request with no more max delay than that it is over by ``end_us``; None: as it is.

        Raises:
            Refused: it lasts too long for that, or until it is ended.
        """
        if end_us is None:
            return self
        if self.duration_us is None:
            message = "needs a run that ends by itself: this one lasts until it is ended"
            raise Refused([Fault(field="ready_by", message=message)])
        delay_us = end_us - self.duration_us - self.waits_from_us
        if delay_us < 0:
            lasts, late = (in_words(exact_minutes(time_us)) for time_us in (self.duration_us, -delay_us))
            message = f"is {late} min too early: the run lasts {lasts} min and cannot begin before"
            raise Refused([Fault(field="ready_by", message=message)])
        return replace(self, max_delay_us=delay_us if self.max_delay_us is None else min(delay_us, self.max_delay_us))

    @property
    def latest_start_us(self) -> int:
        """The last instant at which an unbroken run still keeps its max delay."""
        return FOREVER_US if self.max_delay_us is None else self.waits_from_us + self.max_delay_us


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """The appliance is on during ``[start_us, end_us)``; an endless run ends at ``FOREVER_US``."""

    start_us: int
    end_us: int

    def moved_by(self, by_us: int) -> Segment:
        """The segment as a clock has it that was set by so much; an endless one stays endless."""
        end_us = self.end_us if self.end_us >= FOREVER_US else self.end_us + by_us
        return Segment(start_us=self.start_us + by_us, end_us=end_us)
