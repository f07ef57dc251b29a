"""The quick answer whether a battery covers one more load is that of the whole walk."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.appliances import Battery, Household, Step, StepFunction
from energy_manager.domain.appliances.ledger.battery import could_cover
from energy_manager.domain.appliances.ledger.coverage import Coverage
from energy_manager.domain.appliances.ledger.home import Home

HOUR_US = 3_600_000_000
LOADS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 8), st.integers(100, 3000)).map(
        lambda load: Step(start_us=load[0] * HOUR_US, end_us=(load[0] + load[1]) * HOUR_US, value=load[2])
    ),
    max_size=8,
)


@given(
    booked=LOADS,
    start_h=st.integers(0, 24),
    hours=st.integers(1, 8),
    power_w=st.integers(100, 3000),
    stored_wh=st.integers(0, 3000),
    promised_wh=st.integers(0, 2000),
    now_h=st.integers(0, 10),
)
def test_one_more_load_is_covered_as_the_whole_walk_says(
    *, booked, start_h, hours, power_w, stored_wh, promised_wh, now_h
):
    battery = Battery(capacity_wh=3000, power_w=1000, depth_of_discharge=Fraction(4, 5), stored_wh=stored_wh)
    home = Home.empty(Household(household_id="h", threshold_w=2000, battery=battery), now_us=now_h * HOUR_US)
    home = replace(home, room_w=(home.room_w - StepFunction.of_pieces(booked)).since(home.now_us))
    start_us = max(start_h, now_h) * HOUR_US
    end_us = start_us + hours * HOUR_US
    loaded = replace(home, room_w=home.room_w.plus_on(start_us, end_us, -power_w))
    promised_wus = promised_wh * HOUR_US
    assert Coverage.of(home).holds_with(power_w, start_us, end_us, promised_wus) == could_cover(loaded, promised_wus)
