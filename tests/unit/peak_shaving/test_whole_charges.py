"""Charges in whole power steps keep what the plan keeps."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_manager.domain.peak_shaving import PccLimits, PlanningProblem, Storage, plan_storage, whole_charges
from tests.support.thorough import sample

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def problem(load_kw, *, limit_kw=50.0, production_kw=None, schedule_kw=None, export_kw=1000.0, step_s=3600, **storage):
    steps = len(load_kw)
    storage = {"capacity_kwh": 100.0, "stored_kwh": 50.0, "max_charge_kw": 20.0, "max_discharge_kw": 20.0} | storage
    return PlanningProblem(
        start=NOON,
        step_s=step_s,
        load_kw=tuple(load_kw),
        production_kw=tuple(production_kw or [0.0] * steps),
        pcc=PccLimits(import_limit_kw=limit_kw, export_limit_kw=export_kw),
        storages=(Storage(schedule_kw=tuple(schedule_kw or [0.0] * steps), **storage),),
    )


def whole(asked, steps_per_kw=1):
    return whole_charges(asked, plan_storage(asked), steps_per_kw=steps_per_kw)[0]


def test_a_discharge_is_rounded_up_where_the_import_limit_needs_it():
    assert whole(problem([67.5])) == (-18,)


def test_a_charge_is_rounded_up_where_the_export_limit_needs_it():
    assert whole(problem([0.0], production_kw=[17.5], export_kw=0.0)) == (18,)


def test_the_storages_own_power_is_never_exceeded_for_the_limits_sake():
    assert whole(problem([67.5], max_discharge_kw=17.5)) == (-17,)


def test_the_stored_energy_is_never_exceeded_for_the_limits_sake():
    assert whole(problem([67.5], stored_kwh=17.5)) == (-17,)


def test_in_watts_a_tenth_of_a_kilowatt_is_exact_whatever_doubles_say():
    assert whole(problem([50.1, 50.3, 50.7]), 1000) == (-100, -300, -700)


def test_roundings_do_not_add_up():
    charges = whole(problem([40.0] * 8, schedule_kw=[2.5] * 8))
    assert sum(charges) == 20
    assert set(charges) == {2, 3}


CASES = st.builds(
    lambda load, schedule, limit, stored, most: problem(
        load,
        limit_kw=limit,
        schedule_kw=(schedule * len(load))[: len(load)],
        stored_kwh=stored,
        max_charge_kw=most,
        max_discharge_kw=most,
        step_s=900,
    ),
    st.lists(st.floats(0, 90), min_size=1, max_size=12),
    st.lists(st.floats(-9, 9), min_size=1, max_size=3),
    st.floats(30, 60),
    st.floats(0, 100),
    st.floats(0.5, 30),
)


@settings(max_examples=sample(100), deadline=None)
@given(CASES, st.sampled_from([1, 1000]))
def test_whole_charges_keep_the_storages_power_and_stay_beside_the_plan(asked, steps_per_kw):
    plan = plan_storage(asked)
    (storage,) = asked.storages
    for charge, planned_kw in zip(whole(asked, steps_per_kw), plan.charge_kw, strict=True):
        assert abs(charge / steps_per_kw - planned_kw) < 1 / steps_per_kw + 1e-6
        assert -storage.max_discharge_kw - 1e-6 <= charge / steps_per_kw <= storage.max_charge_kw + 1e-6


@settings(max_examples=sample(100), deadline=None)
@given(CASES)
def test_with_power_and_energy_to_spare_whole_kilowatts_keep_the_limit_wherever_the_plan_does(asked):
    (storage,) = asked.storages
    roomy = replace(storage, capacity_kwh=10_000.0, stored_kwh=5_000.0, max_charge_kw=500.0, max_discharge_kw=500.0)
    asked = replace(asked, storages=(roomy,))
    plan = plan_storage(asked)
    assert plan.violation_kwh == pytest.approx(0.0)
    for charge, load_kw in zip(whole(asked), asked.load_kw, strict=True):
        assert load_kw + charge <= asked.pcc.import_limit_kw + 1e-6
