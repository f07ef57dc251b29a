"""A least cost request in JSON, and the answer: as the interface promises them."""

import json
from datetime import UTC, datetime

import pytest

from energy_manager.domain.errors import Refused
from energy_manager.domain.schedule import Source
from energy_manager.domain.site import PlanningSite
from energy_manager.entrypoints.jobs import planning_job
from energy_manager.entrypoints.jobs.definition.activation import ActivationOptions, schedule_of
from energy_manager.entrypoints.jobs.definition.answering import plan_document
from energy_manager.entrypoints.jobs.least_cost import LeastCostOptions

JOB = planning_job("least_cost")
BATTERY = {"id": "battery", "capacity_kwh": 10, "stored_kwh": 2, "max_charge_kw": 5, "max_discharge_kw": 5}
HOURS = {
    "start": "2026-03-02T00:00:00Z",
    "step_s": 3600,
    "load_kw": [1, 1, 2],
    "buy_eur_per_kwh": [0.2, 0.2, 0.5],
    "sell_eur_per_kwh": 0.1,
}


def asked(document, **changes):
    text = json.dumps({**document, **changes}).encode()
    return json.loads(plan_document(JOB, text, LeastCostOptions()).unwrap().document)


def faults(**changes):
    with pytest.raises(Refused) as refusal:
        asked(HOURS, **changes)
    return {fault.field: fault.message for fault in refusal.value.faults}


def test_a_battery_is_charged_in_the_cheap_hour_for_the_dear_one():
    # 2 kWh cover the dear hour, and what is left at the end is worth 0: nothing else pays.
    answer = asked(HOURS, storages=[BATTERY | {"stored_kwh": 0, "end_value_eur_per_kwh": 0}])
    assert answer["charge_kw"] == {"battery": [2.0, 0.0, -2.0]}
    assert answer["stored_kwh"] == {"battery": [2.0, 2.0, 0.0]}
    assert (answer["import_kw"], answer["export_kw"]) == ([3.0, 1.0, 0.0], [0.0, 0.0, 0.0])
    assert (answer["cost_eur"], answer["lower_bound_eur"], answer["optimal"]) == (pytest.approx(0.8), 0.8, True)
    # Doing nothing costs 0.2 + 0.2 + 1.0; so does the rule, for there is no surplus.
    assert answer["savings"] == pytest.approx({"doing_nothing_eur": 0.6, "self_consumption_eur": 0.6})
    # Of the first hour: charged until 3 kW are drawn. Of the last one: load is covered.
    assert answer["band"]["battery"][0][0] == 3.0
    assert answer["band"]["battery"][2][1] == 0.0
    assert answer["limited_by"] is None


def test_an_answer_has_everything_that_the_interface_names():
    answer = asked(HOURS, storages=[BATTERY], runs=[])
    assert JOB.own_form.answer.dump_python(JOB.own_form.answer.validate_python(answer), mode="json") == answer
    assert {
        "charge_kw", "stored_kwh", "import_kw", "export_kw", "curtailed_kw", "starts", "violation_kwh",
        "shortfall_kwh", "cost_eur", "lower_bound_eur", "optimal", "method", "limited_by", "value_eur_per_kwh", "band",
        "savings",
    } <= answer.keys()  # fmt: skip


def test_null_is_as_good_as_left_out():
    left_out = asked(HOURS, storages=[BATTERY])
    nulls = {"production_kw": None, "pcc": {"import_limit_kw": None}, "runs": None, "demand_charge": None}
    assert asked(HOURS, scenarios=None, storages=[BATTERY | {"targets": None, "min_kwh": None}], **nulls) == left_out


def test_raw_readings_are_brought_onto_steps_and_the_first_one_may_have_begun():
    readings = [{"time": f"2026-03-02T{hour:02}:00:00+00:00", "value": hour} for hour in range(10)]
    answer = asked({**HOURS, "start": "2026-03-02T02:30:00Z"}, load_kw=readings, buy_eur_per_kwh=0.2)
    assert answer["start"] == "2026-03-02T02:30:00Z"
    assert answer["import_kw"] == [2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]
    # Half an hour of 2 kW, then whole hours.
    assert answer["cost_eur"] == pytest.approx(0.2 * (1 + 3 + 4 + 5 + 6 + 7 + 8 + 9))


def test_lists_that_begin_within_a_step_have_a_first_step_that_is_what_is_left_of_it():
    answer = asked({**HOURS, "start": "2026-03-02T00:45:00Z"})
    # A quarter of an hour of 1 kW at 0.2, an hour of it, an hour of 2 kW at 0.5.
    assert answer["cost_eur"] == pytest.approx(0.05 + 0.2 + 1.0)


def test_readings_of_different_length_say_where_the_plan_ends():
    long = [{"time": f"2026-03-02T{hour:02}:00:00Z", "value": 1} for hour in range(12)]
    answer = asked(HOURS, load_kw=long, buy_eur_per_kwh=[{**own, "value": 0.2} for own in long[:8]])
    assert len(answer["import_kw"]) == 8
    assert answer["limited_by"] == (
        "the plan ends at 2026-03-02T08:00:00Z because buy_eur_per_kwh does not reach further"
    )


