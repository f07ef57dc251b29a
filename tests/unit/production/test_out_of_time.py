import itertools
import json
import pickle
import random
from dataclasses import replace
from decimal import Decimal

import pytest

from energy_manager.domain.errors import OutOfTime
from energy_manager.domain.production import (
    LoadNotCoverable,
    PlanningOutOfTime,
    Stage,
    commitment,
    details,
    plan_production,
)
from energy_manager.domain.production.filling import two_halves as two_halves_module
from energy_manager.domain.production.filling.few_switches import few_switches
from energy_manager.domain.production.filling.fill import fill
from energy_manager.domain.production.filling.two_halves import two_halves
from energy_manager.domain.production.merit_order import MeritOrder, merit_order
from energy_manager.domain.production.plants import WindMode
from energy_manager.domain.production.search import budgets
from energy_manager.entrypoints.jobs.production import plan as plan_document
from energy_manager.entrypoints.jobs.production.answer import details_of, write_reply
from energy_manager.entrypoints.jobs.production.options import ProductionOptions
from tests.oracles.production_fleets import FAMILIES, FUELS, plant, read_production, request
from tests.support.server import endless_text


def test_what_the_merit_order_settles_needs_no_time():
    assert plan_production(request("ordinary", 200, 0), time_limit_s=0).stage == Stage.MERIT_ORDER


def test_no_time_for_the_search_is_out_of_time_and_not_infeasible(monkeypatch):
    # The very plants of a load that no plan meets: without time, nobody knows.
    monkeypatch.setattr(commitment, "_ANY_PLAN_S", -1.0)
    monkeypatch.setattr(two_halves_module, "_MOST_SUMS", 1 << 10)
    with pytest.raises(PlanningOutOfTime) as caught:
        plan_production(request("even_sizes_odd_load", 50, 0), time_limit_s=0)
    error = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(error, OutOfTime)
    assert error.details == {"best_cost": None, "bound": error.bound_eur}
    assert error.bound_eur > 0


def test_that_no_plan_meets_the_load_is_said_where_it_is_soon_known_when_the_time_is_over():
    with pytest.raises(LoadNotCoverable) as caught:
        plan_production(request("even_sizes_odd_load", 50, 0), time_limit_s=0)
    assert caught.value.reason == "gap"


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("size", [20, 60, 250])
def test_every_family_has_a_plan_when_the_time_is_over(family, size):
    fleet = request(family, size, 0)
    try:
        found = plan_production(fleet, time_limit_s=0)
    except LoadNotCoverable:
        with pytest.raises(LoadNotCoverable):
            plan_production(fleet)
        return
    assert sum(found.powers) == fleet.load_mw * 10


def needles(plants, *, seed=3, load="567891234.5"):
    """Fixed plants with nine-digit powers: no sum is like another, and each might be the load."""
    chance = random.Random(seed)
    powers = [chance.randint(10_000_000, 400_000_000) / 10 for _ in range(plants)]
    stated = [
        plant(f"g{place}", "gasfired", Decimal(chance.randint(300, 600)) / 1000, Decimal(str(p)), Decimal(str(p)))
        for place, p in enumerate(powers)
    ]
    return read_production({"load": Decimal(load), "fuels": FUELS, "powerplants": stated})


@pytest.fixture
def impatient(monkeypatch):
    """When the time is over there is little time more for any plan, and few sums are looked at."""
    monkeypatch.setattr(commitment, "_ANY_PLAN_S", 0.02)
    monkeypatch.setattr(two_halves_module, "_MOST_SUMS", 1 << 16)


