"""The chart of page and report: what is drawn is what is known, and everybody can read it."""

from pathlib import Path

import pytest

DRAW = (Path(__file__).parent / "draw_chart.js").read_text()


@pytest.fixture
def drawn(parts):
    parts.evaluate(DRAW, {})
    return parts


def path(page, name, series):
    return page.locator(f'path.{name}[data-series="{series}"]').get_attribute("d")


def test_no_line_and_no_area_crosses_a_gap_and_the_gap_is_marked(drawn):
    area = path(drawn, "area", "measured")
    assert area.count("M") == area.count("Z") == 2  # two pieces
    gaps = drawn.locator("[data-gap]")
    assert gaps.evaluate_all("all => all.map((gap) => [gap.dataset.from, gap.dataset.to])") == [
        ["2026-03-02T00:00:00.000Z", "2026-03-02T00:30:00.000Z"],
        ["2026-03-02T01:00:00.000Z", "2026-03-02T01:30:00.000Z"],
    ]


def test_it_says_what_it_draws_from_when_to_when(drawn):
    assert drawn.locator('svg[data-panel="grid"]').get_attribute("data-first") == "2026-03-02T00:30:00.000Z"
    assert drawn.locator("#place").get_attribute("data-first") == "2026-03-02T00:00:00.000Z"
    assert drawn.locator("#place").get_attribute("data-last") == "2026-03-02T04:00:00.000Z"


def test_one_cursor_reads_all_panels_by_the_keyboard_and_says_it(drawn):
    plot = drawn.get_by_role("slider")
    plot.focus()
    assert plot.get_attribute("aria-valuetext") == (
        "now. Grid: measured exports 4.25 kW, planned imports 1.00 kW. Battery: stored 7.00 kWh"
    )
    plot.press("ArrowLeft")
    assert plot.get_attribute("aria-valuetext") == "Mon 2 02:00. Battery: stored 6.00 kWh"  # in the gap: no value
    plot.press("Home")
    assert drawn.locator('[data-series="stored"] b').inner_text() == "5.00 kWh"
    plot.press("End")
    plot.press("Escape")
    assert plot.get_attribute("data-at") == "2026-03-02T02:00:00.000Z"
    assert drawn.locator(".entry[data-series=planned]").get_attribute("data-value") == "1"


def test_limits_far_beyond_the_values_are_told_in_words_instead_of_making_them_flat(drawn):
    assert drawn.locator("svg .limit-name").all_text_contents() == ["import limit 20"]
    assert "fuse 90,000 kW" in drawn.locator(".legend").first.inner_text()


def test_it_can_be_read_as_a_table(drawn):
    drawn.get_by_text("As a table").click()
    rows = drawn.locator("#place tr")
    assert rows.nth(0).inner_text().split("\t") == [
        "time",
        "Grid: measured, kW",
        "Grid: planned, kW",
        "Battery: stored, kWh",
    ]
    assert rows.nth(2).inner_text().split("\t") == ["Mon 2 01:30:00", "imports 10.0 kW", "–", "5.00 kWh"]


def test_its_ticks_are_round_on_the_zones_clock_also_where_the_clocks_are_changed(parts):
    parts.evaluate(DRAW, {"from": "2026-03-28T22:00:00Z", "to": "2026-03-29T22:00:00Z", "now": None})
    texts = parts.locator("svg text.time").all_text_contents()
    assert texts[0] == "Sun 29"
    assert texts[1:4] == ["04:00", "06:00", "08:00"]  # there is no 02:00


def test_what_it_draws_stays_on_the_paper(drawn):
    drawn.set_viewport_size({"width": 500, "height": 700})
    drawn.emulate_media(media="print")
    # In one look: as the width changes it is drawn anew.
    ends = "['svg', 'main'].map((name) => document.querySelector(name).getBoundingClientRect().right)"
    chart, place = drawn.evaluate(ends)
    assert 0 < chart <= place + 1
