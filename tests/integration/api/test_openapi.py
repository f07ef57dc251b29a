"""The OpenAPI document is true: whatever follows it gets what it promises."""

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

from tests.support.thorough import sample

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]


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
            @settings(
                max_examples=sample(15, least=3),
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            )
            def answers_as_announced(case):
                response = case.call(session=session)
                tried.add((operation.path, response.status_code))
                case.validate_response(response, checks=CHECKS)

            answers_as_announced()
    statuses = {status for path, status in tried if path == "/productionplan"}
    assert 422 in statuses
    assert mode is GenerationMode.NEGATIVE or 200 in statuses
