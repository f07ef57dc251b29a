"""The page of a fleet says in words which way power goes: a sum that exports is no import."""

import json

import pytest
from playwright.sync_api import expect

from tests.support import page_documents as documents

SITE = {
    "site": "north", "standing": "alarm", "age_s": 1.0, "alarm": "pump: late", "alarms": 1, "acknowledged": 0,
    "clock": "", "on_time": True, "import_kw": -40.0, "deliver_kw": -3.0, "up_kw": 4, "down_kw": 5,
    "is_acknowledged": False, "acknowledged_by": "", "offers": [], "events": [], "up_eur_per_mwh": None,
}  # fmt: skip
FLEET = {
    "name": "Flanders",
    "centre": {"active": True, "holder": "one", "epoch": 1, "linked": True},
    "totals": {
        "sites": 1, "good": 0, "alarm": 1, "late": 0, "lost": 0, "import_kw": -40.0, "import_unknown": 0,
        "deliver_kw": -3, "up_kw": 4, "down_kw": 5, "alarms": 1, "acknowledged": 0,
    },
    "activations": [],
}  # fmt: skip
TIMES = [documents.utc(documents.NOW.replace(minute=minute)) for minute in (0, 1, 2)]
COURSE = {"times": TIMES} | {
    name: [0.0, -20.0, -20.0] for name in ("import_kw", "ordered_kw", "delivered_kw", "up_kw", "down_kw")
}


@pytest.fixture
def fleet(site_page):
    return site_page(
        {
            "me": documents.me(),
            "fleet": FLEET,
            "fleet/sites": [SITE],
            "fleet/course": COURSE,
            "fleet/sites/north": SITE,
            "fleet/sites/north/alarms": {"alarms": []},
        },
        "fleet.html",
    )


def test_an_export_is_told_as_one(fleet):
    expect(fleet.locator('[data-figure="import"]')).to_have_text("export of all sites40.0 kW")
    expect(fleet.locator('[data-figure="room"] dd')).to_have_text("up 4.00 / down 5.00 kW")
    expect(fleet.locator('[data-figure="alarms"]')).to_have_text("alarm not acknowledged1")
    fleet.locator('.tile[data-key="north"]').click()
    facts = fleet.locator("#command .figures")
    expect(facts).to_contain_text("exports40.0 kW")
    expect(facts).to_contain_text("takes for the fleet3.00 kW")


def test_its_axes_say_which_way(fleet):
    expect(fleet.locator('svg[data-panel="portfolio"] .way').last).to_have_text("down")
    said = fleet.locator(".chart text.value").all_text_contents()
    assert not [text for text in said if text.startswith(("-", "−"))]


def test_the_second_click_of_a_double_click_confirms_nothing_that_nobody_has_looked_at(fleet):
    """The first was refused, and a new preview stands under the pointer before the finger is up again."""
    confirmed = []

    def activations(route):
        if "preview=true" in route.request.url:
            preview = {"effect": [f"looked at {1 + len(confirmed)} times"], "version": f"v{len(confirmed)}"}
            return route.fulfill(json=preview)
        confirmed.append(route.request.headers["if-match"])
        changed = json.dumps({"error": "preview_outdated", "message": "has changed", "details": None})
        return route.fulfill(status=412, body=changed, content_type="application/json")

    fleet.route("**/api/v1/fleet/activations**", activations)
    fleet.locator("#order").click()
    fleet.locator("[name=volume]").fill("5")
    fleet.get_by_role("button", name="See what would be ordered").click()
    order = fleet.get_by_role("button", name="Order 5")
    order.click()
    expect(fleet.locator("#effect")).to_have_text("looked at 2 times")
    order.hover()
    fleet.mouse.down(click_count=2)
    fleet.mouse.up(click_count=2)
    assert confirmed == ['"v0"']
    order.click()
    expect(fleet.locator("#effect")).to_have_text("looked at 3 times")
    assert confirmed == ['"v0"', '"v1"']
