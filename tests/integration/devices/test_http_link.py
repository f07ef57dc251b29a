"""An HTTP link against servers of every kind: a JSON document in time, or an error in time; never a value from less."""

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from energy_manager.adapters.devices.links.errors import (
    ConnectionLost,
    DeviceRefused,
    LinkDown,
    LinkError,
    MalformedAnswer,
    NoAnswer,
    UnitRests,
)
from energy_manager.adapters.devices.links.http import HttpLink
from energy_manager.adapters.runtime.clocks import MonotonicClock
from tests.support.modbus_peers import free_port

TIMEOUT_S = 0.5
PATIENCE_S = 30.0
"""For a server that answers, on a machine that is busy with other tests."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: ClassVar[list] = []

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.seen.append(self.requestline)
        if self.path.startswith("/redirect"):
            self.send_response(302)
            self.send_header("Location", "/status")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        status = {"/missing": 404, "/broken": 500}.get(self.path, 200)
        body = {"/text": b"hello", "/big": b"[" + b"1," * (1 << 20) + b"1]"}.get(self.path, b'{"power_w": -900}')
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        self.seen.append((self.requestline, json.loads(self.rfile.read(length))))
        self.send_response(204)
        self.end_headers()


@pytest.fixture
def link():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.seen = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    link = link_to(server.server_port, timeout_s=PATIENCE_S)
    yield link
    link.close()
    server.shutdown()
    server.server_close()


def link_to(port, *, timeout_s=TIMEOUT_S):
    return HttpLink(f"http://127.0.0.1:{port}", clock=MonotonicClock(), wait_s=1.8, timeout_s=timeout_s)


def raw_server(*pieces, every_s=0.0, endless=False):
    """A server that answers each request with these bytes, piece by piece."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection):
        try:
            connection.recv(1000)
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(every_s)
            while endless:
                connection.sendall(b" ")
                time.sleep(every_s)
        except OSError:
            pass
        finally:
            connection.close()

    threading.Thread(target=serve, daemon=True).start()
    return listener


def test_a_document_is_fetched_with_its_time_on_one_connection(link):
    before_s = time.monotonic()
    fetched = link.fetch("/status")
    assert fetched.document == {"power_w": -900}
    assert before_s <= fetched.taken_at_s <= time.monotonic()
    link.send("POST", "/set", '{"power_w": 5}')
    assert Handler.seen == ["GET /status HTTP/1.1", ("POST /set HTTP/1.1", {"power_w": 5})]


@pytest.mark.parametrize(
    ("path", "error", "sentence"),
    [
        ("/missing", DeviceRefused, "/missing answers 404"),
        ("/broken", DeviceRefused, "500"),
        ("/redirect?key=secret", DeviceRefused, "302"),
        ("/text", MalformedAnswer, "no JSON"),
        ("/big", MalformedAnswer, "more than 1 MiB"),
    ],
)
def test_what_is_no_document_is_an_error_without_the_query(link, path, error, sentence):
    with pytest.raises(error, match=sentence) as caught:
        link.fetch(path)
    assert "secret" not in str(caught.value)
    assert len(Handler.seen) == 1, "no redirect is followed"


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("pieces", "options", "error"),
    [
        ([HEAD + b"\r\n", b'{"a": 1'], {"every_s": 0.1, "endless": True}, NoAnswer),
        ([HEAD + b"Content-Length: 9\r\n\r\n", *[b" "] * 8], {"every_s": 0.1}, NoAnswer),
        ([bytes([byte]) for byte in HEAD], {"every_s": 0.1}, NoAnswer),
        ([b""], {"every_s": 30.0}, NoAnswer),
        ([HEAD + b"Content-Length: 9\r\n\r\n", b"{}"], {}, LinkError),
        ([b"SSH-2.0\r\n\r\n"], {}, MalformedAnswer),
        ([], {}, LinkError),
    ],
)
def test_whatever_drips_ends_early_or_is_no_http_ends_in_time(pieces, options, error):
    listener = raw_server(*pieces, **options)
    link = link_to(listener.getsockname()[1])
    begun_s = time.monotonic()
    with pytest.raises(error):
        link.fetch("/status")
    assert time.monotonic() - begun_s < TIMEOUT_S + 3
    link.close()
    listener.close()


def test_a_host_that_failed_twice_is_left_alone_and_one_that_refuses_is_tried_later():
    listener = raw_server(b"SSH-2.0\r\n\r\n")
    link = link_to(listener.getsockname()[1])
    for _ in range(2):
        with pytest.raises((MalformedAnswer, ConnectionLost)):
            link.fetch("/")
    with pytest.raises(UnitRests):
        link.send("GET", "/set", None)
    listener.close()
    link = link_to(free_port())
    with pytest.raises(LinkDown, match="cannot be reached"):
        link.fetch("/")
    with pytest.raises(LinkDown, match="next try"):
        link.fetch("/")
