"""A production plan explained: marginal price by brute force, and the reason of each plant."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from energy_manager.domain.errors import Infeasible
from energy_manager.domain.production import Fuels, Plant, PlantKind, ProductionRequest, plan_production
from energy_manager.domain.production.details import marginal_price, plant_details
from energy_manager.entrypoints.commands import app

FUELS = Fuels(
    gas_eur_per_mwh=Decimal("13.4"), kerosine_eur_per_mwh=Decimal("50.8"), co2_eur_per_ton=20, wind_percent=60
)
HOW = {"co2": True, "wind": "on_off"}


def gas(name, efficiency, pmin, pmax):
    return Plant(name, PlantKind.GAS_FIRED, efficiency, pmin, pmax)


def request(load, *plants):
    return ProductionRequest(load_mw=load, fuels=FUELS, plants=tuple(plants))


def least_cost(plants, load):
    """The least cost of a load in EUR/h over all commitments, exactly; None where none fits."""
    best = None
    for running in product((False, True), repeat=len(plants)):
        on = [plant for plant, runs in zip(plants, running, strict=True) if runs]
        left = load - sum(plant.pmin_mw for plant in on)
        if not 0 <= left <= sum(plant.pmax_mw - plant.pmin_mw for plant in on):
            continue
        cost = Fraction(0)
        for plant in sorted(on, key=lambda plant: -plant.efficiency):
            more = min(left, plant.pmax_mw - plant.pmin_mw)
            left -= more
            cost += (plant.pmin_mw + more) * (Fraction(134, 10) / Fraction(plant.efficiency) + 6)
        best = cost if best is None else min(best, cost)
    return best


fleets = st.lists(
    st.tuples(st.sampled_from([Decimal("0.3"), Decimal("0.5"), Decimal("0.53")]), st.integers(0, 9), st.integers(0, 9)),
    min_size=1,
    max_size=5,
)


@given(fleets, st.integers(1, 40))
def test_the_marginal_price_is_what_one_mwh_more_costs(fleet, load):
    plants = [gas(f"g{place}", efficiency, low, low + more) for place, (efficiency, low, more) in enumerate(fleet)]
    cost, dearer = least_cost(plants, load), least_cost(plants, load + 1)
    asked = request(load, *plants)
    try:
        plan = plan_production(asked)
    except Infeasible:
        assume(False)
    price = marginal_price(asked, plan, time_limit_s=None, **HOW)
    if dearer is None:
        assert price.eur_per_mwh is None
        assert f"a load of {load + 1}" in price.reason
    else:
        assert price.eur_per_mwh == pytest.approx(float(dearer - cost), rel=1e-12, abs=1e-12)
        assert price.reason is None


def test_more_load_may_cost_less():
    asked = request(9, gas("large", Decimal("0.5"), 10, 20), gas("small", Decimal("0.1"), 0, 9))
    price = marginal_price(asked, plan_production(asked), time_limit_s=None, **HOW)
    assert price.eur_per_mwh == pytest.approx(10 * 32.8 - 9 * 140)


def reasons(load, *plants):
    asked = request(load, *plants)
    return {plant.name: plant.reason for plant in plant_details(asked, plan_production(asked), **HOW)}


def test_every_plant_has_its_reason():
    said = reasons(
        149,
        Plant("still", PlantKind.WIND_TURBINE, 1, 0, 0),
        Plant("wind", PlantKind.WIND_TURBINE, 1, 0, 100),
        gas("cheap", Decimal("0.6"), 0, 20),
        gas("stiff", Decimal("0.55"), 90, 100),
        gas("marginal", Decimal("0.5"), 10, 70),
        gas("as dear", Decimal("0.5"), 10, 70),
        gas("dear", Decimal("0.3"), 10, 70),
    )
    assert said == {
        "still": "it cannot run: there is no power that it could produce",
        "wind": "it runs at the only power that it has, 60.0 MW",
        "cheap": "it runs at its greatest power, 20.0 MW",
        "stiff": "it is off: with its least power, 90.0 MW, the load cannot be met for less",
        "marginal": "it follows the load: it produces what the other plants leave",
        "as dear": "it is off: plants that cost no more meet the load",
        "dear": "it is off: plants that cost less meet the load",
    }
    assert reasons(480, gas("one", Decimal("0.5"), 100, 460), gas("two", Decimal("0.5"), 100, 460)) == {
        "one": "it follows the load: it produces what the other plants leave",
        "two": "it runs at its least power, 100.0 MW: the load cannot be met for less without it",
    }
    assert reasons(0, gas("one", Decimal("0.5"), 0, 9)) == {"one": "it is off: there is no load"}


def test_the_command_says_the_details_when_asked(tmp_path, capfd):
    text = (
        '{"load": 5, "fuels": {"gas(euro/MWh)": 10, "co2(euro/ton)": 0}, "powerplants":'
        ' [{"name": "g", "type": "gasfired", "efficiency": 0.5, "pmin": 0, "pmax": 5}]}'
    )
    (tmp_path / "request.json").write_text(text)
    app(["plan", "production", str(tmp_path / "request.json")], standalone_mode=False)
    assert json.loads(capfd.readouterr().out) == [{"name": "g", "p": 5.0}]
    app(["plan", "production", str(tmp_path / "request.json"), "--details"], standalone_mode=False)
    too_high = (
        "a load of 6.0 MW is more than all plants can produce: the plants can meet 5.0 MW below it and nothing above"
    )
    assert json.loads(capfd.readouterr().out) == {
        "load": 5.0,
        "cost": 100.0,
        "lower_bound": 100.0,
        "optimal": True,
        "marginal_price": None,
        "marginal_price_reason": f"{too_high} it",
        "plants": [
            {
                "name": "g",
                "p": 5.0,
                "committed": True,
                "cost_per_mwh": 20.0,
                "reason": "it runs at its greatest power, 5.0 MW",
            }
        ],
    }
