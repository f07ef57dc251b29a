"""What is known of a charger from what it said: ages, idle states, and a clock that goes wrong."""

from datetime import UTC, datetime, timedelta

from energy_manager.adapters.devices.ocpp.charger_state import ChargerState, Charging, StampClock
from energy_manager.adapters.devices.ocpp.meter_values import Sample
from energy_manager.adapters.devices.ocpp.profiles import profile_of, purposes

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(seconds):
    return NOON + timedelta(seconds=seconds)


def test_a_stamp_counts_where_it_is_older_and_one_of_the_future_does_not():
    clock = StampClock()
    assert clock.age_s(at(-7), NOON) == 7
    assert clock.age_s(at(3600), NOON) == 0
    assert clock.age_s(None, NOON) == 0


def test_stamps_that_are_equally_late_three_times_are_a_clock_that_goes_wrong():
    clock = StampClock()
    ages = [clock.age_s(at(10 * turn - 3600), at(10 * turn)) for turn in range(4)]
    assert ages == [3600, 3600, 0, 0]
    assert clock.age_s(at(40 - 3602), at(40)) == 2


def test_values_that_a_charger_kept_while_it_was_offline_stay_old():
    clock = StampClock()
    ages = [clock.age_s(at(60 * turn), at(1000)) for turn in range(5)]
    assert ages == [1000, 940, 880, 820, 760]


def test_a_charger_that_became_idle_takes_nothing_whatever_it_sampled_before():
    state = ChargerState(heard_at_s=12.0)
    state.note_sample(Sample(power_w=3600.0), at_s=10.0)
    assert (state.power.value, state.power.taken_at_s) == (3600.0, 10.0)
    state.note_status("SuspendedEV", at_s=11.0)
    assert (state.power.value, state.power.taken_at_s) == (0.0, 12.0)
    state.note_sample(Sample(power_w=40.0), at_s=12.0)
    assert state.power.value == 40.0, "newer than the state"


def test_an_older_sample_never_takes_the_place_of_a_newer_one():
    state = ChargerState()
    state.note_sample(Sample(power_w=3600.0), at_s=10.0)
    state.note_sample(Sample(power_w=1.0), at_s=9.0)
    assert state.load_w.value == 3600.0


def test_two_readings_of_the_energy_register_are_a_power():
    state = ChargerState()
    state.note_sample(Sample(energy_wh=1000.0), at_s=0.0)
    assert state.load_w.value is None
    state.note_sample(Sample(energy_wh=1020.0), at_s=10.0)
    assert state.load_w.value == 7200.0
    state.note_sample(Sample(energy_wh=5.0), at_s=20.0)
    assert state.load_w.taken_at_s == 10.0, "the register was changed for another"


def test_a_charger_without_a_car_forgets_its_transaction():
    state = ChargerState(transaction_id=7)
    state.note_status("Finishing", at_s=1.0)
    assert state.transaction_id == 7
    state.note_status("Available", at_s=2.0)
    assert state.transaction_id is None
    assert not state.can_charge


def test_what_a_car_has_taken_counts_from_its_arrival():
    state = ChargerState(heard_at_s=9.0)
    state.note_sample(Sample(energy_wh=1000.0, soc_percent=80.0), at_s=0.0)
    assert state.taken_wh.value is None, "nobody knows that a car is there"
    state.note_status("Preparing", at_s=1.0)
    assert (state.taken_wh.value, state.taken_wh.taken_at_s) == (0.0, 9.0)
    state.note_sample(Sample(energy_wh=1000.0), at_s=2.0)
    state.note_sample(Sample(energy_wh=4000.0), at_s=900.0)
    assert state.taken_wh.value == 3000.0
    state.note_status("Available", at_s=1000.0)
    assert state.taken_wh.value is None
    assert state.soc_percent.value is None, "it was that of the car that left"


def test_a_charging_counts_from_what_the_meter_showed_when_it_began():
    state = ChargerState()
    state.note_status("Charging", at_s=0.0)
    state.note_start(Charging(transaction_id=7, meter_start_wh=500.0))
    state.note_sample(Sample(energy_wh=2000.0), at_s=10.0)
    assert (state.transaction_id, state.taken_wh.value) == (7, 1500.0)


def test_a_charging_that_began_before_this_run_goes_on_from_its_own_beginning():
    state = ChargerState()
    state.remember_from_before(Charging(transaction_id=7, meter_start_wh=500.0))
    state.note_status("Charging", at_s=0.0)
    state.note_transaction(8)
    state.note_sample(Sample(energy_wh=2000.0), at_s=10.0)
    assert state.taken_wh.value == 0.0, "it is another one"
    state.note_transaction(7)
    assert state.taken_wh.value == 1500.0


def test_purposes_that_were_refused_are_tried_last():
    assert purposes(None, []) == ["TxDefaultProfile"]
    assert purposes(7, []) == ["TxProfile", "TxDefaultProfile"]
    assert purposes(7, ["TxProfile"]) == ["TxDefaultProfile", "TxProfile"]


def test_a_profile_begins_a_minute_ago_and_ends_when_it_should():
    profile = profile_of(
        10, purpose="TxProfile", phases=1, now=NOON + timedelta(microseconds=5), expires_s=90, transaction_id=7
    )
    assert profile["transaction_id"] == 7
    assert profile["charging_schedule"]["start_schedule"] == "2026-03-02T11:59:00Z"
    assert profile["charging_schedule"]["duration"] == 150
