"""The view Now: what happens, which way power flows, what comes next; nothing on it may be wrong."""

import pytest
from playwright.sync_api import expect

from tests.support.page_documents import asset, documents, history, plan, site

BATTERY = asset("battery", -500.0, kind="storage", stored_wh=4000.0, capacity_wh=10_000.0)
ROOF = asset("roof", 3000.0, kind="producer")
METER = asset("grid_meter", -1000.0, kind="meter", reason="not scheduled")


def flows(page):
    """By side and name, W."""
    arrows = page.locator("[data-flow-w]").evaluate_all(
        "all => all.map((arrow) => [arrow.dataset.side, arrow.dataset.of, Number(arrow.dataset.flowW)])"
    )
    return {side: {of: w for one, of, w in arrows if one == side} for side in ("source", "use")}


def test_both_sides_of_the_flow_add_up_and_what_is_missing_is_a_flow_of_its_own(shown):
    page = shown(documents(site(BATTERY, ROOF, asset("kettle", -2000.0), METER)))
    expect(page.locator("[data-flow-w]")).to_have_count(5)
    assert flows(page) == {
        "source": {"roof": 3000, "grid": 1000},
        "use": {"kettle": 2000, "battery": 500, "not metered": 1500},
    }


def test_what_is_too_old_to_be_believed_is_no_flow_and_is_named(shown):
    old = asset("kettle", -2000.0, status_age_s=60.0, state="stale")
    page = shown(documents(site(ROOF, old, METER, import_kw=-1.0)))
    expect(page.locator(".flow-note")).to_have_text(
        "Not metered: what is used beside the assets · ▲ not measured: kettle"
    )
    assert flows(page) == {"source": {"roof": 3000}, "use": {"grid": 1000, "not metered": 2000}}
    expect(page.locator("h1")).to_contain_text("kettle has no new reading; the site goes on without it.")


SUN = {"production": plan()["forecasts"]["load"] | {"values": [2.0] * 96}}


@pytest.mark.parametrize(
    ("assets", "more", "said"),
    [
        ((ROOF, METER), {}, "Not metered: what is used beside the assets"),
        ((BATTERY, METER), {}, "Not metered: what is used beside the assets less the sun, which no meter counts"),
        ((ROOF,), {"pcc": None}, "Not metered: the grid connection, and what is used or produced beside the assets"),
    ],
)
def test_what_is_not_metered_is_said(shown, assets, more, said):
    page = shown(documents(site(*assets, **more), plan=plan(forecasts=plan()["forecasts"] | SUN)))
    expect(page.locator(".flow-note")).to_contain_text(said)


def test_where_nothing_flows_as_far_as_it_is_measured_it_is_said_what_is_not(shown):
    page = shown(documents(site(asset("battery", 0.0, kind="storage"), METER, import_kw=0.0)))
    expect(page.locator(".flow-card .empty")).to_have_text("No power flows, as far as it is measured.")
    expect(page.locator(".flow-note")).to_contain_text("Not metered: what is used beside the assets")


def test_where_both_sides_add_up_nothing_is_said_to_be_missing(shown):
    page = shown(documents(site(ROOF, METER, import_kw=-3.0)))
    expect(page.locator("[data-flow-w]")).to_have_count(2)
    expect(page.locator(".flow-note")).to_have_text("")


@pytest.mark.parametrize(
    ("washers", "said"),
    [
        ("as scheduled", "kettle takes 2.00 kW, washer takes 1.50 kW: as scheduled."),
        ("by hand", "kettle takes 2.00 kW (as scheduled), washer takes 1.50 kW (by hand)."),
    ],
)
def test_of_what_runs_in_a_home_it_is_said_why(shown, washers, said):
    running = asset("kettle", -2000.0), asset("washer", -1500.0, reason=washers), asset("dryer", 0.0)
    page = shown(documents(site(*running, pcc=None)))
    expect(page.locator("h1")).to_contain_text(said)


@pytest.mark.parametrize(
    ("shortfall", "told"),
    [
        (0, "The assets are told 5.00 kW of 5.00 kW scheduled; when last read they delivered 3.00 kW."),
        (2000, "and none of them can deliver the other 2.00 kW; when last read they delivered 3.00 kW."),
    ],
)
def test_what_was_told_is_not_said_to_be_delivered(shown, shortfall, told):
    more = {"scheduled_total": 5000, "target_total": 5000 - shortfall, "shortfall": shortfall}
    page = shown(documents(site(ROOF, pcc=None, **more)))
    expect(page.locator("h1")).to_contain_text(told)


def test_of_a_day_of_which_nothing_is_known_no_energy_is_told(shown):
    whole_day = {"from": "2026-03-01T23:00:00Z", "to": "2026-03-02T14:00:30Z", "unknown_min": 901}
    energy = {"by": "day", "time_zone": "Europe/Berlin", "unit": "kWh"} | {
        "days": [whole_day | {"asset": "grid_meter", "delivered_kwh": 0.0, "taken_kwh": 0.0}]
    }
    silent = asset("grid_meter", None, kind="meter", state="absent")
    page = shown(documents(site(silent, import_kw=None), energy=energy))
    expect(page.locator(".limits .empty")).to_have_text("Nothing is recorded of today yet.")
    expect(page.locator(".flow-card .head")).to_have_text("Power now")