@pytest.mark.parametrize(
    ("by", "step"),
    [("2026-03-02T02:00:00Z", 1), ("2026-03-02T03:59:00+01:00", 1), ("2026-03-02T00:10:00Z", 0)],
)
def test_a_target_by_a_time_is_one_after_the_last_step_that_ends_until_then(by, step):
    car = BATTERY | {"id": "car", "kind": "ev", "max_discharge_kw": 0}
    by_time = asked(HOURS, storages=[car | {"targets": [{"by": by, "at_least_kwh": 6}]}])
    by_step = asked(HOURS, storages=[car | {"targets": [{"step": step, "at_least_kwh": 6}]}])
    assert by_time == by_step
    assert by_time["stored_kwh"]["car"][step] >= 6 - 1e-9


def test_what_cannot_be_kept_is_an_answer_that_says_which_limit_and_by_how_much():
    answer = asked(
        HOURS,
        pcc={"import_limit_kw": 1.5, "export_limit_kw": None},
        storages=[BATTERY | {"stored_kwh": 0, "targets": [{"step": 2, "at_least_kwh": 9}]}],
    )
    # 0.5 kW are left in the first two hours, and lack in the last.
    assert answer["violation_kwh"] == pytest.approx(0.0)
    assert answer["shortfall_kwh"] == pytest.approx(8.5)
    assert answer["limited_by"].startswith("battery holds 0.5 of 9 kWh at 2026-03-02T03:00:00Z")


def test_scenarios_change_values_and_bands_and_leave_the_powers_alone():
    sunny = {"load_kw": [0, 0, 0], "production_kw": [4, 4, 4]}
    plain = asked(HOURS, storages=[BATTERY])
    mean = asked(HOURS, storages=[BATTERY], scenarios=[sunny, {"load_kw": HOURS["load_kw"]}])
    assert mean["charge_kw"] == plain["charge_kw"]
    assert mean["value_eur_per_kwh"] != plain["value_eur_per_kwh"]


def test_runs_start_where_they_cost_least():
    run = {"id": "washer", "profile_kw": [2.0, 1.0], "earliest_step": 0, "latest_start_step": 1}
    assert asked(HOURS, runs=[run])["starts"] == {"washer": 0}


def storage(**changes):
    return {"storages": [BATTERY | changes]}


def target(**said):
    return storage(targets=[{"at_least_kwh": 3, **said}])


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"load_kw": 1, "buy_eur_per_kwh": 0.2}, "load_kw", "must have one value a step, for nothing else says"),
        ({"start": "2026-03-02T00:00:00"}, "start", "must have an offset from UTC"),
        ({"sell_eur_per_kwh": [0.1]}, "sell_eur_per_kwh", "has 1 values where load_kw has 3"),
        ({"production": 1}, "production", "is not a field here; did you mean production_kw?"),
        (storage(charge_efficiency=3), "storages[0].charge_efficiency", "be at most 1, not 3"),
        (target(), "storages[0].targets[0]", "must have either step or by"),
        (target(step=3), "storages[0].targets[0].step", "within the plan, which has 3 steps of 3600 s"),
        (target(by="2026-03-02T03:01:00Z"), "storages[0].targets[0].by", "within the plan, which has 3 steps"),
        (target(by="2026-03-01T03:01:00Z"), "storages[0].targets[0].by", "after the plan's start, 2026-03-02T00:00"),
        ({"storages": [BATTERY, BATTERY]}, "storages[1].id", "battery is there twice"),
        ({"time_limit_s": 0}, "time_limit_s", "must be above 0 and at most 3600, not 0"),
        ({"step_s": 0}, "step_s", "must be a whole number from 1 to 86400, not 0"),
    ],
)
def test_bad_input_is_refused_by_its_field(changes, field, words):
    found = faults(**changes)
    assert list(found) == [field]
    assert words in found[field]


SITE = PlanningSite(controllable=("battery", "washer"), power_unit="W")


def activated(site=SITE, **changes):
    now = datetime(2026, 3, 1, 23, tzinfo=UTC)
    activation = ActivationOptions(site=site, now=now)
    return plan_document(JOB, json.dumps({**HOURS, **changes}).encode(), LeastCostOptions(), activation=activation)


def test_a_plan_becomes_the_schedule_of_its_batteries_and_runs():
    run = {"id": "washer", "profile_kw": [0.5004], "earliest_step": 1, "latest_start_step": 1}
    empty = storage(stored_kwh=0, end_value_eur_per_kwh=0)
    schedule = schedule_of(activated(**empty, runs=[run]).unwrap().change)
    assert (schedule.id, schedule.source) == ("least_cost", Source.LEAST_COST)
    assert [block.targets for block in schedule.blocks] == [
        {"battery": -2000, "washer": 0},
        {"battery": 0, "washer": -500},
        {"battery": 2000, "washer": 0},
    ]


def test_a_run_that_is_no_asset_is_load_and_a_storage_that_is_none_is_refused():
    run = {"id": "dryer", "profile_kw": [1], "earliest_step": 0, "latest_start_step": 0}
    assert schedule_of(activated(storages=[BATTERY], runs=[run]).unwrap().change).assets == ("battery",)
    for changes, field in (
        (storage(id="batery"), "storages[0].id"),
        ({"runs": [run]}, "storages"),
    ):
        with pytest.raises(Refused) as refusal:
            activated(**changes).unwrap()
        assert [fault.field for fault in refusal.value.faults] == [field]
