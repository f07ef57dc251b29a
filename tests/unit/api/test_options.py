"""A query's options: unknown ones and those with two values are refused on every route."""

from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, Query
from starlette.testclient import TestClient

from energy_manager.entrypoints.api.app import create_app


def length(limit: int = 10) -> int:
    return limit


@pytest.fixture
def client():
    router = APIRouter()

    @router.get("/things")
    def things(
        limit: Annotated[int, Depends(length)],
        kind: Annotated[list[str] | None, Query()] = None,
        since: Annotated[str, Query(alias="from")] = "",
    ) -> list[object]:
        return [limit, kind, since]

    @router.get("/healthz")
    def health() -> str:
        return "well"

    return TestClient(create_app([router], []))


def faults(answer):
    assert answer.status_code == 422
    return {fault["field"]: fault["message"] for fault in answer.json()["details"]["faults"]}


def test_known_options_are_taken_also_those_of_dependencies_and_lists(client):
    assert client.get("/things?limit=3&from=now&kind=a&kind=b").json() == [3, ["a", "b"], "now"]
    assert client.get("/things?limit=3&limit=3").json()[0] == 3, "said twice is not two values"


def test_a_misspelt_option_is_refused_with_its_near_miss(client):
    assert faults(client.get("/things?lmit=3&since=now")) == {
        "lmit": "is not an option here; did you mean limit?",
        "since": "is not an option here",
    }


def test_an_option_with_two_values_is_refused(client):
    assert faults(client.get("/things?limit=3&limit=4")) == {"limit": "is stated with 2 different values"}


def test_probes_may_add_what_they_like(client):
    assert client.get("/healthz?t=1").json() == "well"
