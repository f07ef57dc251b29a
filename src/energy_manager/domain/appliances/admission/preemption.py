"""The third step: interruptible runs of lower priority make room.

The lowest go first, and only as many as it takes. Each is planned again within what is left of its own max delay; one
that cannot be is left alone, and the next higher is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from energy_manager.domain.appliances.admission.placement_problem import Placement, PlacementProblem
from energy_manager.domain.appliances.admission.placing import fit, in_pieces, place_at, with_battery
from energy_manager.domain.appliances.admission.preference import Preference
from energy_manager.domain.appliances.admission.starts import fitting_windows, meeting_points
from energy_manager.domain.appliances.ledger.step_function import Step, StepFunction
from energy_manager.domain.appliances.run import Run
from energy_manager.domain.appliances.units import FOREVER_US, US_PER_DAY, Watts

# Starts that are tried for the run, in the order of time, before the step gives up.
_MOST_STARTS = 12
# The first stretch of time in which they are looked for.
_FIRST_STRETCH_US = US_PER_DAY


def shift(question: PlacementProblem) -> Placement | None:
    """The earliest start that lower interruptible runs can make possible, with all of them planned again.

    Starts are looked for one stretch of time after the other: in a long ledger the first ones lie in the first.
    """
    now_us = question.now_us
    own, length_us = question.run.priority(now_us), question.run.remaining_us(now_us)
    interruptible = [run for run in question.open_runs() if run.request.is_interruptible]
    tries_left = _MOST_STARTS
    for first_us, last_us in _stretches(question):
        end_us = min(FOREVER_US, last_us + length_us)
        victims = [run for run in interruptible if run.overlaps(first_us, end_us) and run.priority(now_us) < own]
        if not victims:
            continue
        for start_us in islice(_starts_without(question, victims, first_us, last_us), tries_left):
            tries_left -= 1
            placement = _shift_for(question, victims, start_us)
            if placement is not None:
                return placement
        if tries_left == 0:
            break
    return None


def _stretches(question: PlacementProblem) -> Iterator[tuple[int, int]]:
    """All starts that may be tried, as stretches from a first to a last one, each twice as long as the one before."""
    # Whatever the end of all that is booked does not make possible will never be.
    end_us = min(question.latest_us, max(question.from_us, question.home.room_w.starts_us[-1]))
    first_us, lasts_us = question.from_us, _FIRST_STRETCH_US
    while first_us <= end_us:
        last_us = min(end_us, first_us + lasts_us)
        yield first_us, last_us
        first_us, lasts_us = last_us + 1, 2 * lasts_us


def _starts_without(question: PlacementProblem, victims: list[Run], first_us: int, last_us: int) -> Iterator[int]:
    """The starts from ``first_us`` to ``last_us`` at which the run would fit if no victim were there."""
    run, battery = question.run, question.home.household.battery
    length_us = run.remaining_us(question.now_us)
    draws = run.request.draws
    helped_w: Watts = 0 if battery is None else battery.power_w
    end_us = min(FOREVER_US, last_us + length_us)
    taken_w = StepFunction.of_pieces(
        Step(start_us=max(first_us, segment.start_us), end_us=segment.end_us, value=victim.request.power_w)
        for victim in victims
        for segment in victim.segments
        if segment.end_us > first_us
    )
    room_w = question.home.room_w.since(first_us).until(end_us)
    bare_w = room_w + taken_w.until(end_us)
    for window in fitting_windows(
        bare_w, draws, length_us=length_us, not_before_us=first_us, not_after_us=last_us, less_w=helped_w
    ):
        points = {
            *meeting_points(bare_w, window, length_us=length_us, draws=draws),
            *meeting_points(room_w, window, length_us=length_us, draws=draws),
        }
        yield from sorted(points)


def _shift_for(question: PlacementProblem, victims: list[Run], start_us: int) -> Placement | None:
    end_us = min(FOREVER_US, start_us + question.run.remaining_us(question.now_us))
    now_us = question.now_us
    # Lowest priority first; of equals the one that may still wait longest.
    in_the_way = sorted(
        (run for run in victims if run.overlaps(start_us, end_us)),
        key=lambda run: (run.priority(now_us), -run.latest_resume_us(now_us), run.run_id),
    )
    while in_the_way:
        taken: list[tuple[Run, int]] = []
        home = question.home
        placement = None
        for run in in_the_way:
            from_us = _gives_way_from(question.with_home(home), run, start_us, end_us)
            if from_us is None:
                continue
            taken.append((run, from_us))
            home = home.released(run.after(from_us))
            placement = place_at(question.with_home(home), start_us)
            if placement is not None:
                break
        if placement is None:
            return None
        result = _planned_again(question, placement, taken)
        if isinstance(result, Placement):
            return result
        in_the_way = [run for run in in_the_way if run.run_id != result.run_id]
    return None


def _gives_way_from(question: PlacementProblem, run: Run, start_us: int, end_us: int) -> int | None:
    """From when a run gives way to the new one on ``[start_us, end_us)``; None when it is nowhere in the way.

    One that has begun runs on up to the first instant at which there is too little room for both; one that has not
    moves whole.
    """
    now_us, needed_w = question.now_us, question.run.request.power_w
    short_us = next(
        (
            piece.start_us
            for segment in run.segments
            for piece in question.home.room_w.pieces(max(segment.start_us, start_us), min(segment.end_us, end_us))
            if piece.value < needed_w
        ),
        None,
    )
    runs_before = short_us is not None and any(s.start_us < short_us and s.end_us > now_us for s in run.segments)
    return short_us if short_us is None or (run.has_started(now_us) and runs_before) else now_us


def _planned_again(question: PlacementProblem, placement: Placement, taken: list[tuple[Run, int]]) -> Placement | Run:
    """Every run taken from an instant on in its new place, the highest priority first; or the first that finds none."""
    home = placement.home
    moved: list[Run] = []
    for run, from_us in reversed(taken):
        again = replace(
            question, home=home, run=run.cut(from_us), preference=Preference(), not_before_us=from_us, before_us=None
        )
        found = fit(again) or with_battery(again) or in_pieces(again)
        if found is None:
            return run
        home = found.home
        if found.run.segments != run.segments:
            moved.append(found.run)
    return replace(placement, home=home, moved=tuple(moved), outcome="shift")
