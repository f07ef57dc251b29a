"""The switch-on gate, applied to every start that is near: the booking is a plan, the meter may know better."""

from __future__ import annotations

from dataclasses import replace

from energy_manager.application.appliances.building import Building
from energy_manager.application.ports.devices.load_meter import LoadMeter
from energy_manager.domain.appliances import Run
from energy_manager.domain.appliances.ledger.battery import battery_course
from energy_manager.domain.appliances.units import US_PER_MINUTE, Watts

LEAD_US = 1_500_000
"""Starts are looked at from so long before: the loop has a start's schedule at hand in less."""

HELD_US = US_PER_MINUTE
"""A start that is not let through is tried again so much later, within the run's max delay."""

SETTLING_US = 10_000_000
"""A home in which something was switched more recently than this before a reading is not measured well by it."""


def gated(building: Building, meter: LoadMeter) -> Building:
    """The building in which every start of the next moments has passed the gate, or is put off."""
    for run in list(building.table.runs.values()):
        start_us = _near_start_us(run, building.now_us)
        if start_us is not None and building.gated.get(run.run_id) != start_us:
            building = _let_through(building, run, start_us, meter)
    return building


def unplanned_w(building: Building, household: str, meter: LoadMeter) -> Watts | None:
    """What the home draws beyond its runs, W, at least 0; None where that is not known.

    The meter measures load - sun + charge; what the sun gives is taken from the forecast.
    """
    reading = meter.read(household)
    if reading is None:
        return None
    home, at_us = building.table.homes[household], building.now_us - reading.age_us
    runs = [run for run in building.table.runs.values() if run.request.household == household]
    boundaries = (at for run in runs for segment in run.segments for at in (segment.start_us, segment.end_us))
    if any(at_us - SETTLING_US <= boundary < at_us for boundary in boundaries):
        return None
    course = next(battery_course(home, home.now_us + 1), None)
    charge_w = 0 if course is None else course.charge_w
    planned_w = sum(run.power_at(at_us - 1) for run in runs if run.is_on(at_us - 1))
    return max(0, reading.import_w + home.sun_w.at(home.now_us) - charge_w - planned_w)


def _near_start_us(run: Run, now_us: int) -> int | None:
    if run.closed_as is not None or run.end_us <= now_us:
        return None
    return next((s.start_us for s in run.segments if now_us <= s.start_us <= now_us + LEAD_US), None)


def _let_through(building: Building, run: Run, start_us: int, meter: LoadMeter) -> Building:
    building = replace(building, gated={**building.gated, run.run_id: start_us})
    at_start = building.table.at(start_us)
    gate = at_start.gate(run.run_id)
    extra_w = unplanned_w(building, run.request.household, meter)
    if extra_w is not None:
        gate = at_start.gate(run.run_id, measured_load_w=gate.load_w + extra_w)
    if gate.is_open:
        return building
    table, alerts = building.table.hold(run.run_id, until_us=start_us + HELD_US)
    return building.with_table(table, alerts=alerts)
