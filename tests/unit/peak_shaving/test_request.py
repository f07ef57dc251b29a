"""Planning requests as parsed JSON: what is understood, and that every fault is listed by its path."""

from __future__ import annotations

import copy
import json
import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_manager.adapters.solvers.peak_shaving_lp import HighsStoragePlanner
from energy_manager.domain.errors import Refused
from energy_manager.domain.peak_shaving import plan_storage
from energy_manager.domain.peak_shaving.request import PlanningRequest
from energy_manager.entrypoints.jobs.peak_shaving import answer_of
from tests.support.documents import read_peak_shaving
from tests.support.thorough import sample

DOCUMENT: dict[str, Any] = {
    "start": "2026-03-02T00:00:00Z",
    "step_s": 900,
    "load_kw": [40.0, 80.0],
    "production_kw": [0.0, 12.5],
    "schedule": {"charge_kw": [0.0, 5.0]},
    "pcc": {"import_limit_kw": 50.0, "export_limit_kw": 1000.0},
    "storage": {
        "capacity_kwh": 284,
        "stored_kwh": 120,
        "min_kwh": 0,
        "max_charge_kw": 175,
        "max_discharge_kw": 175,
        "charge_efficiency": 1.0,
        "discharge_efficiency": 1.0,
        "end_min_kwh": None,
        "ramp_kw_per_step": None,
    },
    "minimise": "energy",
    "prefer": "late",
    "min_period_s": None,
    "horizon_h": None,
}
NAN = math.nan
MISSING = object()


def document(**changes: Any) -> dict[str, Any]:
    """The document with some members changed; ``storage__min_kwh=5`` goes into the storage, MISSING takes away."""
    changed = copy.deepcopy(DOCUMENT)
    for path, value in changes.items():
        *sections, name = path.split("__")
        place = changed
        for section in sections:
            place = place[section]
        if value is MISSING:
            del place[name]
        else:
            place[name] = value
    return changed


def faults(body: object) -> dict[str, str]:
    with pytest.raises(Refused) as refused:
        read_peak_shaving(body)
    return {fault.field: fault.message for fault in refused.value.faults}


def planned(request: PlanningRequest) -> dict[str, Any]:
    planner = plan_storage if request.problem.needs_solver is None else HighsStoragePlanner(time_limit_s=5.0).plan
    answer = answer_of(request, planner(request.problem))
    json.dumps(answer, allow_nan=False)
    return answer


def test_the_answer_has_the_promised_form():
    assert planned(read_peak_shaving(DOCUMENT)) == {
        "start": "2026-03-02T00:00:00Z",
        "step_s": 900,
        "charge_kw": [0.0, -17.5],
        "pcc_import_kw": [40.0, 50.0],
        "stored_kwh": [120.0, 115.625],
        "violation_kwh": 0.0,
        "violations": [],
        "change_kwh": 5.625,
        "optimal": True,
        "method": "exact",
        "limited_by": None,
    }


def test_violations_are_listed_with_time_side_and_size():
    answer = planned(read_peak_shaving(document(storage__max_discharge_kw=10)))
    assert answer["violations"] == [{"time": "2026-03-02T00:15:00Z", "over_kw": 7.5, "limit": "import"}]
    assert answer["violation_kwh"] == 1.875
    assert "discharge with more power" in answer["limited_by"]


def test_several_storages_bring_their_own_schedules_and_get_their_own_programmes():
    one = DOCUMENT["storage"] | {"schedule": {"charge_kw": [0.0, 5.0]}}
    other = DOCUMENT["storage"] | {"max_discharge_kw": 0}
    request = read_peak_shaving(document(storage=MISSING, schedule=MISSING, storages=[one, other]))
    answer = planned(request)
    assert answer["method"] == "lp"
    assert answer["charge_kw"] == pytest.approx([0.0, -17.5])
    assert answer["storages"][0]["charge_kw"] == pytest.approx([0.0, -17.5])
    assert answer["storages"][1] == {"charge_kw": [0.0, 0.0], "stored_kwh": [120.0, 120.0]}


def test_a_list_of_one_storage_is_answered_as_a_list():
    answer = planned(read_peak_shaving(document(storage=MISSING, schedule=MISSING, storages=[DOCUMENT["storage"]])))
    assert answer["method"] == "exact"
    assert len(answer["storages"]) == 1


