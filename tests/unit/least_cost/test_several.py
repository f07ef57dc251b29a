from dataclasses import replace

import pytest

from energy_manager.adapters.solvers.least_cost_courses import planned_alone
from energy_manager.adapters.solvers.least_cost_milp import HighsSitePlanner
from energy_manager.adapters.solvers.least_cost_program import SiteProgram
from energy_manager.application.least_cost.plan import plan_least_cost
from energy_manager.domain.least_cost import DemandCharge, PccLimits, Plan, Run, Site, Target, needs_solver, plan_site
from energy_manager.domain.least_cost.plan.costs import SiteCourse
from tests.support.least_cost_cases import one_storage_case
from tests.unit.least_cost.sites import battery, site

PLANNER = HighsSitePlanner(time_limit_s=10.0)
WASHER = Run(id="washer", profile_kw=(1.0, 1.0), earliest_step=0, latest_start_step=2)
CAR = battery(
    id="car",
    kind="ev",
    capacity_kwh=10.0,
    max_charge_kw=4.0,
    min_charge_kw=2.0,
    max_discharge_kw=0.0,
    targets=(Target(step=3, at_least_kwh=4.0),),
)


@pytest.mark.parametrize("seed", range(12))
def test_what_one_storage_cannot_keep_is_known_exactly_also_with_a_demand_charge(seed):
    """Found by a campaign: branching took 2 s to find 4 Wh less of violation, and the plan had them."""
    own = replace(one_storage_case(seed), demand_charge=None, runs=())
    without = plan_site(own)
    charged = replace(own, demand_charge=DemandCharge(eur_per_kw=2.0, paid_peak_kw=1.0))
    program = SiteProgram(charged)
    beside = SiteCourse(charge_kw={}, stored_kwh={}, unserved_kwh={}, starts={})
    alone = planned_alone(program, beside)
    assert alone.least == pytest.approx(
        {"violation": without.violation_kwh, "missing": without.shortfall_kwh}, abs=1e-6
    )
    plan = PLANNER.plan(charged)
    assert (plan.violation_kwh, plan.shortfall_kwh) == pytest.approx(
        (without.violation_kwh, without.shortfall_kwh), abs=5e-6
    )


def test_two_batteries_cover_what_one_cannot():
    plan = PLANNER.plan(site([0, 4], [4, 0], storages=[battery(id="a"), battery(id="b")]))
    assert plan.charge_kw == {"a": (2.0, -2.0), "b": (2.0, -2.0)}
    assert (plan.cost_eur, plan.optimal) == (pytest.approx(0.0), True)


def test_a_run_is_placed_where_the_sun_shines():
    plan = PLANNER.plan(site([0, 0, 0, 0], [0, 1, 1, 0], storages=[], runs=(WASHER,)))
    assert plan.starts == {"washer": 1}
    assert (plan.cost_eur, plan.optimal) == (pytest.approx(0.0), True)


def test_a_car_a_run_and_a_battery_are_planned_together():
    own = site([0, 0, 0, 0], buy=[0.3, 0.1, 0.1, 0.3], storages=[CAR, battery()], runs=(WASHER,))
    plan = PLANNER.plan(replace(own, pcc=PccLimits(import_limit_kw=4.0, export_limit_kw=9.0)))
    # 4 kWh for the car and 2 for the washer, all in the cheap hours and inside the limit.
    assert (plan.violation_kwh, plan.shortfall_kwh) == pytest.approx((0.0, 0.0), abs=1e-6)
    assert plan.cost_eur == pytest.approx(0.6, abs=1e-6)
    assert plan.starts["washer"] in {1, 2}, "both cheap hours cost the same"
    assert plan.optimal


def test_of_plans_that_cost_the_same_a_car_takes_the_one_that_charges_first():
    """Found in a running site: at one price a car waited until it had to charge with all that its charger gives."""
    hours = 8
    car = replace(CAR, capacity_kwh=20.0, targets=(Target(step=hours - 1, at_least_kwh=12.0),))
    plan = PLANNER.plan(site([0] * hours, storages=[car, battery()]))
    assert plan.charge_kw["car"] == pytest.approx((4.0, 4.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0))
    dear_first = PLANNER.plan(site([0] * hours, buy=[0.3, 0.3, *[0.2] * 6], storages=[car, battery()]))
    assert dear_first.charge_kw["car"] == pytest.approx((0.0, 0.0, 4.0, 4.0, 4.0, 0.0, 0.0, 0.0))


