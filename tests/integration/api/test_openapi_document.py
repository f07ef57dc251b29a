"""The OpenAPI document describes every route, and its examples work when tried out."""

import json
import re

import pytest

EVERY_METHOD = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


@pytest.fixture(scope="module")
def document(client):
    return client.get("/openapi.json").json()


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
                if address.endswith("/move") and "is running" in response.text:  # the loop may be quicker
                    continue
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
