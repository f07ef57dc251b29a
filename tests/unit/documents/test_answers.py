import json
import pickle
from datetime import date

import pytest

from energy_manager.application.planner_result import Planned
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.production import LoadNotCoverable
from energy_manager.entrypoints.documents.answers import answer
from energy_manager.entrypoints.documents.flexibility import FlexibilityOptions, plan_flexibility_document
from energy_manager.entrypoints.documents.production import ProductionOptions, plan_production_document
from tests.support.server import challenge_text


def test_a_plan_goes_out_as_it_is():
    answered = answer(lambda text, _: Planned(answer=text, error=None, plan_ms=1.5), b"[1]", None)
    assert (answered.document, answered.failure, answered.plan_ms) == (b"[1]", None, 1.5)


def test_how_far_a_plan_is_proved_goes_with_it():
    assert answer(plan_production_document, challenge_text("480").encode(), ProductionOptions()).gap == 0.0
    assert answer(plan_production_document, b"{}", ProductionOptions()).gap is None
    assets = (
        b'[{"code": "A", "volume": 60, "activation_cost": 30}, {"code": "B", "volume": 100, "activation_cost": 40}]'
    )
    request = b'{"volume": 60, "engine": "greedy", "assets": ' + assets + b"}"
    answered = answer(plan_flexibility_document, request, FlexibilityOptions(registry=None, today=date(2026, 3, 2)))
    plan = json.loads(answered.document)
    assert not plan["optimal"]
    assert answered.gap == pytest.approx((plan["cost"] - plan["lower_bound"]) / plan["cost"])


def test_an_error_goes_out_as_its_document_and_keeps_the_planners_time():
    error = Refused([Fault(field="load", message="is missing")])
    answered = answer(lambda *_: Planned(answer=None, error=error, plan_ms=1.5), b"", None)
    assert answered.failure is Refused
    assert json.loads(answered.document)["details"] == {"faults": [{"field": "load", "message": "is missing"}]}
    assert answered.plan_ms == 1.5


def test_answers_cross_from_a_worker_as_little_more_than_their_octets():
    many = '{"load": 1, "fuels": {}, "powerplants": [' + ", ".join(["{}"] * 1000) + "]}"
    answered = answer(plan_production_document, many.encode(), ProductionOptions())
    assert len(json.loads(answered.document)["details"]["faults"]) == 5000
    crossing = pickle.dumps(answered)
    assert len(crossing) < len(answered.document) + 500
    assert pickle.loads(crossing) == answered


def test_a_load_that_cannot_be_met_is_told_with_the_nearest_that_can():
    answered = answer(plan_production_document, challenge_text("1").encode(), ProductionOptions())
    assert answered.failure is None, "the turbojet runs at any power"
    answered = answer(plan_production_document, challenge_text("99999").encode(), ProductionOptions())
    assert answered.failure is LoadNotCoverable
    # 460 + 460 + 210 + 16 of fuel, 150 and 36 of wind at 60 %.
    assert json.loads(answered.document)["details"] == {
        "reason": "too_high",
        "nearest_below": 1257.6,
        "nearest_above": None,
    }
