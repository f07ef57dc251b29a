"""The building's peak has risen: runs in any of its homes give way, each within what is left of its own max delay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energy_manager.domain.appliances.admission.admit import fitted
from energy_manager.domain.appliances.ledger.charging import with_charging_planned
from energy_manager.domain.appliances.ledger.step_function import Step, StepFunction
from energy_manager.domain.appliances.run import Run
from energy_manager.domain.appliances.units import FOREVER_US, Watts

if TYPE_CHECKING:
    from energy_manager.domain.appliances.timetable import Timetable

# Runs that are moved for one decision.
_MOST_MOVES = 8
# A lower peak than this is not worth moving a run.
_LITTLE_W = 50


def relieved(table: Timetable, new: Run, target_w: Watts) -> Timetable:
    """The timetable with as low a booked peak of all homes, down to the target, as moving run after run gives.

    What is on at the instant of the peak may move: what has not begun, and what is interruptible and of lower priority
    than the new run; lowest priority first.
    """
    for _ in range(_MOST_MOVES):
        peak = peak_of(table)
        if peak.value - target_w < _LITTLE_W:
            break
        tried = (_moved(table, run, peak.value) for run in _movable_at(table, new, peak))
        moved = next((after for after in tried if after is not None), None)
        if moved is None:
            break
        table = moved
    return table


def building_w(table: Timetable) -> StepFunction:
    """The booked net load of all homes from now on."""
    total_w = StepFunction.constant(0)
    for home in table.homes.values():
        total_w += home.net_w()
    return total_w.since(table.now_us)


def peak_of(table: Timetable) -> Step:
    """The first piece of the highest booked net load of all homes."""
    return max(building_w(table).pieces(table.now_us, FOREVER_US), key=lambda piece: piece.value)


def _movable_at(table: Timetable, new: Run, peak: Step) -> list[Run]:
    now_us = table.now_us
    own = new.priority(now_us)
    movable = [
        run
        for name in table.homes
        if table.policy_of(name).strategy == "target_peak"
        for run in table.open_runs(name)
        if run.overlaps(peak.start_us, peak.end_us)
        and run.run_id != new.run_id
        and (not run.has_started(now_us) or (run.request.is_interruptible and run.priority(now_us) < own))
    ]
    return sorted(movable, key=lambda run: (run.priority(now_us), run.run_id))


def _moved(table: Timetable, run: Run, peak_w: Watts) -> Timetable | None:
    """The timetable with the rest of the run where the peak is lowest; None unless that is well below ``peak_w``."""
    home = with_charging_planned(table.homes[run.request.household].released(run))
    placement = fitted(table.with_home(home).question(run.cut(table.now_us)))
    if placement is None:
        return None
    after = table.with_home(placement.home).with_runs([placement.run])
    return after if peak_w - peak_of(after).value >= _LITTLE_W else None
