"""The views of the record in a real browser: events, and what may be done about them by whom."""

import re
import tomllib

import pytest
from playwright.sync_api import expect

from tests.support.axe import faults
from tests.support.product import FAST, ROOT

WIDTHS = (320, 390, 768, 1400)


@pytest.fixture(scope="module")
def site_text():
    """A planned battery without a forecast, which is an alarm, and a home."""
    examples = [(ROOT / "examples" / f"{name}.toml").read_text() for name in ("planned_battery", "home_battery")]
    own = re.sub(r"(?ms)^\[site\].*?(?=^\[)", "", examples[1])
    joined = f"{examples[0]}\n{own}".replace('power_unit = "W"', 'power_unit = "W"\ntime_zone = "Europe/Brussels"', 1)
    tomllib.loads(joined)
    return joined


@pytest.fixture(scope="module")
def site(start_servers, site_text):
    server = start_servers(site=site_text, **FAST)
    server.wait_until_serving()
    return server


@pytest.fixture
def view(page, site):
    """Open a view of the site."""

    def open_view(address):
        page.goto(f"{site.url}/#/{address}")
        return page

    return open_view


def as_viewer(page):
    """As the server answers somebody who may only look."""

    def answer(route):
        response = route.fetch()
        me = response.json()
        why = "ann is a viewer and may not do this"
        for name, own in me["may"].items():
            if not name.startswith("see"):
                own.update(allowed=False, why=why)
        route.fulfill(json=me | {"role": "viewer", "name": "ann"})

    page.route("**/api/v1/me", answer)


def usable_by_all(page, *, wanted):
    """No faults by day and by night, and nothing wider than the screen."""
    expect(wanted).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert faults(page) == []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_active_alarm_says_what_it_means_and_is_acknowledged_for_good(view, site):
    page = view("events")
    alarm = page.locator('#active [data-alarm="planning"]')
    expect(alarm).to_contain_text("there is no forecast of this name")
    expect(alarm).to_contain_text("The former plan goes on to hold until it ends.")
    expect(alarm.locator(".priority")).to_have_text("◆ medium")
    usable_by_all(page, wanted=alarm)
    alarm.get_by_role("button", name="Acknowledge").click()
    expect(alarm).to_contain_text("acknowledged by this machine")
    page.reload()
    expect(alarm).to_contain_text("acknowledged by this machine")
    alarm.get_by_role("button", name="Shelve").click()
    dialog = page.get_by_role("dialog")
    assert faults(page) == []
    dialog.get_by_role("button", name="Shelve").click()
    expect(dialog).to_be_visible()  # without a reason nothing is sent
    dialog.get_by_label("For").select_option("8 hours")
    dialog.get_by_label("Reason").fill("forecast comes tomorrow")
    dialog.get_by_role("button", name="Shelve").click()
    expect(alarm).to_contain_text("shelved by this machine until")
    page.get_by_role("link", name="commands").click()
    line = page.locator("#log tr", has_text="alarm shelved")
    expect(line).to_contain_text("forecast comes tomorrow")
    expect(page.locator("#log tbody tr")).to_have_count(2)
    page.get_by_role("link", name="starts").click()
    expect(page.locator("#log tbody tr")).to_have_count(1)
    page.go_back()
    expect(page.locator("#log tbody tr")).to_have_count(2)


def test_what_one_may_not_do_is_disabled_and_says_why(view, page):
    as_viewer(page)
    view("events")
    expect(page.get_by_role("button", name="Shelve").first).to_be_disabled()
    expect(page.locator("#active")).to_contain_text("ann is a viewer and may not do this")
