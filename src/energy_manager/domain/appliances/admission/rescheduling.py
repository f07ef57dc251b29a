"""The fourth step: a short optimisation over everything that can still move.

Serial schedule generation: every order of the runs, each placed at its earliest start in that order. For unbroken runs
with deadlines under a limit that varies in time this is complete: if any plan is feasible, shifting its runs to the
left until none can move gives one that placing them in the order of their starts reproduces (Sprecher, Kolisch and
Drexl 1995, active schedules). Where no order does, the runs that are on and may be paused fill the gaps that are left
to them instead, piece by piece. Depth-first with the sum of waiting as bound; the work is limited by a count, never by
a clock, so a decision can be replayed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop

from energy_manager.domain.appliances.admission.placement_problem import Placement, PlacementProblem, is_coverable
from energy_manager.domain.appliances.admission.placing import fit, with_battery
from energy_manager.domain.appliances.admission.preference import Preference
from energy_manager.domain.appliances.admission.starts import earliest_pieces, earliest_start
from energy_manager.domain.appliances.ledger.home import Home
from energy_manager.domain.appliances.ledger.step_function import StepFunction
from energy_manager.domain.appliances.power_course import Draws
from energy_manager.domain.appliances.run import Run
from energy_manager.domain.appliances.run_request import Segment
from energy_manager.domain.appliances.units import FOREVER_US

# Runs whose order is searched; of twice as many that are looked at, those that may wait for ever come after them.
_MOST_RUNS = 9

# The work of one search: ledger pieces walked over (about 4 ms).
_MOST_PIECES = 40_000
# What taking one place costs besides, in walked pieces.
_PIECES_A_PLACE = 80


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Job:
    """What remains of a run, not before ``from_us`` and not after ``latest_us``.

    ``may_pause`` holds for a run that is on: it may stay so and be paused later. All others run unbroken.
    """

    run: Run
    draws: Draws
    length_us: int
    from_us: int
    latest_us: int
    may_pause: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A job in its place: one segment, or several where it is paused."""

    job: _Job
    segments: tuple[Segment, ...]

    @property
    def waiting_us(self) -> int:
        """How long the job does not run before it has had its time."""
        ran_us = sum(segment.end_us - segment.start_us for segment in self.segments[:-1])
        return self.segments[-1].start_us - self.job.from_us - ran_us

    def touches(self, other: _Placed) -> bool:
        """Whether both draw power at some instant."""
        return any(
            mine.start_us < theirs.end_us and theirs.start_us < mine.end_us
            for mine in self.segments
            for theirs in other.segments
        )

    def taken_from(self, room_w: StepFunction) -> StepFunction:
        """What is left of the room."""
        for piece in replace(self.job.run, segments=self.segments).pieces():
            room_w = room_w.plus_on(piece.start_us, piece.end_us, -piece.value)
        return room_w

    def planned(self) -> Run:
        """The run with its remaining time in this place."""
        run = self.job.run.cut(self.job.from_us)
        for segment in self.segments:
            run = run.resumed(segment.start_us, remaining_us=segment.end_us - segment.start_us)
        return run


def replan(question: PlacementProblem) -> Placement | None:
    """A plan of all movable runs and the new one, each within its own remaining delay, with little waiting."""
    now_us = question.now_us
    movable = _movable(question)
    if not movable:
        return None
    jobs = [_job(run, now_us) for run in movable]
    bounded = [job for job in jobs if job.latest_us < FOREVER_US][: _MOST_RUNS - 1]
    patient = [job for job in jobs if job.latest_us >= FOREVER_US]
    new = _job(question.run, now_us)
    bounded.append(new)
    bare = question.home.released_all(job.run for job in (*bounded[:-1], *patient))
    horizon_us = max(min(FOREVER_US, job.latest_us + job.length_us) for job in bounded)
    room_w = bare.room_w.since(now_us).until(horizon_us)
    found = _Search(bounded).best(room_w)
    if found is not None:
        placed = [place.planned() for place in found]
        home = bare
        for run in placed:
            home = home.booked(run)
        planned = _with_patient(question, home, placed, patient) if is_coverable(question.home, home) else None
        if planned is not None:
            return planned
    return None if bare.household.battery is None else _with_battery_in_turn(question, bare, bounded, patient)


def _movable(question: PlacementProblem) -> list[Run]:
    """Pending runs of any priority, and started ones that are interruptible and of lower priority; nearest first.

    Only those that may matter: what lies where the new run might be, what lies where those might then be, and so on;
    with a battery all, since what is charged for a later run takes room from an earlier one.
    """
    now_us = question.now_us
    own = question.run.priority(now_us)
    # A heap, since of a long ledger only the nearest runs are looked at.
    by_time = [
        (first_us if (first_us := run.segments[0].start_us) >= now_us else run.next_us(now_us), index, run)
        for index, run in enumerate(question.open_runs())
    ]
    heapify(by_time)
    end_us = min(FOREVER_US, question.run.latest_resume_us(now_us) + question.run.remaining_us(now_us))
    end_us = end_us if question.home.household.battery is None else FOREVER_US
    near: list[Run] = []
    while by_time:
        next_us, _, run = heappop(by_time)
        if next_us >= end_us or len(near) == 2 * _MOST_RUNS:
            break
        if run.has_started(now_us) and not (run.request.is_interruptible and run.priority(now_us) < own):
            continue
        near.append(run)
        end_us = max(end_us, min(FOREVER_US, run.latest_resume_us(now_us) + run.remaining_us(now_us)))
    return near


def _job(run: Run, now_us: int) -> _Job:
    return _Job(
        run=run,
        draws=run.request.draws,
        length_us=run.remaining_us(now_us),
        from_us=max(now_us, run.request.waits_from_us),
        latest_us=run.latest_resume_us(now_us),
        may_pause=run.request.is_interruptible and run.is_on(now_us),
    )


