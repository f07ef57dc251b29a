"""Crowds, half-open connections and slow readers: the loop ticks, health answers, and memory is bounded."""

import base64
import http.client
import os
import resource
import socket
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.waiting import eventually

HALF = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /productionplan HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def crowded(start_servers):
    server = start_servers(
        ENERGY_MANAGER_DISPATCH__PERIOD_S="0.5",
        ENERGY_MANAGER_API__HEALTH_PORT="0",
        ENERGY_MANAGER_API__MAX_CONNECTIONS="40",
        ENERGY_MANAGER_API__MAX_CLIENT_CONNECTIONS="16",
        ENERGY_MANAGER_API__MAX_IN_FLIGHT_MB="6",
    )
    server.wait_until_ready()
    yield server
    closing_line = server.end()
    assert "Traceback" not in server.err
    assert ", skipped 0, " in closing_line


@pytest.fixture
def guests():
    with ExitStack() as guests:
        yield guests


def port_of(url):
    return int(url.rpartition(":")[2])


def connect(server, guests):
    return guests.enter_context(socket.create_connection(("127.0.0.1", port_of(server.url)), timeout=20))


def status(port, path="/healthz"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def descriptors(server):
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


def is_closed(connection):
    connection.settimeout(0.1)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_half_open_connections_do_not_silence_the_server(crowded, guests):
    health = port_of(crowded.err.partition("health at ")[2].partition("/healthz")[0])
    waiting = []
    for _ in range(150):
        waiting.append(connect(crowded, guests))
        waiting[-1].sendall(HALF)
    assert status(health) == 200
    assert eventually(lambda: status(health, "/readyz") == 200, within_s=20)
    assert status(health, "/api/v1/site") == 404, "nothing but health is there"
    assert status(port_of(crowded.url)) == 200
    assert eventually(lambda: sum(map(is_closed, waiting)) >= 150 - 16, within_s=20), "a client's share is left"
    assert descriptors(crowded) < 100


def test_unfinished_bodies_of_one_address_hold_no_place_that_others_wait_for(crowded, guests):
    waiting = []
    for _ in range(60):
        waiting.append(connect(crowded, guests))
        waiting[-1].sendall(POST + b"Content-Length: 2000\r\n\r\n [")
    assert status(port_of(crowded.url)) == 200
    assert eventually(lambda: sum(map(is_closed, waiting)) >= 60 - 16, within_s=20), "a client's share is left"


def test_unfinished_bodies_are_bounded_together(crowded, guests):
    waiting = []
    for _ in range(6):
        waiting.append(connect(crowded, guests))
        waiting[-1].sendall(POST + b"Content-Length: 2000001\r\n\r\n" + b" " * 1_990_000)
    # Three of them are as much as may be held.
    assert eventually(lambda: Counter(map(answer_so_far, waiting)) == {b"HTTP/1.1 503": 3, b"": 3}, within_s=20)
    assert status(port_of(crowded.url)) == 200


def answer_so_far(guest):
    guest.settimeout(0.1)
    try:
        return guest.recv(12, socket.MSG_PEEK)
    except TimeoutError:
        return b""


def test_the_hundred_and_first_follower_is_turned_away(start_server, guests):
    server = start_server()
    server.wait_until_serving()
    answers = Counter()
    for _ in range(105):
        guest = connect(server, guests)
        key = base64.b64encode(os.urandom(16)).decode()
        guest.sendall(
            "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        answers[guest.recv(12)] += 1
    assert answers == {b"HTTP/1.1 101": 100, b"HTTP/1.1 503": 5}


def test_where_descriptors_run_out_others_are_turned_away_and_the_log_says_so_once(start_server, guests):
    server = start_server(ENERGY_MANAGER_DISPATCH__PERIOD_S="0.5")
    server.wait_until_ready()
    # Fewer than it may take in: what is left runs out while it accepts.
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (descriptors(server) + 8,) * 2)
    for _ in range(60):
        try:
            connect(server, guests).sendall(HALF + b"\r\n")
        except OSError:
            continue
    time.sleep(1.5)
    guests.close()
    assert eventually(lambda: _answers(server), within_s=20)
    assert server.err.count("connections cannot be accepted") == 1
    assert "Traceback" not in server.err
    assert ", skipped 0, " in server.end()


def _answers(server):
    try:
        return status(port_of(server.url)) == 200
    except OSError:
        return False
