"""A time that has passed: the value of energy, followed on what was known then, between the rule and foresight."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_manager.domain.errors import Refused
from energy_manager.domain.least_cost import Site, value_of_energy
from energy_manager.domain.least_cost.backtest import Battery, Past, PolicyValues, compared, values_of_day
from energy_manager.domain.least_cost.backtest.closed_loop import followed_course, rule_course
from energy_manager.domain.least_cost.backtest.comparison import foreseen_course
from energy_manager.domain.least_cost.backtest.value_on_grid import CELLS, values_on_grid
from tests.support.thorough import sample

BERLIN = ZoneInfo("Europe/Berlin")
A_DAY = 96
BATTERY = Battery(capacity_kwh=10.0, power_kw=5.0)


def random_past(seed, *, days=7, sell=0.079):
    rng = np.random.default_rng(seed)
    hour = np.arange(days * A_DAY) % A_DAY / 4
    load = np.maximum(0.3 + 0.9 * np.exp(-(((hour - 19) / 2) ** 2)) + rng.normal(0, 0.15, len(hour)), 0.05)
    sun = np.clip(np.sin((hour - 6) / 12 * np.pi), 0, None) * 4 * np.repeat(rng.random(days), A_DAY)
    buy = 0.30 + 0.08 * np.sin((hour - 14) / 12 * np.pi) + np.repeat(rng.normal(0, 0.02, days), A_DAY)
    return Past(
        start=datetime(2026, 3, 26, 23, tzinfo=UTC),
        step_s=900,
        load_kw=load,
        production_kw=sun,
        buy_eur_per_kwh=buy,
        sell_eur_per_kwh=np.full(len(hour), sell),
        zone=BERLIN,
    )


def all_values(past, battery=BATTERY):
    made = PolicyValues.of(past, battery)
    return np.concatenate([values_of_day(made, day) for day in range(made.days)])


def test_the_grid_has_the_values_of_the_exact_engine():
    rng = np.random.default_rng(5)
    steps, plans = 64, 12
    net, buy = rng.normal(0.3, 1.2, (plans, steps)), 0.25 + 0.1 * rng.random((plans, steps))
    storage = BATTERY.storage(end_value_eur_per_kwh=0.2)
    found = values_on_grid(
        Battery(
            capacity_kwh=10.0,
            power_kw=5.0,
            charge_efficiency=0.95,
            discharge_efficiency=0.95,
            wear_eur_per_kwh=0.01,
        ),
        net[None],
        buy,
        np.full((plans, steps), 0.079),
        step_h=np.full(steps, 0.25),
        end_value=np.full(plans, 0.2),
    )
    apart = []
    for plan in range(plans):
        exact = value_of_energy(
            Site(
                start=datetime(2026, 1, 1, tzinfo=UTC),
                step_s=900,
                load_kw=tuple(np.maximum(net[plan], 0).tolist()),
                production_kw=tuple(np.maximum(-net[plan], 0).tolist()),
                buy_eur_per_kwh=tuple(buy[plan].tolist()),
                sell_eur_per_kwh=0.079,
                storages=(storage,),
            )
        )
        wanted = [exact.at(0, (cell + 0.5) * 10.0 / CELLS) for cell in range(CELLS)]
        apart.append(np.abs(found[plan] - wanted))
    # Steep edges are rounded over a few cells, for each shift between cells mixes two; the rest agrees.
    assert np.median(apart) < 0.003
    assert np.mean(apart) < 0.008


def test_before_each_step_stands_the_mean_over_what_it_may_bring():
    # A kWh saves 0.30 in the next hour if there is load then, else 0.20 in the one after if there is load then.
    lossless = Battery(
        capacity_kwh=1.0,
        power_kw=1.0,
        charge_efficiency=1.0,
        discharge_efficiency=1.0,
        wear_eur_per_kwh=0.0,
    )
    found = values_on_grid(
        lossless,
        np.array([[[0.0, 1.0, 0.0]], [[0.0, 0.0, 1.0]]]),
        np.array([[0.3, 0.3, 0.2]]),
        np.zeros((1, 3)),
        step_h=np.ones(3),
        end_value=np.zeros(1),
    )
    # Half of 0.30, and half of what is left for the hour after it: half of 0.20.
    np.testing.assert_allclose(found, 0.20, atol=1e-6)


@pytest.mark.sampled
@pytest.mark.no_cover
@settings(max_examples=sample(10, least=2), deadline=None)
@given(st.integers(0, 10_000), st.integers(5 * A_DAY, 7 * A_DAY - 1))
def test_what_comes_later_changes_no_decision(seed, step):
    past = random_past(seed)
    rng = np.random.default_rng(seed)
    later = np.arange(past.steps) >= step

    def other(values, most):
        return np.where(later, most * rng.random(past.steps), values)

    changed = replace(past, load_kw=other(past.load_kw, 9.0), production_kw=other(past.production_kw, 9.0))
    before, after = (followed_course(each, BATTERY, all_values(each)) for each in (past, changed))
    np.testing.assert_array_equal(before.stored_kwh[:step], after.stored_kwh[:step])


@pytest.mark.no_cover
def test_prices_that_are_not_published_yet_change_no_decision():
    # The prices of a day are known from 13:00 local time of the day before on.
    past = random_past(3, days=9)
    midnight = 8 * A_DAY  # 2026-04-04, 01:00 local time, for the clock was put on the 29th of March
    changed = replace(past, buy_eur_per_kwh=np.where(np.arange(past.steps) >= midnight, 0.9, past.buy_eur_per_kwh))
    before, after = all_values(past), all_values(changed)
    one_pm = 7 * A_DAY + 12 * 4 - 4  # 13:00 local time of the 3rd is 11:00 UTC
    np.testing.assert_array_equal(before[:one_pm], after[:one_pm])
    assert np.isfinite(before[one_pm - 1 :]).all()
    assert not np.array_equal(before[one_pm + 4 :], after[one_pm + 4 :], equal_nan=True)


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.079, 0.2]))
def test_nobody_does_better_than_who_knows_everything(seed, sell):
    past = random_past(seed, sell=sell)
    found = compared(past, BATTERY, all_values(past))
    totals = {name: getattr(found.costs, name).sum() for name in ("by_rule", "by_value", "foreseen")}
    assert totals["foreseen"] <= min(totals["by_rule"], totals["by_value"]) + 1e-6


@pytest.mark.no_cover
@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10_000))
def test_the_battery_keeps_its_limits(seed):
    past = random_past(seed)
    course = followed_course(past, BATTERY, all_values(past))
    moved = np.diff(course.stored_kwh, prepend=0.0)
    assert course.stored_kwh.min() >= 0.0
    assert course.stored_kwh.max() <= 10.0
    assert moved.max() <= 5.0 * 0.25 * 0.95 + 1e-9
    assert moved.min() >= -5.0 * 0.25 / 0.95 - 1e-9
    drawn = np.where(moved > 0, moved / 0.95, moved * 0.95) / 0.25
    np.testing.assert_allclose(course.import_kw, past.net_kw + drawn, atol=1e-9)


def test_with_flat_prices_the_value_is_the_rule_step_by_step():
    past = replace(random_past(7), buy_eur_per_kwh=np.full(7 * A_DAY, 0.3))
    values = all_values(past)
    np.testing.assert_allclose(
        followed_course(past, BATTERY, values).import_kw, rule_course(past, BATTERY).import_kw, atol=1e-9
    )


def test_before_the_errors_of_three_days_are_known_the_rule_holds():
    values = all_values(random_past(7))
    # A horizon of 32 hours ends on the second day after: three of them are known on the sixth.
    assert np.isnan(values[: 5 * A_DAY]).all()
    assert np.isfinite(values[5 * A_DAY :]).all()


def test_without_a_sun_the_scenarios_of_the_load_are_enough():
    past = random_past(7)
    values = all_values(replace(past, production_kw=np.zeros(past.steps)))
    assert np.isnan(values[: 5 * A_DAY]).all()
    assert np.isfinite(values[5 * A_DAY :]).all()


@pytest.mark.no_cover
def test_with_foreseen_values_the_optimum_is_reached():
    # Values that know everything, from the exact engine, carried out step by step, cost what the plan costs.
    past = random_past(11)
    plan = foreseen_course(past, BATTERY, 0.25)
    site = Site(
        start=past.start,
        step_s=900,
        load_kw=tuple(past.load_kw.tolist()),
        production_kw=tuple(past.production_kw.tolist()),
        buy_eur_per_kwh=tuple(past.buy_eur_per_kwh.tolist()),
        sell_eur_per_kwh=0.079,
        storages=(BATTERY.storage(end_value_eur_per_kwh=0.25),),
    )
    exact = value_of_energy(site)
    values = np.array(
        [[exact.at(step, (cell + 0.5) * 10.0 / CELLS) for cell in range(CELLS)] for step in range(past.steps)]
    )
    followed = followed_course(past, BATTERY, values)

    def cost(course):
        price = np.where(course.import_kw > 0, past.buy_eur_per_kwh, 0.079)
        moved = np.abs(np.diff(course.stored_kwh, prepend=0.0)).sum()
        return (price * course.import_kw).sum() / 4 + 0.01 * moved - 0.25 * course.stored_kwh[-1]

    rule = rule_course(past, BATTERY)
    assert cost(followed) - cost(plan) < 0.05 * (cost(rule) - cost(plan))


def test_a_past_that_cannot_be_is_refused_by_field():
    past = random_past(1)
    with pytest.raises(Refused, match="must have 672 steps, as the load has, not 3"):
        replace(past, buy_eur_per_kwh=np.ones(3))
    with pytest.raises(Refused, match="must last at least 2 days"):
        Past(
            start=past.start,
            step_s=900,
            load_kw=np.ones(50),
            production_kw=np.ones(50),
            buy_eur_per_kwh=np.ones(50),
            sell_eur_per_kwh=np.ones(50),
            zone=BERLIN,
        )
    with pytest.raises(Refused, match="load_kw"):
        replace(past, load_kw=np.full(past.steps, np.nan))
    with pytest.raises(Refused, match="must divide an hour"):
        replace(past, step_s=7)
