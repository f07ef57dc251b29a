"""The view Assets: found by kind, state and name; one of them with its limits, its reasons and its device."""

import re

from playwright.sync_api import expect

from tests.support.page_documents import asset, documents, me, site

OWNED = "document.title = 'owned'"
EVIL = f'<img src=x onerror="{OWNED}">'
BATTERY = asset("battery", -500.0, kind="storage", stored_wh=4000.0, capacity_wh=10_000.0, target=-600)
DEVICE = {
    "points": [{"name": "ac_power", "value": -500.0, "unit": "W", "age_s": 1.5}],
    "only_read_for": None,
    "falls_back": True,
    "falls_back_after_s": 60.0,
    "rests_for_s": 0.0,
    "last_errors": [{"call": "status", "message": "no answer within 1 s", "age_s": 70.0, "is_over": True}],
    "calls": {"status": {"ok": 1200, "failed": 1, "superseded": 0}},
    "missing_values": 0,
    "implausible_readings": 0,
    "register_writes": None,
    "refused_writes": None,
    "writes_left": None,
}


def of_battery(**more):
    sentence = "battery was told to take 600 W at tick 7, 2026-03-02 14:00:30.000 UTC: as scheduled."
    return (
        documents(site(BATTERY, asset("grid_meter", -1000.0, kind="meter")))
        | {
            "assets/battery": BATTERY | {"device": DEVICE},
            "decisions": {"sentences": [sentence]},
        }
        | more
    )


def test_a_thousand_assets_are_found_by_name_and_by_state_and_the_address_says_which(site_page):
    assets = [asset(f"asset_{number:04}", -100.0, state="late" if number == 777 else "ok") for number in range(1000)]
    page = site_page(documents(site(*assets, pcc=None)), "#/assets")
    rows = page.locator("table.assets tbody tr")
    expect(rows).to_have_count(1 + 300)  # those that are not well stand by themselves, before all others
    expect(rows.first).to_have_attribute("data-asset", "asset_0777")
    page.get_by_role("link", name="All 999 assets").click()
    expect(rows).to_have_count(1000)
    page.get_by_role("link", name="does not answer 1").click()
    expect(rows).to_have_count(1)
    assert "state=late" in page.url
    page.get_by_role("link", name="all 1,000").click()
    expect(rows).not_to_have_count(1)  # before it is drawn, what is typed would be sought among the late ones
    page.get_by_role("searchbox").fill("_099")
    expect(rows).to_have_count(10)
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.reload()
    expect(rows).to_have_count(10)  # it is the same place, for whoever gets the address
    page.get_by_role("searchbox").fill("nobody")
    expect(page.locator("#none")).to_have_text("No asset matches.")


def test_names_are_only_names(shown):
    page = shown(documents(site(asset(EVIL, -100.0, reason=EVIL), asset("x/y?z#", -5.0), pcc=None, site=EVIL)))
    expect(page.locator("table.assets tbody a").first).to_have_text(EVIL)
    expect(page.locator("[data-side=use]").first).to_have_attribute("data-of", EVIL)
    assert page.locator("main img").count() == 0
    page.get_by_role("link", name="x/y?z#").click()
    expect(page.locator("h1 b")).to_have_text("x/y?z#")
    assert page.title() == f"Assets · {EVIL} · energy_manager"


def test_an_asset_says_what_it_measures_is_told_and_why_on_the_sites_clock(shown):
    page = shown(of_battery(), "assets/battery")
    facts = page.locator(".facts div")
    expect(facts.nth(0)).to_have_text("measuredtakes 0.50 kW 1.5 s ago")
    expect(facts.nth(1)).to_contain_text("takes 0.60 kW at tick 7, 15:00:30")
    expect(page.locator("#why li")).to_have_text("battery was told to take 0.60 kW at tick 7, 15:00:30: as scheduled.")
    expect(page.get_by_text("reading its status failed 70 s ago: no answer within 1 s (over since)")).to_be_visible()
    expect(page.locator("[data-keep] path.area")).to_be_attached()


def test_why_can_be_asked_of_any_instant_and_the_address_names_it(shown):
    asked = []

    def decisions(request):
        asked.append(request.url)
        return {"sentences": ["it was so"]}

    page = shown(of_battery(decisions=decisions), "assets/battery")
    page.locator("[name=at]").fill("2026-03-02 14:30:00")
    with page.expect_response(re.compile(r"/decisions\?.*at=2026-03-02T13%3A30%3A00\.000Z")):
        page.get_by_role("button", name="Look").click()
    expect(page.locator("#why h2")).to_have_text("Why, Mon 2 Mar 14:30:00")
    assert "at=2026-03-02T13%3A30%3A00.000Z" in page.url
    assert "at=2026-03-02T13%3A30%3A00.000Z" in asked[-1]


def test_what_a_role_may_not_do_is_disabled_and_says_why(site_page):
    denied = me(role="viewer", denied={"override": "ann is a viewer and may not override one asset"})
    page = site_page(of_battery(me=denied), "#/assets/battery")
    button = page.get_by_role("button", name="Override…")
    expect(button).to_be_disabled()
    expect(page.get_by_text("ann is a viewer and may not override one asset")).to_be_visible()


def test_on_the_narrowest_phone_with_large_letters_nothing_is_wider_than_the_screen(site_page):
    absent = asset("grid_meter", None, kind="meter", state="absent")
    point = {"name": "import_w_of_all_phases", "value": None, "unit": None, "age_s": None}
    shown = {"assets/grid_meter": absent | {"device": DEVICE | {"points": [point]}}, "decisions": {"sentences": []}}
    page = site_page(documents(site(BATTERY, absent)) | shown, "#/assets")
    page.set_viewport_size({"width": 320, "height": 800})
    page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    for place, known in (("#/assets", "has never answered 1"), ("#/assets/grid_meter", "import_w_of_all_phases")):
        page.goto(f"http://page.test/{place}")
        expect(page.get_by_text(known).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, place
