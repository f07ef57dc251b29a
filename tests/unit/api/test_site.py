"""``/api/v1/site`` shows the site now, ``/api/v1/live`` at each tick; neither is noticed by the loop."""

import json

import anyio
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from energy_manager.entrypoints.api.http.errors import handle_errors
from energy_manager.entrypoints.api.security.guard import Guard
from energy_manager.entrypoints.api.views.site import Live, site_routes
from energy_manager.entrypoints.settings import ApiSettings
from tests.support.surveyed_site import SurveyedSite


@pytest.fixture
def site():
    return SurveyedSite({"a": 100}, {"a": 300})


@pytest.fixture
def live(site):
    return Live(site.newest, site.document)


@pytest.fixture
def client(live):
    app = FastAPI()
    handle_errors(app)
    app.include_router(site_routes(live, Guard(ApiSettings())))
    with TestClient(app) as client:
        yield client


def numbers(messages):
    waiting = []
    while True:
        try:
            waiting.append(json.loads(messages.receive_nowait())["tick"]["number"])
        except anyio.WouldBlock:
            return waiting


def test_the_site_is_shown_before_the_first_tick_too(site, client):
    assert client.get("/api/v1/site").json()["tick"] is None
    site.tick()
    document = client.get("/api/v1/site").json()
    assert (document["tick"]["number"], document["assets"][0]["target"]) == (0, 100)


def test_the_site_says_what_else_can_be_asked_for_and_what_a_storage_holds(client):
    document = client.get("/api/v1/site").json()
    assert document["offers"] == ["grid"]
    assert [asset["capacity_wh"] for asset in document["assets"]] == [4000.0]


def test_who_begins_to_listen_is_told_at_once_what_the_site_is_like(site, client):
    site.tick()
    with client.websocket_connect("/api/v1/live") as stream:
        assert stream.receive_json() == client.get("/api/v1/site").json()


def test_the_live_route_says_what_it_is_to_those_who_do_not_know(client):
    response = client.get("/api/v1/live")
    assert (response.status_code, response.json()["error"]) == (426, "upgrade_required")


async def test_each_tick_is_told_once_however_often_somebody_looks(site, live):
    with live.feed.join(lambda: None) as messages:
        live.look()
        assert numbers(messages) == [], "there was no tick"
        for _ in range(3):
            site.tick()
            live.look()
            live.look()
        assert numbers(messages) == [0, 1, 2]


async def test_of_ticks_that_came_together_the_newest_is_told(site, live):
    with live.feed.join(lambda: None) as messages:
        site.tick()
        site.tick()
        live.look()
        assert numbers(messages) == [1]


async def test_nothing_is_written_while_nobody_listens_and_old_ticks_are_not_told_later(site):
    written = []
    live = Live(site.newest, lambda: written.append(1) or site.document())
    site.tick()
    live.look()
    assert written == []
    with live.feed.join(lambda: None) as messages:
        live.look()
        assert numbers(messages) == []


async def test_it_looks_until_it_is_cancelled(site, live):
    with live.feed.join(lambda: None) as messages:
        site.tick()
        async with anyio.create_task_group() as looking:
            looking.start_soon(live.keep_looking)
            with anyio.fail_after(10):
                assert json.loads(await messages.receive())["tick"]["number"] == 0
            looking.cancel_scope.cancel()
