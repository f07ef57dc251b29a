"""Out of time, killed workers and too much at once: each costs its own request, and the loop notices nothing."""

import asyncio
import os
import signal

import anyio
import httpx2
import pytest

from tests.support.server import START_S, challenge_text, endless_text
from tests.support.waiting import eventually

JSON = {"Content-Type": "application/json"}
SIX = challenge_text("480")
GRACE_S = 2
LIMIT_S = 2


@pytest.fixture(scope="module")
def strict_server(start_servers):
    """Plans for two seconds; ticks twice a second."""
    server = start_servers(
        ENERGY_MANAGER_PRODUCTION__TIME_LIMIT_S=str(LIMIT_S),
        ENERGY_MANAGER_DISPATCH__PERIOD_S="0.5",
        ENERGY_MANAGER_API__MAX_BODY_MB="8",
    )
    server.wait_until_ready()
    yield server
    closing_line = server.end()
    assert "Traceback" not in server.err
    assert ", skipped 0, " in closing_line


@pytest.fixture
async def http(strict_server):
    async with connected(strict_server) as client:
        yield client


def connected(server):
    # A connection for each request: one that has waited for as long as the server keeps it may just be closing.
    # Fewer at once than one client may have.
    limits = httpx2.Limits(max_connections=24, max_keepalive_connections=0)
    return httpx2.AsyncClient(base_url=server.url, timeout=START_S, limits=limits)


async def post(http, text):
    return await http.post("/productionplan", content=text, headers=JSON)


async def together(http, texts):
    """The responses to requests that are sent at once, in their order."""
    return await asyncio.gather(*(post(http, text) for text in texts))


def error_of(response):
    assert response.status_code == 503, response.text
    document = response.json()
    assert list(document) == ["error", "message", "details"]
    return document


async def two_workers(server, *, without=frozenset()):
    assert await anyio.to_thread.run_sync(
        lambda: eventually(lambda: len(server.workers() - without) == 2, within_s=START_S)
    )
    return server.workers()


async def test_a_search_without_end_is_out_of_time_and_never_infeasible_and_others_are_answered_beside_it(http):
    for _ in range(10):
        search = asyncio.create_task(post(http, endless_text()))
        answers = 0
        while not search.done():
            assert (await post(http, SIX)).status_code == 200
            await anyio.sleep(0.05)
            answers += 1
        response = await search
        document = error_of(response)
        if document["details"] is not None:  # else a busy machine kept the worker from answering before its deadline
            break
    assert answers > 3
    assert document["error"] == "out_of_time"
    assert document["details"]["best_cost"] is None
    assert document["details"]["bound"] > 1e9
    assert float(response.headers["server-timing"].removeprefix("plan;dur=")) > 100
    assert (await post(http, SIX)).status_code == 200


async def test_a_worker_that_does_not_answer_is_killed_at_the_deadline_and_costs_one_request(strict_server, http):
    frozen, _ = await two_workers(strict_server)
    os.kill(frozen, signal.SIGSTOP)
    # So many at once that both workers are asked, however quick the other one is; on a busy machine, some time.
    responses = await together(http, [SIX] * 20)
    for _ in range(20):
        if {response.status_code for response in responses} != {200}:
            break
        responses = await together(http, [SIX] * 20)
    assert sorted(response.status_code for response in responses) == [200] * 19 + [503]
    (failed,) = (response for response in responses if response.status_code == 503)
    assert error_of(failed)["message"] == f"no answer within {LIMIT_S + GRACE_S} s"
    await two_workers(strict_server, without={frozen})
    assert {response.status_code for response in await together(http, [SIX] * 10)} == {200}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
async def test_a_worker_that_is_killed_costs_at_most_one_request_and_is_replaced(strict_server, http, number):
    killed, _ = await two_workers(strict_server)
    os.kill(killed, number)
    statuses = [response.status_code for response in await together(http, [SIX] * 10)]
    assert statuses.count(200) >= 9
    assert set(statuses) <= {200, 503}
    await two_workers(strict_server, without={killed})


async def test_workers_that_are_killed_at_work_cost_what_they_worked_on(strict_server, http):
    before = await two_workers(strict_server)
    async with anyio.create_task_group() as beside:

        async def search():
            assert error_of(await post(http, endless_text()))["error"] == "out_of_time"

        beside.start_soon(search)
        beside.start_soon(search)
        await anyio.sleep(0.3)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
    await two_workers(strict_server, without=before)
    assert {response.status_code for response in await together(http, [SIX] * 4)} == {200}


async def test_ctrl_c_reaches_the_workers_too_and_is_left_to_their_parent(strict_server, http):
    for pid in await two_workers(strict_server):
        os.kill(pid, signal.SIGINT)
    assert {response.status_code for response in await together(http, [SIX] * 4)} == {200}


async def test_what_is_too_much_at_once_is_turned_away_and_the_rest_is_answered(http):
    searches = [asyncio.create_task(post(http, endless_text())) for _ in range(2)]
    await asyncio.sleep(0.5)
    responses = await together(http, [SIX] * 400)
    assert [error_of(await search)["error"] for search in searches] == ["out_of_time"] * 2
    busy = [error_of(response) for response in responses if response.status_code != 200]
    assert {document["error"] for document in busy} <= {"busy", "out_of_time"}
    assert (await post(http, SIX)).status_code == 200


async def test_before_its_first_tick_it_is_not_well(start_server):
    server = start_server(ENERGY_MANAGER_DISPATCH__PHASE_S="60")
    server.wait_until_serving()
    async with httpx2.AsyncClient(base_url=server.url, timeout=START_S) as http:
        response = await http.get("/healthz")
        assert error_of(response)["error"] == "not_ticking"
        assert (await post(http, SIX)).status_code == 200, "planning does not need the loop"