def test_what_may_be_left_out_is_at_rest():
    lean = {name: DOCUMENT[name] for name in ("start", "step_s", "load_kw", "pcc")}
    lean["storage"] = {"capacity_kwh": 10, "stored_kwh": 5, "max_charge_kw": 1, "max_discharge_kw": 1}
    problem = read_peak_shaving(lean).problem
    assert problem.production_kw == (0.0, 0.0)
    assert problem.storages[0].schedule_kw == (0.0, 0.0)
    assert (problem.minimise, problem.prefer) == ("energy", "late")


def test_limits_powers_and_energies_may_be_lists_and_a_limit_may_be_none():
    problem = read_peak_shaving(
        document(
            pcc={"import_limit_kw": [50, 60], "export_limit_kw": None},
            storage__capacity_kwh=[284, 200],
            storage__max_charge_kw=[1, 2],
        )
    ).problem
    assert problem.pcc.import_limit_kw == (50.0, 60.0)
    assert problem.pcc.export_limit_kw == math.inf
    assert problem.storages[0].capacity_kwh == (284.0, 200.0)


def test_a_plan_that_is_not_proved_says_what_no_plan_can_beat():
    request = read_peak_shaving(DOCUMENT)
    plan = replace(plan_storage(request.problem), optimal=False, violation_at_least_kwh=0.0, limited_by="the time")
    answer = answer_of(replace(request, remark="the plan ends early"), plan)
    assert answer["violation_at_least_kwh"] == 0.0
    assert answer["limited_by"] == "the plan ends early; the time"


def test_the_horizon_cuts_lists_and_per_step_limits():
    request = read_peak_shaving(document(horizon_h=0.25, pcc__import_limit_kw=[50, 60]))
    assert request.problem.steps == 1
    assert request.problem.pcc.import_limit_kw == (50.0,)
    assert request.remark is None


