from dataclasses import replace

import pytest

from energy_manager.adapters.solvers.least_cost_milp import HighsSitePlanner
from energy_manager.domain.errors import Refused
from energy_manager.domain.least_cost import DemandCharge, PccLimits, Scenario, plan_site, value_of_energy
from tests.unit.least_cost.sites import battery, site

HELD_FOR_THE_EVENING = [0.20, 0.20, 0.50]


def test_load_is_covered_where_energy_is_worth_no_more_than_the_price():
    value = value_of_energy(site([1, 1], storages=[battery(end_value_eur_per_kwh=0.30)]))
    assert value.at(0, 2.0) == 0.30
    assert value.band(0, 2.0) == (0.0, 0.0)  # equality covers, and stores what would be fed in at 0.08


def test_energy_is_held_for_a_dearer_hour():
    value = value_of_energy(site([1, 1, 2], buy=HELD_FOR_THE_EVENING))
    assert value.at(1, 1.0) == 0.50
    assert value.band(1, 1.0).hi_kw is None


def test_energy_that_the_dear_hour_does_not_need_covers_now():
    value = value_of_energy(site([1, 1, 2], buy=HELD_FOR_THE_EVENING))
    assert value.at(0, 2.5) == 0.20
    assert value.band(0, 2.5).hi_kw == 0.0


def test_charging_from_the_grid_has_a_finite_lower_end_at_full_power():
    plan = plan_site(site([1, 1, 2], buy=HELD_FOR_THE_EVENING))
    assert plan.band["battery"][0] == (3.0, None)
    assert plan.import_kw[0] == 3.0


def test_feeding_in_has_a_finite_negative_upper_end():
    selling = site([0], sell=0.25, storages=[battery(stored_kwh=4.0, end_value_eur_per_kwh=0.1)])
    plan = plan_site(selling)
    assert plan.charge_kw["battery"] == (-2.0,)
    assert plan.band["battery"] == ((0.0, -2.0),) or plan.band["battery"] == ((None, -2.0),)


def test_surplus_that_earns_more_when_fed_in_is_not_stored():
    value = value_of_energy(site([0, 0], [2, 0], sell=0.08, storages=[battery(end_value_eur_per_kwh=0.05)]))
    assert value.band(0, 1.0).lo_kw is None


def test_equality_stores_the_surplus():
    value = value_of_energy(site([0, 0], [2, 0], sell=0.08, storages=[battery(end_value_eur_per_kwh=0.08)]))
    assert value.band(0, 1.0).lo_kw == 0.0


def test_a_partial_power_ends_the_band_at_its_exchange():
    plan = plan_site(site([3, 2], buy=[0.2, 0.5], storages=[battery(stored_kwh=3.0, max_discharge_kw=4.0)]))
    # 2 kWh are kept for the dearer hour, so 1 kW is covered now and 2 kW are bought.
    assert plan.charge_kw["battery"] == (-1.0, -2.0)
    assert plan.band["battery"][0].hi_kw == 2.0


def test_a_full_storage_takes_nothing_and_an_empty_one_gives_nothing():
    value = value_of_energy(site([1]))
    assert value.band(0, 4.0).lo_kw is None
    assert value.band(0, 0.0).hi_kw is None


def test_a_storage_that_is_away_has_no_band():
    plan = plan_site(site([1], storages=[battery(stored_kwh=2.0, available=0.0)]))
    assert plan.band["battery"] == ((None, None),)


def test_a_limit_that_will_bind_makes_energy_worth_buying_at_any_price():
    coming = site([0, 5], buy=[0.9, 0.1], pcc=PccLimits(import_limit_kw=3.0, export_limit_kw=9.0))
    assert value_of_energy(coming).band(0, 0.0).lo_kw == 2.0


def test_the_value_over_scenarios_is_their_plain_mean():
    evening = site([0, 2], buy=[0.2, 0.5])
    none, much = (Scenario(load_kw=(0.0, load), production_kw=(0.0, 0.0)) for load in (0.0, 2.0))
    value = value_of_energy(replace(evening, scenarios=(none, much)))
    assert value.at(0, 1.0) == pytest.approx(0.5 * (0.08 + 0.50))
    plan = plan_site(replace(evening, scenarios=(none, much)))
    assert plan.charge_kw == plan_site(evening).charge_kw


def test_the_loop_that_follows_the_band_repeats_the_plan():
    plan = plan_site(site([1, 0, 3, 2], [0, 3, 0, 0], buy=[0.1, 0.3, 0.3, 0.5]))
    for load, production, charge, (lo, hi) in zip(
        (1, 0, 3, 2), (0, 3, 0, 0), plan.charge_kw["battery"], plan.band["battery"], strict=True
    ):
        base = load - production
        told = 0.0
        if lo is not None and base < lo:
            told = min(lo - base, 2.0)
        elif hi is not None and base > hi:
            told = -min(base - hi, 2.0)
        assert told == pytest.approx(charge)


def test_a_value_needs_one_storage_and_one_of_the_steps():
    with pytest.raises(Refused, match="must be named where the site has several, or none: a, b"):
        value_of_energy(site([1], storages=[battery(id="a"), battery(id="b")]))
    with pytest.raises(Refused, match="there is no c, only a"):
        value_of_energy(site([1], storages=[battery(id="a")]), storage="c")
    with pytest.raises(Refused, match="must be a step of the plan, 0 to 0, not 1"):
        value_of_energy(site([1])).at(1, 0.0)


def test_with_a_demand_charge_the_band_ends_at_the_peak_that_is_paid():
    # 2 kWh are there: with 1 kWh more, bought in the first hour, no hour imports more than 2 kW.
    peaky = site(
        [1, 4, 3, 1],
        storages=[battery(stored_kwh=2.0, max_charge_kw=5.0, max_discharge_kw=5.0, end_value_eur_per_kwh=0.1)],
        demand_charge=DemandCharge(eur_per_kw=4.0, paid_peak_kw=0.0),
    )
    plan = HighsSitePlanner().plan(peaky)
    assert plan.charge_kw["battery"] == pytest.approx((1.0, -2.0, -1.0, 0.0))
    assert [band.hi_kw for band in plan.band["battery"][1:3]] == pytest.approx([2.0, 2.0])
