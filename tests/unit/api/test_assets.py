"""``/api/v1/assets/{id}`` tells the person who looks after a device how it fares."""

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from energy_manager.adapters.devices.driver import DeviceAbsent, Measurement
from energy_manager.adapters.devices.lane_gateway import LaneDeviceGateway
from energy_manager.adapters.devices.templated.channels.over_modbus import ModbusChannel
from energy_manager.adapters.devices.templated.device import TemplatedDevice
from energy_manager.adapters.devices.templated.simulation import SimulatedUnit
from energy_manager.adapters.devices.templates import parse_template
from energy_manager.adapters.lanes.steps import complete
from energy_manager.adapters.records.journals import InMemoryJournal, NewestTick
from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.adapters.statuses import InMemoryStatuses
from energy_manager.application.dispatch import ReadDevice, ReadSiteState, TickStatistics
from energy_manager.domain.site import Asset, AssetKind, Ratings
from energy_manager.entrypoints.api.http.errors import handle_errors
from energy_manager.entrypoints.api.security.guard import Guard
from energy_manager.entrypoints.api.views.assets import assets_routes
from energy_manager.entrypoints.documents.site import SiteFacts
from energy_manager.entrypoints.settings import ApiSettings
from tests.support.loopback import link_to

BATTERY = """
[template]
title = "A battery"
driver = "modbus"
[battery]
control = "setpoint"
read.discharge_w = { input = 10, type = "int16" }
read.soc_percent = { input = 12, within = [0, 100] }
needs = ["soc_percent"]
target = [{ holding = 3, type = "int16", value = "discharge_w" }]
release = [{ holding = 3, value = 0 }]
expires_s = 60
"""


class AtOnce:
    """A pool of no threads: each task is run where it is left."""

    def submit(self, tasks, *, go_first=False):
        for task in tasks:
            task()


class StepsAtOnce:
    """Makes calls in steps where they are left, too."""

    def submit(self, courses, *, go_first=False):
        for course in courses:
            complete(course.steps)


class Relay:
    """A driver that knows nothing of points; it may be away."""

    is_away = False

    def write(self, setpoint_w):
        pass

    def read(self):
        if self.is_away:
            raise DeviceAbsent("the relay has said that it is offline")
        return Measurement(power_w=0.0)

    def close(self):
        pass


class Bench:
    """A templated battery and a plain driver behind lanes, with a clock that is moved by hand."""

    def __init__(self):
        self.clock = FakeClock(100.0)
        template = parse_template(BATTERY, label="t.toml")
        ratings = Ratings(capacity_wh=10000, max_charge_w=4000, max_discharge_w=4000)
        self.unit = SimulatedUnit(template, clock=self.clock, ratings=ratings)
        self.battery = self.unit.usages["battery"]
        self.link, self.loopback = link_to(self.clock, {1: self.unit})
        self.faults = {}
        self.relay = Relay()
        statuses = InMemoryStatuses()
        self.gateway = LaneDeviceGateway(
            {
                "battery": lambda: self.open(template.usages["battery"], ratings),
                "relay": lambda: self.relay,
                "north/pump 1": Relay,
            },
            statuses=statuses,
            pool=AtOnce(),
            multiplexer=StepsAtOnce(),
            clock=self.clock,
            journal=InMemoryJournal(),
            period_s=2.0,
            status_period_s=10.0,
            watts_per_step=1,
            assets=[
                Asset(id="battery", kind=AssetKind.STORAGE),
                *(Asset(id=asset_id, kind=AssetKind.LOAD) for asset_id in ("relay", "north/pump 1")),
            ],
        )
        survey = ReadSiteState(
            newest=NewestTick(),
            devices=self.gateway,
            statuses=statuses,
            statistics=TickStatistics(),
            clock=self.clock,
            status_max_age_s=25.0,
            hold_grid_limit=None,
        )
        self.read_device = ReadDevice(survey=survey, devices=self.gateway, clock=self.clock)

    def open(self, usage, ratings):
        if "open" in self.faults:
            raise ConnectionError(self.faults["open"])
        channel = ModbusChannel(self.link, 1)
        return TemplatedDevice("battery", usage, channel, kind=AssetKind.STORAGE, clock=self.clock, ratings=ratings)

    def look(self):
        self.gateway.request_statuses(due_s=self.clock.now_s())

    def after(self, seconds):
        self.clock.sleep_until(self.clock.now_s() + seconds)
        return self


@pytest.fixture
def bench():
    return Bench()