def test_ramps_peaks_and_demand_charges_are_understood():
    request = read_peak_shaving(
        document(
            minimise="peak", storage__ramp_kw_per_step=3, demand_charge={"paid_peak_kw": 10, "worth_kwh_per_kw": 0.5}
        )
    )
    assert request.problem.needs_solver is not None
    assert planned(request)["method"] == "lp"


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"load_kw": [40.0, -1.0]}, "load_kw[1]", "from 0 to 1000000000, not -1.0"),
        ({"load_kw": [NAN, 1.0]}, "load_kw[0]", "finite"),
        ({"load_kw": [1.0, math.inf]}, "load_kw[1]", "finite"),
        ({"load_kw": [1.0, "2"]}, "load_kw[1]", "number"),
        ({"load_kw": [1.0, Decimal("NaN")]}, "load_kw[1]", "must be a finite number, not NaN"),
        ({"load_kw": [1.0, True]}, "load_kw[1]", "true"),
        ({"load_kw": [1.0, None]}, "load_kw[1]", "null"),
        ({"load_kw": [None, None]}, "load_kw", "not null"),
        ({"load_kw": []}, "load_kw", "1 to 200000 entries, not 0"),
        ({"load_kw": 40.0}, "load_kw", "list"),
        ({"load_kw": None}, "load_kw", "list"),
        ({"load_kw": MISSING}, "load_kw", "missing"),
        ({"load_kw": [1.0, 10**400]}, "load_kw[1]", "from 0 to 1000000000"),
        ({"load_kw": [1.0, 1e300]}, "load_kw[1]", "from 0 to 1000000000, not 1e+300"),
        ({"load_kw": [0.0] * 200_001}, "load_kw", "200000"),
        ({"production_kw": [0.0]}, "production_kw", "has 1 values where load_kw has 2"),
        ({"production_kw": [0.0, -3.0]}, "production_kw[1]", "from 0 to 1000000000, not -3.0"),
        ({"schedule": {"charge_kw": [0.0, 0.0, 0.0]}}, "schedule.charge_kw", "has 3 values"),
        ({"schedule": {"charge_kw": [0.0, NAN]}}, "schedule.charge_kw[1]", "finite"),
        ({"schedule": {}}, "schedule.charge_kw", "missing"),
        ({"schedule": [0.0, 0.0]}, "schedule", "object"),
        ({"start": "2026-03-02T00:00:00"}, "start", "offset"),
        ({"start": "yesterday"}, "start", "ISO 8601"),
        ({"start": 5}, "start", "ISO 8601"),
        ({"start": MISSING}, "start", "missing"),
        ({"start": "9999-12-31T23:00:00Z"}, "start", "calendar"),
        ({"step_s": 0}, "step_s", "a whole number from 1 to 86400, not 0"),
        ({"step_s": 86_401}, "step_s", "86400"),
        ({"step_s": 0.5}, "step_s", "whole number"),
        ({"step_s": -900}, "step_s", "whole number"),
        ({"step_s": "900"}, "step_s", "number"),
        ({"step_s": NAN}, "step_s", "finite"),
        ({"pcc": MISSING}, "pcc", "missing"),
        ({"pcc": {"export_limit_kw": 5}}, "pcc.import_limit_kw", "missing"),
        ({"pcc__import_limit_kw": -1}, "pcc.import_limit_kw", "at least 0"),
        ({"pcc__export_limit_kw": [5, -1]}, "pcc.export_limit_kw[1]", "at least 0"),
        ({"pcc__export_limit_kw": [5]}, "pcc.export_limit_kw", "has 1 values"),
        ({"pcc__export_limit_kw": "none"}, "pcc.export_limit_kw", "number"),
        ({"storage": MISSING}, "storage", "missing"),
        ({"storage": 3}, "storage", "object"),
        ({"storage__capacity_kwh": -1}, "storage.capacity_kwh", "from 0 to 1000000000, not -1"),
        ({"storage__capacity_kwh": math.inf}, "storage.capacity_kwh", "finite"),
        ({"storage__capacity_kwh": MISSING}, "storage.capacity_kwh", "missing"),
        ({"storage__stored_kwh": None}, "storage.stored_kwh", "null"),
        ({"storage__min_kwh": 285}, "storage.min_kwh", "at most the capacity, 284 kWh, not 285"),
        ({"storage__min_kwh": [0, 285]}, "storage.min_kwh[1]", "at most the capacity"),
        ({"storage__capacity_kwh": [284, 10], "storage__min_kwh": 20}, "storage.min_kwh", "of step 1, 10 kWh"),
        ({"storage__min_kwh": [0, 0, 0]}, "storage.min_kwh", "has 3 values"),
        ({"storage__max_charge_kw": -5}, "storage.max_charge_kw", "from 0 to 1000000000, not -5"),
        ({"storage__charge_efficiency": 0}, "storage.charge_efficiency", "from 0.001 to 1, not 0"),
        ({"storage__discharge_efficiency": 1.01}, "storage.discharge_efficiency", "from 0.001 to 1, not 1.01"),
        ({"storage__end_min_kwh": 300}, "storage.end_min_kwh", "at most the capacity"),
        ({"storage__end_min_kwh": 20, "storage__end_max_kwh": 10}, "storage.end_min_kwh", "at most end_max_kwh"),
        ({"storage__min_kwh": 20, "storage__end_max_kwh": 10}, "storage.end_max_kwh", "at least min_kwh"),
        ({"storage__ramp_kw_per_step": -1}, "storage.ramp_kw_per_step", "from 0 to 1000000000, not -1"),
        ({"storage__max_dischange_kw": 5}, "storage.max_dischange_kw", "did you mean max_discharge_kw?"),
        ({"storages": [{}]}, "storage", "beside storages"),
        ({"storage": MISSING, "storages": [{}]}, "storages[0].capacity_kwh", "missing"),
        ({"storage": MISSING, "storages": [{}]}, "schedule", "belongs into each"),
        ({"storage": MISSING, "storages": [7]}, "storages[0]", "object"),
        ({"storage": MISSING, "storages": []}, "storages", "at least 1 entry, not 0"),
        ({"minimise": "cost"}, "minimise", "energy, peak"),
        ({"prefer": ["late"]}, "prefer", "late, early"),
        ({"min_period_s": 3600}, "load_kw", "1800 s only, at least 3600 s"),
        ({"min_period_s": -1}, "min_period_s", "at least 0"),
        ({"horizon_h": 0}, "horizon_h", "0 s only"),
        ({"horizon_h": 0.1}, "horizon_h", "0 s only"),
        ({"demand_charge": {"paid_peak_kw": 5}}, "demand_charge.worth_kwh_per_kw", "missing"),
        ({"demand_charge": {"paid_peak_kw": -5, "worth_kwh_per_kw": 1}}, "demand_charge.paid_peak_kw", "at least 0"),
        ({"colour": "red"}, "colour", "not a field"),
    ],
)
def test_bad_input_is_refused_by_field(changes, field, words):
    found = faults(document(**changes))
    assert words in found[field]


