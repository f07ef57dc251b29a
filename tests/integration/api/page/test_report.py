"""The report in a browser: it draws by itself, has no gaps filled, can be used by everybody, and fits the paper."""

from datetime import timedelta

import pytest

from energy_manager.adapters.storage.in_memory import InMemoryHistory
from energy_manager.application.explanation.report import GatherReport
from energy_manager.application.ports.records.history import DeviceChangeRecord, StatusOf, StatusRecord
from energy_manager.application.ports.records.report import SiteName
from energy_manager.application.ports.records.tick import GridHold
from energy_manager.entrypoints.container.reports import html_reports
from tests.support.axe import faults, faults_of_colours
from tests.support.recorded import NOON, at, tick

A4_WIDTH = 688
"""CSS pixels between margins of 14 mm."""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Ten minutes, of which nothing ran from the fourth to the sixth."""
    history = InMemoryHistory()
    for number in [*range(120), *range(180, 300)]:
        hold = GridHold(
            storage="b",
            target=9,
            import_kw=number / 9,
            reason="import limit",
            import_limit_kw=30.0,
            export_limit_kw=9.0,
        )
        history.record(tick({"a": 20, "b": 0}, {"a": 5 + number / 60, "b": 9}, number=number, hold=hold))
        if number % 5 == 0:
            statuses = {
                "a": StatusOf(output=5, potential=9, age_s=0.1),
                "b": StatusOf(output=-9, potential=9, age_s=0.1),
            }
            history.record(StatusRecord(at=at(2 * number), statuses=statuses))
    history.record(DeviceChangeRecord(at=at(1), asset_id="a", is_good=False, sentence="overdue"))
    site = SiteName(name="Depot North", time_zone="Europe/Brussels")
    gathered = GatherReport(history=history, site=site)(NOON, NOON + timedelta(minutes=10))
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_bytes(html_reports().write(gathered))
    return path.as_uri()


@pytest.fixture
def opened(page, report):
    """All of its charts drawn, and nothing asked for from elsewhere."""
    if page.url != report:  # it stays open from one test to the next
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(report)
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert asked == [report]
    assert page.locator(".chart svg").count() == 6
    return page


def test_an_outage_is_hatched_and_no_line_crosses_it(opened):
    for panel in ("grid", "together", "shortfall", "a", "lag"):
        image = opened.locator(f'svg[data-panel="{panel}"]').first
        (gap,) = image.locator("[data-gap]").evaluate_all("all => all.map(one => [one.dataset.from, one.dataset.to])")
        assert "2026-03-02T12:04:00" <= gap[0] <= "2026-03-02T12:04:10", panel
        assert gap[1] == "2026-03-02T12:06:00.000Z", panel
        for path in image.locator("path.line, path.area").all():
            assert path.get_attribute("d").count("M") == 2, panel


def test_it_has_no_faults_for_people_who_hear_it_or_use_no_mouse_by_day_and_by_night(opened):
    opened.emulate_media(color_scheme="light")
    assert faults(opened) == []
    opened.emulate_media(color_scheme="dark")
    assert faults_of_colours(opened) == []


def test_the_last_point_of_each_chart_is_on_the_paper(opened):
    opened.emulate_media(media="print")
    opened.set_viewport_size({"width": A4_WIDTH, "height": 1000})
    ends = opened.locator(".chart svg").evaluate_all(
        """all => all.map((image) => {
             const drawn = [...image.querySelectorAll("path.line, path.area")];
             const last = drawn.map((path) => path.getBoundingClientRect().right);
             return [image.dataset.last, Math.max(...last)];
           })"""
    )
    assert len(ends) == 6
    for instant, right in ends:
        assert instant == "2026-03-02T12:10:00.000Z"
        assert right <= A4_WIDTH


def test_it_fits_a_phone(opened):
    opened.set_viewport_size({"width": 320, "height": 800})
    assert opened.evaluate("document.documentElement.scrollWidth") <= 320
