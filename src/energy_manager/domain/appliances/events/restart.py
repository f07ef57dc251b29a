"""The process was down for a while: running runs went on, overdue starts happen now if they still may."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from energy_manager.domain.appliances.decision import Alert
from energy_manager.domain.appliances.events.completion import pulled_forward
from energy_manager.domain.appliances.events.limit_change import kept_while_they_fit, placed_again, under_new_limits
from energy_manager.domain.appliances.ledger.battery import uncovered_energy
from energy_manager.domain.appliances.ledger.charging import with_charging_planned
from energy_manager.domain.appliances.ledger.step_function import StepFunction
from energy_manager.domain.appliances.run import Run
from energy_manager.domain.appliances.timetable_state import State


def restarted(table: State, up_us: int) -> tuple[State, tuple[Alert, ...]]:
    """The timetable at ``up_us`` after nobody has switched anything since its present.

    What was on stayed on until its programme ended (a pause that was planned did not happen). What should have started
    meanwhile is placed again from now on, by priority, within its own max delay, else it is missed. What is planned
    for later keeps its place if that is still free. The battery was not charged.
    """
    down, waiting = left_alone(table)
    return resumed_after_outage(down, waiting, up_us)


def left_alone(table: State) -> tuple[State, tuple[Run, ...]]:
    """The timetable as it goes on by itself, and the runs, with their plans, that nobody will start."""
    down_us = table.now_us
    waiting: list[Run] = []
    for name, home in table.homes.items():
        runs = table.open_runs(name)
        running = [
            run.cut(down_us).resumed(down_us, remaining_us=run.remaining_us(down_us))
            for run in runs
            if run.is_on(down_us)
        ]
        idle = [run for run in runs if not run.is_on(down_us)]
        bare = replace(home.released_all(runs), charge_w=StepFunction.constant(0))
        for run in running:
            bare = bare.booked(run)
        table = table.with_runs([*running, *(run.cut(down_us) for run in idle)]).with_home(bare)
        waiting += idle
    return table, tuple(waiting)


def resumed_after_outage(down: State, waiting: Iterable[Run], up_us: int) -> tuple[State, tuple[Alert, ...]]:
    """The timetable once somebody switches again."""
    down_us, table = down.now_us, down.at(up_us)
    alerts: list[Alert] = []
    for name in table.homes:
        table = table.with_home(with_charging_planned(table.homes[name]))
        if uncovered_energy(table.homes[name]) > 0:
            # A pause that was planned did not happen: what is on is too much together.
            table, paused = under_new_limits(table, table.homes[name].household)
            alerts += paused
        runs = [run for run in waiting if run.request.household == name]
        overdue = [run for run in runs if run.next_us(down_us) < up_us]
        table, displaced = kept_while_they_fit(table, (run for run in runs if run not in overdue))
        table, found = placed_again(
            table, [*(replace(run.cut(down_us), lost_to="outage") for run in overdue), *displaced]
        )
        alerts += found
        table = pulled_forward(table, name)
    return table, tuple(alerts)
