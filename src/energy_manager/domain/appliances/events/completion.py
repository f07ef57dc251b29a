"""A run ends early or is given up: its room is free, and what waits is tried earlier."""

from __future__ import annotations

from dataclasses import replace

from energy_manager.domain.appliances.admission.admit import admitted, fitted
from energy_manager.domain.appliances.admission.preference import Preference, preference_of
from energy_manager.domain.appliances.ledger.charging import with_charging_planned
from energy_manager.domain.appliances.run import Run, Status
from energy_manager.domain.appliances.timetable_state import State
from energy_manager.domain.appliances.units import FOREVER_US
from energy_manager.domain.errors import Fault, Refused


def ended(table: State, run_id: str, *, closed_as: Status) -> State:
    """The timetable without what the run had planned from now on.

    Raises:
        Refused: no such run, or one that is over.
    """
    run = table.runs.get(run_id)
    if run is None or not run.is_alive(table.now_us):
        what = "is unknown" if run is None else f"is already {run.status(table.now_us)}"
        raise Refused([Fault(field="run_id", message=f"{run_id!r} {what}")])
    home = table.homes[run.request.household].released(run)
    # What has not begun cannot have finished.
    closed = replace(run.cut(table.now_us), closed_as=closed_as if run.has_started(table.now_us) else "cancelled")
    table = table.with_home(with_charging_planned(home)).with_runs([closed])
    return pulled_forward(table, run.request.household)


def pulled_forward(table: State, household: str) -> State:
    """Every run that waits, by priority, at the start it would now prefer, if that is better than the one it has.

    Each keeps its full duration. What had lost its place is tried again. Runs that are on are left alone; of one with a
    pause ahead only what follows the segment that is on may move.
    """
    now_us = table.now_us
    waiting = [
        run for run in table.living_runs(household) if run.is_unplanned or _next_start_us(run, now_us) is not None
    ]
    for waits in sorted(waiting, key=lambda run: (-run.priority(now_us), _next_start_us(run, now_us) or 0)):
        # A run placed before this one may have moved it.
        run = table.runs[waits.run_id]
        if run.is_unplanned:
            table = retried(table, run) or table
        elif _next_start_us(run, now_us) is not None:
            table = _tried_earlier(table, run)
    return table


def retried(table: State, run: Run, *, not_before_us: int | None = None) -> State | None:
    """The timetable with a place for a run that has lost its own; None when there is none.

    What has begun is finished late rather than never, what has not only within its max delay.
    """
    now_us = table.now_us
    from_us = max([now_us, not_before_us or now_us, *(segment.end_us for segment in run.segments)])
    question = replace(table.question(run), not_before_us=from_us)
    placement = admitted(question)
    if placement is None and run.has_started(now_us):
        patient = replace(run, request=replace(run.request, max_delay_us=None))
        placement = fitted(replace(question, run=patient, preference=Preference()))
    if placement is None:
        return None
    placed = replace(placement.run, request=run.request, outcome=run.outcome, decision_priority=run.decision_priority)
    return table.with_placement(placement).with_runs([placed])


def _next_start_us(run: Run, now_us: int) -> int | None:
    return next((segment.start_us for segment in run.segments if segment.start_us > now_us), None)


def _tried_earlier(table: State, run: Run) -> State:
    now_us = table.now_us
    planned_us = _next_start_us(run, now_us)
    assert planned_us is not None, "only runs that wait are tried"
    on_until_us = next((s.end_us for s in run.segments if s.start_us <= now_us < s.end_us), now_us)
    rest = replace(run, segments=tuple(s for s in run.segments if s.start_us > now_us))
    home = table.homes[run.request.household].released(rest)
    question = replace(
        table.question(run.cut(on_until_us)), home=with_charging_planned(home), not_before_us=on_until_us
    )
    preference = preference_of(question.home, run.request, question.policy)
    placement = fitted(replace(question, preference=preference))
    if placement is None:
        return table
    remaining_us = run.remaining_us(on_until_us)
    is_endless = placement.run.end_us >= FOREVER_US
    start_us = placement.run.segments[-1].start_us if is_endless else placement.run.end_us - remaining_us
    if len(rest.segments) > 1:
        # Planned in parts: only as a whole, and only when it is over sooner.
        is_better = placement.run.end_us < run.end_us
    else:
        is_better = preference.score(start_us, remaining_us) < preference.score(planned_us, remaining_us)
    if not is_better:
        return table
    return table.with_home(placement.home).with_runs([placement.run])
