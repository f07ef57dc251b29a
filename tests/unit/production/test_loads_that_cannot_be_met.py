import pickle
from decimal import Decimal

import pytest

from energy_manager.domain.errors import Infeasible
from energy_manager.domain.production import LoadNotCoverable, plan_production
from tests.oracles.production_fleets import FUELS, plant
from tests.support.documents import read_production


def refusal(load, *plants, wind=100) -> LoadNotCoverable:
    document = {"load": Decimal(str(load)), "fuels": {**FUELS, "wind(%)": wind}, "powerplants": list(plants)}
    with pytest.raises(LoadNotCoverable) as caught:
        plan_production(read_production(document))
    return caught.value


def gas(name, pmin, pmax):
    return plant(name, "gasfired", "0.5", pmin, pmax)


def test_a_load_above_all_plants_is_too_high():
    error = refusal(100, gas("a", 10, 50), gas("b", 20, 40))
    assert error.details == {"reason": "too_high", "nearest_below": 90.0, "nearest_above": None}


def test_a_load_below_the_smallest_plant_is_too_low_and_standstill_is_the_nearest():
    error = refusal(5, gas("a", 10, 50), gas("b", 20, 40))
    assert error.details == {"reason": "too_low", "nearest_below": 0.0, "nearest_above": 10.0}


def test_a_load_between_two_ranges_lies_in_a_gap():
    # One plant gives 40 to 50, both give 80 to 100.
    error = refusal(60, gas("a", 40, 50), gas("b", 40, 50))
    assert error.details == {"reason": "gap", "nearest_below": 50.0, "nearest_above": 80.0}


def test_an_odd_load_lies_in_a_gap_of_even_plants():
    error = refusal("3.1", *(gas(f"p{place}", "0.4", "0.4") for place in range(10)))
    assert error.details == {"reason": "gap", "nearest_below": 2.8, "nearest_above": 3.2}


def test_wind_parks_that_are_on_or_off_leave_gaps():
    parks = [plant(f"w{size}", "windturbine", 1, 0, size) for size in (10, 20, 40)]
    error = refusal(35, *parks)
    assert error.details == {"reason": "gap", "nearest_below": 30.0, "nearest_above": 40.0}


def test_a_gap_just_below_the_sum_of_all_plants():
    error = refusal("99.9", gas("a", 50, 50), gas("b", 50, 50))
    assert error.details == {"reason": "gap", "nearest_below": 50.0, "nearest_above": 100.0}


def test_without_plants_any_load_is_too_high():
    assert refusal("0.1").details == {"reason": "too_high", "nearest_below": 0.0, "nearest_above": None}


def test_plants_that_cannot_run_do_not_count():
    error = refusal(10, gas("never", "1.01", "1.09"), plant("calm", "windturbine", 1, 0, 50), wind=0)
    assert error.details == {"reason": "too_high", "nearest_below": 0.0, "nearest_above": None}


def test_gaps_between_the_largest_numbers_are_found_at_once():
    error = refusal(900_000_000, gas("a", 400_000_000, 400_000_000), gas("b", 600_000_000, 600_000_000))
    assert error.details == {"reason": "gap", "nearest_below": 600_000_000.0, "nearest_above": 1_000_000_000.0}


def test_the_refusal_says_so_in_a_sentence_and_survives_a_process_boundary():
    error = pickle.loads(pickle.dumps(refusal(60, gas("a", 40, 50), gas("b", 40, 50))))
    assert isinstance(error, Infeasible)
    assert str(error) == (
        "a load of 60.0 MW lies in a gap between what the plants can add up to: "
        "the plants can meet 50.0 MW below it and 80.0 MW above it"
    )
    assert (error.nearest_below, error.nearest_above) == (Decimal("50.0"), Decimal("80.0"))
