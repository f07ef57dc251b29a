"""Days that a person can plan by head: hours, 50 kW of import, a storage of 100 kWh and 20 kW that holds 50 kWh."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.peak_shaving import NeedsSolver, PccLimits, plan_storage
from tests.support.peak_shaving_oracle import START, day


def test_a_schedule_that_fits_comes_back_unchanged():
    plan = plan_storage(day([40.0, 49.9, 10.0], schedule_kw=[10.0, 0.1, -3.3]))
    assert plan.charge_kw == (10.0, 0.1, -3.3)
    assert plan.pcc_import_kw == (50.0, 49.9 + 0.1, 10.0 - 3.3)
    assert (plan.violation_kwh, plan.change_kwh, plan.limited_by, plan.optimal) == (0.0, 0.0, None, True)


def test_a_peak_is_shaved_by_exactly_what_is_too_much():
    plan = plan_storage(day([40.0, 62.5, 40.0]))
    assert plan.charge_kw == (0.0, -12.5, 0.0)
    assert plan.stored_kwh == (50.0, 37.5, 37.5)
    assert (plan.violation_kwh, plan.change_kwh, plan.limited_by) == (0.0, 12.5, None)


def test_too_little_power_leaves_the_rest_of_the_peak_and_says_so():
    plan = plan_storage(day([40.0, 80.0]))
    assert plan.charge_kw == (0.0, -20.0)
    (violation,) = plan.violations
    assert (violation.time, violation.over_kw, violation.limit) == (START + timedelta(hours=1), 10.0, "import")
    assert plan.violation_kwh == 10.0
    assert "cannot discharge with more power, 10 kW more would be needed" in str(plan.limited_by)


def test_too_little_energy_is_charged_before_the_peak_when_there_is_room():
    plan = plan_storage(day([45.0, 45.0, 70.0], stored_kwh=12.0))
    assert plan.charge_kw == (3.0, 5.0, -20.0)  # 8 kWh are missing; as late as the 5 kW of room allow
    assert (plan.violation_kwh, plan.change_kwh) == (0.0, 28.0)


def test_the_missing_energy_is_charged_early_when_that_is_preferred():
    plan = plan_storage(day([45.0, 45.0, 70.0], stored_kwh=12.0, prefer="early"))
    assert plan.charge_kw == (5.0, 3.0, -20.0)


def test_too_little_energy_without_room_is_said_with_what_is_missing():
    plan = plan_storage(day([50.0, 70.0], stored_kwh=12.0))
    assert plan.charge_kw == (0.0, -12.0)
    assert plan.violation_kwh == 8.0
    assert "the storage would be empty, 8 kWh of energy are missing" in str(plan.limited_by)


def test_of_two_equal_peaks_the_later_is_shaved_when_energy_is_for_one_only():
    assert plan_storage(day([60.0, 50.0, 60.0], stored_kwh=10.0)).charge_kw == (0.0, 0.0, -10.0)
    assert plan_storage(day([60.0, 50.0, 60.0], stored_kwh=10.0, prefer="early")).charge_kw == (-10.0, 0.0, 0.0)


def test_an_empty_storage_cannot_shave_the_first_step():
    plan = plan_storage(day([60.0, 40.0, 60.0], stored_kwh=0.0))
    assert plan.charge_kw == (0.0, 10.0, -10.0)
    assert plan.violation_kwh == 10.0


def test_a_full_storage_makes_room_for_the_feed_in_before_it_comes():
    plan = plan_storage(day([0.0, 0.0], production_kw=[10.0, 30.0], export_limit_kw=20.0, stored_kwh=100.0))
    assert plan.charge_kw == (-10.0, 10.0)
    assert plan.stored_kwh == (90.0, 100.0)
    assert plan.violation_kwh == 0.0


def test_feed_in_that_finds_no_room_is_said():
    plan = plan_storage(day([0.0, 0.0], production_kw=[20.0, 30.0], export_limit_kw=20.0, stored_kwh=95.0))
    assert plan.charge_kw == (0.0, 5.0)
    (violation,) = plan.violations
    assert (violation.over_kw, violation.limit) == (5.0, "export")
    assert "the storage would be full, 5 kWh of room are missing" in str(plan.limited_by)


def test_the_last_step_is_shaved_like_any_other_and_the_last_energy_keeps_its_limit():
    plan = plan_storage(day([40.0, 70.0], stored_kwh=30.0, min_kwh=15.0))
    assert plan.charge_kw == (5.0, -20.0)
    assert plan.stored_kwh == (35.0, 15.0)


def test_the_energy_wanted_at_the_end_comes_before_the_peak():
    plan = plan_storage(day([50.0, 60.0], end_min_kwh=45.0))
    assert plan.charge_kw == (0.0, -5.0)
    assert plan.violation_kwh == 5.0
    assert "the storage must hold 45 kWh at 2026-03-02T02:00:00Z, 5 kWh of energy are missing" in str(plan.limited_by)


def test_an_end_that_power_cannot_reach_is_approached_and_said():
    plan = plan_storage(day([0.0, 0.0], end_min_kwh=95.0))
    assert plan.charge_kw == (20.0, 20.0)
    assert plan.limited_by == (
        "the storage cannot reach the energy it should hold at the end: 90 kWh is the nearest it can"
    )


def test_an_end_that_is_out_of_reach_is_not_blamed_on_the_other_bound():
    plan = plan_storage(day([0.0], stored_kwh=-50.0, end_max_kwh=60.0))
    assert "hold at the end" not in str(plan.limited_by)


def test_the_energy_at_the_end_has_an_upper_limit_too():
    plan = plan_storage(day([0.0, 0.0], end_max_kwh=45.0))
    assert plan.charge_kw == (0.0, -5.0)


def test_losses_are_counted_on_the_storage_side():
    # The peak takes 8 kWh at the terminals, 10 kWh from the storage: change 10.
    plan = plan_storage(day([50.0, 58.0], discharge_efficiency=0.8))
    assert plan.charge_kw == (0.0, -8.0)
    assert plan.stored_kwh == (50.0, 40.0)
    assert plan.change_kwh == pytest.approx(10.0)


def test_what_is_charged_for_a_peak_pays_the_losses_of_both_ways():
    plan = plan_storage(day([20.0, 58.0], stored_kwh=0.0, charge_efficiency=0.5, discharge_efficiency=0.8))
    assert plan.charge_kw == (20.0, -8.0)
    assert plan.change_kwh == pytest.approx(20.0)


def test_losing_energy_in_a_round_trip_is_planned_where_only_that_keeps_feed_in_down():
    # Full, and 20 kW too much twice. Standing still breaks the limit by 40 kWh; discharging 10 kWh first makes it
    # worse by 5 kWh at the terminals but gives room for 20 kWh: 25 + 0 is less than 40.
    plan = plan_storage(
        day(
            [0.0, 0.0],
            production_kw=[20.0, 20.0],
            export_limit_kw=0.0,
            stored_kwh=100.0,
            max_discharge_kw=5.0,
            charge_efficiency=0.5,
            discharge_efficiency=0.5,
        )
    )
    assert plan.charge_kw == (-5.0, 20.0)
    assert plan.violation_kwh == 25.0
    assert plan.optimal


def test_a_negative_stored_energy_is_brought_back_as_fast_as_power_and_grid_limit_allow_and_said():
    plan = plan_storage(day([40.0, 10.0, 40.0], stored_kwh=-25.0))  # room for 10 kW, then for all of the missing 15
    assert plan.charge_kw == (10.0, 15.0, 0.0)
    assert plan.violation_kwh == 0.0
    assert plan.limited_by == (
        "the storage starts with -25 kWh, below its least of 0 kWh: it is brought back as fast as its power and the "
        "grid limit allow and is inside from 2026-03-02T02:00:00Z on"
    )


def test_a_reserve_is_restored_inside_the_grid_limit():
    plan = plan_storage(day([50.0, 49.75, 53.0, 40.0], stored_kwh=29.0, min_kwh=30.0))
    assert plan.charge_kw == (0.0, 0.25, 0.0, 0.75)
    assert plan.pcc_import_kw == (50.0, 50.0, 53.0, 40.75)
    assert plan.stored_kwh == (29.0, 29.25, 29.25, 30.0)
    assert "must come back to its energy limits first" in str(plan.limited_by)


def test_a_car_that_cannot_be_full_in_time_is_said_to_be_held_by_that_and_not_to_come_back():
    car = {"stored_kwh": 20.0, "max_charge_kw": 11.0, "max_discharge_kw": 0.0, "end_min_kwh": 45.0}
    plan = plan_storage(day([60.0, 60.0], **car))
    assert plan.stored_kwh == (31.0, 42.0)
    said = str(plan.limited_by)
    assert "cannot reach the energy it should hold at the end: 42 kWh is the nearest it can" in said
    assert "must hold 45 kWh at 2026-03-02T02:00:00Z" in said
    assert "must come back" not in said


def test_an_overfull_storage_comes_down_inside_the_export_limit():
    plan = plan_storage(day([0.0, 0.0], production_kw=[8.0, 8.0], export_limit_kw=10.0, stored_kwh=103.0))
    assert plan.charge_kw == (-2.0, -1.0)
    assert plan.violation_kwh == 0.0


@given(
    loads=st.lists(st.integers(0, 70), min_size=1, max_size=6),
    missing_kwh=st.integers(1, 40),
    efficiency=st.sampled_from([1.0, 0.8]),
)
def test_coming_back_never_makes_the_grid_limit_worse(loads, missing_kwh, efficiency):
    problem = day(
        [float(load) for load in loads], stored_kwh=30.0 - missing_kwh, min_kwh=30.0, charge_efficiency=efficiency
    )
    plan = plan_storage(problem)
    for step, (load, imported) in enumerate(zip(loads, plan.pcc_import_kw, strict=True)):
        assert imported <= max(50.0, load) + 1e-6
        before = plan.stored_kwh[step - 1] if step else 30.0 - missing_kwh
        if plan.stored_kwh[step] < 30.0 - 1e-6:  # still outside: all the room there is was used
            gained = efficiency * min(20.0, max(50.0 - load, 0.0))
            assert plan.stored_kwh[step] >= before + gained - 1e-6


def test_an_overfull_storage_that_cannot_be_emptied_in_time_says_that_it_is_still_outside():
    plan = plan_storage(day([0.0], stored_kwh=150.0))
    assert plan.charge_kw == (-20.0,)
    assert "above its capacity of 100 kWh" in str(plan.limited_by)
    assert "still outside at the plan's end" in str(plan.limited_by)


def test_energy_bounds_that_rise_faster_than_power_are_approached_and_said():
    plan = plan_storage(day([0.0, 0.0, 0.0], min_kwh=(0.0, 95.0, 0.0)))
    assert plan.charge_kw == (20.0, 20.0, 0.0)
    assert plan.limited_by == (
        "the storage cannot be inside its energy limits at 2026-03-02T02:00:00Z: 90 kWh is the nearest it can reach"
    )


def test_limits_powers_and_energies_may_change_from_step_to_step():
    plan = plan_storage(
        day(
            [40.0, 40.0, 40.0],
            import_limit_kw=(40.0, 30.0, 40.0),
            max_discharge_kw=(20.0, 4.0, 20.0),
            capacity_kwh=(100.0, 100.0, 40.0),
        )
    )
    assert plan.charge_kw == (0.0, -4.0, -6.0)
    assert plan.violation_kwh == 6.0


def test_a_schedule_beyond_the_power_is_brought_down_to_it():
    plan = plan_storage(day([0.0, 0.0], schedule_kw=[30.0, 0.0]))
    assert plan.charge_kw == (20.0, 0.0)
    assert plan.change_kwh == 10.0


def test_a_storage_of_no_size_changes_nothing():
    plan = plan_storage(day([60.0], capacity_kwh=0.0, stored_kwh=0.0))
    assert plan.charge_kw == (0.0,)
    assert plan.violation_kwh == 10.0


def test_no_limit_at_all_is_infinity():
    plan = plan_storage(day([1e6], import_limit_kw=math.inf, export_limit_kw=math.inf))
    assert plan.violations == ()
    assert PccLimits(import_limit_kw=math.inf, export_limit_kw=0.0).import_limit_kw == math.inf


def test_quarter_hours_count_a_quarter():
    plan = plan_storage(day([70.0] * 4, stored_kwh=10.0, step_s=900))
    assert plan.charge_kw == (0.0, 0.0, -20.0, -20.0)
    assert (plan.violation_kwh, plan.change_kwh) == (10.0, 10.0)


def test_what_needs_a_solver_is_handed_back_with_the_reason():
    with pytest.raises(NeedsSolver, match="ramp is limited"):
        plan_storage(day([60.0], ramp_kw_per_step=5.0))
    with pytest.raises(NeedsSolver, match="largest power"):
        plan_storage(day([60.0], minimise="peak"))


@pytest.mark.parametrize(
    ("car", "reason"),
    [
        ({"max_discharge_kw": 0.0}, "car cannot discharge"),
        ({"max_discharge_kw": 0.0, "max_charge_kw": (10.0, 0.0)}, "car has no power then"),
        ({"end_min_kwh": 45.0}, "car must hold 45 kWh at 2026-03-02T02:00:00Z, 20 kWh of energy are missing"),
        ({"min_kwh": (0.0, 45.0)}, "car must hold 45 kWh at 2026-03-02T02:00:00Z, 20 kWh of energy are missing"),
        ({"min_kwh": 45.0}, "car must hold 45 kWh at 2026-03-02T02:00:00Z, 20 kWh of energy are missing"),
    ],
)
def test_a_car_is_called_by_its_name_and_said_to_be_away_to_charge_only_or_to_be_needed_full(car, reason):
    plan = plan_storage(day([50.0, 70.0], stored_kwh=45.0, name="car", **car))
    assert str(plan.limited_by).endswith(reason)
