"""A request for an appliance to run, and the run that became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from energy_manager.domain.appliances.ledger.step_function import Step
from energy_manager.domain.appliances.priority import priority_with_us_left
from energy_manager.domain.appliances.run_request import RunRequest, Segment
from energy_manager.domain.appliances.units import FOREVER_US, Watts, exact_minutes, in_words

Status: TypeAlias = Literal["pending", "running", "paused", "finished", "rejected", "missed", "cancelled"]
Outcome: TypeAlias = Literal["fit", "battery", "shift", "replan", "rejected"]


Loss = Literal["outage", "load"]
_LOST: Mapping[Loss | None, str] = {
    None: "it lost its place",
    "outage": "its time came while control was not running",
    "load": "the load at its start left it no room",
}
"""What took a run's place, by ``Run.lost_to``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run with its planned segments; what it is at an instant follows from them alone.

    ``closed_as`` says that it ended other than by its plan; ``decision_priority`` is the priority at the request.
    ``lost_to`` says what took the place that it had, other than that there was less room, until it has another.
    """

    request: RunRequest
    segments: tuple[Segment, ...]
    outcome: Outcome
    decision_priority: int
    closed_as: Status | None = None
    lost_to: Loss | None = None

    @property
    def run_id(self) -> str:
        """The request's id."""
        return self.request.run_id

    @property
    def end_us(self) -> int:
        """When the last planned segment ends; before all time without segments."""
        return self.segments[-1].end_us if self.segments else -FOREVER_US

    @property
    def start_us(self) -> int | None:
        """When the first planned segment begins."""
        return self.segments[0].start_us if self.segments else None

    def is_open(self, now_us: int) -> bool:
        """It will still draw power at or after ``now_us``."""
        return self.closed_as is None and self.end_us > now_us

    @property
    def is_unplanned(self) -> bool:
        """It lost its place, and not all of its time is planned: it runs on as soon as there is room."""
        if self.request.duration_us is None:
            return self.closed_as is None and self.end_us < FOREVER_US
        return self.closed_as is None and self.progress_us(FOREVER_US) < self.request.duration_us

    def is_alive(self, now_us: int) -> bool:
        """It will draw power at or after ``now_us``, or waits for room and may still get it within its max delay."""
        if self.closed_as is not None:
            return False
        return self.end_us > now_us or (self.is_unplanned and self.latest_resume_us(now_us) >= now_us)

    def has_started(self, now_us: int) -> bool:
        """It has drawn power before ``now_us``, or does so from that very instant."""
        return bool(self.segments) and self.segments[0].start_us <= now_us

    def is_on(self, now_us: int) -> bool:
        """It draws power at ``now_us``."""
        return any(segment.start_us <= now_us < segment.end_us for segment in self.segments)

    def next_us(self, now_us: int) -> int:
        """The first instant from ``now_us`` on at which it is planned to draw power; for ever when there is none."""
        if self.segments and self.segments[0].start_us >= now_us:
            return self.segments[0].start_us
        return next((max(now_us, s.start_us) for s in self.segments if s.end_us > now_us), FOREVER_US)

    def pieces(self) -> Iterator[Step]:
        """What it draws, segment by segment, as pieces of constant power above 0."""
        for segment in self.segments:
            yield from self.request.pieces(segment)

    def power_at(self, now_us: int) -> Watts:
        """What it draws at an instant at which it is on, or would draw if it began then."""
        profile = self.request.profile
        if profile is None:
            return self.request.power_w
        segment = next((s for s in self.segments if s.start_us <= now_us < s.end_us), None)
        return profile.power_at(0 if segment is None else now_us - segment.start_us)

    def overlaps(self, start_us: int, end_us: int) -> bool:
        """It is planned to draw power at some instant of ``[start_us, end_us)``."""
        segments = self.segments
        if not segments or segments[0].start_us >= end_us or segments[-1].end_us <= start_us:
            return False
        return len(segments) == 1 or any(s.start_us < end_us and s.end_us > start_us for s in segments)

    def status(self, now_us: int) -> Status:
        """What the run is at ``now_us``."""
        if self.closed_as is not None:
            return self.closed_as
        if self.is_on(now_us):
            return "running"
        if self.end_us <= now_us and not self.is_unplanned:
            return "finished"
        if not self.is_alive(now_us):
            return "missed"
        return "paused" if self.has_started(now_us) else "pending"

    def missed_reason(self, now_us: int) -> str | None:
        """Why a run that was accepted did not run to its end; None unless it is missed."""
        if self.status(now_us) != "missed":
            return None
        request = self.request
        minutes = in_words(exact_minutes(self.progress_us(now_us)))
        ran = f"ran for {minutes} min only" if self.segments else "did not run"
        delay = "" if request.max_delay_us is None else f" of {in_words(exact_minutes(request.max_delay_us))} min"
        return (
            f"{request.appliance} ({in_words(request.power_w)} W) {ran}: {_LOST[self.lost_to]}, and there was no other "
            f"within its max delay{delay}"
        )

    def progress_us(self, now_us: int) -> int:
        """How long it has run before ``now_us``."""
        return sum(max(0, min(s.end_us, now_us) - s.start_us) for s in self.segments)

    def remaining_us(self, now_us: int) -> int:
        """How long it must still run at ``now_us``; for ever when endless."""
        if self.request.duration_us is None:
            return FOREVER_US
        return self.request.duration_us - self.progress_us(now_us)

    def waited_us(self, now_us: int) -> int:
        """The waiting so far: before the first start and in all pauses, as far as they lie before ``now_us``."""
        is_done = self.closed_as is not None or self.remaining_us(now_us) <= 0
        until = min(now_us, self.end_us) if is_done and self.segments else now_us
        return max(0, until - self.request.waits_from_us - self.progress_us(until))

    def delay_left_us(self, now_us: int) -> int | None:
        """What remains of the max delay at ``now_us`` (negative when overrun); None: unbounded."""
        if self.request.max_delay_us is None:
            return None
        return self.request.max_delay_us - self.waited_us(now_us)

    def latest_resume_us(self, now_us: int) -> int:
        """The last instant at which what remains may begin, unbroken, within the max delay."""
        left = self.delay_left_us(now_us)
        return FOREVER_US if left is None else max(now_us, self.request.waits_from_us) + left

    def priority(self, now_us: int) -> int:
        """1 to 10, with the time that is left at ``now_us`` until it must be on."""
        is_bound = self.request.max_delay_us is not None
        left_us = self.latest_resume_us(now_us) - now_us if is_bound else None
        return priority_with_us_left(self.request.priority_class, left_us)

    def moved_by(self, by_us: int) -> Run:
        """The run as a clock has it that was set by so much."""
        segments = tuple(segment.moved_by(by_us) for segment in self.segments)
        return replace(self, request=self.request.moved_by(by_us), segments=segments)

    def cut(self, now_us: int) -> Run:
        """The same run with nothing planned from ``now_us`` on."""
        kept = tuple(
            Segment(start_us=s.start_us, end_us=min(s.end_us, now_us)) for s in self.segments if s.start_us < now_us
        )
        return replace(self, segments=kept)

    def after(self, instant_us: int) -> Run:
        """The run with only what is planned from ``instant_us`` on."""
        kept = tuple(
            Segment(start_us=max(s.start_us, instant_us), end_us=s.end_us)
            for s in self.segments
            if s.end_us > instant_us
        )
        return replace(self, segments=kept)

    def resumed(self, start_us: int, *, remaining_us: int) -> Run:
        """The run with ``remaining_us`` planned from ``start_us``; joined to the last segment when that ends there."""
        end_us = min(FOREVER_US, start_us + remaining_us)
        if self.segments and self.segments[-1].end_us == start_us:
            last = Segment(start_us=self.segments[-1].start_us, end_us=end_us)
            return replace(self, segments=(*self.segments[:-1], last), lost_to=None)
        return replace(self, segments=(*self.segments, Segment(start_us=start_us, end_us=end_us)), lost_to=None)


def told_pieces(request: RunRequest, segments: Iterable[Segment]) -> Iterator[Step]:
    """What the device of a run is told, without gaps: 1 W while its profile draws nothing, so that it stays on."""
    for segment in segments:
        at_us = segment.start_us
        for piece in request.pieces(segment):
            if at_us < piece.start_us:
                yield Step(start_us=at_us, end_us=piece.start_us, value=1)
            yield piece
            at_us = piece.end_us
        if at_us < segment.end_us:
            yield Step(start_us=at_us, end_us=segment.end_us, value=1)
