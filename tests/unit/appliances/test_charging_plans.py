"""Charging is found whenever there is any that covers what is booked."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.appliances import Battery, Household, Run, RunRequest, Segment, Step, StepFunction
from energy_manager.domain.appliances.ledger.battery import battery_course, could_cover, uncovered_energy
from energy_manager.domain.appliances.ledger.charging import with_charging_planned
from energy_manager.domain.appliances.ledger.home import Home
from energy_manager.domain.appliances.units import FOREVER_US, US_PER_DAY, US_PER_HOUR, US_PER_MINUTE

BATTERIES = st.builds(
    Battery,
    capacity_wh=st.sampled_from([1000, 2400, 5000]),
    power_w=st.sampled_from([500, 1000, 2500]),
    depth_of_discharge=st.sampled_from([1, Fraction(4, 5)]),
    stored_wh=st.sampled_from([0, 500, 1000]),
)
SUN_W = st.lists(st.sampled_from([0, 0, 700, 2500]), max_size=12)
# From, minutes, W.
RUNS = st.lists(
    st.tuples(st.integers(0, 700), st.integers(5, 90), st.sampled_from([500, 1200, 2600, 3000])), min_size=1, max_size=9
)


def booked(battery, sun_w, runs, *, is_recharged):
    pv_w = StepFunction.of_pieces(
        Step(start_us=hour * US_PER_HOUR, end_us=(hour + 1) * US_PER_HOUR, value=watts)
        for hour, watts in enumerate(sun_w)
    )
    household = Household(household_id="h", threshold_w=2000, battery=battery, pv_w=pv_w)
    recharge = Segment(start_us=0, end_us=US_PER_DAY) if is_recharged else None
    home = replace(Home.empty(household, now_us=0), recharge=recharge)
    for index, (from_min, length_min, power_w) in enumerate(runs):
        segment = Segment(start_us=from_min * US_PER_MINUTE, end_us=(from_min + length_min) * US_PER_MINUTE)
        request = RunRequest(
            run_id=str(index),
            household="h",
            appliance=str(index),
            power_w=power_w,
            duration_us=length_min * US_PER_MINUTE,
            max_delay_us=None,
            is_interruptible=False,
            priority_class="low",
            requested_us=0,
        )
        home = home.booked(Run(request=request, segments=(segment,), outcome="fit", decision_priority=1))
    return home


@given(BATTERIES, SUN_W, RUNS, st.booleans())
def test_charging_covers_what_any_charging_covers(battery, sun_w, runs, is_recharged):
    home = booked(battery, sun_w, runs, is_recharged=is_recharged)
    missing = uncovered_energy(with_charging_planned(home))
    # Charging ends with the last whole microsecond before the battery is full: so much may be missing.
    assert could_cover(home) == (missing <= battery.power_w)


@given(BATTERIES, SUN_W, RUNS, st.booleans())
def test_planned_charging_stays_below_the_threshold_and_the_battery_within_its_bounds(
    battery, sun_w, runs, is_recharged
):
    planned = with_charging_planned(booked(battery, sun_w, runs, is_recharged=is_recharged))
    for piece in battery_course(planned):
        assert -battery.power_w <= piece.charge_w <= battery.power_w
        assert min(battery.floor_wus, battery.stored_wus) <= piece.stored_wus <= battery.capacity_wus
        if piece.charge_w > 0:
            assert planned.room_w.lowest(piece.start_us, min(piece.end_us, FOREVER_US)) >= piece.charge_w