@pytest.mark.usefixtures("impatient")
def test_thousands_of_fixed_plants_of_many_digits_have_a_plan_when_the_time_is_over():
    fleet = needles(3000)
    found = plan_production(fleet, time_limit_s=0)
    assert sum(found.powers) == fleet.load_mw * 10
    assert (found.is_optimal, 0 < found.lower_bound_eur < found.cost_eur) == (False, True)
    assert found.gap < 0.2, "near the margin, so it costs little"


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("plants", [45, 60, 100])
def test_dozens_of_fixed_plants_of_many_digits_have_a_plan_when_the_time_is_over(plants):
    fleet = needles(plants, load="398765432.1")
    found = plan_production(fleet, time_limit_s=0)
    assert sum(found.powers) == fleet.load_mw * 10
    assert (found.is_optimal, 0 < found.lower_bound_eur < found.cost_eur) == (False, True)


@pytest.mark.usefixtures("impatient")
def test_what_no_switches_tell_of_is_not_looked_for_by_them_again_when_the_time_is_over(monkeypatch):
    looks = []
    monkeypatch.setattr(budgets, "_MANY_STATES", 0)  # whether there is a plan at all is asked at once
    monkeypatch.setattr(commitment, "two_halves", lambda filled: looks.append(filled) or two_halves(filled))
    with pytest.raises(PlanningOutOfTime, match="no plan was found yet"):
        plan_production(read_production(json.loads(endless_text(), parse_float=Decimal)), time_limit_s=0.2)
    assert len(looks) == 1


def test_what_few_fixed_plants_do_not_meet_is_called_a_gap_with_what_is_next_to_it():
    fleet = needles(17, load="98765432.1")
    with pytest.raises(LoadNotCoverable) as caught:
        plan_production(fleet, time_limit_s=0)
    sums = {0}
    for high in [int(one.pmax_mw * 10) for one in fleet.plants]:
        sums |= {one + high for one in sums}
    assert caught.value.nearest_below == Decimal(max(one for one in sums if one < fleet.load_mw * 10)) / 10
    assert caught.value.nearest_above == Decimal(min(one for one in sums if one > fleet.load_mw * 10)) / 10


def order_of(lows, highs, keys):
    names = [str(place) for place in range(len(keys))]
    return MeritOrder(
        names=names, lows=lows, highs=highs, keys=keys, fractions=[(1, 1)] * len(keys), key_scale=1, price_scale=1
    )


