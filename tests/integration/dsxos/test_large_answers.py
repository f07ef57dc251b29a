"""What comes from the platform is read as it is on the wire, and no further than is sensible."""

import gzip

import httpx2
import pytest

from energy_manager.adapters.dsxos import client as adapter
from energy_manager.adapters.dsxos.client import Account, CallFailed, DsxosClient

ACCOUNT = Account(endpoint="http://127.0.0.1:1", client_id=None, token="t0ken")


class Wire(httpx2.AsyncBaseTransport):
    """Answers every request alike."""

    def __init__(self, body, **headers):
        self.body, self.headers = body, headers
        self.asked = []

    async def handle_async_request(self, request):
        self.asked.append(request)
        return httpx2.Response(200, headers=self.headers, stream=httpx2.ByteStream(self.body))


async def asked(wire):
    async with DsxosClient(ACCOUNT, pauses_s=(), transport=wire) as client:
        return await client.get("/datapoints", {})


async def test_nothing_packed_is_asked_for_and_nothing_packed_is_unpacked():
    assert await asked(wire := Wire(b'{"items": [0.5]}')) == {"items": [0.5]}
    assert {request.headers["accept-encoding"] for request in wire.asked} == {"identity"}
    with pytest.raises(CallFailed, match="packed as 'gzip', which was not asked for"):
        await asked(Wire(gzip.compress(b" " * 50_000_000 + b"{}"), **{"Content-Encoding": "gzip"}))


async def test_an_answer_that_is_too_large_is_read_no_further(monkeypatch):
    monkeypatch.setattr(adapter, "MOST_BYTES", 1_000_000)
    with pytest.raises(CallFailed, match="the answer is larger than 1 MB"):
        await asked(Wire(b" " * 1_000_001))
