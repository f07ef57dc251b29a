"""What a planner's run brings back, and what it leaves behind: nothing."""

import gc
import weakref

import pytest

from energy_manager.application.planner_result import PlannerResult, run_planner
from energy_manager.domain.errors import Infeasible, OutOfTime


def test_a_plan_comes_back_with_the_planners_time():
    planned = run_planner(lambda: "plan")
    assert planned.unwrap() == "plan"
    assert planned.error is None
    assert planned.plan_ms > 0


def test_how_far_a_plan_is_proved_comes_back_with_it_and_is_not_taken_for_the_next_ones():
    assert run_planner(lambda: "plan", gap_of=lambda plan: len(plan) / 16).gap == 0.25
    assert run_planner(lambda: "plan").gap is None


def test_an_error_on_purpose_comes_back_as_a_value():
    def plan():
        raise Infeasible("no plan meets it")

    planned = run_planner(plan)
    assert planned.answer is None
    with pytest.raises(Infeasible, match="no plan meets it"):
        planned.unwrap()


def test_a_mistake_is_raised():
    with pytest.raises(ZeroDivisionError):
        run_planner(lambda: 1 // 0)


def test_a_planner_that_says_nothing_is_a_mistake():
    with pytest.raises(TypeError, match="must answer or raise"):
        PlannerResult(answer=None, error=None, plan_ms=0.0).unwrap()


def test_of_a_search_that_ran_out_of_time_nothing_is_kept_but_what_it_says():
    # A gigabyte of states, in real life: held by the frames of the error's traceback until the collector comes round.
    class States(dict):
        pass

    seen = []

    def plan():
        states = States()
        seen.append(weakref.ref(states))
        try:
            states["none"]
        except KeyError:
            raise OutOfTime("enough") from None

    gc.disable()
    try:
        planned = run_planner(plan)
        assert str(planned.error) == "enough"
        assert seen[0]() is None
    finally:
        gc.enable()
