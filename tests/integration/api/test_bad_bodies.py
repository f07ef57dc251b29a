"""More than a hundred bodies that are no good: each with its status, its code, and the field that must be named."""

import json

import pytest

from tests.support.bad_production import INFEASIBLE, NO_JSON, REFUSED, body, fuels, gas, listed
from tests.support.server import challenge_text

JSON = {"Content-Type": "application/json"}


def refusal(client, content, status):
    response = client.post("/productionplan", content=content, headers=JSON)
    assert response.status_code == status, response.text[:1000]
    assert response.headers["content-type"] == "application/json"
    assert response.headers["server-timing"].startswith("plan;dur=")
    document = response.json()
    assert list(document) == ["error", "message", "details"]
    assert len(document["message"]) < 500, "a sentence, whatever was sent"
    assert document["message"].isprintable()
    return document


@pytest.mark.parametrize("case", NO_JSON)
def test_what_is_no_json_is_refused_with_the_place(client, case):
    content, said = NO_JSON[case]
    document = refusal(client, content, 400)
    assert (document["error"], document["details"]) == ("not_json", None)
    assert said in document["message"]


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_acceptable_is_refused_by_field(client, case):
    content, field, said = REFUSED[case]
    document = refusal(client, content, 422)
    assert document["error"] == "refused"
    messages = [fault["message"] for fault in document["details"]["faults"] if fault["field"] == field]
    assert len(messages) == 1, document["details"]
    assert said in messages[0]
    assert f"{field}: {messages[0]}" in document["message"]


@pytest.mark.parametrize("case", INFEASIBLE)
def test_a_load_that_cannot_be_met_is_told_with_what_can(client, case):
    content, reason, below, above = INFEASIBLE[case]
    document = refusal(client, content, 422)
    assert document["error"] == "infeasible"
    assert document["details"] == {"reason": reason, "nearest_below": below, "nearest_above": above}


def test_every_fault_is_listed_not_only_the_first(client):
    content = body(
        load="-1",
        fuels=fuels(gas="-1", wind="101"),
        powerplants=listed(gas(name='""', type='"x"', efficiency="2"), gas(pmin="-1", pmax="-2"), "null"),
    )
    faults = refusal(client, content, 422)["details"]["faults"]
    assert sorted(fault["field"] for fault in faults) == [
        "fuels.gas(euro/MWh)",
        "fuels.wind(%)",
        "load",
        "powerplants[0].efficiency",
        "powerplants[0].name",
        "powerplants[0].type",
        "powerplants[1].pmax",
        "powerplants[1].pmin",
        "powerplants[2]",
    ]


def test_after_all_that_the_challenge_is_still_answered(client):
    assert client.post("/productionplan", content=challenge_text("480"), headers=JSON).status_code == 200
    assert json.loads(client.get("/healthz").text)["status"] == "ok"
