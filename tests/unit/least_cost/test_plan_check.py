from dataclasses import replace

import pytest

from energy_manager.domain.errors import PlanCheckFailed
from energy_manager.domain.least_cost import DemandCharge, Run, check_plan, plan_site
from energy_manager.entrypoints.api.http.errors import status_of
from tests.unit.least_cost.sites import battery, site

SITE = site(
    [1, 2],
    [2, 0],
    storages=[battery(min_charge_kw=0.5)],
    runs=(Run(id="washer", profile_kw=(1.0,), earliest_step=1, latest_start_step=1),),
)
PLAN = plan_site(SITE)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"charge_kw": {"battery": (3.0, -1.0)}}, "battery: it charges with more than its power"),
        ({"charge_kw": {"battery": (1.0, -3.0)}}, "battery: it discharges with more than its power"),
        ({"charge_kw": {"battery": (0.2, -1.0)}}, "battery: it charges with less than its least power"),
        ({"charge_kw": {"battery": (1.0,)}}, "battery: the plan has not 2 steps"),
        ({"stored_kwh": {"battery": (1.0, 0.5)}}, "battery: its stored energy does not follow from its power"),
        ({"stored_kwh": {"battery": (float("nan"), 0.0)}}, "battery: a value is not finite"),
        ({"unserved_kwh": {"battery": (1.0, 0.0)}}, "battery: more is unserved than is used"),
        ({"starts": {"washer": 0}}, "washer: it does not start in one of its steps"),
        ({"import_kw": (0.0, 3.0)}, "is not load - production \\+ charge \\+ runs"),
        ({"import_kw": (1.0, 2.0), "export_kw": (1.0, 0.0)}, "it imports and exports at once"),
        ({"curtailed_kw": (0.5, 0.0)}, "it curtails what is not there"),
        ({"cost_eur": 0.0}, "the cost is 0.6, not 0"),
        ({"violation_kwh": 1.0}, "the violation is 0, not 1"),
        ({"shortfall_kwh": 1.0}, "the shortfall is 0, not 1"),
    ],
)
def test_a_plan_that_breaks_a_law_fails_its_check(change, words):
    with pytest.raises(PlanCheckFailed, match=words):
        check_plan(SITE, replace(PLAN, **change))


def test_that_is_a_mistake_of_the_server_and_not_of_the_request():
    with pytest.raises(PlanCheckFailed) as failed:
        check_plan(SITE, replace(PLAN, cost_eur=0.0))
    assert status_of(failed.type) == 500


def test_energy_beyond_a_limit_that_could_be_kept_fails_the_check():
    own = site([0], storages=[battery(stored_kwh=4.0, max_charge_kw=2.0)])
    plan = plan_site(own)
    with pytest.raises(PlanCheckFailed, match="its stored energy leaves its limits"):
        check_plan(own, replace(plan, charge_kw={"battery": (1.0,)}, stored_kwh={"battery": (5.0,)}))


def test_a_failure_lists_what_is_broken():
    with pytest.raises(PlanCheckFailed) as failed:
        check_plan(SITE, replace(PLAN, cost_eur=0.0, violation_kwh=1.0))
    assert len(failed.value.details["broken"]) == 2


def test_the_demand_charge_is_part_of_the_cost_that_is_checked():
    own = site([3, 1], storages=[], demand_charge=DemandCharge(eur_per_kw=2.0, paid_peak_kw=1.0))
    plan = plan_site(own)
    assert plan.cost_eur == pytest.approx(4 * 0.30 + 2.0 * 3.0)
