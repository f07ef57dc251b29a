"""``examples/home_battery.toml``: what a charging battery takes is shown wherever outputs are, and never as 0."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from energy_manager.adapters.runtime.clocks import FakeClock, TimeOfDay
from energy_manager.adapters.storage import InMemoryStore, StoreJournal
from energy_manager.adapters.storage.sql import SqlStore
from energy_manager.application.explanation import Explain
from energy_manager.application.explanation.report import GatherReport
from energy_manager.application.ports.records.history import Window
from energy_manager.application.tick_grid import TickGrid
from energy_manager.entrypoints.container.reports import html_reports
from energy_manager.entrypoints.container.site_container import Container
from energy_manager.entrypoints.documents.site import SiteFacts, site_document
from energy_manager.entrypoints.settings import ApiSettings, Settings, StoreSettings
from energy_manager.entrypoints.site_file import read_site_file
from tests.support.product import ROOT
from tests.support.recorded import NOON, at, tick
from tests.support.waiting import eventually

pytestmark = pytest.mark.no_cover  # others take its branches

ALL_DAY = NOON, NOON + timedelta(days=1)
CHARGE_W = 700
STORED_WH = 3000 + CHARGE_W * 20 / 3600


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    store = InMemoryStore() if request.param == "memory" else SqlStore(f"sqlite:///{tmp_path / 'store.db'}")
    store.open(timeout_s=60)
    yield store
    store.close(timeout_s=10)


class Home:
    """The example on a clock that stands still until it is moved: its battery charges, and its kettle is on."""

    def __init__(self, store):
        self.store = store
        self.clock = FakeClock()
        site = read_site_file(ROOT / "examples" / "home_battery.toml")
        self.container = Container(
            settings=Settings(api=ApiSettings(port=0), store=StoreSettings(url="memory:")), site=site
        )
        self.container.clock.override(self.clock)
        time_of = TimeOfDay(self.clock, now=lambda: NOON + timedelta(seconds=self.clock.now_s()))
        self.container.journal.override(StoreJournal(store.recorder, time_of=time_of))
        devices = self.container.devices()
        devices.command({"home_battery": -CHARGE_W, "kettle": -2000}, due_s=0)
        devices.request_statuses(due_s=0)
        assert eventually(lambda: len(self.container.statuses().latest()) == 3)
        self.clock.sleep_until(20)
        grid = TickGrid(start_s=20, period_s=10)
        devices.request_statuses(due_s=20)
        assert eventually(lambda: not devices.awaiting_status(20))
        store.recorder.record(
            replace(tick({"home_battery": -CHARGE_W}, {"home_battery": 1000}, power_unit="W"), at=at(20))
        )
        watch = self.container.watch_devices()
        watch.follow(targets=grid, statuses=grid)
        watch.look()
        assert eventually(lambda: list(store.history.statuses(*ALL_DAY)))


@pytest.fixture
def home(store):
    return Home(store)


def test_on_the_page_and_in_the_api(home):
    facts = SiteFacts(name="home", power_unit="W", period_s=2, status_max_age_s=25)
    document = json.loads(site_document(home.container.read_site_state()(), facts))
    battery, kettle, washer = document["assets"]
    assert (battery["id"], battery["output"], battery["potential"]) == ("home_battery", -CHARGE_W, 1000)
    assert battery["output_w"] == pytest.approx(-CHARGE_W, abs=0.01)
    assert (battery["lowest"], battery["highest"]) == (-1000, 1000)
    assert battery["stored_wh"] == pytest.approx(STORED_WH, abs=2)
    assert (kettle["output"], washer["output"]) == (-2000, 0)


def test_in_the_metrics(home):
    api = home.container.api()
    api.close()
    text = TestClient(api.app, base_url="http://127.0.0.1").get("/metrics").text
    figures = {
        (sample.name.removeprefix("energy_manager_"), sample.labels.get("asset")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert figures["output_watts", "home_battery"] == pytest.approx(-CHARGE_W, abs=0.01)
    assert figures["output_watts", "kettle"] == -2000
    assert figures["lowest_watts", "home_battery"] == -1000
    assert figures["stored_energy_joules", "home_battery"] == pytest.approx(3600 * STORED_WH, abs=3600 * 2)


def test_in_the_history(home):
    series = home.store.history.series("home_battery", Window.of(NOON, NOON + timedelta(minutes=1), 10))
    assert [power for power in series.output.mean if power is not None] == [-CHARGE_W]
    (statuses,) = home.store.history.statuses(*ALL_DAY)
    battery = statuses.statuses["home_battery"]
    assert (battery.output, battery.lowest, battery.highest, battery.potential) == (-CHARGE_W, -1000, 1000, 1000)
    assert battery.stored_wh == pytest.approx(STORED_WH, abs=2)
    assert statuses.statuses["kettle"].output == -2000


def test_in_the_explanation(home):
    explained = Explain(history=home.store.history)("home_battery", at=at(21))
    assert any("it said that it takes 700 W." in sentence for sentence in explained.sentences)


def test_in_the_report(home):
    report = GatherReport(history=home.store.history)(NOON, NOON + timedelta(minutes=1))
    battery = next(series for series in report.assets if series.asset_id == "home_battery")
    assert min(power for power in battery.output.min if power is not None) == -CHARGE_W
    assert b"-0.7" in html_reports().write(report), "in kW, as all charts"
