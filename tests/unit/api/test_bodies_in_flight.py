"""Bodies of all requests together are bounded, and each must come in time."""

from functools import partial

import anyio
import pytest
from fastapi import FastAPI, Request

from energy_manager.entrypoints.api.app import create_app
from energy_manager.entrypoints.api.http.bodies import read_body
from energy_manager.entrypoints.api.security.limits import bodies_in_flight
from energy_manager.entrypoints.api.security.limits.bodies_in_flight import BodiesInFlight

SCOPE = {
    "type": "http",
    "method": "PUT",
    "path": "/",
    "raw_path": b"/",
    "query_string": b"",
    "headers": [],
    "root_path": "",
    "scheme": "http",
    "server": ("127.0.0.1", 80),
    "client": ("127.0.0.1", 1),
    "http_version": "1.1",
}


class Service:
    """An application that holds each body until it is let go; at most 1,000 bytes in all."""

    def __init__(self, **limits):
        self.let_go = anyio.Event()
        inner = FastAPI()

        @inner.put("/")
        async def put(request: Request) -> int:
            body = await read_body(request, limit_mb=1)
            await self.let_go.wait()
            return len(body)

        self.app = create_app([inner.router], [], [partial(BodiesInFlight, limit_mb=0.001, **limits)])

    async def put(self, *chunks, is_all=True):
        """The status of the answer."""
        messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
        if is_all:
            messages.append({"type": "http.request", "body": b"", "more_body": False})
        statuses = []

        async def receive():
            if not messages:
                await anyio.sleep_forever()
            return messages.pop(0)

        async def send(message):
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        await self.app(dict(SCOPE), receive, send)
        return statuses[0]


async def test_what_is_held_by_others_counts_until_they_are_answered():
    service = Service()
    async with anyio.create_task_group() as requests:
        requests.start_soon(service.put, b"x" * 400)
        requests.start_soon(service.put, b"x" * 300, b"x" * 200)
        await anyio.wait_all_tasks_blocked()
        assert await service.put(b"x" * 101) == 503
        assert await service.put(b"x" * 50, b"x" * 51) == 503, "and what was refused is not held"
        requests.start_soon(service.put, b"x" * 100)
        await anyio.wait_all_tasks_blocked()
        service.let_go.set()
    assert await service.put(b"x" * 1000) == 200


@pytest.mark.parametrize("chunks", [(), (b"x",)])
async def test_a_body_that_does_not_come_in_time_is_refused_and_let_go_of(chunks):
    service = Service(within_s=0.05)
    service.let_go.set()
    assert await service.put(*chunks, is_all=False) == 408
    assert await service.put(b"x" * 1000) == 200


@pytest.mark.parametrize(
    ("headers", "passed_over"),
    [
        ([(b"content-length", b"30000000")], 16),
        ([(b"transfer-encoding", b"chunked")], 16),
        ([(b"content-length", b"30000000"), (b"expect", b"100-continue")], 0),
        ([], 0),
    ],
)
async def test_a_body_that_is_refused_is_passed_over_before_the_answer_and_held_by_nobody(headers, passed_over):
    """In millions of bytes; nobody who would ask first is made to send it."""
    service, received, answered_after = Service(), [], []

    async def receive():
        received.append(1)
        return {"type": "http.request", "body": b"x" * 1_000_000, "more_body": True}

    async def send(message):
        if message["type"] == "http.response.start":
            answered_after.append((message["status"], len(received)))

    await service.app({**SCOPE, "path": "/elsewhere", "raw_path": b"/elsewhere", "headers": headers}, receive, send)
    assert answered_after == [(404, passed_over)]
    service.let_go.set()
    assert await service.put(b"x" * 1000) == 200


async def test_nobody_waits_long_for_a_refused_body_that_does_not_come(monkeypatch):
    monkeypatch.setattr(bodies_in_flight, "PASSED_OVER_S", 0.01)
    statuses = []

    async def send(message):
        statuses.append(message.get("status"))

    scope = {**SCOPE, "path": "/elsewhere", "raw_path": b"/elsewhere", "headers": [(b"content-length", b"9")]}
    await Service().app(scope, anyio.sleep_forever, send)
    assert statuses[0] == 404
