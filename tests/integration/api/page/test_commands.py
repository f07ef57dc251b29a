"""Commands of the page: looked at first, done once, told by a tick, seen in the output; and ended by themselves."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.support.page_documents import asset, documents, site
from tests.support.product import FAST
from tests.support.waiting import eventually

SITE = """
[site]
name = "one"
power_unit = "W"
[[assets]]
id = "battery"
driver = "simulated_storage"
capacity_kwh = 4
stored_kwh = 2
max_charge_kw = 1
max_discharge_kw = 1
"""
BATTERY = asset("battery", 0.0, kind="storage", stored_wh=2000.0, capacity_wh=4000.0)
PREVIEW = {"effect": ["battery is told to take 800 W until 15:30."], "series": [], "version": "v1"}


ALARM = {
    "id": "asset:battery",
    "subject": "battery",
    "priority": "high",
    "what": "battery does not answer",
    "consequence": "It counts as 0.",
    "done": "The others carry its share.",
    "since": "2026-03-02T13:59:43Z",
    "acknowledged_at": None,
    "acknowledged_by": "",
    "shelved": False,
}
ALARMED = {"active": [ALARM, ALARM | {"id": "b"}], "log": [], "next": None, "log_fault": ""}


def fill_in(page, reason="maintenance of the valve"):
    page.get_by_role("button", name="Override…").click()
    page.get_by_label("What it is told").select_option("takes")
    page.get_by_label("Power, kW").fill("0.8")
    page.get_by_label("Ends by itself").select_option("15")
    page.get_by_label("Reason").fill(reason)


@pytest.fixture(scope="module")
def served(start_servers):
    server = start_servers(site=SITE, **FAST)
    server.wait_until_serving()
    return server


def test_an_override_is_previewed_confirmed_told_seen_and_given_back_and_a_double_click_is_one_command(page, served):
    page.goto(f"{served.url}/#/assets/battery")
    fill_in(page)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("battery is told to take 0.80 kW")).to_be_visible()
    expect(page.get_by_text("Reason: maintenance of the valve")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    drawn = page.locator('#command svg[data-panel="battery"]')
    expect(drawn.locator('path.line[data-series="with this"]')).to_be_attached()
    expect(page.locator("#command .legend")).to_contain_text("with this takes 0.80 kW")
    expect(page.locator("#command .legend")).to_contain_text("as it is –")  # nothing is scheduled for it
    with served.client() as client:
        assert client.get("/api/v1/overrides").json() == []  # nothing has been done so far
        page.get_by_role("button", name="Override for 15 min").dblclick()
        expect(page.locator(".told")).to_contain_text("✓ Told at tick")
        expect(page.locator(".told")).to_contain_text("✓ Seen: battery takes 0.80 kW, as it was told")
        (line,) = [one for one in client.get("/api/v1/audit").json() if one["action"] == "override set"]
        assert line["reason"] == "maintenance of the valve"
        page.get_by_role("button", name="Close").click()
        expect(page.locator("#mode")).to_contain_text("override of 1 asset until")
        expect(page.locator(".facts")).to_contain_text("by hand")
        page.get_by_role("button", name="Give back").click()
        expect(page.locator("#mode")).to_have_text("automatic")
        assert eventually(lambda: client.get("/api/v1/overrides").json() == [])


def test_until_and_reason_are_wanted_and_cancel_changes_nothing(shown):
    sent = []
    page = shown(documents(site(BATTERY, pcc=None)), "assets/battery", sent)
    fill_in(page, reason="")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_label("Reason")).to_be_focused()  # the browser asks for it
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#command")).not_to_be_visible()
    assert sent == []


def test_what_is_opened_before_the_page_has_heard_that_the_former_was_closed_stays(shown):
    """A browser tells of the end of a dialog a little later: on a busy phone later than the next touch."""
    page = shown(documents(site(BATTERY, pcc=None)), "assets/battery")
    page.get_by_role("button", name="Override…").click()
    page.evaluate("document.getElementById('command').close(); document.getElementById('override').click()")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    expect(page.get_by_label("Reason")).to_be_focused(timeout=2_000)


def test_what_changed_since_the_preview_is_looked_at_again(site_page, page):
    sent = []
    versions = iter(["v1", "v2", "v3"])

    def overrides(route):
        request = route.request
        if request.method == "GET":
            return route.fulfill(json=[])
        sent.append((request.url, request.headers.get("if-match"), request.headers.get("idempotency-key")))
        if "preview=true" in request.url:
            return route.fulfill(json=PREVIEW | {"version": next(versions)})
        return route.fulfill(status=412, json={"error": "preview_outdated", "message": "has changed", "details": None})

    site_page(documents(site(BATTERY, pcc=None)), "#/assets/battery")
    page.route("**/api/v1/overrides**", overrides)
    fill_in(page)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Override for 15 min").click()
    expect(page.get_by_text("Something changed since you looked")).to_be_visible()
    again = page.get_by_role("button", name="Override for 15 min")
    expect(again).to_be_enabled()
    again.hover()
    page.mouse.down(click_count=2)  # of a double click whose first one was refused before the finger was up again
    page.mouse.up(click_count=2)
    assert [match for _, match, _ in sent] == [None, '"v1"', None]
    with page.expect_response(lambda answer: answer.status == 412):
        again.click()
    assert sent[3][1] == '"v2"'


def test_what_a_schedule_changes_is_drawn_for_each_asset_with_its_gaps(shown, page):
    spans = [
        {"start": "2026-03-02T15:00:00Z", "end": "2026-03-02T15:30:00Z", "before": None, "after": -800},
        {"start": "2026-03-02T16:00:00Z", "end": "2026-03-02T16:30:00Z", "before": 500, "after": None},
    ]
    series = [span | {"asset": one} for one in ("battery", "roof") for span in spans]
    roof = asset("roof", 0.0, kind="producer")
    shown(documents(site(BATTERY, roof, pcc=None)), "assets/battery")
    page.route("**/api/v1/overrides?**", lambda route: route.fulfill(json=PREVIEW | {"series": series}))
    fill_in(page)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#command svg.panel")).to_have_count(2)
    expect(page.locator("#command .chart")).to_have_attribute("data-first", "2026-03-02T15:00:00.000Z")
    expect(page.locator("#command .chart")).to_have_attribute("data-last", "2026-03-02T16:30:00.000Z")
    told = page.locator('#command svg[data-panel="battery"] path.line[data-series="with this"]')
    expect(told).to_have_attribute("data-last", "2026-03-02T15:30:00.000Z")


def test_a_battery_that_is_full_now_may_be_told_to_take_power_later(shown, page):
    full = asset("battery", 0.0, kind="storage", stored_wh=4000.0, capacity_wh=4000.0, lowest=0)
    shown(documents(site(full, pcc=None)), "assets/battery")
    page.route("**/api/v1/overrides?**", lambda route: route.fulfill(json=PREVIEW))
    fill_in(page)
    expect(page.get_by_label("Power, kW; by its last reading up to 0 kW")).to_have_value("0.8")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("This would happen:")).to_be_visible()


def test_what_one_press_did_not_do_is_said(site_page, page):
    done = {"events/asset%3Abattery/acknowledge": ALARM}
    site_page(documents(site(BATTERY, pcc=None, period_s=3600.0), events=ALARMED) | done)
    away = {"error": "store_unavailable", "message": "the store is away", "details": None}
    page.route("**/acknowledge", lambda route: route.fulfill(status=503, json=away))
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("alert")).to_have_text("It was not done: the store is away")
    page.unroute("**/acknowledge")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator("#notice")).to_be_hidden()


def test_a_fault_of_the_server_is_told_by_its_field(shown, page):
    refused = {"error": "refused", "message": "…", "details": {"faults": [{"field": "target", "message": "is above"}]}}
    shown(documents(site(BATTERY, pcc=None)), "assets/battery")
    page.route(
        "**/api/v1/overrides?**",
        lambda route: route.fulfill(status=422, body=json.dumps(refused), content_type="application/json"),
    )
    fill_in(page)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#command").get_by_role("alert")).to_contain_text("target: is above")


def test_an_alarm_is_acknowledged_in_the_bar_that_every_view_has(site_page):
    sent = []
    page = site_page(documents(site(BATTERY, pcc=None), events=ALARMED), "#/assets", sent)
    bar = page.locator("#alarms")
    expect(bar).to_contain_text(re.compile(r"▲ battery does not answer for \d+ (s|min) · "))
    expect(bar).to_contain_text("It counts as 0. The others carry its share.")
    expect(bar.get_by_role("link")).to_have_text("1 more alarm")
    with page.expect_response("**/acknowledge"):
        bar.get_by_role("button", name="Acknowledge").click()
    page.wait_for_timeout(50)
    expect(bar).to_be_visible()
    assert [(method, url) for method, url, _ in sent] == [
        ("POST", "http://page.test/api/v1/events/asset%3Abattery/acknowledge")
    ]
