from dataclasses import replace

import pytest

from energy_manager.domain.least_cost import PccLimits, Target, plan_site
from tests.unit.least_cost.sites import battery, site


def charge(plan, name="battery"):
    return plan.charge_kw[name]


def test_surplus_is_stored_and_covers_the_load_later():
    plan = plan_site(site([0, 2], [2, 0]))
    assert charge(plan) == (2.0, -2.0)
    assert (plan.import_kw, plan.export_kw) == ((0.0, 0.0), (0.0, 0.0))
    assert (plan.cost_eur, plan.optimal, plan.method, plan.limited_by) == (0.0, True, "exact", None)


def test_cheap_hours_are_bought_for_dear_ones_where_the_losses_are_paid():
    worth_it = site([0, 2], buy=[0.10, 0.30], storages=[battery(charge_efficiency=0.5)])
    assert charge(plan_site(worth_it)) == (2.0, -1.0)
    assert charge(plan_site(replace(worth_it, buy_eur_per_kwh=(0.16, 0.30)))) == (0.0, 0.0)


def test_wear_counts_for_each_kwh_in_and_out():
    wearing = site([0, 2], buy=[0.10, 0.30], storages=[battery(wear_eur_per_kwh=0.11)])
    assert charge(plan_site(wearing)) == (0.0, 0.0)
    cheaper = replace(wearing, storages=(battery(wear_eur_per_kwh=0.09),))
    assert plan_site(cheaper).cost_eur == pytest.approx(2 * (0.10 + 0.09 + 0.09))


def test_with_a_flat_tariff_the_plan_is_the_self_consumption_rule():
    plan = plan_site(site([1, 0, 1, 3, 1], [0, 3, 0, 0, 2], storages=[battery(end_value_eur_per_kwh=None)]))
    assert charge(plan) == (0.0, 2.0, -1.0, -1.0, 1.0)
    assert plan.savings.self_consumption_eur == pytest.approx(0.0)
    assert plan.savings.doing_nothing_eur == pytest.approx(3 * (0.30 - 0.08))


def test_a_lossless_battery_buys_nothing_at_a_flat_price():
    assert charge(plan_site(site([0, 0, 2]))) == (0.0, 0.0, 0.0)


def test_of_equally_cheap_hours_the_earlier_one_stores():
    assert charge(plan_site(site([0, 0, 0, 2], buy=[0.1, 0.1, 0.1, 0.3]))) == (2.0, 0.0, 0.0, -2.0)
    surplus = site([0, 0, 0, 2], [2, 2, 2, 0])
    assert charge(plan_site(surplus)) == (2.0, 0.0, 0.0, -2.0)


def test_curtailing_comes_later_than_storing():
    limited = site([0, 0, 0], [2, 2, 2], curtailable=True, pcc=PccLimits(import_limit_kw=9.0, export_limit_kw=0.0))
    plan = plan_site(replace(limited, storages=(battery(end_value_eur_per_kwh=0.1),)))
    assert charge(plan) == (2.0, 2.0, 0.0)
    assert plan.curtailed_kw == (0.0, 0.0, 2.0)


def test_what_would_be_fed_in_at_a_negative_price_is_curtailed():
    plan = plan_site(site([1], [5], sell=-0.05, curtailable=True, storages=[]))
    assert (plan.curtailed_kw, plan.export_kw, plan.cost_eur) == ((4.0,), (0.0,), 0.0)
    must = plan_site(site([1], [5], sell=-0.05, storages=[]))
    assert (must.curtailed_kw, must.cost_eur) == ((0.0,), pytest.approx(0.20))


def test_at_a_negative_purchase_price_everything_is_curtailed_and_bought():
    plan = plan_site(site([1], [5], buy=-0.10, sell=-0.10, curtailable=True, storages=[]))
    assert (plan.import_kw, plan.curtailed_kw, plan.cost_eur) == ((1.0,), (5.0,), pytest.approx(-0.10))


def test_the_battery_never_burns_energy_by_charging_and_discharging_at_once():
    burning = battery(stored_kwh=4.0, charge_efficiency=0.5, discharge_efficiency=0.5)
    plan = plan_site(site([0, 0], buy=-0.10, sell=-0.10, storages=[burning]))
    # Full: one hour must discharge (0.25 kWh a stored kWh) to make room for the other.
    assert charge(plan) == (-0.5, 2.0)
    assert plan.optimal


def test_the_import_limit_comes_before_the_price():
    plan = plan_site(site([0, 5], buy=[0.40, 0.30], pcc=PccLimits(import_limit_kw=3.0, export_limit_kw=9.0)))
    assert charge(plan) == (2.0, -2.0)
    assert plan.violation_kwh == 0.0


