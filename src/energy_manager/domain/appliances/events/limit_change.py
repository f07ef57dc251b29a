"""Another threshold or forecast: what no longer fits pauses or moves, and what cannot be kept is reported."""

from __future__ import annotations

from collections.abc import Iterable

from energy_manager.domain.appliances.admission.placement_problem import settled
from energy_manager.domain.appliances.decision import Alert
from energy_manager.domain.appliances.events.completion import pulled_forward, retried
from energy_manager.domain.appliances.household import Household
from energy_manager.domain.appliances.ledger.battery import uncovered, uncovered_energy
from energy_manager.domain.appliances.ledger.charging import with_charging_planned
from energy_manager.domain.appliances.ledger.home import Home
from energy_manager.domain.appliances.run import Run
from energy_manager.domain.appliances.timetable_state import State, TimetableState
from energy_manager.domain.appliances.units import FOREVER_US, in_words, minutes_of_us


def under_new_limits(table: State, household: Household) -> tuple[State, tuple[Alert, ...]]:
    """The timetable with the household as it is from now on."""
    name = household.household_id
    home = with_charging_planned(table.homes[name].with_household(household))
    if uncovered_energy(home) == 0:
        return pulled_forward(table.with_home(home), name), ()
    runs = table.open_runs(name)
    now_us = table.now_us
    running = [run for run in runs if run.is_on(now_us)]
    waiting = [run for run in runs if not run.is_on(now_us)]
    fixed = [run for run in running if not run.request.is_interruptible]
    base = with_charging_planned(home.released_all(run for run in runs if run not in fixed))
    table = table.with_home(base)
    table, paused = kept_while_they_fit(table, (run for run in running if run.request.is_interruptible))
    table, moving = kept_while_they_fit(table, waiting)
    table, alerts = placed_again(table, [*paused, *moving])
    return table, (*_excess(table.homes[name], now_us), *alerts)


def kept_while_they_fit(table: State, runs: Iterable[Run]) -> tuple[State, list[Run]]:
    """Book every run where it was, highest priority first; those that do not fit there are handed back."""
    displaced: list[Run] = []
    for run in sorted(runs, key=lambda run: (-run.priority(table.now_us), run.run_id)):
        before = table.homes[run.request.household]
        after = settled(before, before.booked(run))
        if after is None or (after.household.battery is None and uncovered_energy(after) > uncovered_energy(before)):
            displaced.append(run)
        else:
            table = table.with_home(after).with_runs([run])
    return table, displaced


def placed_again(
    table: State, runs: Iterable[Run], *, not_before_us: int | None = None
) -> tuple[State, tuple[Alert, ...]]:
    """A new place for every run that lost its own, by priority, and an alert for each that finds none in time.

    What has begun is finished late rather than never. What finds no place at all is not given up: it waits, and every
    event that may make room tries it again until its max delay is over.
    """
    now_us = table.now_us
    alerts: list[Alert] = []
    # Out of the books first, so that nobody's search meets a run that has no place.
    ordered = sorted(runs, key=lambda run: (-run.priority(now_us), run.run_id))
    table = table.with_runs(run.cut(now_us) for run in ordered)
    for run in ordered:
        kept = run.cut(_fits_until_us(table, run))
        home = table.homes[run.request.household]
        table = table.with_home(home.booked(kept)).with_runs([kept])
        found = retried(table, kept, not_before_us=not_before_us)
        if found is None:
            within = "" if run.request.max_delay_us is None else " within its max delay"
            alerts.append(_about(run, now_us, f"finds no place{within}"))
            continue
        late_us = found.runs[run.run_id].next_us(max(now_us, kept.end_us)) - run.latest_resume_us(now_us)
        if late_us > 0:
            late = f"is paused and resumes only {minutes_of_us(late_us)} min beyond its max delay"
            alerts.append(_about(run, now_us, late))
        table = found
    return table, tuple(alerts)


def _fits_until_us(table: TimetableState, run: Run) -> int:
    """Until when a run that is on may go on: now, unless the room first falls short later."""
    now_us = table.now_us
    on = next((s for s in run.segments if s.start_us <= now_us < s.end_us), None)
    if on is None:
        return now_us
    home = table.homes[run.request.household]
    for piece in home.room_w.pieces(now_us, on.end_us):
        if piece.value < run.request.power_w:
            return piece.start_us
    return on.end_us


def _excess(home: Home, now_us: int) -> tuple[Alert, ...]:
    """One alert for the load above the limit that nobody may switch off."""
    pieces = [piece for piece in uncovered(home) if piece.start_us < FOREVER_US]
    if not pieces:
        return ()
    worst_w = max(piece.uncovered_w for piece in pieces)
    limit_w = home.household.threshold_w
    return (
        Alert(
            at_us=max(now_us, pieces[0].start_us),
            household=home.household.household_id,
            excess_w=worst_w,
            message=f"{in_words(worst_w)} W above the threshold of {in_words(limit_w)} W cannot be switched off",
        ),
    )


def _about(run: Run, now_us: int, what: str) -> Alert:
    request = run.request
    message = f"{request.appliance} ({in_words(request.power_w)} W) {what}"
    return Alert(at_us=now_us, household=request.household, excess_w=request.power_w, message=message)
