from dataclasses import replace

import pytest

from energy_manager.domain.least_cost import Run, plan_site
from energy_manager.domain.least_cost.plan.plan import Plan
from tests.unit.least_cost.sites import battery, site

NIGHT = site([0, 0, 0, 2], buy=[0.100, 0.101, 0.100, 0.300])


def planned(powers, own=NIGHT) -> Plan:
    (storage,) = own.storages
    return plan_site(replace(own, storages=(replace(storage, planned_kw=tuple(powers)),)))


def test_a_plan_in_force_that_costs_less_than_a_cent_more_stays():
    plan = planned([0.0, 2.0, 0.0, -2.0])
    assert plan.kept
    assert plan.charge_kw["battery"] == (0.0, 2.0, 0.0, -2.0)
    assert plan.lower_bound_eur == pytest.approx(0.2)
    assert (plan.cost_eur, plan.optimal) == (pytest.approx(0.202), False)


def test_a_plan_in_force_goes_where_a_cent_or_more_is_saved():
    plan = planned([0.0, 2.0, 0.0, -2.0], replace(NIGHT, buy_eur_per_kwh=(0.100, 0.106, 0.100, 0.300)))
    assert not plan.kept
    assert plan.cost_eur == pytest.approx(0.2)


def test_of_plans_that_cost_the_same_the_one_nearest_to_the_plan_in_force_is_taken():
    # What is in force (charging too little) goes; that it charged in the third hour stays.
    plan = planned([0.0, 0.0, 1.0, -1.0])
    assert plan.charge_kw["battery"] == (1.0, 0.0, 1.0, -2.0) or plan.charge_kw["battery"] == (0.0, 0.0, 2.0, -2.0)
    assert not plan.kept


def test_a_plan_in_force_that_ends_early_is_continued_at_least_cost():
    plan = planned([2.0, 0.0])
    assert plan.charge_kw["battery"] == (2.0, 0.0, 0.0, -2.0)
    assert (plan.kept, plan.optimal) == (True, True)


def test_a_plan_in_force_that_the_storage_cannot_follow_any_more_goes():
    full = battery(stored_kwh=6.0, planned_kw=(0.0, 0.0, 0.0, -2.0))
    plan = plan_site(replace(NIGHT, storages=(full,)))
    assert not plan.kept
    assert plan.stored_kwh["battery"][0] == 4.0


def test_several_assets_keep_their_plan_together():
    own = site(
        [0, 0, 0, 2],
        buy=[0.100, 0.101, 0.100, 0.300],
        runs=[],
        storages=[battery(planned_kw=(0.0, 1.0, 0.0, -1.0)), battery(id="b", planned_kw=(0.0, 1.0, 0.0, -1.0))],
    )
    washer = Run(id="washer", profile_kw=(1.0,), earliest_step=0, latest_start_step=2, planned_start=1)
    plan = plan_site(replace(own, runs=(washer,)))
    assert plan.kept
    assert plan.starts == {"washer": 1}
    assert plan.charge_kw["b"] == (0.0, 1.0, 0.0, -1.0)
