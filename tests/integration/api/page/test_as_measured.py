"""What the page's acceptance asks besides: an hour from the store, forced colours, kettles and storages as measured."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from energy_manager.application.ports.records.history import StatusOf, StatusRecord
from energy_manager.application.ports.records.tick import GridHold
from energy_manager.entrypoints.container.store.store import store_of
from energy_manager.entrypoints.settings import StoreSettings
from tests.support.axe import faults
from tests.support.product import FAST, ROOT
from tests.support.recorded import tick
from tests.support.waiting import eventually

pytestmark = pytest.mark.browser

VIEWS = ("now", "plan", "history", "homes", "assets", "events", "site")


def example(name):
    return (ROOT / "examples" / f"{name}.toml").read_text()


@pytest.fixture(scope="module")
def home(start_servers):
    server = start_servers(site=example("home_battery"), **FAST)
    server.wait_until_serving()
    return server


def fill(url, until, *, hours=1.1):
    """An hour of ticks and statuses, as if the site of the planned battery had run."""
    store = store_of(StoreSettings(url=url), site="planned battery")
    store.open()
    count = int(hours * 1800)
    for number in range(count):
        instant = until - timedelta(seconds=2 * (count - number))
        hold = GridHold(
            storage="battery",
            target=1000,
            import_kw=20 + number % 60 / 10,
            reason="schedule",
            import_limit_kw=50.0,
            export_limit_kw=20.0,
        )
        record = tick({"battery": 0}, {"battery": 9}, number=number, hold=hold, at=instant, power_unit="W")
        store.recorder.record(record)
        if number % 5 == 0:
            statuses = {"battery": StatusOf(output=1000, potential=60_000, age_s=0.1, stored_wh=30_000.0)}
            store.recorder.record(StatusRecord(at=instant, statuses=statuses))
    assert eventually(lambda: store.state().waiting == 0, within_s=60)
    assert store.state().dropped == 0
    store.close()


def test_an_hour_of_the_store_is_drawn_two_seconds_after_loading(page, start_server, tmp_path):
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    fill(url, datetime.now(UTC))
    server = start_server(site=example("planned_battery"), ENERGY_MANAGER_STORE__URL=url)
    server.wait_until_serving()
    with server.client() as client:
        assert eventually(lambda: client.get("/healthz").status_code == 200, within_s=60)
    page.goto(f"{server.url}/#/now")
    page.wait_for_timeout(2_000)
    first = datetime.fromisoformat(page.locator(".chart").get_attribute("data-first"))
    assert datetime.now(UTC) - first >= timedelta(minutes=50)


@pytest.mark.parametrize("view", VIEWS)
def test_with_forced_colours_everything_can_still_be_read(page, home, view):
    page.emulate_media(forced_colors="active")
    page.goto(f"{home.url}/#/{view}")
    expect(page.locator("main > *").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert faults(page) == []


def test_a_kettle_is_seen_while_it_boils_and_storages_show_what_they_hold(page, home):
    page.goto(f"{home.url}/#/assets")
    expect(page.locator('[data-asset="home_battery"]')).to_contain_text(re.compile(r"holds [\d.]+ kWh"))
    expect(page.locator('[data-asset="kettle"]')).to_contain_text("takes 2.00 kW")
    page.goto(f"{home.url}/#/homes")
    used = page.locator(".home .named > div", has_text="measured, its appliances")
    expect(used).to_contain_text(re.compile(r"\d kW [\d.]+ s ago"))
