"""Everybody can use the page: axe finds nothing on any view and dialog, light and dark."""

from playwright.sync_api import expect

from tests.integration.api.page.test_assets import of_battery
from tests.support.axe import faults, faults_of_colours


def by_day_and_by_night(page, place):
    page.emulate_media(color_scheme="light")
    assert faults(page) == [], place
    page.emulate_media(color_scheme="dark")
    assert faults_of_colours(page) == [], place


def test_axe_finds_nothing(site_page, page):
    alarm = {
        "id": "a",
        "subject": "battery",
        "priority": "medium",
        "what": "battery is late",
        "consequence": "It counts as 0.",
        "done": "",
        "since": "2026-03-02T13:59:43Z",
        "acknowledged_at": None,
        "acknowledged_by": "",
        "shelved": False,
    }
    schedule = {
        "id": "s",
        "source": "manual",
        "start": "2026-03-02T14:00:00Z",
        "end": "2026-03-03T14:00:00Z",
        "assets": ["battery"],
    }
    events = {"active": [alarm], "log": [], "next": None, "log_fault": ""}
    site_page(of_battery(events=events) | {"schedules": [schedule]})
    for place in ("now", "plan", "assets", "assets/battery"):
        page.evaluate(f"location.hash = '#/{place}'")
        expect(page.locator("#alarms")).to_be_visible()
        expect(page.locator("[data-keep] svg, table.assets").first).to_be_visible()
        by_day_and_by_night(page, place)
    page.get_by_role("button", name="Override…").click()
    by_day_and_by_night(page, "the dialog of an override")
