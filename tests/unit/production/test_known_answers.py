from decimal import Decimal

import pytest

from energy_manager.domain.errors import Refused
from energy_manager.domain.production import (
    Fuels,
    PlantKind,
    ProductionPlan,
    ProductionRequest,
    Stage,
    WindMode,
    plan_production,
)
from energy_manager.domain.production import Plant as DomainPlant
from energy_manager.domain.production.plan import in_mw
from tests.oracles.production_fleets import challenge, plant
from tests.support.documents import production_of


def powers_of(plan: ProductionPlan) -> dict[str, str]:
    return {name: str(in_mw(power)) for name, power in zip(plan.names, plan.powers, strict=True)}


def planned(document, **options) -> dict[str, str]:
    return powers_of(plan_production(production_of(document), **options))


def fleet(load, *plants, **fuels):
    prices = {"gas(euro/MWh)": 10, "kerosine(euro/MWh)": 30, "co2(euro/ton)": 0, "wind(%)": 100}
    prices |= {
        {"wind": "wind(%)", "co2": "co2(euro/ton)", "gas": "gas(euro/MWh)"}[key]: value for key, value in fuels.items()
    }
    return {"load": Decimal(load) if isinstance(load, str) else load, "fuels": prices, "powerplants": list(plants)}


def test_the_challenge_at_910_mw_and_60_percent_wind():
    assert list(planned(challenge(910)).items()) == [
        ("windpark1", "90.0"),
        ("windpark2", "21.6"),
        ("gasfiredbig1", "460.0"),
        ("gasfiredbig2", "338.4"),
        ("gasfiredsomewhatsmaller", "0.0"),
        ("tj1", "0.0"),
    ]


def test_the_challenge_at_480_mw_without_wind_holds_one_big_plant_back_for_the_other():
    powers = planned(challenge(480, wind=0))
    assert (powers["gasfiredbig1"], powers["gasfiredbig2"]) == ("380.0", "100.0")


def test_the_challenge_at_480_mw_with_wind():
    powers = planned(challenge(480))
    assert (powers["windpark1"], powers["windpark2"], powers["gasfiredbig1"]) == ("90.0", "21.6", "368.4")


def test_no_load_switches_every_plant_off_at_once():
    plan = plan_production(production_of(challenge(0)))
    assert plan.powers == (0,) * 6
    assert plan.stage == Stage.NO_LOAD
    assert plan.cost_eur == 0


def test_no_plants_can_meet_no_load():
    assert plan_production(production_of(fleet(0))).powers == ()


def test_wind_is_floored_from_the_exact_product():
    # 19 MW at 70 % is 13.3 MW; in binary floating point it comes out below and would be floored to 13.2.
    assert planned(fleet("13.3", plant("w", "windturbine", 1, 0, 19), wind=70)) == {"w": "13.3"}


def test_wind_below_a_step_is_floored_to_nothing():
    document = fleet(10, plant("w", "windturbine", 1, 0, "0.19"), plant("g", "gasfired", "0.5", 0, 20), wind=50)
    assert planned(document) == {"w": "0.0", "g": "10.0"}


def test_a_cheap_wind_park_stays_off_where_a_full_one_would_leave_too_little_for_gas():
    document = fleet(100, plant("w", "windturbine", 1, 0, 50), plant("g", "gasfired", "0.5", 80, 100))
    assert planned(document) == {"w": "0.0", "g": "100.0"}


def test_curtailed_wind_makes_just_enough_room_for_gas():
    document = fleet(100, plant("w", "windturbine", 1, 0, 50), plant("g", "gasfired", "0.5", 80, 100))
    assert planned(document, wind=WindMode.CURTAIL) == {"w": "20.0", "g": "80.0"}


def test_curtailed_wind_respects_its_least_power():
    document = fleet(20, plant("w", "windturbine", 1, 30, 50), plant("g", "gasfired", "0.5", 0, 100))
    assert planned(document, wind="curtail") == {"w": "0.0", "g": "20.0"}


