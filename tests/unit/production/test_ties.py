"""Among plans of equal cost, the earliest plants in merit order produce the most."""

from decimal import Decimal
from itertools import product

import pytest

from energy_manager.domain.production import Stage, plan_production
from tests.oracles.production_fleets import FUELS, plant
from tests.support.documents import read_production


def powers(load, *plants, gas=10, wind=100, **options):
    fuels = {**FUELS, "gas(euro/MWh)": gas, "co2(euro/ton)": 0, "wind(%)": wind}
    plan = plan_production(read_production({"load": load, "fuels": fuels, "powerplants": list(plants)}), **options)
    return [power / 10 for power in plan.powers], plan.stage


def gas(name, pmin, pmax, efficiency="0.5"):
    return plant(name, "gasfired", efficiency, pmin, pmax)


def test_identical_plants_fill_from_the_first():
    assert powers(130, *(gas(f"g{place}", 50, 100) for place in range(3))) == ([80, 50, 0], Stage.EQUAL_COSTS)


def test_a_later_plant_that_can_run_low_lets_the_first_run_full():
    assert powers(130, gas("a", 50, 100), gas("b", 50, 100), gas("c", 20, 100))[0] == [100, 0, 30]


def test_wind_parks_keep_the_first_ones_on():
    parks = [plant(f"w{place}", "windturbine", 1, 0, size) for place, size in enumerate((30, 20, 10, 40))]
    assert powers(60, *parks)[0] == [30, 20, 10, 0]
    assert powers(70, *parks)[0] == [30, 0, 0, 40]


def test_free_plants_follow_the_order_of_the_request():
    free = [gas("a", 6, 10, "0.3"), gas("b", 9, 10, "0.6"), gas("c", 1, 2, "0.4")]
    assert powers(11, *free, gas=0)[0] == [10, 0, 1]


def test_different_plans_of_equal_cost_across_prices_go_to_the_earliest_plant():
    # Costs 10, 20, 30: 20 + 20 costs as much as 10 + 30 for the same load, and the cheapest plant comes first.
    plants = [
        gas("a", 10, 10, "1"),
        gas("b1", 10, 10, "0.5"),
        gas("b2", 10, 10, "0.5"),
        plant("c", "turbojet", 1, 10, 10),
    ]
    fuels = {**FUELS, "gas(euro/MWh)": 10, "kerosine(euro/MWh)": 30, "co2(euro/ton)": 0}
    fleet = [{**each, "pmin": Decimal(20), "pmax": Decimal(20)} if each["name"] == "b1" else each for each in plants]
    plan = plan_production(read_production({"load": 20, "fuels": fuels, "powerplants": fleet}))
    assert dict(zip(plan.names, plan.powers, strict=True)) == {"a": 100, "b1": 0, "b2": 100, "c": 0}


@pytest.mark.parametrize("load", range(1, 121, 7))
def test_hundreds_of_identical_fixed_plants_run_from_the_first(load):
    got, _ = powers(load * 5, *(gas(f"g{place}", 5, 5) for place in range(200)))
    assert got == [5.0] * load + [0.0] * (200 - load)


def test_a_first_plant_that_must_give_way_leaves_the_most_to_the_next_ones():
    # 10 + 10 + 10 cannot hold 25 with lows of 9; two plants cannot either, but the wide last one can help out.
    lows_and_highs = [(9, 10), (9, 10), (9, 10), (1, 30)]
    got, _ = powers(25, *(gas(f"g{place}", low, high) for place, (low, high) in enumerate(lows_and_highs)))
    feasible = [
        choice for choice in product(*([0, *range(low, high + 1)] for low, high in lows_and_highs)) if sum(choice) == 25
    ]
    assert tuple(got) == max(feasible)
