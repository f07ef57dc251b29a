"""More than 100,000 random activations against brute force and Bellman's recursion; ``make soak``."""

from __future__ import annotations

import numpy as np
import pytest

from energy_manager.domain.flexibility import select_by_table, select_cheapest, select_greedily, select_hybrid
from energy_manager.domain.flexibility.exact.bounds.break_item import find_break
from energy_manager.domain.flexibility.exact.bounds.linear import linear_bound
from energy_manager.domain.flexibility.exact.knapsack import Deadline, Knapsack, common_divisor
from energy_manager.domain.flexibility.exact.list_programme import ListProgramme
from tests.support.cheapest import least_cost_by_table

PRICES = {
    "any": lambda volumes, most, draw: draw.integers(0, most + 1, volumes.size),
    "uniform noise": lambda volumes, most, draw: (volumes * 100 * (0.5 + draw.random(volumes.size))).astype(np.int64),
    "a fee and a price": lambda volumes, most, draw: volumes * 3 + most // 10 + 1,
    "nearly a fee and a price": lambda volumes, most, draw: volumes + most // 10 + draw.integers(0, 3, volumes.size),
    "a price": lambda volumes, most, draw: volumes * 7,
    "a price minus a rebate": lambda volumes, most, draw: np.maximum(0, volumes - most // 10),
    "a fee": lambda volumes, most, draw: np.full(volumes.size, 9),
    "by the started three": lambda volumes, most, draw: 3 * ((volumes + 2) // 3),
    "few levels": lambda volumes, most, draw: draw.integers(0, 3, volumes.size),
    "huge": lambda volumes, most, draw: draw.integers(10**15, 10**17, volumes.size),
}


def offer(draw, assets):
    most = int(draw.choice([2, 5, 20, 100, 1000]))
    volumes = draw.integers(1, most + 1, assets)
    kind = int(draw.integers(4))
    if kind == 1:
        volumes = volumes * 2
    if kind == 2:
        volumes = draw.integers(max(1, most * 9 // 10), most + 1, assets)
    if kind == 3:
        volumes[draw.random(assets) < 0.2] += most * 10
    costs = PRICES[str(draw.choice(list(PRICES)))](volumes, most, draw)
    total = int(volumes.sum())
    target = int(draw.choice([draw.integers(1, total + 1), total, max(1, total - 1), (total + 1) // 2]))
    return volumes, costs, target


def assert_right(selection, volumes, costs, target, least):
    assert selection.volume_kw == volumes[selection.chosen].sum() >= target
    assert selection.cost_cents == sum(costs[selection.chosen].tolist())
    assert selection.cost_cents == selection.lower_bound_cents == least
    assert selection.is_optimal


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_six_thousand_small_offers_against_brute_force(seed):
    draw = np.random.default_rng(seed)
    for _ in range(6_000):
        volumes, costs, target = offer(draw, int(draw.integers(1, 19)))
        all_volumes, all_costs = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
        for volume, cost in zip(volumes, costs, strict=True):
            all_volumes = np.concatenate((all_volumes, all_volumes + volume))
            all_costs = np.concatenate((all_costs, all_costs + cost))
        least = int(all_costs[all_volumes >= target].min())
        assert_right(select_cheapest(volumes, costs, target), volumes, costs, target, least)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_six_thousand_offers_against_the_table(seed):
    draw = np.random.default_rng(1000 + seed)
    for _ in range(6_000):
        volumes, costs, target = offer(draw, int(draw.integers(19, 60)))
        if costs.max() > 10**15:
            continue  # the table adds in int64
        least = least_cost_by_table(volumes, costs, target)
        assert_right(select_cheapest(volumes, costs, target), volumes, costs, target, least)
        greedy = select_greedily(volumes, costs, target)
        assert greedy.lower_bound_cents <= least <= greedy.cost_cents


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_the_list_programme_alone_and_short_of_memory(seed):
    draw = np.random.default_rng(3000 + seed)
    for _ in range(3_000):
        volumes, costs, target = offer(draw, int(draw.integers(2, 70)))
        unit = common_divisor(volumes)
        capacity = (int(volumes.sum()) - target) // unit
        knapsack = Knapsack(weights=volumes // unit, profits=np.maximum(1, costs), capacity=capacity)
        if knapsack.capacity == 0 or knapsack.profits.max() > 10**15:
            continue
        bound = linear_bound(knapsack, find_break(knapsack).item)
        packing = ListProgramme(
            bound, -1, Deadline.after(None), states_in_memory=int(draw.choice([2**15, 2**19]))
        ).run()
        least = least_cost_by_table(volumes, knapsack.profits, target)
        assert packing.profit == packing.upper_bound == int(knapsack.profits.sum()) - least
        assert knapsack.weights[packing.packed].sum() <= capacity
        assert knapsack.profits[packing.packed].sum() == packing.profit


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_engines_agree_on_hundreds_of_assets(seed):
    draw = np.random.default_rng(2000 + seed)
    for _ in range(40):
        volumes, costs, target = offer(draw, int(draw.integers(100, 400)))
        if costs.max() > 10**15:
            continue
        exact, table = select_cheapest(volumes, costs, target), select_by_table(volumes, costs, target)
        assert_right(exact, volumes, costs, target, table.cost_cents)
        assert select_hybrid(volumes, costs, target).cost_cents >= exact.cost_cents