def test_curtailed_wind_stays_off_where_the_wind_is_below_its_least_power():
    document = fleet(20, plant("w", "windturbine", 1, 30, 50), plant("g", "gasfired", "0.5", 0, 100), wind=50)
    assert planned(document, wind="curtail") == {"w": "0.0", "g": "20.0"}


def test_wind_that_is_on_or_off_knows_no_least_power():
    document = fleet(25, plant("w", "windturbine", 1, 30, 50), plant("g", "gasfired", "0.5", 0, 100), wind=50)
    assert planned(document) == {"w": "25.0", "g": "0.0"}


def test_limits_between_steps_are_narrowed_to_steps():
    document = fleet("10.1", plant("g", "gasfired", "0.5", "10.01", "10.19"))
    assert planned(document) == {"g": "10.1"}


def test_a_plant_without_a_step_between_its_limits_stays_off():
    document = fleet(5, plant("never", "gasfired", 1, "4.91", "4.99"), plant("g", "gasfired", "0.5", 0, 100))
    assert planned(document) == {"never": "0.0", "g": "5.0"}


def test_co2_is_paid_per_mwh_generated_by_gas_only():
    # Gas 10 / 0.5 = 20 EUR/MWh, with CO2 20 + 0.3 * 50 = 35; kerosine 30 / 1 = 30.
    document = fleet(10, plant("g", "gasfired", "0.5", 0, 10), plant("t", "turbojet", 1, 0, 10), co2=50)
    assert planned(document) == {"t": "10.0", "g": "0.0"}
    assert planned(document, co2=False) == {"g": "10.0", "t": "0.0"}
    assert plan_production(production_of(document)).cost_eur == 300
    assert plan_production(production_of(document), co2=False).cost_eur == 200


def test_equal_costs_keep_the_order_of_the_request():
    document = fleet(15, plant("b", "gasfired", "0.5", 0, 10), plant("a", "gasfired", "0.5", 0, 10))
    assert list(planned(document).items()) == [("b", "10.0"), ("a", "5.0")]


def test_costs_that_differ_in_the_last_digit_are_told_apart():
    efficient = "0.50000000000000000000000000000000000000000000000001"
    document = fleet(10, plant("a", "gasfired", "0.5", 0, 10), plant("b", "gasfired", efficient, 0, 10))
    assert list(planned(document)) == ["b", "a"]


def test_the_dearer_plant_runs_alone_where_the_cheap_one_cannot_run_so_low():
    document = fleet(20, plant("big", "gasfired", "0.5", 30, 100), plant("small", "gasfired", "0.3", 10, 40))
    assert planned(document) == {"big": "0.0", "small": "20.0"}


def test_prices_that_no_plant_needs_may_be_missing():
    only_wind = ProductionRequest(
        load_mw=5,
        fuels=Fuels(wind_percent=50),
        plants=(DomainPlant(name="w", kind=PlantKind.WIND_TURBINE, efficiency=1, pmin_mw=0, pmax_mw=10),),
    )
    assert powers_of(plan_production(only_wind)) == {"w": "5.0"}


def test_a_price_that_a_plant_needs_must_be_there():
    without_co2 = ProductionRequest(
        load_mw=5,
        fuels=Fuels(gas_eur_per_mwh=10),
        plants=(DomainPlant(name="g", kind=PlantKind.GAS_FIRED, efficiency=1, pmin_mw=0, pmax_mw=10),),
    )
    assert powers_of(plan_production(without_co2, co2=False)) == {"g": "5.0"}
    with pytest.raises(Refused) as refused:
        plan_production(without_co2)
    assert [fault.field for fault in refused.value.faults] == ["fuels.co2(euro/ton)"]


def test_powers_of_the_largest_numbers_are_exact():
    document = fleet(
        1_000_000_000,
        plant("a", "gasfired", "0.5", 999_999_999, 1_000_000_000),
        plant("b", "gasfired", "0.4", "0.1", 1_000_000_000),
        plant("w", "windturbine", 1, 0, "0.3"),
    )
    assert planned(document) == {"w": "0.3", "a": "999999999.7", "b": "0.0"}