@pytest.mark.parametrize("seed", range(40))
def test_a_plan_of_a_few_switches_is_the_cheapest_of_its_kind(seed):
    chance = random.Random(seed)
    lows = [chance.randint(1, 40) for _ in range(9)]
    highs = [low + chance.choice([0, 0, 15]) for low in lows]
    order = order_of(lows, highs, sorted(chance.randint(1, 99) for _ in range(9)))
    filled = fill(order, chance.randint(1, sum(highs)))
    base = order.keys[filled.margin]

    def excess(powers):
        before = enumerate(order.highs[: filled.margin])
        return sum((base - order.keys[place]) * high for place, high in before) + sum(
            (order.keys[place] - base) * power for place, power in enumerate(powers)
        )

    choices = [
        {0, low, high} | ({high} if place < filled.margin else {0})
        for place, (low, high) in enumerate(zip(lows, highs, strict=True))
    ]
    as_filled = [*highs[: filled.margin], *[0] * (9 - filled.margin)]
    within = [
        powers
        for powers in itertools.product(*choices)
        if sum(powers) == filled.load and sum(a != b for a, b in zip(powers, as_filled, strict=True)) <= 4
    ]
    found = few_switches(filled)
    assert (found is None) == (not within)
    if found is not None:
        assert tuple(found) in within
        assert excess(found) == min(map(excess, within))


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("most_sums", [4, 1 << 20])
def test_two_halves_meet_the_load_at_least_cost_or_say_what_is_next_to_it(monkeypatch, seed, most_sums):
    monkeypatch.setattr(two_halves_module, "_MOST_SUMS", most_sums)
    chance = random.Random(seed)
    highs = [chance.randint(1, 40) for _ in range(8)]
    lows = highs if seed % 2 else [chance.choice([high, (high + 1) // 2]) for high in highs]
    order = order_of(lows, highs, sorted(chance.randint(1, 99) for _ in range(8)))
    filled = fill(order, chance.randint(1, sum(highs)))
    met = two_halves(filled)
    plans = list(itertools.product(*({0, low, high} for low, high in zip(lows, highs, strict=True))))
    costs = {powers: sum(key * power for key, power in zip(order.keys, powers, strict=True)) for powers in plans}
    assert met.are_all == (most_sums > 4 and lows == highs)
    if met.powers is not None:
        assert sum(met.powers) == filled.load
        assert not met.are_all or costs[tuple(met.powers)] == min(
            cost for powers, cost in costs.items() if sum(powers) == filled.load
        )
    elif met.are_all:
        sums = [sum(powers) for powers in plans]
        assert met.nearest_below == max((one for one in sums if one < filled.load), default=None)
        assert met.nearest_above == min((one for one in sums if one > filled.load), default=None)
        assert filled.load not in sums


def test_no_room_for_the_search_answers_the_best_plan_so_far_with_a_bound(monkeypatch):
    fleet = request("narrow", 50, 0)
    best = plan_production(fleet)
    assert best.stage == Stage.SEARCH
    monkeypatch.setattr(budgets, "_MANY_STATES", 0)
    monkeypatch.setattr(budgets, "_MOST_STATES", 0)
    found = plan_production(fleet)
    assert not found.is_optimal
    assert found.lower_bound_eur <= best.cost_eur <= found.cost_eur
    assert found.gap == 1 - found.lower_bound_eur / found.cost_eur


@pytest.mark.parametrize("family", ["narrow", "high_lows", "mixture", "wind_and_big_gas", "hostile"])
@pytest.mark.parametrize("seed", range(6))
def test_a_plan_without_time_meets_the_load_within_every_plant(family, seed):
    fleet = request(family, 40, seed)
    try:
        found = plan_production(fleet, time_limit_s=0)
    except (PlanningOutOfTime, LoadNotCoverable):
        return  # no plan near the merit order is known
    order = merit_order(fleet.plants, fleet.fuels, co2=True, wind=WindMode.ON_OFF)
    assert sum(found.powers) == fleet.load_mw * 10
    for power, low, high in zip(found.powers, order.lows, order.highs, strict=True):
        assert power == 0 or low <= power <= high
    best = plan_production(fleet)
    assert found.lower_bound_eur <= best.cost_eur + 1e-6 <= found.cost_eur + 2e-6


@pytest.mark.parametrize(
    ("took_s", "is_optimal", "given_s"), [(3.0, True, [7.0]), (9.9, True, [1.0]), (1.0, False, [])]
)
def test_a_plan_and_its_marginal_price_together_take_the_time_limit(monkeypatch, took_s, is_optimal, given_s):
    fleet, given = request("narrow", 50, 0), []

    def plan_again(more, *, time_limit_s, **options):
        given.append(time_limit_s)
        return plan_production(more, **options)

    found = replace(plan_production(fleet), seconds=took_s, is_optimal=is_optimal)
    monkeypatch.setattr(details, "plan_production", plan_again)
    price = details.marginal_price(fleet, found, co2=True, wind=WindMode.ON_OFF, time_limit_s=10.0)
    assert given == given_s
    assert (price.eur_per_mwh is None) == (not is_optimal)


def test_the_answer_without_time_says_so_and_has_no_marginal_price():
    fleet = request("narrow", 50, 0)
    options = ProductionOptions(time_limit_s=0)
    found = plan_document(fleet, options)
    details = details_of(fleet, found, options)
    assert details["optimal"] is False
    assert details["lower_bound"] < details["cost"] == found.cost_eur
    assert (details["marginal_price"], "proved" in details["marginal_price_reason"]) == (None, True)
    reply = json.loads(write_reply(fleet, found))
    assert sum(round(10 * plant["p"]) for plant in reply) == fleet.load_mw * 10


def test_without_a_time_limit_the_answer_is_the_same():
    assert plan_production(request("fixed", 40, 0), time_limit_s=None) == plan_production(request("fixed", 40, 0))
