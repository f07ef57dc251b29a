"""W and kW, and who counts what as negative."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.adapters.dsxos import units
from energy_manager.adapters.dsxos.raw_values import Faults
from energy_manager.domain.series import Reading

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def readings(*values):
    return [Reading(time=NOON + timedelta(hours=hour), value=value) for hour, value in enumerate(values)]


def values(found):
    return [reading.value for reading in found]


def test_a_thousand_watts_are_a_kilowatt():
    assert units.kw(1500) == 1.5
    assert units.watts(1.5) == 1500.0


def test_consumption_keeps_its_sign_and_gaps_stay_gaps():
    assert values(units.consumed_kw(readings(40_000, None, -500))) == [40.0, None, -0.5]


def test_production_turns_its_sign_and_nothing_is_negative_zero():
    found = values(units.produced_kw(readings(-12_500, None, 0, -0.0)))
    assert found == [12.5, None, 0.0, 0.0]
    assert [str(value) for value in found[2:]] == ["0.0", "0.0"]


def test_the_export_limit_turns_its_sign():
    assert units.export_limit_kw(-1_000_000) == 1000.0
    assert str(units.export_limit_kw(0)) == "0.0"


def test_no_negative_zero_is_posted():
    assert str(units.watts(-1e-12)) == "0.0"


@given(st.floats(-1e9, 1e9).map(lambda power_w: round(power_w, 6)))
def test_what_came_as_watts_goes_back_as_the_same_watts(power_w):
    assert units.watts(units.kw(power_w)) == pytest.approx(power_w, abs=1e-6, rel=0)


@given(st.integers(-(10**9), 10**9))
def test_whole_watts_go_back_exactly(power_w):
    assert units.watts(units.kw(power_w)) == power_w


@pytest.mark.parametrize(("safe_limit", "least_kwh"), [(0.0, 0.0), (0.1, 0.0), (15, 0.0), (100, 0.0), (28_400, 28.4)])
def test_a_share_is_zero_on_the_scale_of_the_effective_charge_and_wh_are_wh(safe_limit, least_kwh):
    assert units.least_kwh(safe_limit) == least_kwh


def test_production_above_zero_is_a_fault_that_is_told_once():
    faults = Faults()
    units.note_wrong_signs(readings(-1, 5, None, 7), "pv", faults)
    units.note_wrong_signs(readings(3), "chp", faults)
    units.note_wrong_signs(readings(0, -1), "wind", faults)
    assert [f"{fault.field}: {fault.message}" for fault in faults.found] == [
        "pv: production is at most 0 W here, not 5 W at 2026-03-02T13:00:00+00:00 (nor in 1 more readings)",
        "chp: production is at most 0 W here, not 3 W at 2026-03-02T12:00:00+00:00",
    ]