def test_a_demand_charge_is_shaved_as_long_as_that_pays():
    peaky = site([0, 4], storages=[battery(stored_kwh=1.0)])
    shaved = PLANNER.plan(replace(peaky, demand_charge=DemandCharge(eur_per_kw=2.0)))
    # 1 kWh is there, x kWh are bought before: the peak is max(x, 4 - 1 - x), least at x = 1.
    assert max(shaved.import_kw) == pytest.approx(2.0)
    assert (shaved.charge_kw["battery"], shaved.optimal) == ((1.0, -2.0), True)
    paid = PLANNER.plan(replace(peaky, demand_charge=DemandCharge(eur_per_kw=2.0, paid_peak_kw=3.0)))
    assert paid.cost_eur == pytest.approx(2.0 * 3.0 + 3 * 0.30)


def test_the_demand_charge_counts_clock_quarters_not_steps():
    short = replace(
        site([6, 0, 0], storages=[], curtailable=True), step_s=300, demand_charge=DemandCharge(eur_per_kw=3.0)
    )
    plan = PLANNER.plan(short)
    assert plan.cost_eur == pytest.approx(0.5 * 0.30 + 3.0 * 2.0)


def test_out_of_time_there_is_still_a_plan_and_a_bound():
    own = site([0, 0, 0, 0], buy=[0.3, 0.1, 0.1, 0.3], storages=[CAR, battery()], runs=(WASHER,))
    plan = HighsSitePlanner(time_limit_s=0.0).plan(own)
    assert plan.method == "in turn"
    assert plan.lower_bound_eur <= 0.6 <= plan.cost_eur + 1e-9


def test_planned_in_turn_the_plan_has_a_bound_that_holds():
    own = site([0, 0, 0, 0], buy=[0.3, 0.1, 0.1, 0.3], storages=[CAR, battery()], runs=(WASHER,))
    plan = plan_site(own)
    assert plan.lower_bound_eur <= 0.6 + 1e-9
    assert plan.cost_eur >= 0.6 - 1e-9


def test_the_batterys_band_takes_the_other_assets_as_load():
    plan = PLANNER.plan(site([0, 1], [2, 0], storages=[battery()], runs=(replace(WASHER, latest_start_step=0),)))
    assert plan.band["battery"][0].lo_kw == 0.0
    assert plan.charge_kw["battery"] == (1.0, -1.0)


class Solver:
    """Stands for the solver; counts how often it is asked."""

    def __init__(self, plan: Plan | None = None) -> None:
        self.asked = 0
        self._plan = plan

    def plan(self, own: Site) -> Plan:
        self.asked += 1
        return self._plan or plan_site(own)


def test_one_storage_needs_no_solver():
    solver = Solver()
    assert plan_least_cost(site([1, 1]), solve=solver.plan).method == "exact"
    assert solver.asked == 0


@pytest.mark.parametrize(
    ("own", "reason"),
    [
        (site([1], storages=[battery(), battery(id="b")]), "there are several storages"),
        (site([0, 0, 0, 0], runs=(WASHER,)), "runs may be moved"),
        (site([1], demand_charge=DemandCharge(eur_per_kw=1.0)), "there is a demand charge"),
    ],
)
def test_what_needs_a_solver_is_given_to_it(own, reason):
    solver = Solver()
    plan_least_cost(own, solve=solver.plan)
    assert (solver.asked, needs_solver(own)) == (1, reason)


def test_a_plan_that_is_not_proved_is_given_to_the_solver_and_the_better_one_is_taken(monkeypatch):
    exact = plan_site(site([1, 1]))
    worse = replace(exact, cost_eur=exact.cost_eur + 1.0, optimal=False)
    monkeypatch.setattr("energy_manager.application.least_cost.plan.plan_site", lambda _: worse)
    assert plan_least_cost(site([1, 1]), solve=Solver(exact).plan) is exact
    assert plan_least_cost(site([1, 1]), solve=Solver(replace(worse, cost_eur=9.0)).plan) is worse