@pytest.fixture
def client(bench):
    app = FastAPI()
    handle_errors(app)
    facts = SiteFacts(name="test", power_unit="W", period_s=2.0, status_max_age_s=25.0)
    app.include_router(assets_routes(bench.read_device, facts, Guard(ApiSettings())))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


def test_an_id_may_have_a_slash(client):
    assert client.get("/api/v1/assets/north%2Fpump%201").json()["id"] == "north/pump 1"


def test_a_device_shows_its_points_with_units_and_ages_and_when_it_falls_back(bench, client):
    bench.battery.own_w = 900.0
    bench.battery.points["soc_percent"] = 60.0
    bench.look()
    bench.after(4)
    asset = client.get("/api/v1/assets/battery").json()
    assert (asset["id"], asset["state"], asset["trouble"], asset["output_w"]) == ("battery", "ok", None, 900.0)
    device = asset["device"]
    assert device["points"] == [
        {"name": "discharge_w", "value": 900.0, "unit": "W", "age_s": 4.0},
        {"name": "soc_percent", "value": 60.0, "unit": "%", "age_s": 4.0},
    ]
    assert (device["falls_back"], device["falls_back_after_s"], device["only_read_for"]) == (True, 60.0, None)
    assert (device["rests_for_s"], device["last_errors"]) == (0.0, [])
    assert device["calls"]["status"] == {"ok": 1, "failed": 0, "superseded": 0}


def test_what_keeps_it_from_being_told_is_said(bench, client):
    bench.battery.points["soc_percent"] = 2500.0
    bench.look()
    bench.gateway.command({"battery": 1000}, due_s=bench.clock.now_s())
    asset = client.get("/api/v1/assets/battery").json()
    assert asset["trouble"].endswith("it can be read only, for it does not say soc_percent")
    device = asset["device"]
    assert device["only_read_for"] == "it does not say soc_percent"
    assert device["points"][1] == {"name": "soc_percent", "value": None, "unit": "%", "age_s": None}
    assert device["missing_values"] == 1


def test_a_unit_that_failed_twice_is_left_alone_and_its_last_error_stays_when_it_is_back(bench, client):
    bench.battery.points["soc_percent"] = 60.0
    bench.look()
    answering = bench.loopback.units.pop(1)
    for _ in range(2):
        bench.after(10).look()
    asset = bench.after(1) and client.get("/api/v1/assets/battery").json()
    assert (asset["state"], "fails" in asset["trouble"]) == ("failed", True)
    assert asset["device"]["rests_for_s"] == pytest.approx(4.0, abs=1.5)
    (failed,) = asset["device"]["last_errors"]
    assert (failed["call"], failed["is_over"], failed["age_s"] > 0) == ("status", False, True)
    bench.loopback.units[1] = answering
    bench.after(10).look()
    asset = client.get("/api/v1/assets/battery").json()
    assert (asset["trouble"], asset["device"]["rests_for_s"]) == (None, 0.0)
    (failed,) = asset["device"]["last_errors"]
    assert failed["is_over"]


def test_a_device_that_cannot_be_opened_says_why_until_it_is_there(bench, client):
    bench.faults["open"] = "no such place"
    bench.look()
    asset = client.get("/api/v1/assets/battery").json()
    assert (asset["state"], asset["trouble"]) == ("absent", "cannot be reached: ConnectionError: no such place")
    assert (asset["device"]["points"], asset["device"]["rests_for_s"]) == ([], None)
    bench.faults.clear()
    bench.after(60).look()
    assert client.get("/api/v1/assets/battery").json()["trouble"] is None


def test_a_driver_that_knows_nothing_of_points_shows_none(bench, client):
    bench.look()
    device = client.get("/api/v1/assets/relay").json()["device"]
    assert (device["points"], device["falls_back"], device["missing_values"]) == ([], None, None)


def test_a_device_that_is_away_is_absent_with_its_reason_and_back_at_its_next_word(bench, client):
    bench.look()
    bench.relay.is_away = True
    bench.after(10).look()
    relay = client.get("/api/v1/assets/relay").json()
    assert relay["state"] == "absent"
    assert relay["trouble"].endswith("the relay has said that it is offline")
    bench.relay.is_away = False
    bench.after(10).look()
    relay = client.get("/api/v1/assets/relay").json()
    assert (relay["state"], relay["trouble"]) == ("ok", None)


def test_an_unknown_asset_is_not_found_and_the_nearest_one_is_named(client):
    answer = client.get("/api/v1/assets/batery")
    assert answer.status_code == 404
    assert answer.json()["message"] == "the site has no device 'batery'; did you mean 'battery'?"
