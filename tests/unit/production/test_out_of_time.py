import pickle

import pytest

from energy_manager.domain.errors import OutOfTime
from energy_manager.domain.production import PlanningOutOfTime, Stage, plan_production
from energy_manager.domain.production.search import budgets
from tests.oracles.production_fleets import request


def test_what_the_merit_order_settles_needs_no_time():
    assert plan_production(request("ordinary", 200, 0), time_limit_s=0).stage == Stage.MERIT_ORDER


def test_no_time_for_the_search_is_out_of_time_and_not_infeasible():
    # The very plants of a load that no plan meets: without time, nobody knows.
    with pytest.raises(PlanningOutOfTime) as caught:
        plan_production(request("even_sizes_odd_load", 50, 0), time_limit_s=0)
    error = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(error, OutOfTime)
    assert error.details == {"best_cost": None, "bound": error.bound_eur}
    assert error.bound_eur > 0


def test_no_room_for_the_search_tells_the_best_cost_so_far_and_a_bound(monkeypatch):
    fleet = request("narrow", 50, 0)
    best = plan_production(fleet)
    assert best.stage == Stage.SEARCH
    monkeypatch.setattr(budgets, "_MANY_STATES", 0)
    monkeypatch.setattr(budgets, "_MOST_STATES", 0)
    with pytest.raises(PlanningOutOfTime, match=r"the best plan found costs .* and no plan costs less than") as caught:
        plan_production(fleet)
    assert caught.value.bound_eur <= best.cost_eur <= caught.value.best_cost_eur + 1e-6
    assert caught.value.details == {"best_cost": caught.value.best_cost_eur, "bound": caught.value.bound_eur}


def test_without_a_time_limit_the_answer_is_the_same():
    assert plan_production(request("fixed", 40, 0), time_limit_s=None) == plan_production(request("fixed", 40, 0))
