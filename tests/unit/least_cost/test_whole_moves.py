import time
from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest

from energy_manager.adapters.solvers.least_cost_courses import course_of, whole_near
from energy_manager.adapters.solvers.least_cost_milp import HighsSitePlanner
from energy_manager.adapters.solvers.least_cost_model import StagedModel
from energy_manager.adapters.solvers.least_cost_moves import WholeMoves
from energy_manager.adapters.solvers.least_cost_program import SiteProgram
from energy_manager.domain.least_cost import DemandCharge, Run, Target
from energy_manager.domain.least_cost.plan.costs import site_costs
from energy_manager.domain.least_cost.plan.finishing import base_kw
from tests.unit.least_cost.sites import battery, site

pytestmark = pytest.mark.no_cover  # others take its branches

LONG = time.perf_counter() + 3600.0
CAR = battery(
    id="car",
    kind="ev",
    capacity_kwh=30.0,
    max_charge_kw=6.0,
    min_charge_kw=4.0,
    max_discharge_kw=0.0,
    targets=(Target(step=7, at_least_kwh=17.0),),
)
WASHER = Run(id="washer", profile_kw=(2.0, 1.0), earliest_step=0, latest_start_step=6)
HOUSE = site(
    [1, 2, 1, 0, 3, 1, 2, 1],
    buy=[0.3, 0.2, 0.25, 0.2, 0.35, 0.3, 0.2, 0.3],
    storages=[CAR, battery(stored_kwh=1.0, capacity_kwh=4.0)],
    runs=(WASHER,),
    demand_charge=DemandCharge(eur_per_kw=1.5, paid_peak_kw=2.0),
)


HEAT_PUMP = battery(id="tank", kind="heat", capacity_kwh=9.0, stored_kwh=3.0, max_charge_kw=2.0, charge_efficiency=3.0)
"""It gives back three times what it takes: to do both at once would pay in each step."""


class House:
    """The program of a house, its whole numbers, and what they cost."""

    def __init__(self) -> None:
        self.program = SiteProgram(HOUSE)
        self.model = StagedModel(self.program, deadline_s=LONG)
        assert self.model.relax()
        self.switch = self.program.storages[0].switch.tolist()
        self.starts = self.program.runs[0].starts.tolist()

    def whole(self, on, start):
        numbers = {column: float(step in on) for step, column in enumerate(self.switch)}
        return numbers | {column: float(step == start) for step, column in enumerate(self.starts)}

    def cost(self, on, start):
        columns = np.array([*self.switch, *self.starts])
        values = np.array([self.whole(on, start)[column] for column in columns.tolist()])
        self.model.bound_columns(columns, values, values)
        return self.model.money() or np.inf


@pytest.mark.parametrize("on", [range(3), range(2, 6), range(1, 8)])
def test_no_move_is_left_that_would_pay(on):
    house = House()
    moves = WholeMoves(house.model, house.program)
    values = moves.improved([house.whole(on, 0)], until_s=LONG).values
    moves.release()
    found = {step for step, column in enumerate(house.switch) if values[column] > 0.5}
    start = int(np.argmax(values[house.starts]))
    least = house.cost(found, start) - 1e-3
    assert all(house.cost(found ^ {step}, start) > least for step in range(8))
    assert all(house.cost(found ^ set(pair), start) > least for pair in combinations(range(8), 2))
    assert all(house.cost(found, other) > least for other in range(7))


@pytest.mark.parametrize(("on", "start"), [(range(1, 8), 4), ((0, 4, 7), 6), ((3, 4, 5, 6, 7), 6)])
def test_where_no_move_pays_the_search_goes_on_to_a_better_point(on, start):
    house = House()
    begin = house.whole(on, start)
    # From here moves that pay lead to 13.70, and no further; it is enough where that is enough.
    stuck = WholeMoves(house.model, house.program).improved([begin], until_s=LONG, enough_eur=13.7 + 1e-4)
    assert stuck.money == pytest.approx(13.7, abs=1e-4)
    best = WholeMoves(house.model, house.program).improved([begin], until_s=LONG)
    assert best.money == pytest.approx(13.5, abs=1e-4)


def test_of_several_beginnings_the_cheapest_is_taken_and_one_that_is_impossible_left_out():
    house = House()
    moves = WholeMoves(house.model, house.program)
    impossible, dear, cheap = house.whole((), 0), house.whole(range(7), 4), house.whole((1, 3, 5, 6), 2)
    values = moves.improved([impossible, dear, cheap], until_s=0.0).values
    assert [values[column] for column in house.switch] == [cheap[column] for column in house.switch]
    assert moves.improved([impossible], until_s=LONG) is None


def test_released_the_model_is_relaxed_as_before():
    house = House()
    moves = WholeMoves(house.model, house.program)
    moves.improved([house.whole(range(7), 0)], until_s=LONG)
    moves.release()
    assert house.model.money() == pytest.approx(house.model.reached["money"], abs=1e-5)


def test_moves_and_branching_agree_where_there_is_time():
    plan = HighsSitePlanner(time_limit_s=60.0).plan(HOUSE)
    house = House()
    best = min(house.cost(on, start) for size in (4, 5) for on in combinations(range(8), size) for start in range(7))
    assert plan.optimal
    assert plan.cost_eur == pytest.approx(best, abs=1e-4)


def test_a_storage_that_gives_back_more_than_it_takes_does_one_thing_at_a_time_from_the_start():
    """Found by a campaign: plans without it were up to 7 EUR too dear at a demand charge, for branching came late."""
    own = replace(HOUSE, storages=(HEAT_PUMP,), runs=())
    undirected = StagedModel(SiteProgram(own), deadline_s=LONG)
    assert undirected.relax()
    assert undirected.storages_at_once(undirected.values()) == {"tank"}
    program = SiteProgram(own, directed={"tank"})
    model = StagedModel(program, deadline_s=LONG)
    assert model.relax()
    begins = [whole_near(program, model.values(), behind=behind) for behind in (0.0, 0.5)]
    values = WholeMoves(model, program).improved(begins, until_s=LONG).values
    (tank,) = program.storages
    assert not np.minimum(values[tank.charge], values[tank.discharge]).any()
    moved = site_costs(own, program.exchange, base_kw(own), course_of(program, values))
    plan = HighsSitePlanner(time_limit_s=60.0).plan(own)
    assert plan.optimal
    # Each of the 256 ways to charge or discharge, priced by the program of all the rest.
    each = product((0.0, 1.0), repeat=8)
    assert plan.cost_eur == pytest.approx(min(priced(model, tank.switch, np.array(on)) for on in each), abs=1e-4)
    assert moved.cost_eur < plan.cost_eur + 0.01


def priced(model, columns, whole):
    model.bound_columns(columns, whole, whole)
    money = model.money()
    return np.inf if money is None else money
