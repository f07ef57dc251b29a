"""The view Plan: past solid, plan dashed, forecast with its band, how good it is; activated and ended by hand."""

from playwright.sync_api import expect

from tests.support.page_documents import asset, documents, me, plan, site

BATTERY = asset("battery", -500.0, kind="storage", stored_wh=4000.0, capacity_wh=10_000.0)
METER = asset("grid_meter", -1000.0, kind="meter")
SCHEDULE = {
    "id": "peak_shaving:battery",
    "source": "peak_shaving",
    "accepted_at": "2026-03-02T14:00:00Z",
    "number": 1,
    "start": "2026-03-02T14:00:00Z",
    "end": "2026-03-03T14:00:00Z",
    "assets": ["battery"],
}


def planned(**more):
    return documents(site(BATTERY, METER)) | {"schedules": [SCHEDULE]} | more


def test_it_says_when_it_was_made_how_good_it_is_and_when_the_next_one_comes(shown):
    page = shown(planned(plan=plan(limited_by="the load has no forecast after 2026-03-02T20:00:00Z")), "plan")
    expect(page.locator("#about dd")).to_have_text(
        ["15:00", "proved optimal", "the load has no forecast after 21:00", "15:15"]
    )


def test_a_day_of_plan_with_limits_and_band_lies_dashed_behind_what_was_measured(shown):
    page = shown(planned(), "plan")
    grid = page.locator('svg[data-panel="grid"]')
    expect(grid.locator('path.line.dashed[data-series="planned"]')).to_have_attribute(
        "data-last", "2026-03-03T14:00:00.000Z"
    )
    expect(grid.locator("path.area:not(.dashed)")).to_have_attribute("data-last", "2026-03-02T14:00:00.000Z")
    assert grid.locator(".limit-name").all_text_contents() == ["import limit 10", "export limit 5"]
    expect(page.locator('svg[data-panel="use"] path.band')).to_be_attached()
    expect(page.locator('svg[data-panel="asset"] path.line.dashed')).to_be_attached()


def test_the_plan_before_is_a_ghost(site_page):
    newest = plan()
    other = plan(made_at="2026-03-02T14:01:00Z", grid_kw=[5.0] * 96)
    page = site_page(planned(plan=lambda request: newest), "#/plan")
    expect(page.locator("#about dd").first).to_have_text("15:00")
    assert page.locator("path.ghost").count() == 0
    newest.update(other)
    page.reload()
    expect(page.locator('svg[data-panel="grid"] path.ghost')).to_be_attached()


def test_a_schedule_by_hand_is_previewed_with_its_block_on_the_sites_clock(site_page, page):
    sent = []

    def schedules(route):
        request = route.request
        if request.method == "GET":
            return route.fulfill(json=[SCHEDULE])
        sent.append((request.method, request.url, request.post_data_json))
        return route.fulfill(json={"effect": ["battery delivers 2,000 W."], "series": [], "version": "v1"})

    site_page(planned(), "#/plan")
    page.route("**/api/v1/schedules**", schedules)
    page.route("**/api/v1/schedules/**", schedules)
    page.get_by_role("button", name="Schedule by hand…").click()
    page.get_by_label("Reason").fill("call of the grid operator")
    page.get_by_label("Power, kW").fill("2")
    page.get_by_label("From (Europe/Berlin)").fill("2026-03-02 17:00")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("button", name="Activate for 60 min")).to_be_visible()
    ((method, url, body),) = sent
    assert method == "PUT"
    assert "preview=true" in url
    assert body["blocks"] == [
        {"start": "2026-03-02T16:00:00.000Z", "end": "2026-03-02T17:00:00.000Z", "targets": {"battery": 2000}}
    ]


def test_what_was_scheduled_by_hand_is_ended_with_one_press_and_a_plan_with_a_look_at_what_that_does(site_page):
    sent = []
    by_hand = SCHEDULE | {"id": "by-hand-1", "source": "manual"}
    page = site_page(planned(schedules=[SCHEDULE, by_hand]), "#/plan", sent)
    page.get_by_role("button", name="End… peak_shaving:battery").click()
    expect(page.get_by_label("Reason")).to_be_focused()
    page.get_by_role("button", name="Cancel").click()
    assert sent == []
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        page.get_by_role("button", name="End by-hand-1").click()
    ((method, url, _),) = sent
    assert (method, url.rpartition("/")[2]) == ("DELETE", "by-hand-1")


def test_who_may_not_end_it_reads_why(site_page):
    denied = me(role="technician", denied={"schedule": "t is a technician and may not activate and end schedules"})
    page = site_page(planned(me=denied), "#/plan")
    expect(page.get_by_role("button", name="End… peak_shaving:battery")).to_be_disabled()
    expect(page.get_by_text("t is a technician and may not activate and end schedules")).to_be_visible()
