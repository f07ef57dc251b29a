"""Strangers who plan as much as they can deny nothing to whoever has the token."""

import asyncio
import time
from itertools import pairwise

import httpx2
import pytest

from tests.support.server import START_S, challenge_text, endless_text

TOKEN = "operators-only-0123456789"
JSON = {"Content-Type": "application/json"}
OPERATOR = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def guarded(start_servers):
    server = start_servers(
        ENERGY_MANAGER_API__TOKEN=TOKEN,
        ENERGY_MANAGER_PRODUCTION__TIME_LIMIT_S="30",
        ENERGY_MANAGER_DISPATCH__PERIOD_S="0.5",
    )
    server.wait_until_ready()
    yield server
    closing_line = server.end()
    assert "Traceback" not in server.err
    assert ", skipped 0, " in closing_line


def client(server, address):
    transport = httpx2.AsyncHTTPTransport(local_address=address)
    return httpx2.AsyncClient(base_url=server.url, transport=transport, timeout=START_S)


def schedule(blocks):
    times = [f"2030-01-{1 + n // 1440:02}T{n // 60 % 24:02}:{n % 60:02}:00Z" for n in range(blocks + 1)]
    return {"blocks": [{"start": start, "end": end, "targets": {"asset_1": 1}} for start, end in pairwise(times)]}


async def test_heavy_plans_of_strangers_end_soon_and_hold_up_no_operator(guarded):
    async with client(guarded, "127.0.0.2") as one, client(guarded, "127.0.0.3") as other, client(guarded, None) as own:
        began_s = time.monotonic()
        heavy = [
            asyncio.create_task(stranger.post("/productionplan", content=endless_text(), headers=JSON))
            for stranger in (one, other, other)
        ]
        await asyncio.sleep(0.5)
        for name, blocks in (("small", 5), ("large", 3000)):
            put = await own.put(f"/api/v1/schedules/{name}", json=schedule(blocks), headers=OPERATOR)
            assert put.status_code == 200, put.text
        assert (await own.delete("/api/v1/schedules/large", headers=OPERATOR)).status_code == 204
        assert not any(task.done() for task in heavy[1:]), "they were still searched for meanwhile"
        answers = await asyncio.gather(*heavy)
    assert {answer.json()["error"] for answer in answers} == {"out_of_time"}
    assert time.monotonic() - began_s < 30, "two after one another took two times five seconds, and not thirty each"


async def test_with_a_setting_planning_needs_the_token(start_server):
    server = start_server(ENERGY_MANAGER_API__TOKEN=TOKEN, ENERGY_MANAGER_API__PLANNING="token")
    server.wait_until_serving()
    async with client(server, None) as http:
        post = {"content": challenge_text("480"), "headers": JSON}
        assert (await http.post("/productionplan", **post)).status_code == 401
        assert (await http.post("/assets", json={})).status_code == 401
        assert (await http.post("/productionplan", content=post["content"], headers=JSON | OPERATOR)).status_code == 200
