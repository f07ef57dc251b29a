"""The law on simulated plants of many kinds: what it violates, how soon it settles, and that it does not swing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from energy_manager.adapters.devices.simulated.meter import random_load
from energy_manager.domain.peak_shaving.grid_limit import GridLimitSettings, PccReading
from tests.support.peak_shaving_loop import FINE_S, Clairvoyant, GridLimitLaw, closed_loop
from tests.support.simulated_plant import PlantSettings
from tests.support.thorough import IS_THOROUGH

pytestmark = [pytest.mark.sampled, pytest.mark.no_cover]

LIMITS = GridLimitSettings(
    import_limit_kw=50.0, export_limit_kw=20.0, max_charge_kw=30.0, max_discharge_kw=30.0, tick_s=1.0
)
PLANT = PlantSettings(max_charge_kw=30.0, max_discharge_kw=30.0, capacity_kwh=100.0)
PLANTS = (
    [(lag_s, cycles) for lag_s in (1.0, 2.0, 3.0, 5.0) for cycles in (1, 2)]
    if IS_THOROUGH
    else [(1.0, 1), (3.0, 2), (5.0, 1)]
)
LASTS_S = 600.0 if IS_THOROUGH else 300.0
"""Five peaks, or two and the half of one."""


def peaks(at_s: float) -> float:
    """15 kW too much in every other minute."""
    return 40.0 if at_s % 120.0 < 60.0 else 65.0


def plant(lag_s: float, cycles: int, *, tick_s: float = 1.0, **how: float) -> PlantSettings:
    return replace(PLANT, lag_s=lag_s, dead_time_s=cycles * tick_s, **how)


@pytest.mark.parametrize("tick_s", [1.0, 2.0])
@pytest.mark.parametrize(("lag_s", "cycles"), PLANTS)
@pytest.mark.parametrize("side", [1.0, -1.0], ids=["import", "export"])
def test_peaks_cost_no_more_than_the_dead_time_and_settle_within_seconds(lag_s, cycles, tick_s, side):
    def base(at_s: float) -> float:
        return peaks(at_s) if side > 0 else 30.0 - peaks(at_s)

    limits, own = replace(LIMITS, tick_s=tick_s), plant(lag_s, cycles, tick_s=tick_s)
    course = closed_loop(GridLimitLaw(limits), limits, own, base_kw=base, lasts_s=LASTS_S)
    ideal = closed_loop(Clairvoyant(limits), limits, own, base_kw=base, lasts_s=LASTS_S)
    assert course.violation_kwh <= 1.35 * ideal.violation_kwh
    assert course.mean_settling_s <= 12.0
    assert max(course.settling_s) <= cycles * tick_s + tick_s + 2.5 * lag_s
    assert course.travel_kw <= 2.0 * ideal.travel_kw


@pytest.mark.no_cover
@pytest.mark.parametrize(("lag_s", "cycles"), PLANTS)
def test_an_hour_of_restless_load_and_a_noisy_meter(lag_s, cycles):
    base = random_load(level_kw=38.0, peak_kw=30.0, every_s=90.0, lasts_s=60.0, wander_kw=1.0, seed=7)
    own = plant(lag_s, cycles, meter_sigma_kw=0.3, storage_sigma_kw=0.05)
    course = closed_loop(GridLimitLaw(LIMITS), LIMITS, own, base_kw=base, lasts_s=1800.0)
    ideal = closed_loop(Clairvoyant(LIMITS), LIMITS, own, base_kw=base, lasts_s=1800.0)
    assert course.violation_kwh <= 1.35 * ideal.violation_kwh
    assert course.mean_settling_s <= 12.0
    assert course.travel_kw <= 1.1 * ideal.travel_kw


@pytest.mark.parametrize(("lag_s", "cycles"), [*PLANTS, (8.0, 3)])
@pytest.mark.parametrize("how", [{}, {"meter_delay_s": 1.0}, {"power_gain": 0.85}, {"power_gain": 1.2}], ids=str)
def test_a_steady_load_is_met_with_a_steady_storage(lag_s, cycles, how):
    course = closed_loop(
        GridLimitLaw(LIMITS), LIMITS, plant(lag_s, cycles, **how), base_kw=lambda at_s: 65.0, lasts_s=240.0
    )
    late = course.charges_kw[round(180.0 / FINE_S) :]
    assert max(late) - min(late) < 1.5
    assert max(course.imports_kw[round(180.0 / FINE_S) :]) <= 50.6


def test_the_storage_returns_to_its_schedule_when_the_peak_is_over():
    course = closed_loop(
        GridLimitLaw(LIMITS),
        LIMITS,
        plant(2.0, 1),
        base_kw=lambda at_s: 65.0 if at_s < 60.0 else 20.0,
        lasts_s=180.0,
        scheduled_kw=lambda at_s: 5.0,
    )
    assert course.charges_kw[-1] == pytest.approx(5.0, abs=0.01)
    assert max(course.imports_kw[round(62.0 / FINE_S) :]) <= 50.0


def test_a_dead_meter_leaves_the_storage_where_it_was_right_and_then_at_rest():
    def dies(at_s: float, reading: PccReading) -> PccReading | None:
        return reading if at_s < 30.0 else None

    course = closed_loop(
        GridLimitLaw(LIMITS),
        LIMITS,
        plant(2.0, 1),
        base_kw=lambda at_s: 65.0,
        lasts_s=120.0,
        scheduled_kw=lambda at_s: 10.0,
        reading=dies,
    )
    assert course.targets_kw[35] == course.targets_kw[29]
    assert course.targets_kw[-1] == 0.0


def test_a_storage_that_runs_empty_is_left_at_its_least_energy():
    limits = replace(LIMITS, min_kwh=1.0, capacity_kwh=100.0)
    course = closed_loop(
        GridLimitLaw(limits), limits, plant(1.0, 1), base_kw=lambda at_s: 80.0, lasts_s=300.0, stored_kwh=2.0
    )
    assert course.charges_kw[-1] == pytest.approx(0.0, abs=0.1)
    assert sum(course.charges_kw) * FINE_S / 3600.0 == pytest.approx(-1.0, abs=0.01)
