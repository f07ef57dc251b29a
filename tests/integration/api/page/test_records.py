"""The views of the record in a real browser: events, and what may be done about them by whom."""

import re
import tomllib

import pytest
from playwright.sync_api import expect

from tests.support.axe import faults, faults_of_colours
from tests.support.product import FAST, ROOT

WIDTHS = (320, 390, 768, 1400)


@pytest.fixture(scope="module")
def site_text():
    """A planned battery without a forecast, which is an alarm, and a home."""
    examples = [(ROOT / "examples" / f"{name}.toml").read_text() for name in ("planned_battery", "home_battery")]
    own = re.sub(r"(?ms)^\[site\].*?(?=^\[)", "", examples[1])
    own = re.sub(r"(?ms)^\[\[assets\]\]\nid = \"(?:kettle|washer)\".*?(?=^\[|\Z)", "", own)  # nobody else asks for runs
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
    page.emulate_media(color_scheme="light")
    assert faults(page) == []
    page.emulate_media(color_scheme="dark")
    assert faults_of_colours(page) == []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.fixture
def appliances(site):
    """A dryer and a dishwasher that cannot run at once."""
    with site.client() as client:
        for name, power_w in (("Dryer", 3000), ("Dish", 2500)):
            document = {"power_w": power_w, "duration_min": 60, "max_delay_min": 0 if name == "Dryer" else 600}
            assert client.put(f"/api/v1/households/home/appliances/{name}", json=document).status_code == 200


def ask_for(page, appliance):
    page.get_by_role("button", name="Ask for a run in home").click()
    page.get_by_role("dialog").locator("select").select_option(label=appliance)
    page.get_by_role("dialog").get_by_role("button", name="Ask").click()


def test_a_run_is_asked_for_moved_and_cancelled_and_each_has_its_reason(view, appliances):
    page = view("homes")
    home = page.locator('[data-home="home"]')
    ask_for(page, "Dryer")
    expect(home.get_by_role("status")).to_contain_text(re.compile(r"Dryer: \d\d:\d\d to \d\d:\d\d"))
    dryer = home.locator("tr", has_text="Dryer").first
    expect(dryer).to_contain_text("runs")
    ask_for(page, "Dish")
    dish = home.locator("tr", has_text="Dish").first
    expect(dish).to_contain_text("planned")
    usable_by_all(page, wanted=dish)
    expect(home.locator('svg[data-panel="use"] .limit')).to_be_attached()
    expect(home.locator('svg[data-panel="battery"]')).to_be_attached()
    dish.get_by_role("button", name="Move").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("May wait, hours").fill("0.1")
    dialog.get_by_role("button", name="Move").click()
    expect(dialog.get_by_role("alert")).to_contain_text("the run stays as it is")
    dialog.get_by_label("May wait, hours").fill("5")
    dialog.get_by_role("button", name="Move").click()
    expect(home.get_by_role("status")).to_contain_text("Dish: ")
    expect(home.locator("tr[data-status=cancelled]", has_text="Dish")).to_have_count(1)
    for appliance in ("Dish", "Dryer"):
        home.locator("tr", has_text=appliance).get_by_role("button", name="Cancel").click()
        expect(home.get_by_role("status")).to_have_text(f"{appliance} was cancelled.")
    ask_for(page, "Dryer")
    ask_for(page, "Dryer")
    expect(home.locator("tr", has_text="waits for its appliance")).to_have_count(1)


def test_what_one_may_not_do_is_disabled_and_says_why(view, page):
    as_viewer(page)
    view("events")
    expect(page.locator("#active")).to_contain_text("ann is a viewer and may not do this")
    view("homes")
    expect(page.get_by_role("button", name="Ask for a run in home")).to_be_disabled()


def test_a_day_shows_plan_and_outcome_energy_and_why_at_any_instant(view, site, tmp_path):
    page = view("history")
    chart = page.locator(".chart")
    with site.client() as client:
        tick = client.get("/api/v1/site").json()["tick"]["at"]
    for panel in ("grid", "use", "main", "stored"):
        expect(chart.locator(f'svg[data-panel="{panel}"]')).to_be_attached()
    for name in ("outcome", "plan", "told"):
        expect(chart.locator(f'.entry[data-series="{name}"]')).to_be_attached()
    first = chart.get_attribute("data-first")
    assert first[:16] <= tick[:16]
    expect(page.locator('[data-energy="grid_meter"]')).to_contain_text("imported")
    usable_by_all(page, wanted=chart)
    page.set_viewport_size({"width": 1280, "height": 900})
    plot = chart.get_by_role("slider")
    plot.focus()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    lines = tmp_path / "day.csv"
    download.value.save_as(lines)
    head, *rows = lines.read_text().splitlines()
    assert head.startswith("time,site_scheduled_kw,site_target_kw,site_output_kw,grid_import_kw,use_use_kw")
    assert len(rows) == 288
    page.get_by_role("button", name="At the chart's cursor").click()
    expect(page.locator("#why")).to_contain_text("battery was told")
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    expect(page.locator("#why")).to_contain_text("battery was told")


def test_longer_times_are_told_by_the_day_and_one_asset_alone(view):
    page = view("history?span=month")
    expect(page.locator('svg[data-panel="imported"]')).to_be_attached()
    expect(page.locator('[data-energy="battery"]')).to_be_visible()
    for span in ("Year", "Week"):
        page.get_by_role("link", name=span, exact=True).click()
        expect(page.locator('svg[data-panel="imported"]')).to_be_attached()
    page.locator(".between select").select_option("battery")
    expect(page.locator("[data-energy]")).to_have_count(1)
    page.get_by_role("link", name="Day", exact=True).click()
    expect(page.locator('svg[data-panel="main"]')).to_be_attached()
    page.get_by_label("the day before").click()
    expect(page.locator("main")).to_contain_text("Nothing was recorded in this time.")


def test_the_site_tells_its_health_devices_settings_and_file_to_whoever_may_see_them(view, page):
    view("site/battery")
    expect(page.locator("#health")).to_contain_text("◆ there is no new plan")  # as its alarm has it
    expect(page.locator("#points")).to_contain_text(re.compile(r"\d ok"))
    page.locator("#file summary").click()
    expect(page.locator("#file pre")).to_contain_text('[[assets]]\nid = "battery"')
    page.locator("#settings summary").click()
    period = page.locator("#settings tr", has_text="ENERGY_MANAGER_DISPATCH__PERIOD_S").first
    expect(period).to_contain_text("0.2")
    expect(page.locator("#tokens")).to_contain_text("There is no named token")
    usable_by_all(page, wanted=page.locator("#file pre"))


def test_who_may_not_see_settings_and_tokens_is_told_why(view, page):
    as_viewer(page)
    page.route("**/api/v1/setup", lambda route: route.fulfill(json=route.fetch().json() | {"settings": None}))
    view("site")
    for card in ("#settings", "#tokens"):
        expect(page.locator(card)).to_contain_text("ann is a viewer and may not do this")


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
    of_alarms = page.locator("#log tbody tr", has_text="alarm ")
    expect(of_alarms).to_have_count(2)
    page.get_by_role("link", name="starts").click()
    expect(page.locator("#log tbody tr")).to_have_count(1)
    page.go_back()
    expect(of_alarms).to_have_count(2)
