"""The page at ``/``, in a real browser: what people see, what they are told when it is old, and what cannot be done."""

import json
import re
import signal

import pytest
from playwright.sync_api import expect

from tests.support.browser import PATIENCE_MS, chromium
from tests.support.product import FAST

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


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser):
    """A page in a window of its own; nothing may go wrong in its scripts or break its rules."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def quick_page(page):
    """A page without its chart, whose script takes a busy machine a second to load."""
    page.route("**/plotly.min.js", lambda route: route.abort())
    return page


@pytest.fixture
def streams(quick_page):
    """The WebSockets that the page opens, so that a test can cut them."""
    streams = []

    def follow(stream):
        stream.connect_to_server()
        streams.append(stream)

    quick_page.route_web_socket("**/api/v1/live", follow)
    return streams


def connection(page, words):
    expect(page.locator("#connection")).to_have_text(words)


def give_token(page, token):
    page.locator("#token").fill(token)
    page.get_by_role("button", name="Open").click()


def open_with_token(page, server):
    page.goto(server.url)
    give_token(page, TOKEN)
    connection(page, "live")


def ticks(page):
    """It shows another tick than now, in a while."""
    shown = page.locator("#tick")
    expect(shown).not_to_have_text(shown.inner_text())


def test_the_site_is_shown_live_to_whoever_has_the_token_and_names_in_it_are_only_names(page, guarded):
    page.goto(guarded.url)
    give_token(page, "wrong")
    expect(page.locator("#ask_reason")).to_have_text("The token that was given is not the site's.")
    give_token(page, TOKEN)
    connection(page, "live")
    ticks(page)
    expect(page.locator("#site")).to_have_text(NAME)
    rows = page.locator("#assets .row")
    expect(rows.locator(".id")).to_have_text([EVIL, "b", "ghost"])
    expect(rows.nth(0)).to_contain_text("50−50")
    expect(rows.nth(1)).to_contain_text("160+60")
    expect(rows.locator(".state")).to_have_text(["ok", "ok", "absent"])
    expect(page.locator("#target_total")).to_have_text("210")
    expect(page.locator("#chart .scatterlayer .trace").first).to_be_attached()
    rows.nth(0).get_by_role("button").click()
    expect(page.locator("#subjects button[aria-pressed=true]")).to_have_text(EVIL)
    expect(page.locator("#why")).to_contain_text(f"{EVIL} was told 50 kW")
    assert page.locator("#why img").count() == 0
    assert page.locator("#assets img, #subjects img, #chart img").count() == 0
    assert page.title() == f"{NAME} · energy_manager"
    page.reload()
    connection(page, "live")  # the token is kept for the tab


def test_a_lost_connection_is_told_and_made_again(quick_page, streams, guarded):
    open_with_token(quick_page, guarded)
    quick_page.route("**/api/v1/site", lambda route: route.abort())
    streams[-1].close()
    connection(quick_page, "connection lost")
    expect(quick_page.locator("#notice")).to_contain_text("these are old figures")
    expect(quick_page.locator("main")).to_have_class("old")
    quick_page.unroute("**/api/v1/site")
    connection(quick_page, "live")
    expect(quick_page.locator("#notice")).to_be_hidden()
    ticks(quick_page)


def test_a_loop_that_is_silent_is_told_though_the_connection_stands(quick_page, guarded):
    open_with_token(quick_page, guarded)
    guarded.process.send_signal(signal.SIGSTOP)
    try:
        connection(quick_page, re.compile("no tick for|connection lost"))
    finally:
        guarded.process.send_signal(signal.SIGCONT)
    connection(quick_page, "live")


def test_it_fits_a_phone_as_well_as_a_desk(quick_page, guarded):
    open_with_token(quick_page, guarded)
    expect(quick_page.locator("#assets .row")).to_have_count(3)
    for width in (320, 390, 800, 1280):
        quick_page.set_viewport_size({"width": width, "height": 800})
        assert quick_page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_output_of_the_site_leaves_out_what_is_not_measured_and_says_how_old_it_is(quick_page, guarded):
    words = {"scheduled": 100, "target": 100, "potential": 300, "decided_by": "shared"}
    site = {
        "site": "three",
        "power_unit": "kW",
        "period_s": 2.0,
        "status_max_age_s": 25.0,
        "time_zone": "Europe/Berlin",
        "tick": {"number": 1, "at": "2026-03-02T14:00:00.000Z", "lag_ms": 0.1, "skipped": 0},
        "assets": [
            {"id": "a", "output": -100, "status_age_s": 4.0, "state": "ok", **words},
            {"id": "b", "output": None, "status_age_s": None, "state": "absent", **words},
            {"id": "c", "output": 300, "status_age_s": 60.0, "state": "stale", **words},
        ],
        "scheduled_total": 300,
        "target_total": 300,
        "shortfall": 0,
        "schedule_fault": "",
        "pcc": None,
    }
    quick_page.route("**/api/v1/site", lambda route: route.fulfill(json=site))
    quick_page.route_web_socket("**/api/v1/live", lambda stream: stream.send(json.dumps(site)))
    quick_page.goto(guarded.url)
    expect(quick_page.locator("#output_total")).to_have_text("−100")
    expect(quick_page.locator("#output_detail")).to_have_text("measured up to 4.0 s ago · 2 not measured")
    expect(quick_page.locator("#tick_detail")).to_contain_text("15:00:00")


def test_a_thousand_assets_are_found_by_name_and_by_state(quick_page, guarded):
    assets = [
        {
            "id": f"asset_{number:04}",
            "scheduled": 100,
            "target": 100,
            "output": 100,
            "potential": 300,
            "status_age_s": 1.5,
            "state": "late" if number == 777 else "ok",
            "decided_by": "shared",
        }
        for number in range(1000)
    ]
    site = {
        "site": "large",
        "power_unit": "W",
        "period_s": 2.0,
        "status_max_age_s": 25.0,
        "tick": {"number": 1, "at": "2026-03-02T12:00:00.000Z", "lag_ms": 0.1, "skipped": 0},
        "assets": assets,
        "scheduled_total": 100_000,
        "target_total": 100_000,
        "shortfall": 0,
        "schedule_fault": "",
        "pcc": None,
    }
    quick_page.route("**/api/v1/site", lambda route: route.fulfill(json=site))
    quick_page.route_web_socket("**/api/v1/live", lambda stream: stream.send(json.dumps(site)))
    quick_page.goto(guarded.url)
    rows = quick_page.locator("#assets .row")
    expect(rows).to_have_count(200)
    quick_page.get_by_role("button", name="Show all 1,000").click()
    expect(rows).to_have_count(1000)
    quick_page.get_by_role("button", name="1 late").click()
    expect(rows.locator(".id")).to_have_text(["asset_0777"])
    quick_page.get_by_role("button", name="all 1,000").click()
    quick_page.locator("#search").fill("_099")
    expect(rows).to_have_count(10)
    quick_page.locator("#search").fill("nobody")
    expect(quick_page.locator("#none")).to_be_visible()


def test_what_the_page_shows_is_closed_without_the_token(guarded):
    with guarded.client() as client:
        for path in ("/api/v1/site", "/metrics"):
            assert client.get(path).status_code == 401
            assert client.get(path, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
