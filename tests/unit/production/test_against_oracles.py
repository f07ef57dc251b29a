"""Random fleets against trying everything and against HiGHS; the long campaigns are marked soak."""

from fractions import Fraction
from random import Random

import pytest

from energy_manager.domain.production import LoadNotCoverable, ProductionRequest, plan_production, read_request
from tests.oracles.production import (
    least_cost_by_highs,
    reachable_loads,
    steps,
    units,
    winner_by_trying_everything,
)
from tests.oracles.production_fleets import FAMILIES, request, tiny


def assert_is_the_winner(request: ProductionRequest, *, co2: bool, wind: str) -> None:
    fleet, load = units(request, co2=co2, wind=wind), steps(request.load_mw)
    winner = winner_by_trying_everything(fleet, load)
    try:
        plan = plan_production(request, co2=co2, wind=wind)
    except LoadNotCoverable as refusal:
        assert winner is None, request
        assert_names_the_nearest_loads(refusal, reachable_loads(fleet), load)
        return
    assert winner is not None, request
    assert (plan.names, plan.powers) == (tuple(unit.name for unit in fleet), winner[1]), request
    assert plan.cost_eur == pytest.approx(float(winner[0] / 10), rel=1e-12)


def assert_names_the_nearest_loads(refusal: LoadNotCoverable, reachable: set[int], load: int) -> None:
    below, above = {total for total in reachable if total < load}, {total for total in reachable if total > load}
    assert refusal.nearest_below == Fraction(max(below), 10)
    assert refusal.nearest_above == (Fraction(min(above), 10) if above else None)
    assert refusal.reason == ("too_high" if not above else "too_low" if below == {0} else "gap")


def campaign(fleets: int, seed: str) -> None:
    for number in range(fleets):
        rng = Random(f"{seed} {number}")
        fleet = read_request(tiny(rng))
        for wind in ("on_off", "curtail"):
            assert_is_the_winner(fleet, co2=number % 2 == 0, wind=wind)


def test_tiny_fleets_full_of_ties_are_planned_as_by_trying_everything():
    campaign(1500, "sample")


@pytest.mark.soak
@pytest.mark.parametrize("part", range(10))
def test_a_hundred_thousand_tiny_fleets_are_planned_as_by_trying_everything(part):
    campaign(12_000, f"soak {part}")


@pytest.mark.parametrize("family", FAMILIES)
def test_ten_plants_of_each_family_are_planned_as_by_trying_everything(family):
    for seed in range(6):
        assert_is_the_winner(request(family, 9, seed), co2=True, wind="on_off")


def assert_costs_what_highs_found(request: ProductionRequest, *, wind: str) -> None:
    fleet, load = units(request, co2=True, wind=wind), steps(request.load_mw)
    try:
        plan = plan_production(request, wind=wind, time_limit_s=60)
    except LoadNotCoverable:
        assert least_cost_by_highs(fleet, load) is None
        return
    assert sum(plan.powers) == load
    for power, unit in zip(plan.powers, fleet, strict=True):
        assert power == 0 or unit.low <= power <= unit.high
    exact_eur = sum(unit.cost * power for unit, power in zip(fleet, plan.powers, strict=True)) / 10
    assert plan.cost_eur == pytest.approx(float(exact_eur), rel=1e-12)
    assert plan.cost_eur == pytest.approx(least_cost_by_highs(fleet, load), abs=1e-6, rel=1e-9)


@pytest.mark.parametrize(
    "family", [name for name in FAMILIES if name not in {"even_sizes_odd_load", "wind_near_total"}]
)
@pytest.mark.parametrize("wind", ["on_off", "curtail"])
def test_thirty_plants_of_each_family_cost_what_highs_found(family, wind):
    assert_costs_what_highs_found(request(family, 30, 1), wind=wind)