def _with_patient(
    question: PlacementProblem, home: Home, placed: Sequence[Run], patient: Sequence[_Job]
) -> Placement | None:
    """The plan completed by the runs that may wait for ever, highest priority first."""
    now_us = question.now_us
    done = list(placed)
    for job in sorted(patient, key=lambda job: (-job.run.priority(now_us), job.run.run_id)):
        again = replace(question, home=home, run=job.run.cut(now_us), preference=Preference())
        found = fit(again) or with_battery(again)
        if found is None:
            return None
        home = found.home
        done.append(found.run)
    run = next(run for run in done if run.run_id == question.run.run_id)
    moved = tuple(
        other for other in done if other is not run and other.segments != question.runs[other.run_id].segments
    )
    return Placement(home=home, run=run, moved=moved, outcome="replan")


def _with_battery_in_turn(
    question: PlacementProblem, bare: Home, bounded: Sequence[_Job], patient: Sequence[_Job]
) -> Placement | None:
    """A plan in which the battery helps: the runs one after the other in a few orders, the new one first in the first.

    What the battery gives to one it does not give to another, so no order of earliest starts is sure to be enough.
    """
    new = bounded[-1]
    orders = (
        sorted(bounded, key=lambda job: (job is not new, job.latest_us, job.run.run_id)),
        sorted(bounded, key=lambda job: (job.latest_us, job.run.run_id)),
        sorted(bounded, key=lambda job: (-job.run.priority(job.from_us), job.latest_us, job.run.run_id)),
    )
    for order in orders:
        home, placed = bare, []
        for job in order:
            again = replace(question, home=home, run=job.run.cut(job.from_us), preference=Preference())
            found = fit(again) or with_battery(again)
            if found is None:
                break
            home = found.home
            placed.append(found.run)
        if not placed:
            # Even alone the new run finds no place.
            return None
        planned = _with_patient(question, home, placed, patient) if len(placed) == len(order) else None
        if planned is not None:
            return planned
    return None


class _Search:
    """Depth-first over the orders, the least waiting found so far as bound.

    Orders that put the same jobs in the same places lead to the same rest, which is looked at once.
    """

    def __init__(self, jobs: Sequence[_Job]) -> None:
        # The order that is tried first: higher priority, then the tighter deadline.
        self._jobs = sorted(jobs, key=lambda job: (-job.run.priority(job.from_us), job.latest_us, job.run.run_id))
        self._best: tuple[int, tuple[_Placed, ...]] | None = None
        self._pieces_left = _MOST_PIECES
        self._with_pauses = False
        self._seen: set[frozenset[_Placed]] = set()

    def best(self, room_w: StepFunction) -> tuple[_Placed, ...] | None:
        """The jobs in their places, or None when no order was found that keeps every deadline."""
        self._begin(room_w)
        if self._best is None and any(job.may_pause for job in self._jobs):
            self._with_pauses = True
            self._begin(room_w)
        return None if self._best is None else self._best[1]

    def _begin(self, room_w: StepFunction) -> None:
        self._seen.clear()
        places = self._moved_on([(job, None) for job in self._jobs], room_w)
        if places is not None:
            self._extend(room_w, places, frozenset(), 0)

    def _extend(self, room_w: StepFunction, places: list[_Placed], placed: frozenset[_Placed], waited_us: int) -> None:
        """Go on from the jobs that are placed; ``places`` are the earliest that the room leaves to the others."""
        bound_us = waited_us + sum(place.waiting_us for place in places)
        if self._best is not None and bound_us >= self._best[0]:
            return
        if not places:
            self._best = (waited_us, tuple(sorted(placed, key=lambda place: place.job.run.run_id)))
            return
        alike = set()
        for place in places:
            job = place.job
            kind = (job.draws, job.length_us, job.latest_us, job.may_pause)
            if self._pieces_left <= 0:
                return
            then = placed | {place}
            if kind in alike or then in self._seen:
                continue
            alike.add(kind)
            self._seen.add(then)
            left_w = place.taken_from(room_w)
            self._pieces_left -= _PIECES_A_PLACE
            others = [(other.job, other) for other in places if other is not place]
            moved_on = self._moved_on(others, left_w, place)
            if moved_on is not None:
                self._extend(left_w, moved_on, then, waited_us + place.waiting_us)

    def _moved_on(
        self, others: Iterable[tuple[_Job, _Placed | None]], room_w: StepFunction, taken: _Placed | None = None
    ) -> list[_Placed] | None:
        """The earliest place of every job in what is left of the room; None when one finds none.

        A place that does not touch what has just been taken is still the earliest. What finds no place now finds none
        later either: the room only shrinks.
        """
        places = []
        for job, before in others:
            place = before
            if before is None or taken is None or before.touches(taken):
                self._pieces_left -= len(room_w.values)
                place = self._earliest(job, room_w)
            if place is None:
                return None
            places.append(place)
        return places

    def _earliest(self, job: _Job, room_w: StepFunction) -> _Placed | None:
        if self._with_pauses and job.may_pause:
            pieces = earliest_pieces(
                room_w,
                job.run.request.power_w,
                length_us=job.length_us,
                not_before_us=job.from_us,
                most_waiting_us=job.latest_us - job.from_us,
            )
            return None if pieces is None else _Placed(job=job, segments=pieces)
        start_us = earliest_start(
            room_w, job.draws, length_us=job.length_us, not_before_us=job.from_us, not_after_us=job.latest_us
        )
        if start_us is None:
            return None
        segment = Segment(start_us=start_us, end_us=min(FOREVER_US, start_us + job.length_us))
        return _Placed(job=job, segments=(segment,))
