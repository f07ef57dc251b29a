"""What chargers sample, in whatever unit and phase they say it; what no car can take is missing."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.adapters.devices.ocpp.meter_values import Sample, samples_of


def sample(*values, timestamp="2026-03-02T12:00:00Z"):
    (found,) = samples_of([{"timestamp": timestamp, "sampled_value": list(values)}], voltage_v=230, phases=3)
    return found


def power(value, **more):
    return {"value": value, "measurand": "Power.Active.Import", **more}


def current(value, **more):
    return {"value": value, "measurand": "Current.Import", **more}


def test_power_is_in_w_whatever_the_unit():
    assert sample(power("7200")).power_w == 7200
    assert sample(power("7.2", unit="kW")).power_w == 7200


def test_phases_are_added_and_a_total_beside_them_is_the_total():
    phases = [power("1000", phase="L1"), power("1100", phase="L2-N"), power("900", phase="L3")]
    assert sample(*phases).power_w == 3000
    assert sample(*phases, power("3010")).power_w == 3010


def test_without_a_power_the_currents_give_it():
    assert sample(current("10")).power_w == 6900
    assert sample(current("10", phase="L1")).power_w == 2300
    voltage = {"value": "240", "measurand": "Voltage", "phase": "L1-N"}
    assert sample(current("10", phase="L1"), voltage).power_w == 2400
    assert sample(current("10", phase="L1"), current("4", phase="L2")).current_a == 10


def test_a_value_without_a_measurand_is_the_energy_register():
    assert sample({"value": "1.5", "unit": "kWh"}).energy_wh == 1500


def test_what_is_measured_inside_the_charger_is_not_what_the_car_takes():
    assert sample(power("12", location="Body")).power_w is None
    assert sample(power("3000", location="Outlet")).power_w == 3000


@pytest.mark.parametrize("value", ["nan", "inf", "-1e9", "1e9", "", None, {}, True, "x"])
def test_what_no_car_can_take_is_missing(value):
    assert sample(power(value)) == Sample(stamp=datetime(2026, 3, 2, 12, tzinfo=UTC))


def test_a_stamp_without_a_zone_is_utc_and_one_that_is_none_is_none():
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert sample(timestamp="2026-03-02T12:00:00").stamp == noon
    assert sample(timestamp="2026-03-02T13:00:00+01:00").stamp == noon
    assert sample(timestamp="yesterday").stamp is None
    assert sample(timestamp="0001-01-01T00:00:00+23:00").stamp is None


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["timestamp", "sampled_value", "value", "measurand", "phase", "unit"]), inner)
    ),
    max_leaves=20,
)


@given(json)
def test_nothing_that_is_json_raises(said):
    list(samples_of(said, voltage_v=230, phases=3))
    list(samples_of([said], voltage_v=230, phases=3))
    list(samples_of([{"sampled_value": [said]}], voltage_v=230, phases=3))