def test_what_is_measured_lies_before_now_and_of_zeros_the_axis_is_a_whole_unit(shown):
    def of_zeros(request):
        told = history("site", ("output", "target"), [0.0] * 4) | {
            "from": "2026-03-02T13:00:30Z"
        }  # up to the newest tick
        return told if "of=site" in request.url else None

    idle = {"battery": plan()["assets"]["battery"] | {"targets": [0] * 96, "stored_kwh": [None] * 96}}
    page = shown(
        documents(
            site(asset("battery", 0.0), pcc=None, offers=[]), history=of_zeros, plan=plan(assets=idle, forecasts={})
        )
    )
    drawn = page.locator('svg[data-panel="total"]')
    measured = drawn.locator('path.area[data-series="measured"]')
    expect(measured).to_be_attached()
    end = float(measured.get_attribute("d").rpartition("H")[2].partition("V")[0])
    assert end == pytest.approx(float(drawn.locator("rect.ahead").get_attribute("x")), abs=0.1)
    said = drawn.locator("text.value").all_text_contents()
    assert len(set(said)) == len(said) > 1


def test_a_few_watts_are_neither_nothing_nor_rounded_to_it(shown):
    page = shown(documents(site(BATTERY, METER, import_kw=0.003)))
    expect(page.locator("#grid-power")).to_have_text("imports <0.01 kW")
    assert flows(page)["source"] == {"grid": 3, "not metered": 497}


@pytest.mark.parametrize(("import_kw", "told"), [(10.004, "imports 10.0 kW"), (10.2, "■ imports 10.2 kW")])
def test_a_limit_that_is_held_is_not_told_as_exceeded(shown, import_kw, told):
    page = shown(documents(site(BATTERY, METER, import_kw=import_kw)))
    expect(page.locator("#grid-power")).to_have_text(told)


def test_many_assets_are_told_by_kind_and_their_sum_is_the_same(shown):
    loads = [asset(f"load_{number}", -100.0) for number in range(40)]
    page = shown(documents(site(ROOF, *loads, METER)))
    expect(page.locator("[data-flow-w]")).to_have_count(3)
    assert flows(page) == {"source": {"roof": 3000, "grid": 1000}, "use": {"load": 4000}}


def test_it_says_what_happens_why_and_what_is_next_on_the_sites_clock(shown):
    page = shown(documents(site(BATTERY, ROOF, METER)))
    expect(page.locator("h1")).to_have_text(
        "Now: battery takes 0.50 kW: it keeps the import limit. Next at 18:00: battery delivers 1.50 kW. "
        "The import limit is expected to hold; closest at Tue 14:45 with 2.95 kW of 10.0 kW."
    )
    expect(page.locator("#clock")).to_contain_text("15:00")
    expect(page.locator("#clock")).to_contain_text("CET")


def test_what_is_abnormal_comes_first_with_its_word_and_its_shape(shown):
    page = shown(documents(site(BATTERY, asset("kettle", None, state="late"), METER)))
    row = page.locator("table.assets tbody tr").first
    expect(row).to_have_attribute("data-asset", "kettle")
    expect(row.locator(".state")).to_have_text("▲ does not answer")
    expect(row).to_contain_text("not measured")
    expect(row).to_contain_text("never read")


def test_the_value_under_the_cursor_is_that_of_the_api(shown):
    page = shown(documents(site(BATTERY, METER)))
    plot = page.get_by_role("slider")
    plot.focus()
    plot.press("End")
    plot.press("ArrowLeft")  # a quarter hour before the end of the plan
    at = plot.get_attribute("data-at")
    assert at == "2026-03-03T13:45:00.000Z"
    entry = page.locator('[data-keep="course"] .entry[data-series="planned"]').first
    assert float(entry.get_attribute("data-value")) == plan()["grid_kw"][95]


def test_a_gap_is_hatched_and_a_forecast_has_its_band(shown):
    page = shown(documents(site(BATTERY, METER)))
    grid = page.locator('svg[data-panel="grid"]')
    expect(grid.locator("[data-gap]")).to_have_count(1)
    assert grid.locator('path.area[data-series="measured"]').get_attribute("d").count("M") == 2
    expect(page.locator('svg[data-panel="use"] path.band')).to_have_count(1)


def test_it_fits(shown, page):
    shown(documents(site(BATTERY, ROOF, asset("a_name_that_is_as_long_as_some_are_in_the_field", -2e3), METER)))
    for width in (2560, 1400, 800, 390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        expect(page.locator("table.assets tbody tr")).to_have_count(4)
        expect(page.get_by_role("slider")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_no_name_of_a_limit_is_written_over_another_word(shown):
    page = shown(documents(site(BATTERY, ROOF, METER), plan=plan(export_limit_kw=2.0)))
    names = page.locator('svg[data-panel="grid"] text:is(.way, .limit-name)')
    expect(names).to_have_count(4)
    boxes = names.evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect()).map((box) => [box.left, box.right, box.top, box.bottom])"
    )
    for index, (left, right, top, bottom) in enumerate(boxes):
        assert not any(
            left < other[1] and other[0] < right and top < other[3] and other[2] < bottom for other in boxes[:index]
        ), boxes


def test_without_a_plan_it_says_what_to_do(shown):
    page = shown(
        documents(site(METER), plan=plan(assets={}, forecasts={}, grid_kw=None, stored_kwh=None, next_events=[]))
    )
    expect(
        page.get_by_text("A planner in the site file, or a schedule sent to the API, would show here.")
    ).to_be_visible()


@pytest.mark.parametrize("by", ["shared", "grid_limit"])
def test_a_base_schedule_goes_on_where_no_stored_one_changes(shown, by):
    nothing_stored = plan(assets={}, forecasts={}, grid_kw=None, stored_kwh=None, next_events=[])
    page = shown(documents(site(BATTERY | {"decided_by": by}, METER), plan=nothing_stored))
    expect(page.locator("h1")).to_contain_text("The base schedule goes on.")
    expect(page.get_by_text("The base schedule goes on; what it will say is not known ahead.")).to_be_visible()
    expect(page.get_by_text("No change is scheduled")).to_have_count(0)
