"""Departures of vehicles and what was saved, over HTTP."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from energy_manager.application.ports.records.tick import GridHold, Tick
from energy_manager.entrypoints.container.site_container import Container
from energy_manager.entrypoints.settings import ApiSettings, Settings
from energy_manager.entrypoints.site_file import read_site_file

EXAMPLE = Path(__file__).parents[3] / "examples" / "least_cost.toml"
CAR = "/api/v1/vehicles/car"
DEPARTURE = {"ready_by": "2026-06-22T07:00:00+02:00", "energy_kwh": 40}


@pytest.fixture
def container():
    container = Container(settings=Settings(api=ApiSettings(port=0)), site=read_site_file(EXAMPLE))
    container.store().open()
    return container


@pytest.fixture
def client(container):
    api = container.api()
    transport = httpx2.ASGITransport(app=api.app)
    yield httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60)
    api.close()


async def test_a_departure_is_kept_and_is_a_reason_to_plan(client, container):
    planning = container.site_planning()
    before = dict(planning.versions(container.site_clock().now()))
    put = await client.put(CAR, json=DEPARTURE)
    assert (put.status_code, put.json()) == (
        200,
        {"vehicle": "car", "ready_by": "2026-06-22T05:00:00Z", "energy_kwh": 40.0, "version": 1},
    )
    assert (await client.get(CAR)).json() == put.json()
    assert planning.versions(container.site_clock().now()) != before


async def test_what_cannot_be_is_refused_and_changes_nothing(client):
    assert (await client.get(CAR)).status_code == 404
    stranger = await client.put("/api/v1/vehicles/cat", json=DEPARTURE)
    assert (stranger.status_code, stranger.json()["message"]) == (
        404,
        "there is no vehicle 'cat' in [planning.least_cost]; there is car",
    )
    wrong = await client.put(CAR, json={"ready_by": "tomorrow", "energy_kw": 40})
    fields = [fault["field"] for fault in wrong.json()["details"]["faults"]]
    assert (wrong.status_code, sorted(fields)) == (422, ["energy_kw", "energy_kwh", "ready_by"])
    assert (await client.get(CAR)).status_code == 404


async def test_savings_are_told_by_day_and_none_where_nothing_is_on_record(client):
    span = {"from": "2026-06-20T00:00:00Z", "to": "2026-06-21T00:00:00Z"}
    answer = await client.get("/api/v1/savings", params=span)
    assert (answer.status_code, answer.json()) == (200, {"currency": "", "days": [], "saved": 0, "possible": 0})
    wrong = await client.get("/api/v1/savings", params={"from": "yesterday"})
    assert wrong.json()["details"]["faults"][0]["field"] == "from"


def test_a_tick_that_follows_its_worth_is_recorded_as_it_was(container):
    """Store and record keep prices, values and band; None and numbers alike."""
    at = datetime(2026, 6, 21, 12, tzinfo=UTC)
    held = [
        GridHold(
            storage="battery", target=-4599, import_kw=-1.0, reason="band", plan="p@1", mode="normal", buy_per_kwh=0.3,
            sell_per_kwh=0.079, next_value_per_kwh=0.0932, last_value_per_kwh=None, band_lo_kw=0.0, band_hi_kw=None,
            currency="EUR", refill="at 13:00 from the sun",
        ),
        GridHold(storage="battery", target=None, import_kw=None, reason="released"),
    ]  # fmt: skip
    recorder = container.store().recorder
    ticks = [
        Tick(
            number=place, at=at + timedelta(seconds=2 * place), lag_s=0.0, scheduled={"battery": 0}, potentials={},
            targets={"battery": hold.target}, shortfall=0, hold=hold,
        )
        for place, hold in enumerate(held)
    ]  # fmt: skip
    for tick in ticks:
        recorder.record(tick)
    assert [tick.hold for tick in container.store().history.ticks(at, at + timedelta(minutes=1))] == held