def test_a_limit_that_cannot_be_kept_is_an_answer_with_a_reason():
    plan = plan_site(site([5], pcc=PccLimits(import_limit_kw=3.0, export_limit_kw=9.0)))
    assert plan.violation_kwh == pytest.approx(2.0)
    assert plan.limited_by == (
        "the import limit of 3 kW is exceeded by 2 kWh in 1 steps from 2026-03-02T00:00:00Z on, by up to 2 kW"
    )


def test_energy_outside_its_limits_is_brought_back_as_fast_as_power_allows():
    plan = plan_site(site([0, 0, 0], storages=[battery(stored_kwh=-3.0)]))
    assert plan.stored_kwh["battery"] == (-1.0, 0.0, 0.0)
    assert plan.limited_by == (
        "battery starts at -3 kWh, below its least, 0 kWh, and is inside from 2026-03-02T02:00:00Z on"
    )


def test_what_is_left_has_a_value_so_that_it_is_not_sold_off():
    full = battery(stored_kwh=4.0, end_value_eur_per_kwh=None)
    plan = plan_site(site([0, 0], storages=[full]))
    assert charge(plan) == (0.0, 0.0)
    assert plan.cost_eur == pytest.approx(-4 * 0.30)


def test_the_default_value_of_what_is_left_is_one_of_the_cheaper_prices_of_last_week():
    full = battery(stored_kwh=4.0, end_value_eur_per_kwh=None, discharge_efficiency=0.5, wear_eur_per_kwh=0.01)
    prices = (0.10, 0.20, 0.30, 0.40, 0.50)
    plan = plan_site(site([0], storages=[full], recent_buy_eur_per_kwh=prices))
    assert plan.cost_eur == pytest.approx(-4 * (0.5 * 0.20 - 0.01))


def test_a_car_is_charged_in_the_cheapest_hours_before_it_leaves_with_at_least_its_least_power():
    car = battery(
        id="car",
        kind="ev",
        capacity_kwh=20.0,
        max_charge_kw=4.0,
        min_charge_kw=3.0,
        max_discharge_kw=0.0,
        available=(1.0, 1.0, 1.0, 0.0),
        targets=(Target(step=2, at_least_kwh=5.0),),
    )
    plan = plan_site(site([0, 0, 0, 0], buy=[0.3, 0.2, 0.1, 0.05], storages=[car]))
    # 4 + 1 kWh would be cheapest, but 1 kW is below the least: 3 kW at 0.2 and 3 kW at 0.1.
    assert charge(plan, "car") == (0.0, 3.0, 3.0, 0.0)
    assert plan.shortfall_kwh == 0.0
    assert plan.optimal


def test_a_target_out_of_reach_is_approached_and_said():
    car = battery(id="car", kind="ev", capacity_kwh=20.0, targets=(Target(step=1, at_least_kwh=5.0),))
    plan = plan_site(site([0, 0], storages=[car]))
    assert charge(plan, "car") == (2.0, 2.0)
    assert plan.shortfall_kwh == pytest.approx(1.0)
    assert plan.limited_by == (
        "car holds 4 of 5 kWh at 2026-03-02T02:00:00Z: it charges as much as it can while it is there"
    )


def test_a_trip_that_cannot_be_served_is_missing_energy():
    car = battery(id="car", kind="ev", max_charge_kw=1.0, available=(1.0, 0.0), use_kwh=(0.0, 3.0))
    plan = plan_site(site([0, 0], storages=[car]))
    assert plan.unserved_kwh["car"] == (0.0, 2.0)
    assert plan.shortfall_kwh == 2.0
    assert "car cannot serve 2 kWh of its use from 2026-03-02T01:00:00Z on" in plan.limited_by


def test_heat_is_made_with_the_sun_and_kept_above_comfort():
    boiler = battery(
        id="boiler",
        kind="heat",
        capacity_kwh=10.0,
        stored_kwh=3.0,
        charge_efficiency=3.0,
        max_discharge_kw=0.0,
        use_kwh=(1.0, 1.0, 1.0),
        comfort_kwh=2.0,
    )
    plan = plan_site(site([0, 0, 0], [0, 1, 0], storages=[boiler]))
    assert plan.shortfall_kwh == 0.0
    assert charge(plan, "boiler") == (0.0, pytest.approx(2 / 3), 0.0)


def test_standing_losses_take_their_share_each_hour():
    plan = plan_site(site([0, 0], storages=[battery(stored_kwh=4.0, keep_per_hour=0.5, max_discharge_kw=0.0)]))
    assert plan.stored_kwh["battery"] == (2.0, 1.0)


def test_a_first_step_that_has_begun_is_shorter():
    plan = plan_site(site([0, 2], [2, 0], first_step_s=900.0))
    assert plan.stored_kwh["battery"] == (0.5, 0.0)
    assert charge(plan) == (2.0, -0.5)


def test_a_site_without_storages_has_a_plan_too():
    plan = plan_site(site([2, 0], [0, 1], storages=[]))
    assert (plan.cost_eur, plan.optimal) == (pytest.approx(0.60 - 0.08), True)
