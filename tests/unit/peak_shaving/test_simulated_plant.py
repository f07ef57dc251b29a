"""The simulated connection point keeps to its physics, repeats itself with a seed, and can be driven like a device."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_manager.adapters.devices.simulated.meter import random_load
from energy_manager.adapters.devices.simulated.storage_physics import StorageSettings, StorageState, stepped, told
from tests.support.simulated_plant import PlantSettings, SimulatedPlant
from tests.support.thorough import sample

STORAGE = StorageSettings(max_charge_kw=30.0, max_discharge_kw=20.0, capacity_kwh=10.0)


class HandClock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def plant(clock: HandClock, **how: float) -> SimulatedPlant:
    settings = PlantSettings(max_charge_kw=30.0, max_discharge_kw=20.0, capacity_kwh=10.0, **how)
    return SimulatedPlant(settings, base_kw=lambda at_s: 40.0, now_s=clock, stored_kwh=5.0, seed=3)


def test_a_target_arrives_after_the_dead_time_and_is_approached_with_the_lag():
    slow = StorageSettings(max_charge_kw=30.0, max_discharge_kw=20.0, capacity_kwh=10.0, lag_s=3.0, dead_time_s=2.0)
    state = told(slow, StorageState(at_s=0.0, stored_kwh=5.0), 10.0)
    assert stepped(slow, state, to_s=2.0).charge_kw == 0.0
    assert stepped(slow, state, to_s=5.0).charge_kw == pytest.approx(10.0 * (1.0 - math.exp(-1.0)))


def test_power_and_energy_stay_inside_what_the_storage_has():
    state = stepped(STORAGE, told(STORAGE, StorageState(at_s=0.0, stored_kwh=5.0), -99.0), to_s=360.0)
    assert (state.charge_kw, state.stored_kwh) == (-20.0, 3.0)
    empty = stepped(STORAGE, state, to_s=3600.0)
    assert (empty.charge_kw, empty.stored_kwh) == (0.0, 0.0)


@settings(max_examples=sample(100), deadline=None)
@given(st.lists(st.floats(min_value=0.01, max_value=20.0), min_size=1, max_size=8), st.floats(-40.0, 40.0))
def test_looking_more_often_changes_nothing(pauses, target):
    slow = StorageSettings(max_charge_kw=30.0, max_discharge_kw=20.0, capacity_kwh=10.0, lag_s=3.0, dead_time_s=2.0)
    begin = told(slow, StorageState(at_s=0.0, stored_kwh=5.0), target)
    often, now_s = begin, 0.0
    for pause_s in pauses:
        now_s += pause_s
        often = stepped(slow, often, to_s=now_s)
    once = stepped(slow, begin, to_s=now_s)
    assert often.charge_kw == pytest.approx(once.charge_kw, abs=1e-9)
    assert often.stored_kwh == pytest.approx(once.stored_kwh, abs=1e-9)


def test_meter_and_storage_of_one_round_belong_together():
    clock = HandClock()
    site = plant(clock, lag_s=2.0)
    site.set_charge(10.0)
    clock.now_s = 2.0
    import_kw = site.read_meter()
    charge_kw, _ = site.read_storage()
    assert charge_kw == pytest.approx(10.0 * (1.0 - math.exp(-1.0)))
    assert import_kw == pytest.approx(50.0 - 10.0 * math.exp(-1.0))


def test_a_meter_may_be_late():
    clock = HandClock()
    site = plant(clock, meter_delay_s=1.0)
    clock.now_s = 5.0
    site.set_charge(10.0)
    clock.now_s = 5.5
    assert site.read_meter() == 40.0
    clock.now_s = 6.5
    assert site.read_meter() == 50.0


def test_the_same_seed_makes_the_same_noise():
    readings = []
    for _ in range(2):
        site = plant(HandClock(), meter_sigma_kw=1.0, storage_sigma_kw=0.5)
        readings.append([(site.read_meter(), *site.read_storage()) for _ in range(5)])
    assert readings[0] == readings[1]
    assert len({import_kw for import_kw, _, _ in readings[0]}) == 5


def test_a_restless_load_is_a_fixed_function_of_time():
    one, other = (
        random_load(level_kw=38.0, peak_kw=30.0, every_s=90.0, lasts_s=60.0, wander_kw=1.0, seed=4) for _ in range(2)
    )
    assert [one(at_s) for at_s in range(3600)] == [other(at_s + 3600.0) for at_s in range(3600)]
    assert max(one(at_s) for at_s in range(3600)) > 45.0
