"""Where money counts a home's battery takes the cheapest course: less is paid than without one, on every day."""

import random
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.appliances.houses import scenarios
from benchmarks.appliances.random_days import random_days
from energy_manager.domain.appliances import (
    Battery,
    Household,
    Policy,
    StepFunction,
    Timetable,
)
from energy_manager.domain.appliances.ledger.battery import battery_course, uncovered_energy
from energy_manager.domain.appliances.ledger.charging import cheapest_course_of, with_charging_planned
from energy_manager.domain.appliances.ledger.cheapest_course import marginal_cost
from energy_manager.domain.appliances.ledger.home import Home, HomePrices
from energy_manager.domain.appliances.ledger.step_function import Step
from tests.oracles.appliance_days import ask, battery, day, home, instants, net_load_w
from tests.support.documents import plan_day

HOUR_US = 3_600_000_000
# A working day's prices by the hour, EUR/MWh: dear in the morning and the evening, cheap at noon.
PRICES = [95, 88, 80, 76, 78, 90, 130, 165, 150, 110, 80, 60, 45, 40, 48, 70, 105, 160, 210, 240, 205, 160, 130, 110]


def cost_eur(document, *, days=1):
    """What the first home's imports cost, and who was rejected; prices repeat from day to day."""
    answer, prices = plan_day(document), document["price_eur_per_mwh"]
    hours = {float(60 * hour) for hour in range(24 * days + 1)}
    bounds = sorted(bound for bound in hours | set(instants(answer)) if bound <= 1440 * days)
    costs = [
        max(0.0, net_load_w(document, answer, begin)) * prices[int(begin // 60) % 24] * (end - begin) / 60e6
        for begin, end in pairwise(bounds)
    ]
    rejected = {run["appliance"] for run in answer["runs"] if run["outcome"] == "rejected"}
    return sum(costs), rejected


def with_battery(document, stored_wh):
    """The document with what its first home's battery begins with; None: without the battery."""
    first, *others = document["households"]
    own = None if stored_wh is None else {**first["battery"], "stored_wh": stored_wh}
    return {**document, "households": [{**first, "battery": own}, *others]}


@pytest.mark.no_cover
def test_house_3_pays_less_than_half_with_its_battery():
    document = {
        **scenarios()["house 3, sun and battery"],
        "strategy": "cost",
        "price_eur_per_mwh": PRICES,
    }
    (without, _), (half_full, _) = cost_eur(with_battery(document, None)), cost_eur(with_battery(document, 2500))
    assert without == pytest.approx(1.1524, abs=0.001)
    assert half_full < 0.5 * without


@pytest.mark.no_cover
@pytest.mark.parametrize("stored_wh", [500, 2500])
@pytest.mark.parametrize("seed", range(6))
def test_no_day_costs_more_than_without_the_battery(seed, stored_wh):
    rng = random.Random(seed)
    prices = PRICES if seed % 2 else [rng.choice([-10, 20, 60, 120, 200, 300]) for _ in range(24)]
    document = {
        **random_days(seed)["a house, sun and battery"],
        "strategy": "cost",
        "price_eur_per_mwh": prices,
    }
    # Two days: what is bought today may be for the night.
    without, refused = cost_eur(with_battery(document, None), days=2)
    own, still_refused = cost_eur(with_battery(document, stored_wh), days=2)
    assert still_refused <= refused
    if still_refused == refused:
        assert own < without


def test_an_empty_battery_buys_in_the_cheap_hour_what_is_used_in_the_dear_one():
    # 1 kW from 2:00 to 3:00, while the hour before costs a tenth.
    prices = [300, 30, 300, *[300] * 21]
    store = battery(5000, 2000, depth=1, stored_wh=0)
    answer = plan_day(
        day(
            ask("A", 0, 1000, 60, not_before_min=120),
            homes=[home(battery=store)],
            strategy="cost",
            price_eur_per_mwh=prices,
        )
    )
    assert answer["households"][0]["battery"] == [
        {"start_min": 60, "end_min": 120, "charge_w": 1000},
        {"start_min": 120, "end_min": 180, "charge_w": -1000},
    ]


def test_nothing_is_bought_on_the_chance_of_a_run():
    store = battery(5000, 2000, depth=1, stored_wh=0)
    answer = plan_day(day(homes=[home(battery=store)], strategy="cost", price_eur_per_mwh=PRICES))
    assert answer["households"][0]["battery"] == []


def test_what_the_battery_holds_goes_to_the_dearest_hours():
    # 1 kWh in store, 1 kW in the hours at 100, 300 and 200.
    prices = [100, 300, 200, *[100] * 21]
    store = battery(1000, 1000, depth=1)
    answer = plan_day(
        day(ask("A", 0, 1000, 180), homes=[home(battery=store)], strategy="cost", price_eur_per_mwh=prices)
    )
    assert answer["households"][0]["battery"][0] == {"start_min": 60, "end_min": 120, "charge_w": -1000}


def test_the_threshold_comes_before_money():
    # 3 kW under 2 kW need the battery's only kWh at the cheapest hour, whatever the others cost.
    prices = [300, 300, 10, *[300] * 21]
    store = battery(1000, 1000, depth=1)
    document = day(
        ask("A", 0, 500, 180),
        ask("B", 0, 2500, 60, not_before_min=120),
        homes=[home(2000, battery=store)],
        strategy="cost",
        price_eur_per_mwh=prices,
    )
    answer = plan_day(document)
    assert answer["households"][0]["battery"][0] == {"start_min": 120, "end_min": 180, "charge_w": -1000}


def test_a_run_waits_for_the_cheap_hour_that_the_battery_would_have_to_bridge():
    # The battery holds a tenth of what the run takes: at once nearly all of it would be bought dear.
    prices = [300, 300, 20, *[300] * 21]
    store = battery(100, 2000, depth=1)
    answer = plan_day(
        day(ask("A", 0, 1000, 60, delay=180), homes=[home(battery=store)], strategy="cost", price_eur_per_mwh=prices)
    )
    assert answer["runs"][0]["segments_min"] == [[120, 180]]


@pytest.mark.parametrize(("buy", "sell", "stored_w"), [(300, 80, 1000), (50, 80, 0)])
def test_sun_is_stored_only_where_that_saves_more_than_feeding_it_in_earns(buy, sell, stored_w):
    # A surplus of 1 kW in the first hour, a load of 1 kW in the second.
    ledger = ledger_of([(-1, buy), (1, buy)], 4, 0, 1, 4)
    ledger = replace(ledger, prices=HomePrices(buy=steps([buy]), sell=steps([sell])))
    assert with_charging_planned(ledger).charge_w.at(0) == stored_w


def test_a_household_without_prices_of_its_own_goes_by_the_common_ones():
    common = Policy(price_eur_per_mwh=steps([100]), feed_in_eur_per_mwh=steps([7]))
    table = Timetable.of([Household(household_id="home", threshold_w=3000)], now_us=0, policy=common)
    own = table.under_policy(Policy(strategy="cost"), household="home").policy_of("home")
    assert (own.price_eur_per_mwh, own.feed_in_eur_per_mwh) == (steps([100]), steps([7]))
    table = table.under_policy(Policy(strategy="cost", price_eur_per_mwh=steps([5])), household="home")
    assert table.policy_of("home").feed_in_eur_per_mwh is None


def steps(values):
    return StepFunction.of_pieces(
        Step(start_us=hour * HOUR_US, end_us=(hour + 1) * HOUR_US, value=values[hour % len(values)])
        for hour in range(96)
    )


@st.composite
def hours_ahead(draw):
    """Net load (kW), price and threshold of up to six hours, a small battery in whole kWh."""
    count = draw(st.integers(1, 6))
    hours = [(draw(st.integers(-3, 4)), draw(st.sampled_from([-20, 0, 10, 50, 90, 300]))) for _ in range(count)]
    capacity = draw(st.integers(1, 4))
    return hours, capacity, draw(st.integers(0, capacity)), draw(st.integers(1, 3)), draw(st.integers(3, 4))


@settings(max_examples=150, deadline=None)
@given(hours_ahead())
@example(([(1, 90), (1, 90), (1, 90), (0, 0)], 1, 1, 1, 3))
@example(([(1, 0), (1, 0), (1, 0), (2, 10), (0, 0), (0, 0)], 2, 0, 2, 3))
def test_no_course_in_whole_kwh_costs_less(problem):
    hours, capacity, stored, power, threshold = problem
    ledger = ledger_of(hours, capacity, stored, power, threshold)
    planned = with_charging_planned(ledger)
    paid, left = outcome_of(planned, [price for _, price in hours])
    worth = max(0, min(price for _, price in [*hours, (0, 300)]))
    best = cheapest(tuple(hours), 0, stored, (capacity, power, threshold, worth))
    assert uncovered_energy(planned) == 0 or best[0] > 0
    if best[0] == 0 and all(price >= 0 for _, price in hours):
        # The ledger has whole watts: at most one is lost in each hour, and bought when it is dear.
        assert paid - worth * left <= best[1] + 0.001 * len(hours) * max(price for _, price in hours) + 1e-6


def ledger_of(hours, capacity, stored, power, threshold):
    load = StepFunction.of_pieces(
        Step(start_us=at * HOUR_US, end_us=(at + 1) * HOUR_US, value=max(0, net) * 1000)
        for at, (net, _) in enumerate(hours)
    )
    sun = StepFunction.of_pieces(
        Step(start_us=at * HOUR_US, end_us=(at + 1) * HOUR_US, value=max(0, -net) * 1000)
        for at, (net, _) in enumerate(hours)
    )
    store = Battery(capacity_wh=capacity * 1000, power_w=power * 1000, depth_of_discharge=1, stored_wh=stored * 1000)
    own = Household(household_id="1", threshold_w=threshold * 1000, pv_w=sun, battery=store)
    prices = HomePrices(
        buy=StepFunction.of_pieces(
            [
                *(
                    Step(start_us=at * HOUR_US, end_us=(at + 1) * HOUR_US, value=price)
                    for at, (_, price) in enumerate(hours)
                ),
                Step(start_us=len(hours) * HOUR_US, end_us=2**62, value=300),
            ]
        )
    )
    bare = Home.empty(own, now_us=0)
    return replace(bare, load_w=load, room_w=bare.room_w - load, prices=prices, is_filled_daily=False)


def outcome_of(planned, prices):
    """EUR/MWh x kWh paid, and kWh left at the end of the hours, by the battery's course."""
    left = planned.stored_wus
    for piece in battery_course(planned, len(prices) * HOUR_US):
        left = piece.stored_wus
    net_w = planned.net_w()
    paid = sum(
        piece.value * (piece.end_us - piece.start_us) / HOUR_US / 1000 * prices[piece.start_us // HOUR_US]
        for at in range(len(prices))
        for piece in net_w.pieces(at * HOUR_US, (at + 1) * HOUR_US)
        if piece.value > 0
    )
    return paid, left / HOUR_US / 1000


@cache
def cheapest(hours, at, stored, limits):
    """By trying all whole kWh: what stays above the threshold (kWh), then the cost less what is left."""
    capacity, power, threshold, worth = limits
    if at == len(hours):
        return 0, -worth * stored
    net, price = hours[at]
    found = []
    for moved in range(-min(stored, power, max(0, net)), min(capacity - stored, power) + 1):
        after = net + moved
        if moved > 0 and after > threshold:
            continue
        rest = cheapest(hours, at + 1, stored + moved, limits)
        found.append((max(0, after - threshold) + rest[0], max(0, after) * price + rest[1]))
    return min(found)


def test_one_kw_more_costs_the_sun_first_then_the_battery_then_the_grid():
    # 1 kW of surplus, a battery that still gives 1 kW, and 300 EUR/MWh for the third kW.
    ledger = ledger_of([(-1, 300), (0, 100)], 4, 4, 1, 4)
    course = cheapest_course_of(ledger)
    assert course is not None
    added = marginal_cost(course, 3000)
    worth = course.rows[0].worth
    assert added.at(0) == round(1000 * worth + 1000 * 300)
    assert added.at(3 * HOUR_US) == 3000 * 300 - round(1000 * (300 - course.rows[-1].worth))
