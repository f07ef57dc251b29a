"""A storm of requests of all kinds, good and bad: each gets its answer, and the loop ticks on."""

import anyio
import httpx2

from tests.support.server import START_S, challenge_text

JSON = {"Content-Type": "application/json"}
SIX = challenge_text("480")


async def test_a_storm_of_everything_skips_no_tick(server):
    # A hundred thousand faults in one small body, replies of more than a megabyte, and what is no JSON.
    many_faults = '{"load": 1, "fuels": {}, "powerplants": [' + ", ".join(["{}"] * 20_000) + "]}"
    plant = '{{"name": "g{}", "type": "gasfired", "efficiency": 0.5, "pmin": 0, "pmax": 1}}'
    large = ", ".join(plant.format(number) for number in range(50_000))
    large = f'{{"load": 9999, "fuels": {{"gas(euro/MWh)": 1, "co2(euro/ton)": 1}}, "powerplants": [{large}]}}'
    statuses = []

    async def send(http, text, times):
        for _ in range(times):
            response = await http.post("/productionplan", content=text, headers=JSON)
            statuses.append((text, response.status_code))

    # A connection for each request, and fewer at once than one client may have.
    limits = httpx2.Limits(max_connections=24, max_keepalive_connections=0)
    client = httpx2.AsyncClient(base_url=server.url, timeout=START_S, limits=limits)
    async with client as http, anyio.create_task_group() as storm:
        for text, times in ((SIX, 100), (SIX, 100), ("{", 100), ("{}", 100), (many_faults, 1), (large, 2)):
            storm.start_soon(send, http, text, times)
    assert {status for text, status in statuses if text == SIX} == {200}
    assert {status for text, status in statuses if text == "{"} == {400}
    assert {status for text, status in statuses if text in {"{}", many_faults}} == {422}
    assert {status for text, status in statuses if text == large} == {200}
    assert "ticks skipped" not in server.err
