"""Peak shaving's engine is a fast special case of the one that least cost uses: both must find the same costs."""

from __future__ import annotations

import numpy as np
import pytest

from energy_manager.domain.peak_shaving import energy_band, grid_room
from energy_manager.domain.peak_shaving.exact.step_costs import cost_terms, step_costs
from energy_manager.domain.peak_shaving.exact.value_function import cheapest_path, value_function
from energy_manager.domain.storage_value.best_move import best_move
from energy_manager.domain.storage_value.value_function import ORDINARY, Step, value_functions
from tests.support.peak_shaving_oracle import random_problem

pytestmark = pytest.mark.no_cover  # others take its branches


@pytest.mark.parametrize("seed", range(60))
def test_the_general_value_function_finds_the_violation_and_the_change_of_the_special_one(seed):
    # Without losses every step is convex; with losses both need a search around them.
    problem = random_problem(seed, lossless=True)
    (storage,) = problem.storages
    terms = cost_terms(problem)
    band = energy_band(storage, hours=problem.hours, room=grid_room(problem, storage))
    costs = step_costs(terms, {})
    special = cheapest_path(costs, value_function(costs, stored_kwh=storage.stored_kwh, band=band), late=True)
    classes = [tuple(map(float, slope)) for slope in costs.classes]
    steps = [
        Step(least, [(slope, length, ORDINARY) for slope, length in zip(classes, row, strict=True) if length > 0.0])
        for least, row in zip(costs.least, costs.lengths, strict=True)
    ]
    values = value_functions(steps, lower=band.lower, upper=band.upper, end_value=(0.0, 0.0))
    stored, general = float(storage.stored_kwh), []
    for step, value in zip(steps, values, strict=True):
        general.append(best_move(step, value, stored).entered)
        stored += general[-1]
    for path in (np.array(special), np.array(general)):
        violation = terms.violation(path).sum()
        assert violation == pytest.approx(terms.violation(np.array(special)).sum(), abs=1e-6)
        assert np.abs(path - terms.scheduled).sum() == pytest.approx(np.abs(special - terms.scheduled).sum(), abs=1e-6)
