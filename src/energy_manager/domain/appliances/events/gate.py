"""The last look before a run is switched on: its booking is only a plan, the meter may know better."""

from __future__ import annotations

from dataclasses import dataclass, replace

from energy_manager.domain.appliances.decision import Alert
from energy_manager.domain.appliances.events.limit_change import placed_again
from energy_manager.domain.appliances.ledger.battery import stored_at
from energy_manager.domain.appliances.ledger.charging import with_charging_planned
from energy_manager.domain.appliances.timetable_state import State, TimetableState
from energy_manager.domain.appliances.units import Watts
from energy_manager.domain.errors import Fault, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """``load_w`` is what the home draws without the run, ``limit_w`` threshold + sun + what the battery may give."""

    is_open: bool
    load_w: Watts
    power_w: Watts
    limit_w: Watts


def gate_of(table: TimetableState, run_id: str, measured_load_w: Watts | None) -> Gate:
    """Whether the greater of booked and measured load leaves room for the run at this moment.

    ``measured_load_w`` is the home's consumption without the run, sun and battery taken out; None: not known.

    Raises:
        Refused: the run is unknown.
    """
    run = table.runs.get(run_id)
    if run is None:
        raise Refused([Fault(field="run_id", message=f"{run_id!r} is unknown")])
    now_us, power_w = table.now_us, run.power_at(table.now_us)
    home = table.homes[run.request.household]
    booked_w = home.load_w.at(now_us) - (power_w if run.is_on(now_us) and run.closed_as is None else 0)
    load_w = booked_w if measured_load_w is None else max(booked_w, measured_load_w)
    limit_w = home.household.threshold_w + home.sun_w.at(now_us)
    battery = home.household.battery
    if battery is not None and stored_at(home, now_us) > battery.floor_wus:
        limit_w += battery.power_w
    return Gate(is_open=load_w + power_w <= limit_w, load_w=load_w, power_w=power_w, limit_w=limit_w)


def postponed(table: State, run_id: str, until_us: int) -> tuple[State, tuple[Alert, ...]]:
    """The timetable with the run placed anew from ``until_us`` on; until then it is off."""
    run = table.runs.get(run_id)
    if run is None or not run.is_alive(table.now_us):
        raise Refused([Fault(field="run_id", message=f"{run_id!r} is not waiting to run")])
    idle = replace(run.cut(table.now_us), lost_to="load")
    home = with_charging_planned(table.homes[run.request.household].released(run))
    return placed_again(table.with_home(home).with_runs([idle]), [idle], not_before_us=until_us)