@pytest.mark.parametrize("body", [None, 3, "text", [], [DOCUMENT]])
def test_a_request_that_is_no_object_is_refused(body):
    assert "must be an object" in faults(body)["request"]


def test_every_fault_is_listed_not_only_the_first():
    found = faults(
        document(
            start="2026-03-02",
            step_s=1.5,
            load_kw=[-1.0, NAN, "x"],
            storage__charge_efficiency=0,
            storage__min_kwh=300,
            pcc__import_limit_kw=None,
            prefer="never",
        )
    )
    assert set(found) == {
        "start",
        "step_s",
        "load_kw[0]",
        "load_kw[1]",
        "load_kw[2]",
        "storage.charge_efficiency",
        "storage.min_kwh",
        "prefer",
    }


def test_thousands_of_faults_in_one_series_are_counted():
    found = faults(document(load_kw=[-1.0] * 5000, production_kw=[0.0] * 5000, schedule=MISSING))
    assert len(found) == 101
    assert found["load_kw"] == "4900 more values are at fault"


values = st.none() | st.booleans() | st.integers(-3, 10**30) | st.floats() | st.text(max_size=5)
anything = st.recursive(
    values, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
paths = st.sampled_from(
    [
        *DOCUMENT,
        *(f"storage__{name}" for name in DOCUMENT["storage"]),
        "storages",
        "demand_charge",
        "pcc__import_limit_kw",
    ]
)


@pytest.mark.no_cover
@settings(max_examples=sample(300), deadline=None)
@given(st.dictionaries(paths, anything, min_size=1, max_size=3))
def test_whatever_comes_is_planned_or_refused(changes):
    nested = {path: value for path, value in changes.items() if "__" in path}
    top = {
        path: value for path, value in changes.items() if path.split("__")[0] not in {n.split("__")[0] for n in nested}
    }
    try:
        request = read_peak_shaving(document(**nested, **top))
    except Refused:
        return
    planned(request)


plausible = st.floats(min_value=-1e9, max_value=1e9) | st.sampled_from([0.0, 1e-12, 1e-300, 1.0, 1e9])


@pytest.mark.no_cover
@settings(max_examples=sample(300), deadline=None)
@given(
    st.lists(st.tuples(plausible, plausible, plausible), min_size=1, max_size=6),
    st.dictionaries(st.sampled_from(sorted(set(DOCUMENT["storage"]) - {"ramp_kw_per_step"})), plausible),
    plausible,
    plausible,
)
def test_numbers_of_any_size_are_planned_or_refused(steps, storage, import_limit, export_limit):
    try:
        request = read_peak_shaving(
            document(
                load_kw=[abs(load) for load, _, _ in steps],
                production_kw=[abs(production) for _, production, _ in steps],
                schedule={"charge_kw": [charge for _, _, charge in steps]},
                pcc={"import_limit_kw": abs(import_limit), "export_limit_kw": abs(export_limit)},
                storage=DOCUMENT["storage"] | storage,
            )
        )
    except Refused:
        return
    planned(request)


@pytest.mark.parametrize(
    ("stated", "is_fine"),
    [
        ({"worth_kwh_per_kw": 42}, True),
        ({"eur_per_kw": 4.2, "eur_per_changed_kwh": 0.1}, True),
        ({}, False),
        ({"eur_per_kw": 4.2}, False),
        ({"worth_kwh_per_kw": 42, "eur_per_kw": 4.2}, False),
    ],
)
def test_a_demand_charge_is_worth_kwh_or_two_prices(stated, is_fine):
    document = {**DOCUMENT, "demand_charge": {"paid_peak_kw": 45, **stated}}
    if is_fine:
        demand = read_peak_shaving(document).problem.demand_charge
        assert (demand.paid_peak_kw, demand.worth_kwh_per_kw) == (45, pytest.approx(42))
    else:
        with pytest.raises(Refused, match="eur_per_kw and eur_per_changed_kwh"):
            read_peak_shaving(document)
