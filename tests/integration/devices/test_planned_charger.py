"""A charger that is planned for least cost charges as much as its car needs until it leaves."""

import json
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from websockets.exceptions import InvalidStatus

from tests.support.charge_point import ChargePoint
from tests.support.modbus_peers import free_port
from tests.support.server import Server
from tests.support.waiting import eventually

pytestmark = pytest.mark.no_cover  # others take its branches

SITE = """
[site]
name = "a charger"
power_unit = "W"

[[connections]]
id = "chargers"
driver = "ocpp"
host = "127.0.0.1"
port = {port}

[[assets]]
id = "car"
driver = "ocpp"
connection = "chargers"
rated_w = 11040
capacity_kwh = 60
expires_s = 60

[[assets]]
id = "battery"
driver = "simulated_storage"
capacity_kwh = 10
stored_kwh = 5
max_charge_kw = 5
max_discharge_kw = 5

[[assets]]
id = "grid_meter"
driver = "simulated_meter"
load = {{ level_kw = 1, peak_kw = 1, every_s = 1000, lasts_s = 1 }}

[pcc]
meter = "grid_meter"
storage = "battery"
import_limit_kw = 30
export_limit_kw = 10

[planning.least_cost]
cars = [{{ asset = "car" }}]
"""
AMPS_OF_9_KW = 13


def test_a_planned_charger_is_told_what_its_car_needs(tmp_path):
    port = free_port()
    site = tmp_path / "site.toml"
    site.write_text(SITE.format(port=port))
    server = Server(tmp_path, site=site, ENERGY_MANAGER_DISPATCH__STATUS_PERIOD_S="1")
    charger = ChargePoint("car", port=port)
    try:
        server.wait_until_serving()
        assert eventually(lambda: _connects(charger))
        charger.boot()
        charger.status("Preparing")
        charger.start()
        charger.status("Charging")
        with httpx2.Client(base_url=server.url, timeout=60) as client:
            now = datetime.now(UTC)
            for name, kw in (("load", 1.0), ("production", 0.0)):
                readings = [{"time": (now + n * timedelta(hours=1)).isoformat(), "value": kw} for n in range(-1, 40)]
                assert client.put(f"/api/v1/forecasts/{name}", content=json.dumps(readings)).is_success
            leaves = {"ready_by": (now + timedelta(hours=2)).isoformat(), "energy_kwh": 19}
            assert client.put("/api/v1/vehicles/car", json=leaves).status_code == 200

            def is_told_enough():
                charger.measure(W=0, Wh=0)
                return any(_amps(told) >= AMPS_OF_9_KW for _, told in charger.profiles)

            assert eventually(is_told_enough)
            (car,) = [asset for asset in client.get("/api/v1/site").json()["assets"] if asset["id"] == "car"]
            assert "least" in car["decided_by"]
            assert car["target"] <= -9_000
        server.process.kill()
        server.process.wait()
        schedule = charger.profiles[-1][1]["charging_schedule"]
        ends = datetime.fromisoformat(schedule["start_schedule"]) + timedelta(seconds=schedule["duration"])
        assert ends - datetime.now(UTC) <= timedelta(seconds=60), "what it was told runs out by itself"
    finally:
        server.clean_up()


def _connects(charger):
    try:
        return charger.connect()
    except (OSError, InvalidStatus):  # nobody is there yet, or not for this charger: it tries again, as chargers do
        return False


def _amps(told):
    return told["charging_schedule"]["charging_schedule_period"][0]["limit"]
