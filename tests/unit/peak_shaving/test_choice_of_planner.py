"""The exact planner where it can, the solver for the rest and where the exact one could not prove its plan."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from energy_manager.adapters.solvers.peak_shaving_lp import HighsStoragePlanner
from energy_manager.application.peak_shaving import plan as planning
from energy_manager.application.peak_shaving.plan import plan_peak_shaving
from energy_manager.domain.errors import OutOfTime
from energy_manager.domain.peak_shaving import plan_storage
from tests.support.documents import read_peak_shaving


def problem(**more):
    document = {
        "start": datetime(2026, 3, 2, tzinfo=UTC).isoformat(),
        "step_s": 900,
        "load_kw": [40.0, 80.0],
        "pcc": {"import_limit_kw": 50.0, "export_limit_kw": 1000.0},
        "storage": {"capacity_kwh": 284, "stored_kwh": 120, "max_charge_kw": 175, "max_discharge_kw": 175},
    }
    return read_peak_shaving(document | more).problem


class Solver:
    """Answers with what it was given, or is out of time."""

    def __init__(self, plan):
        self.solved = plan

    def plan(self, problem):
        if self.solved is None:
            raise OutOfTime("no plan yet")
        return self.solved


def test_one_plain_storage_needs_no_solver():
    assert plan_peak_shaving(problem(), solve=Solver(None).plan).method == "exact"


def test_the_least_peak_is_the_solvers():
    assert plan_peak_shaving(problem(minimise="peak"), solve=HighsStoragePlanner().plan).method == "lp"


@pytest.mark.parametrize(
    ("solved", "is_taken"),
    [
        ({"optimal": True}, True),
        ({"optimal": False, "change_kwh": 0.0}, True),
        ({"optimal": False, "change_kwh": 1e9}, False),
        (None, False),
    ],
)
def test_an_unproved_exact_plan_gives_way_to_a_better_one(monkeypatch, solved, is_taken):
    exact = plan_storage(problem())
    unproved = replace(exact, optimal=False)
    other = None if solved is None else replace(exact, method="lp", **solved)
    monkeypatch.setattr(planning, "plan_storage", lambda _: unproved)
    assert plan_peak_shaving(problem(), solve=Solver(other).plan) is (other if is_taken else unproved)
