"""What a site takes beside its assets, and what its producers deliver."""

from dataclasses import replace

import pytest

from energy_manager.adapters.storage.in_memory import InMemoryHistory
from energy_manager.application.explanation.power_series import ReadPower
from energy_manager.application.ports.records.history import StatusOf, StatusRecord, Window
from energy_manager.domain.errors import Refused
from tests.support.recorded import at, tick


def power_of(*rounds, meter="meter"):
    history = InMemoryHistory()
    for number, outputs in enumerate(rounds):
        statuses = {name: StatusOf(output=output, potential=0, age_s=0.0) for name, output in outputs.items()}
        history.record(StatusRecord(at=at(60 * number), statuses=statuses))
    return ReadPower(history=history, watts_per_step=1000, assets=("battery", "roof"), meter=meter, producers=("roof",))


def of_minutes(count):
    return Window.of(at(0), at(60 * count), 60)


def test_use_is_what_is_imported_and_delivered_and_the_battery_is_no_use():
    power = power_of({"meter": -30, "battery": -10, "roof": 15}, {"meter": 5, "battery": 0, "roof": 25})
    told = power.of_use(of_minutes(2))
    assert told["use"].mean == (35.0, 20.0)
    assert told["sun"].mean == (15.0, 25.0)


def test_a_round_without_the_meter_is_a_gap_and_one_without_producers_too():
    told = power_of({"meter": -30, "battery": 0}, {"battery": 1, "roof": 2}).of_use(of_minutes(2))
    assert told["use"].mean == (30.0, None)
    assert told["sun"].mean == (None, 2.0)


def test_without_a_meter_and_without_a_measurement_nothing_is_known():
    assert power_of({"roof": None}, meter=None).of_use(of_minutes(1))["use"].mean == (None,)


def test_more_than_a_day_is_not_summed_up():
    with pytest.raises(Refused):
        power_of().of_use(of_minutes(60 * 30))


def test_where_days_pass_in_minutes_a_value_holds_longer_and_a_pause_is_no_outage():
    power = replace(power_of({"meter": -30, "battery": 0}, {}, {}, {"meter": -20, "battery": 0}), hold_s=432.0)
    assert power.of_use(of_minutes(4))["use"].mean == (30.0, 30.0, 30.0, 20.0)
    assert power.finest_s == 480
    assert power.outages(of_minutes(3)) == ()


def test_a_storage_is_what_it_held_and_what_it_gained_from_step_to_step():
    history = InMemoryHistory()
    for number, stored_wh in enumerate((2000.0, 2500.0, None, 2200.0)):
        status = StatusOf(output=0, potential=0, age_s=0.0, stored_wh=stored_wh)
        history.record(StatusRecord(at=at(60 * number), statuses={"battery": status}))
    power = ReadPower(history=history, watts_per_step=1000, assets=("battery",))
    held = power.of_storage("battery", of_minutes(4))
    assert held.mean == (2.0, 2.5, None, 2.2)
    assert held.kwh == (None, 0.5, None, None)
    with pytest.raises(Refused, match="more than 26 h"):
        power.of_storage("battery", of_minutes(60 * 30))


def test_all_assets_together_are_what_was_scheduled_told_and_measured():
    history = InMemoryHistory()
    history.record(tick({"battery": 10, "roof": 5}, {"battery": 4, "roof": 100}))
    status = StatusOf(output=3, potential=0, age_s=0.0)
    history.record(StatusRecord(at=at(0), statuses={"battery": status, "roof": status, "meter": status}))
    power = ReadPower(history=history, watts_per_step=1000, assets=("battery", "roof"), meter="meter")
    told = power.of_site(of_minutes(1))
    assert {name: series.mean for name, series in told.items()} == {
        "scheduled": (15.0,),
        "target": (15.0,),
        "output": (6.0,),
    }
    with pytest.raises(Refused, match="more than 26 h"):
        power.of_site(of_minutes(60 * 30))
