import json
import pickle
from datetime import date

import pytest

from energy_manager.domain.errors import Refused
from energy_manager.domain.production import LoadNotCoverable
from energy_manager.entrypoints.jobs import planning_job
from energy_manager.entrypoints.jobs.definition.answering import answer
from energy_manager.entrypoints.jobs.flexibility import FlexibilityOptions
from energy_manager.entrypoints.jobs.production.options import ProductionOptions
from energy_manager.entrypoints.settings import load_settings
from tests.support.server import challenge_text


def produced(text):
    return answer(planning_job("production"), "/productionplan", text, ProductionOptions())


def test_a_plan_goes_out_as_json_with_the_planners_time():
    answered = produced(challenge_text("480").encode())
    assert json.loads(answered.document)[0] == {"name": "windpark1", "p": 90.0}
    assert answered.failure is None
    assert answered.plan_ms > 0


def test_how_far_a_plan_is_proved_goes_with_it():
    assert produced(challenge_text("480").encode()).gap == 0.0
    assert produced(b"{}").gap is None
    assets = (
        b'[{"code": "A", "volume": 60, "activation_cost": 30}, {"code": "B", "volume": 100, "activation_cost": 40}]'
    )
    request = b'{"volume": 60, "engine": "greedy", "assets": ' + assets + b"}"
    answered = answer(
        planning_job("flexibility"),
        "/api/v1/flexibility/plans",
        request,
        FlexibilityOptions(registry=None, today=date(2026, 3, 2)),
    )
    plan = json.loads(answered.document)
    assert not plan["optimal"]
    assert answered.gap == pytest.approx((plan["cost"] - plan["lower_bound"]) / plan["cost"])


def test_an_option_among_the_fields_of_the_request_is_refused_with_its_name():
    challenge = json.loads(challenge_text("480"))
    answered = produced(json.dumps({**challenge, "include_co2": False, "cheap": 1}).encode())
    faults = {fault["field"]: fault["message"] for fault in json.loads(answered.document)["details"]["faults"]}
    assert faults == {
        "include_co2": "is not a field here; did you mean the option co2, which stands beside the request?",
        "cheap": "is not a field here",
    }


def test_an_error_goes_out_as_its_document_and_keeps_the_planners_time():
    answered = produced(b'{"load": 5, "fuels": {}}')
    assert answered.failure is Refused
    assert json.loads(answered.document)["details"] == {"faults": [{"field": "powerplants", "message": "is missing"}]}
    assert answered.plan_ms > 0


def test_answers_cross_from_a_worker_as_little_more_than_their_octets():
    many = '{"load": 1, "fuels": {}, "powerplants": [' + ", ".join(["{}"] * 1000) + "]}"
    answered = produced(many.encode())
    assert len(json.loads(answered.document)["details"]["faults"]) == 4000
    crossing = pickle.dumps(answered)
    assert len(crossing) < len(answered.document) + 500
    assert pickle.loads(crossing) == answered


def test_a_load_that_cannot_be_met_is_told_with_the_nearest_that_can():
    answered = produced(challenge_text("1").encode())
    assert answered.failure is None, "the turbojet runs at any power"
    answered = produced(challenge_text("99999").encode())
    assert answered.failure is LoadNotCoverable
    # 460 + 460 + 210 + 16 of fuel, 150 and 36 of wind at 60 %.
    assert json.loads(answered.document)["details"] == {
        "reason": "too_high",
        "nearest_below": 1257.6,
        "nearest_above": None,
    }


@pytest.mark.parametrize(("offline", "is_proved"), [(True, True), (False, False), (None, False)])
def test_a_caller_may_have_a_day_planned_with_full_knowledge(offline, is_proved):
    job = planning_job("appliances")
    request = json.dumps(job.own_form.example()).encode()
    options = job.options_of(load_settings(), job.arguments(offline=offline))
    answered = answer(job, job.own_form.path, request, options)
    assert ("optimality" in json.loads(answered.document)) is is_proved
