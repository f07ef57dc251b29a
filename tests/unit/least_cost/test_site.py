import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from energy_manager.domain.errors import Refused
from energy_manager.domain.least_cost import DemandCharge, PccLimits, Run, Scenario, Site, Storage, Target, plan_site
from tests.unit.least_cost.sites import battery, site


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "flywheel"}, "kind: must be one of battery, ev, heat, not flywheel"),
        ({"capacity_kwh": -1.0}, "capacity_kwh: must be at least 0, not -1"),
        ({"min_kwh": 5.0}, "min_kwh: must be at most the capacity, 4, not 5"),
        ({"comfort_kwh": (1.0, 5.0)}, r"comfort_kwh\[1\]: must be at most the capacity, 4, not 5"),
        ({"min_charge_kw": 3.0}, "min_charge_kw: must be at most max_charge_kw, 2, not 3"),
        ({"charge_efficiency": 3.0}, "charge_efficiency: must lie above 0 .* and be at most 1, not 3"),
        ({"kind": "heat", "charge_efficiency": 30.0}, "and be at most 20, not 30"),
        ({"keep_per_hour": 0.0}, "keep_per_hour: must lie above 0"),
        ({"available": 0.5}, "available: must be 0 or 1 in each step"),
        ({"stored_kwh": math.nan}, "stored_kwh: must be a finite number, not nan"),
        ({"wear_eur_per_kwh": -0.1}, "wear_eur_per_kwh: must be at least 0, not -0.1"),
        ({"end_value_eur_per_kwh": math.inf}, "end_value_eur_per_kwh: must be a finite number"),
        ({"targets": (Target(step=0, at_least_kwh=5.0),)}, r"targets\[0\].at_least_kwh: must be at most the capacity"),
        ({"planned_kw": (math.nan,)}, r"planned_kw\[0\]: must be a finite number"),
    ],
)
def test_a_storage_that_cannot_be_is_refused_by_field(fields, words):
    with pytest.raises(Refused, match=words):
        battery(**fields)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"load": []}, "load_kw: must have 1 to 200000 steps, not 0"),
        ({"load": [-1, 0]}, r"load_kw\[0\]: must be at least 0, not -1"),
        ({"buy": [0.1]}, "buy_eur_per_kwh: must have 2 values, one a step as load_kw has, not 1"),
        ({"first_step_s": 4000.0}, "first_step_s: must lie above 0 and be at most the step, 3600 s, not 4000"),
        ({"storages": [battery(), battery()]}, r"storages\[1\].id: battery is there twice"),
        (
            {"storages": [battery(targets=(Target(step=2, at_least_kwh=1.0),))]},
            r"storages\[0\].targets\[0\].step: must be a step of the plan, 0 to 1, not 2",
        ),
        (
            {"runs": (Run(id="r", profile_kw=(1.0, 1.0), earliest_step=0, latest_start_step=1),)},
            r"runs\[0\].latest_start_step: must be at most 0 for the run to end within the plan, not 1",
        ),
        (
            {"runs": (Run(id="r", profile_kw=(1.0,), earliest_step=1, latest_start_step=0),)},
            r"runs\[0\].latest_start_step: must be at least earliest_step, 1, not 0",
        ),
        (
            {"runs": (Run(id="r", profile_kw=(), earliest_step=-1, latest_start_step=0),)},
            "must have at least one value",
        ),
        ({"demand_charge": DemandCharge(eur_per_kw=-1.0)}, "demand_charge.eur_per_kw: must be at least 0, not -1"),
        (
            {"scenarios": (Scenario(load_kw=(1.0,), production_kw=(0.0, 0.0)),)},
            r"scenarios\[0\].load_kw: must have 2 values",
        ),
    ],
)
def test_a_site_that_cannot_be_planned_is_refused_by_field(fields, words):
    with pytest.raises(Refused, match=words):
        site(**({"load": [1, 1]} | fields))


def test_a_start_without_zone_is_refused():
    with pytest.raises(Refused, match="start: must have an offset from UTC"):
        Site(
            start=datetime(2026, 3, 2),  # noqa: DTZ001
            step_s=900,
            load_kw=(1.0,),
            buy_eur_per_kwh=0.3,
            sell_eur_per_kwh=0.1,
        )


def test_steps_are_counted_in_real_time_when_the_clock_changes():
    spring = Site(
        start=datetime(2026, 3, 29, 1, tzinfo=ZoneInfo("Europe/Berlin")),
        step_s=3600,
        load_kw=(1.0, 1.0),
        buy_eur_per_kwh=0.3,
        sell_eur_per_kwh=0.1,
    )
    assert spring.time_of(2) == datetime(2026, 3, 29, 2, tzinfo=UTC)


def test_limits_and_bounds_may_be_lists():
    storage = Storage(
        id="s",
        capacity_kwh=(4.0, 1.0),
        stored_kwh=2.0,
        max_charge_kw=(1.0, 0.0),
        max_discharge_kw=(0.0, 2.0),
        end_value_eur_per_kwh=0.2,
    )
    pcc = PccLimits(import_limit_kw=(math.inf, 5.0), export_limit_kw=(9.0, 0.0))
    plan = plan_site(site([0, 2], storages=[storage], pcc=pcc))
    assert plan.stored_kwh["s"] == (2.0, 0.0)
