"""Problems refuse nonsense when they are built, by field; and the band of energies that a storage can keep to."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from energy_manager.domain.errors import Refused
from energy_manager.domain.peak_shaving import DemandCharge, PccLimits, PlanningProblem, Storage, energy_band
from tests.support.peak_shaving_oracle import START, day

PROBLEM = day([40.0, 80.0])
STORAGE = PROBLEM.storages[0]


def fields(build: Any) -> set[str]:
    with pytest.raises(Refused) as refused:
        build()
    return {fault.field for fault in refused.value.faults}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"load_kw": (1.0, -1.0)}, {"load_kw[1]"}),
        ({"production_kw": (math.nan, 1.0)}, {"production_kw[0]"}),
        ({"production_kw": (1.0,)}, {"production_kw"}),
        ({"load_kw": ()}, {"load_kw"}),
        ({"storages": ()}, {"storages"}),
        ({"step_s": 0}, {"step_s"}),
        ({"start": datetime(2026, 3, 2)}, {"start"}),  # noqa: DTZ001 - a naive time is the point
        ({"start": datetime(2026, 3, 2, tzinfo=timezone(timedelta(hours=1)))}, {"start"}),
        ({"minimise": "cost", "prefer": "never"}, {"minimise", "prefer"}),
        ({"storages": (replace(STORAGE, capacity_kwh=(9.0, 9.0, 9.0), stored_kwh=1.0),)}, {"storages[0].capacity_kwh"}),
        ({"pcc": PccLimits(import_limit_kw=(1.0,), export_limit_kw=1.0)}, {"pcc.import_limit_kw"}),
    ],
)
def test_a_problem_that_makes_no_sense_is_refused(changes, found):
    assert fields(lambda: replace(PROBLEM, **changes)) == found


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"capacity_kwh": -1.0}, {"capacity_kwh"}),
        ({"stored_kwh": math.inf}, {"stored_kwh"}),
        ({"schedule_kw": (math.nan, 0.0)}, {"schedule_kw[0]"}),
        ({"min_kwh": 101.0}, {"min_kwh"}),
        ({"charge_efficiency": math.nan, "discharge_efficiency": 1e-9}, {"charge_efficiency", "discharge_efficiency"}),
        ({"max_charge_kw": (1.0, 2e9)}, {"max_charge_kw[1]"}),
    ],
)
def test_a_storage_that_makes_no_sense_is_refused(changes, found):
    assert fields(lambda: replace(STORAGE, **changes)) == found


def test_many_faults_in_a_series_are_counted():
    assert len(fields(lambda: replace(STORAGE, schedule_kw=(math.nan,) * 500))) == 101


def test_limits_and_demand_charges_that_make_no_sense_are_refused():
    assert fields(lambda: PccLimits(import_limit_kw=-1.0, export_limit_kw=(1.0, math.nan))) == {
        "import_limit_kw",
        "export_limit_kw[1]",
    }
    assert fields(lambda: DemandCharge(paid_peak_kw=-1.0, worth_kwh_per_kw=math.inf)) == {
        "paid_peak_kw",
        "worth_kwh_per_kw",
    }


def test_a_solver_is_needed_for_what_the_exact_planner_cannot():
    assert PROBLEM.needs_solver is None
    assert replace(PROBLEM, storages=(STORAGE, STORAGE)).needs_solver == "there are several storages"
    charged = replace(PROBLEM, demand_charge=DemandCharge(paid_peak_kw=1.0, worth_kwh_per_kw=1.0))
    assert charged.needs_solver == "there is a demand charge"


def test_the_band_of_energies_is_the_limits_where_power_can_keep_them():
    band = energy_band(replace(STORAGE, min_kwh=10.0, end_min_kwh=20.0, end_max_kwh=90.0), hours=(1.0,) * 2)
    assert (band.lower, band.upper, band.strained) == ((10.0, 20.0), (100.0, 90.0), ())


def test_the_band_of_energies_follows_full_power_where_it_cannot():
    low = energy_band(replace(STORAGE, stored_kwh=-50.0, charge_efficiency=0.5), hours=(1.0,) * 3)
    assert (low.lower, low.strained) == ((-40.0, -30.0, -20.0), (0, 1, 2))
    high = energy_band(replace(STORAGE, stored_kwh=150.0, discharge_efficiency=0.5), hours=(1.0,) * 3)
    assert (high.upper, high.strained) == ((110.0, 100.0, 100.0), (0,))


def test_times_count_in_steps():
    assert PROBLEM.time_of(3) == START + timedelta(hours=3)
    assert isinstance(PROBLEM, PlanningProblem)
    assert isinstance(STORAGE, Storage)
