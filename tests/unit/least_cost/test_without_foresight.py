"""What energy is worth to a loop that does not know how the day goes on."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_manager.domain.least_cost import Scenario, value_of_energy
from energy_manager.domain.least_cost.backtest import Battery
from energy_manager.domain.least_cost.backtest.value_on_grid import CELLS, values_on_grid
from energy_manager.domain.storage_value.value_function import MOST_PIECES
from tests.support.least_cost_cases import one_storage_case
from tests.unit.least_cost.sites import battery, site


def ways(*loads):
    return tuple(Scenario(load_kw=tuple(map(float, load)), production_kw=(0.0,) * len(load)) for load in loads)


def test_who_foresees_counts_on_the_better_hour_and_who_does_not_on_the_mean_of_each():
    # A kWh saves 30 ct in the next hour if there is load then, else 20 ct in the one after if there is load then.
    own = site(
        [0, 1, 1],
        buy=[0.3, 0.3, 0.2],
        sell=0.0,
        storages=[battery(capacity_kwh=1.0)],
        scenarios=ways([0, 1, 0], [0, 0, 1]),
    )
    assert value_of_energy(own).at(0, 0.5) == pytest.approx(0.25)
    assert value_of_energy(own, foresees=False).at(0, 0.5) == pytest.approx(0.20)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_where_there_is_one_way_only_foresight_makes_no_difference(seed):
    own = one_storage_case(seed, steps=6)
    way = Scenario(load_kw=own.load_kw, production_kw=own.production_kw)
    foreseen, other = (value_of_energy(replace(own, scenarios=(way, way)), foresees=each) for each in (True, False))
    for step in range(own.steps):
        upper, lower = foreseen.after(step).upper, foreseen.after(step).upper - sum(foreseen.after(step).lengths)
        assert other.after(step).upper == pytest.approx(upper, abs=1e-6)
        for share in (0.1, 0.37, 0.5, 0.81):
            at = lower + share * (upper - lower)
            around = [value.after(step).around(at) for value in (foreseen, other)]
            # On a kink the two may be a hair's breadth apart.
            assert (
                any(
                    a is not None and b is not None and a[:3] == pytest.approx(b[:3], abs=1e-6)
                    for a, b in zip(*around, strict=True)
                )
                or around[0] == around[1]
            )


def test_many_ways_make_few_pieces_with_the_values_of_the_grid():
    rng = np.random.default_rng(4)
    steps, count = 48, 14
    hour = np.arange(steps) % 24
    load = 0.4 + 0.8 * np.exp(-(((hour - 19) / 2) ** 2)) + rng.exponential(0.3, (count, steps))
    buy = 0.25 + 0.08 * np.sin((hour - 14) / 12 * np.pi)
    own = site(
        load.mean(axis=0).tolist(),
        buy=buy.tolist(),
        sell=0.08,
        storages=[Battery(capacity_kwh=10.0, power_kw=5.0).storage(end_value_eur_per_kwh=0.2)],
        scenarios=ways(*load.tolist()),
    )
    value = value_of_energy(own, foresees=False)
    assert max(len(value.after(step).slopes) for step in range(steps)) <= MOST_PIECES
    (found,) = values_on_grid(
        Battery(
            capacity_kwh=10.0,
            power_kw=5.0,
            charge_efficiency=0.95,
            discharge_efficiency=0.95,
            wear_eur_per_kwh=0.01,
        ),
        load[:, None, :],
        buy[None],
        np.full((1, steps), 0.08),
        step_h=np.ones(steps),
        end_value=np.array([0.2]),
    )
    exact = [value.at(0, (cell + 0.5) * 10.0 / CELLS) for cell in range(CELLS)]
    assert np.abs(found - exact).mean() < 0.004
