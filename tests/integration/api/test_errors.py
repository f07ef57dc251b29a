"""Errors have one shape, whoever finds them: the planner, the body's reader or the framework."""

import contextlib
import http.client
import socket

import pytest

from tests.support.server import challenge_text
from tests.support.waiting import eventually

JSON = {"Content-Type": "application/json"}
LIMIT = 8_000_000
SIX = challenge_text("480").encode()
POST = "POST /productionplan HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def error(response, status, code):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    document = response.json()
    assert list(document) == ["error", "message", "details"]
    assert document["error"] == code
    return document


def connect(server):
    host, _, port = server.url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=20)


def answered(connection):
    """The status line of the answer, and its body."""
    with contextlib.closing(http.client.HTTPResponse(connection)) as response:
        response.begin()
        return response.status, response.read().decode()


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("POST", "/", 405, "method_not_allowed"),
        ("GET", "/productionplan", 405, "method_not_allowed"),
        ("PUT", "/productionplan", 405, "method_not_allowed"),
        ("DELETE", "/productionplan", 405, "method_not_allowed"),
        ("POST", "/healthz", 405, "method_not_allowed"),
        ("POST", "/ws", 405, "method_not_allowed"),
        ("GET", "/ws", 426, "upgrade_required"),
    ],
)
def test_what_is_not_there_or_not_so(client, method, path, status, code):
    response = client.request(method, path)
    assert error(response, status, code)["details"] is None
    if status == 405:
        assert response.headers["allow"]
    if status == 426:
        assert response.headers["upgrade"] == "websocket"


@pytest.mark.parametrize(
    "declared",
    [
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/jsonp",
        "image/svg+json",
        "*/*",
        "json",
        "\xe9",
    ],
)
def test_a_body_that_is_declared_to_be_something_else(client, declared):
    response = client.post("/productionplan", content=SIX, headers={"Content-Type": declared.encode("latin-1")})
    assert "application/json" in error(response, 415, "wrong_type")["message"]


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("co2=maybe", ["co2"]),
        ("co2=", ["co2"]),
        ("co2=2", ["co2"]),
        ("wind=sideways", ["wind"]),
        ("wind=ON_OFF", ["wind"]),
        ("wind=on_off&wind=", ["wind"]),
        ("wind=1&co2=x", ["co2", "wind"]),
        ("co2=%ff%00%0a", ["co2"]),
        ("wind=%F0%9F%8C%AC", ["wind"]),
        ("CO2=false", ["CO2"]),
        ("foo=1&co2=false", ["foo"]),
        ("asset=battery", ["asset"]),
    ],
)
def test_options_that_there_are_not(client, query, fields):
    document = error(client.post(f"/productionplan?{query}", content=SIX, headers=JSON), 422, "refused")
    assert sorted(fault["field"] for fault in document["details"]["faults"]) == fields


def test_a_body_of_just_the_limit_is_read(client):
    assert client.post("/productionplan", content=SIX.ljust(LIMIT), headers=JSON).status_code == 200


def test_a_body_over_the_limit(client):
    response = client.post("/productionplan", content=SIX.ljust(LIMIT + 1), headers=JSON)
    assert error(response, 413, "body_too_large")["message"] == "the body is larger than 8 MB"


def test_a_body_that_only_says_it_is_over_the_limit_is_refused_before_it_is_sent(server):
    head = f"{POST}Content-Length: {LIMIT + 1}\r\n\r\n"
    with connect(server) as connection:
        connection.sendall(head.encode())
        status, text = answered(connection)
    assert status == 413
    assert "body_too_large" in text


def test_who_writes_all_of_a_body_over_the_limit_before_reading_reads_why_it_was_refused(server):
    with contextlib.closing(http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=20)) as connection:
        connection.request("POST", "/productionplan", b" " * (LIMIT + 4_000_000), JSON)
        response = connection.getresponse()
        assert (response.status, b"body_too_large" in response.read()) == (413, True)


def test_a_body_in_chunks_below_the_limit_is_read(client):
    chunks = (SIX[start : start + 7] for start in range(0, len(SIX), 7))
    assert client.post("/productionplan", content=chunks, headers=JSON).status_code == 200


def test_a_body_in_chunks_is_read_no_further_than_the_limit(server):
    with connect(server) as connection:
        connection.sendall(f"{POST}Transfer-Encoding: chunked\r\n\r\n".encode())
        chunk = b" " * 1_000_000
        for _ in range(9):
            connection.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        status, text = answered(connection)
    assert status == 413
    assert "body_too_large" in text


@pytest.mark.parametrize(
    "octets",
    [
        b"nonsense\r\n\r\n",
        b"POST /productionplan HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /productionplan HTTP/1.1\r\nHost: localhost\r\nContent-Length: \xb2\r\n\r\n",
        b"POST /productionplan HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        f"{POST}Transfer-Encoding: chunked\r\n\r\nxyz\r\n".encode(),
        bytes(range(256)),
    ],
)
def test_what_is_no_http_is_refused_by_status(server, octets):
    with connect(server) as connection:
        connection.sendall(octets)
        assert answered(connection)[0] == 400


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_who_hangs_up_in_the_middle_of_a_body_troubles_nobody(server, client, share):
    head = f"{POST}Content-Length: {len(SIX)}\r\n\r\n"
    with connect(server) as connection:
        connection.sendall(head.encode() + SIX[: int(share * len(SIX))])
    assert client.post("/productionplan", content=SIX, headers=JSON).status_code == 200
    assert "Traceback" not in server.err


def test_who_does_not_wait_for_the_answer_troubles_nobody(server, client):
    head = f"{POST}Content-Length: {len(SIX)}\r\n\r\n"
    for _ in range(20):
        with connect(server) as connection:
            connection.sendall(head.encode() + SIX)
    assert client.post("/productionplan", content=SIX, headers=JSON).status_code == 200
    assert "Traceback" not in server.err


def test_a_port_that_is_taken_is_one_line_and_exit_code_2(server, start_server):
    _, _, port = server.url.rpartition(":")
    second = start_server(ENERGY_MANAGER_API__PORT=port)
    assert second.process.wait(60) == 2
    assert second.err == (
        f"energy-manager: ENERGY_MANAGER_API__PORT: cannot listen on 127.0.0.1:{port}: Address already in use; "
        "choose another port, or run with --no-api\n"
    )


def test_several_hundred_requests_at_once_on_one_connection_are_answered_in_order(server):
    request = b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with connect(server) as connection:
        connection.sendall(request * 300)
        received = bytearray()
        assert eventually(lambda: received.extend(connection.recv(65_536)) or received.count(b"not_found") == 300)
    assert received.count(b"HTTP/1.1 404 ") == 300
