"""What stands on every view, in a real browser: whose site, whether it is on time, who looks, what is wrong."""

import json
import re
import signal

import pytest
from playwright.sync_api import expect

from tests.support.page_documents import asset, documents, site
from tests.support.product import FAST

BATTERY = asset("battery", -500.0, kind="storage", stored_wh=4000.0, capacity_wh=10_000.0)
METER = asset("grid_meter", -1000.0, kind="meter")

OWNED = "document.title = 'owned'"
EVIL = f'<img src=x onerror="{OWNED}">'
NAME = f"<script>{OWNED}</script>"
TOKEN = "a-token/with+=~and?"
SITE = f"""
[site]
name = {json.dumps(NAME)}
[[assets]]
id = {json.dumps(EVIL)}
driver = "shared"
potential = [50, 50, 50, 50, 50]
sleep_chance = 0.0
[[assets]]
id = "b"
driver = "shared"
potential = [300, 300, 300, 300, 300]
sleep_chance = 0.0
[schedule]
driver = "shared"
blocks = [{", ".join(["{ " + json.dumps(EVIL) + " = 100, b = 100, ghost = 10 }"] * 5)}]
"""


@pytest.fixture(scope="module")
def guarded(start_servers):
    server = start_servers(site=SITE, ENERGY_MANAGER_API__TOKEN=TOKEN, **FAST)
    server.wait_until_serving()
    return server


@pytest.fixture
def streams(own_page):
    """The WebSockets that the page opens, so that a test can cut them."""
    streams = []

    def follow(stream):
        stream.connect_to_server()
        streams.append(stream)

    own_page.route_web_socket("**/api/v1/live", follow)
    return streams


def connection(page, words):
    expect(page.locator("#connection")).to_have_text(words)


def give_token(page, token):
    page.locator("#token").fill(token)
    page.get_by_role("button", name="Open").click()


def open_with_token(page, server):
    page.goto(server.url)
    give_token(page, TOKEN)
    connection(page, "on time")


def test_it_opens_with_a_token_and_names_are_only_names(page, guarded):
    page.goto(guarded.url)
    give_token(page, "wrong")
    expect(page.locator("#ask-reason")).to_have_text("The token that was given is not one of the site's.")
    give_token(page, TOKEN)
    connection(page, "on time")
    expect(page.locator("#site")).to_have_text(NAME)
    expect(page).to_have_title(f"Now · {NAME} · energy_manager")
    expect(page.locator("#who")).to_have_text("admin")
    assert page.locator("main img, #site script").count() == 0
    page.reload()
    connection(page, "on time")  # the token is kept for the tab


def test_a_lost_connection_is_told_and_made_again(own_page, streams, guarded):
    page = own_page
    open_with_token(page, guarded)
    page.route("**/api/v1/me", lambda route: route.abort())
    streams[-1].close()
    connection(page, "no connection")
    expect(page.get_by_role("alert")).to_contain_text("does not answer")
    page.unroute("**/api/v1/me")
    connection(page, "on time")
    expect(page.locator("#notice")).to_be_hidden()


def test_a_loop_that_is_silent_is_told_though_the_connection_stands(page, guarded):
    open_with_token(page, guarded)
    guarded.process.send_signal(signal.SIGSTOP)
    try:
        connection(page, re.compile("no tick for|no connection"))
        expect(page.get_by_role("alert")).to_contain_text("does not answer")
    finally:
        guarded.process.send_signal(signal.SIGCONT)
    connection(page, "on time")


def test_what_the_page_shows_is_closed_without_the_token(guarded):
    with guarded.client() as client:
        for path in ("/api/v1/site", "/metrics"):
            assert client.get(path).status_code == 401
            assert client.get(path, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_views_come_after_the_first_picture_and_are_there_when_the_server_is_not(page, site_page):
    came = []
    page.on("requestfinished", lambda request: came.append(re.sub(r".*/page/\w+/", "", request.url)))
    site_page(documents(site(BATTERY, METER)))
    expect(page.locator("[data-flow-w]").first).to_be_attached()
    assert "scripts.js" in came
    others = [
        f"views/{name}.js" for name in ("plan", "history", "history_picture", "assets", "asset", "events", "site")
    ]
    assert not set(others) & set(came)
    for name in others:
        if name not in came:
            page.wait_for_event("requestfinished", lambda request, name=name: request.url.endswith(name))
    page.route("**/views/**", lambda route: route.abort())
    page.goto("http://page.test/#/assets")
    expect(page.locator("table.assets tbody tr")).to_have_count(2)


def test_a_view_that_could_not_be_loaded_is_asked_for_again(page, site_page):
    refusals = []

    def refuse_once(route):
        if refusals:
            route.fallback()
            return
        refusals.append(route.request.url)
        route.abort()

    site_page(documents(site(BATTERY, METER)))
    page.route("**/views/assets.js", refuse_once)
    page.goto("http://page.test/?again#/assets")
    expect(page.locator("table.assets tbody tr")).to_have_count(2)
    assert len(refusals) == 1
