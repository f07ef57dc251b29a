"""The wall clock was set: what is on goes on for as long as it has left, and what waits waits as long as before.

The idea: a run's time is physical, so all runs move with the clock, those that are over too. What belongs to the time
of day (the sun's forecast, the day's recharge) stays where it is, so what no longer fits is placed again around it.
"""

from __future__ import annotations

from dataclasses import replace

from energy_manager.domain.appliances.decision import Alert
from energy_manager.domain.appliances.events.limit_change import under_new_limits
from energy_manager.domain.appliances.ledger.battery import uncovered_energy
from energy_manager.domain.appliances.ledger.charging import with_charging_planned
from energy_manager.domain.appliances.ledger.home import Home
from energy_manager.domain.appliances.run_request import Segment
from energy_manager.domain.appliances.timetable_state import State


def moved_with_the_clock(table: State, by_us: int) -> tuple[State, tuple[Alert, ...]]:
    """The timetable at the same moment, which the clock now calls ``by_us`` later (negative: earlier).

    A run that is on is not switched off, unless it may be interrupted and the home's limits at the new time of day
    leave no room for it.
    """
    now_us = table.now_us + by_us
    runs = {run_id: run.moved_by(by_us) for run_id, run in table.runs.items()}
    queue = tuple(request.moved_by(by_us) for request in table.queue)
    homes = {name: _emptied(home, now_us) for name, home in table.homes.items()}
    table = replace(table, now_us=now_us, runs=runs, queue=queue, homes=homes)
    alerts: list[Alert] = []
    for name in table.homes:
        home = table.homes[name]
        for run in table.open_runs(name):
            home = home.booked(run)
        home = with_charging_planned(home)
        table = table.with_home(home)
        if uncovered_energy(home) > 0:
            table, found = under_new_limits(table, home.household)
            alerts += found
    return table.with_batteries_shared(), tuple(alerts)


def _emptied(home: Home, now_us: int) -> Home:
    """The home at that instant with nothing booked; its battery holds what it holds."""
    recharge = home.recharge
    if recharge is not None:
        start_us = min(recharge.start_us, now_us)
        recharge = Segment(start_us=start_us, end_us=recharge.end_us) if recharge.end_us > now_us else None
    empty = Home.empty(home.household, now_us=now_us)
    return replace(
        empty,
        stored_wus=home.stored_wus,
        recharge=recharge,
        limit_w=home.limit_w,
        target_w=home.target_w,
        does_target_rise=home.does_target_rise,
    )
