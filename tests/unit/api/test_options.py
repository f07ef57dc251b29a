"""A query's options: unknown ones and those with two values are refused on every route."""

from typing import Annotated, Literal

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

    @router.get("/moment")
    def moment(at: str) -> str:
        return at

    @router.put("/things/{name}")
    def named(
        name: str,
        wind: Literal["on_off", "curtail"] = "on_off",
        *,
        co2: bool = True,
        page: Annotated[int, Query(ge=1, le=1000)] = 1,
        share: Annotated[float, Query(gt=0, lt=1)] = 0.5,
        word: Annotated[str, Query(min_length=2, max_length=4)] = "two",
    ) -> str:
        return name

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


def test_an_option_that_is_needed_is_missing_in_the_words_of_a_body(client):
    assert faults(client.get("/moment")) == {"at": "is missing"}


def test_a_misspelt_option_is_refused_with_its_near_miss(client):
    assert faults(client.get("/things?lmit=3&since=now")) == {
        "lmit": "is not an option here; did you mean limit?",
        "since": "is not an option here",
    }


def test_an_option_with_two_values_is_refused(client):
    assert faults(client.get("/things?limit=3&limit=4")) == {"limit": "is stated with 2 different values"}


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("co2=maybe", "must be true or false, not 'maybe'"),
        ("co2=", "must be true or false, not ''"),
        ("page=1e9", "must be a whole number, not '1e9'"),
        ("page=1.5", "must be a whole number, not '1.5'"),
        ("page=0", "must be at least 1, not '0'"),
        ("page=1001", "must be at most 1000, not '1001'"),
        ("share=half", "must be a number, not 'half'"),
        ("share=0", "must be above 0, not '0'"),
        ("share=1", "must be below 1, not '1'"),
        ("wind=off", "must be 'on_off' or 'curtail', not 'off'"),
        ("word=x", "must have at least 2 characters, not 'x'"),
        ("word=xxxxx", "must have at most 4 characters, not 'xxxxx'"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_what_would_do(client, option, sentence):
    assert faults(client.put(f"/things/a?{option}")) == {option.partition("=")[0]: sentence}


@pytest.mark.parametrize("text", ["%ff", "a%C3", "%ED%A0%80", "%C0%AF"])
def test_what_is_no_utf8_is_refused_in_paths_and_queries_too(client, text):
    answer = client.put(f"/things/{text}")
    assert faults(answer) == {"path": "is not UTF-8 text"}
    assert faults(client.get(f"/things?from={text}")) == {"from": "is not UTF-8 text"}


def test_letters_of_every_kind_are_text(client):
    assert client.put("/things/%C3%A4%F0%9F%98%80").json() == "ä😀"
    assert client.get("/things?from=%C3%A4+b").json()[2] == "ä b"


def test_probes_may_add_what_they_like(client):
    assert client.get("/healthz?t=1").json() == "well"
