"""The OpenAPI document is true: its examples work when tried out, and whatever follows it gets what it promises."""

import json
import re

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]
EVERY_METHOD = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


@pytest.fixture(scope="module")
def document(client):
    return client.get("/openapi.json").json()


@pytest.fixture(scope="module")
def small_server(start_servers):
    """With few assets on offer: whatever engine and volume are asked for, no search runs out of time."""
    registry = {"COUNT": "50", "TOTAL_KW": "5000"}
    server = start_servers(
        **{f"ENERGY_MANAGER_FLEXIBILITY__GENERATOR__{name}": value for name, value in registry.items()}
    )
    server.wait_until_ready()
    return server


@pytest.mark.no_cover
@pytest.mark.parametrize("mode", GenerationMode)
def test_every_answer_is_one_that_the_document_announces(small_server, mode):
    described = schemathesis.openapi.from_url(f"{small_server.url}/openapi.json")
    tried = set()
    with requests.Session() as session:
        for found in described.get_all_operations():
            operation = found.ok()
            if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query):
                continue  # nothing that could be wrong

            @given(case=operation.as_strategy(generation_mode=mode))
            @settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
            def answers_as_announced(case):
                response = case.call(session=session)
                tried.add((operation.path, response.status_code))
                case.validate_response(response, checks=CHECKS)

            answers_as_announced()
    statuses = {status for path, status in tried if path == "/productionplan"}
    assert 422 in statuses
    assert mode is GenerationMode.NEGATIVE or 200 in statuses


def with_examples(path, operation):
    """The path with the examples of its parameters, where they have some."""
    for parameter in operation.get("parameters", []):
        for example in parameter["schema"].get("examples", [])[:1]:
            path = path.replace(f"{{{parameter['name']}}}", example)
    return path


def test_the_examples_work_when_tried_out(client, document):
    tried = 0
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                request = {"content": json.dumps(content["example"]), "headers": {"Content-Type": kind}}
                address = with_examples(path, operation)
                if "{" in address:  # of something that must be there first, such as an alarm
                    continue
                response = client.request(method, address, **request)
                if response.status_code == 428:  # it wants to be looked at first
                    preview = client.request(method, f"{address}?preview=true", **request)
                    request["headers"]["If-Match"] = preview.headers["etag"]
                    response = client.request(method, address, **request)
                assert response.status_code == 200, response.text
                tried += 1
    assert tried >= 1


def test_every_route_is_described(document):
    assert {"/productionplan", "/healthz"} <= document["paths"].keys()
    for path, methods in document["paths"].items():
        for method in methods.keys() & EVERY_METHOD:
            operation = methods[method]
            assert operation["summary"], path
            assert operation["tags"], path
            assert {"200", "204"} & operation["responses"].keys(), path


def test_errors_are_described_in_their_one_shape(document):
    responses = document["paths"]["/productionplan"]["post"]["responses"]
    for status in ("400", "413", "415", "422", "503"):
        described = responses[status]["content"]["application/json"]["schema"]
        assert described["required"] == ["error", "message", "details"]


def test_routes_are_grouped_by_whether_they_read_plan_or_command(document):
    assert [group["name"] for group in document["tags"]] == ["read", "plan", "command"]
    assert all(group["description"] for group in document["tags"])
    groups = {
        f"{method} {path}": operation["tags"]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in EVERY_METHOD
    }
    assert groups["get /api/v1/site"] == ["read"]
    assert groups["post /productionplan"] == ["plan"]
    assert groups["post /api/v1/overrides"] == ["command"]
    assert {tag for tags in groups.values() for tag in tags} == {"read", "plan", "command"}


def test_the_documentation_for_people_is_there_with_a_way_back_and_loads_nothing_from_elsewhere(client):
    page = client.get("/docs")
    assert page.status_code == 200
    assert "<title>energy_manager: the API</title>" in page.text
    assert 'href="./"' in page.text
    assert "'unsafe-inline'" not in page.headers["content-security-policy"]
    parts = re.findall(r'(?:src|href)="(docs/[^"]+)"', page.text)
    assert len(parts) == 5
    for part in parts:
        assert client.get(f"/{part}").status_code == 200
    assert client.get("/docs/index.html").status_code == 404
    assert client.get("/docs/..%2Fapp.py").status_code == 404
