"""The check that every plan passes before it leaves: each law, broken by hand, is found."""

from __future__ import annotations

import math
import pickle
from dataclasses import replace
from typing import Any

import pytest

from energy_manager.adapters.solvers.peak_shaving_lp import HighsStoragePlanner
from energy_manager.domain.errors import PlanCheckFailed
from energy_manager.domain.peak_shaving import (
    Plan,
    PlanningProblem,
    StoragePlan,
    check_plan,
    plan_in_turn,
    plan_storage,
)
from tests.support.peak_shaving_oracle import day

PROBLEM = day([40.0, 80.0])
PLAN = plan_storage(PROBLEM)


def tampered(**changes: Any) -> Plan:
    """The plan (0, -20 kW; 50, 30 kWh; 40, 60 kW; 10 kWh too much) with something wrong."""
    own = {name: changes.pop(name) for name in ("charge_kw", "stored_kwh") if name in changes}
    storages = (replace(PLAN.storages[0], **own),)
    return replace(PLAN, **({"storages": storages} | changes))


def broken(plan: Plan, problem: PlanningProblem = PROBLEM) -> str:
    with pytest.raises(PlanCheckFailed) as failed:
        check_plan(problem, plan)
    assert failed.value.details == {"broken": list(failed.value.broken)}
    assert pickle.loads(pickle.dumps(failed.value)).broken == failed.value.broken
    return str(failed.value)


def test_a_good_plan_passes():
    check_plan(PROBLEM, PLAN)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"charge_kw": (0.0, -21.0), "stored_kwh": (50.0, 29.0)}, "discharges with more than its power"),
        ({"charge_kw": (21.0, -20.0), "stored_kwh": (71.0, 51.0)}, "charges with more than its power"),
        ({"stored_kwh": (50.0, 31.0)}, "stored energy does not follow"),
        ({"charge_kw": (0.0, math.nan)}, "not finite"),
        ({"charge_kw": (0.0,), "stored_kwh": (50.0,)}, "has not 2 steps"),
        ({"pcc_import_kw": (40.0, 50.0)}, "import is not load - production + charge"),
        ({"pcc_import_kw": (40.0,)}, "import is not load - production + charge"),
        ({"violation_kwh": 0.0}, "the violation is 10 kWh, not 0 kWh"),
        ({"change_kwh": 0.0}, "the change is 20 kWh, not 0 kWh"),
        ({"violations": ()}, "violations listed are not those"),
        ({"storages": ()}, "0 programmes for 1 storages"),
    ],
)
def test_a_broken_law_is_found(changes, words):
    assert words in broken(tampered(**changes))


def test_energy_beyond_the_limits_is_found():
    problem = replace(PROBLEM, storages=(replace(PROBLEM.storages[0], min_kwh=35.0),))
    assert "leaves its limits" in broken(PLAN, problem)
    too_full = replace(PROBLEM, storages=(replace(PROBLEM.storages[0], end_max_kwh=25.0, max_discharge_kw=30.0),))
    assert "leaves its limits" in broken(PLAN, too_full)


def test_a_ramp_that_is_not_kept_is_found():
    problem = replace(PROBLEM, storages=(replace(PROBLEM.storages[0], ramp_kw_per_step=5.0),))
    assert "changes by more than 5 kW" in broken(PLAN, problem)
    check_plan(problem, HighsStoragePlanner().plan(problem))


def test_planning_in_turn_serves_one_storage_as_well():
    plan = plan_in_turn(PROBLEM, remark="for a reason")
    assert plan.storages == (StoragePlan(charge_kw=(0.0, -20.0), stored_kwh=(50.0, 30.0)),)
    assert not plan.optimal
    assert str(plan.limited_by).startswith("for a reason; the import limit")
