"""A plan is activated by command or by HTTP, and the running loop follows it."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.product import Product
from tests.support.running import Running
from tests.support.waiting import eventually

PLANTS = {
    "load": 0.3,
    "fuels": {"gas(euro/MWh)": 13.4, "co2(euro/ton)": 20},
    "powerplants": [
        {"name": "ok-1", "type": "gasfired", "efficiency": 0.5, "pmin": 0, "pmax": 0.2},
        {"name": "ok-2", "type": "gasfired", "efficiency": 0.4, "pmin": 0, "pmax": 1},
    ],
}
OFFER = {"volume": 7, "assets": [{"code": "ok-2", "volume": 7, "activation_cost": 1}]}
PLANS = "/api/v1/flexibility/plans"


def test_a_plan_activated_by_command_is_followed_at_once(running):
    request = running.product.folder / "request.json"
    request.write_text(json.dumps(PLANTS))
    ended = running.command("plan", "production", str(request), "--activate")
    acknowledged_s = time.monotonic()
    assert (ended.code, json.loads(ended.out)) == (0, [{"name": "ok-1", "p": 0.2}, {"name": "ok-2", "p": 0.1}])
    assert ended.err.startswith("accepted: production   production   ")
    assert eventually(lambda: len(running.told_since(acknowledged_s, "ok-1")) >= 3, within_s=60)
    # The third, not the second: a tick of this loop comes every 0.2 s, and the machine may be busy.
    assert 200 in running.told_since(acknowledged_s, "ok-1")[:3]
    assert running.client.delete("/api/v1/schedules/production").status_code == 204
    assert running.is_told(100)


def test_an_activation_by_http_delivers_its_volume_and_then_the_schedule_is_back(running):
    parameters = {"activate": "true", "for_min": "0.05", "id": "call 1"}
    response = running.client.post(PLANS, params=parameters, json=OFFER)
    assert response.status_code == 200, response.text
    assert response.json()["assets"] == ["ok-2"]
    assert response.headers["Location"] == "/api/v1/schedules/call%201"
    stored = running.client.get(response.headers["Location"]).json()
    assert (stored["source"], stored["assets"]) == ("flexibility", ["ok-2"])
    assert running.is_told(7, "ok-2")
    assert running.is_told(50, "ok-2"), "after three seconds, though the activation is still in the store"
    assert running.client.get(response.headers["Location"]).status_code == 200


def test_a_plan_for_assets_of_another_site_is_refused_and_nothing_is_stored(running):
    offer = {"volume": 7, "assets": [{"code": "ok-3", "volume": 7, "activation_cost": 1}]}
    response = running.client.post(PLANS, params={"activate": "true"}, json=offer)
    assert (response.status_code, "Location" in response.headers) == (422, False)
    assert "did you mean 'ok-" in response.json()["message"]
    infeasible = running.client.post("/productionplan", params={"activate": "true"}, json=PLANTS | {"load": 50})
    assert infeasible.json()["error"] == "infeasible"
    assert running.client.get("/api/v1/schedules").json() == []


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"id": "x"}, "id"),
        ({"activate": "true", "from": "2026-03-02T12:00:00"}, "from"),
        ({"activate": "true", "for_min": "nan"}, "for_min"),
        ({"activate": "perhaps"}, "activate"),
    ],
)
def test_bad_parameters_are_refused_by_name(running, parameters, field):
    response = running.client.post(PLANS, params=parameters, json=OFFER)
    assert response.status_code == 422
    assert [fault["field"] for fault in response.json()["details"]["faults"]] == [field]


@pytest.mark.parametrize("params", [{}, {"activate": "true"}])
def test_a_page_of_another_server_may_neither_plan_nor_activate(running, params):
    origin = {"Origin": "http://elsewhere.example"}
    refused = running.client.post("/productionplan", params=params, json=PLANTS, headers=origin)
    assert (refused.status_code, refused.json()["error"]) == (403, "forbidden")


BATTERY = """\
[site]
name = "planned"
power_unit = "W"
[[assets]]
id = "battery"
driver = "simulated_storage"
capacity_kwh = 60
stored_kwh = 40
max_charge_kw = 60
max_discharge_kw = 60
[[assets]]
id = "grid_meter"
driver = "simulated_meter"
load = { level_kw = 38, peak_kw = 0, every_s = 15, lasts_s = 15 }
[pcc]
meter = "grid_meter"
storage = "battery"
import_limit_kw = 50
export_limit_kw = 20
[planning.peak_shaving]
[schedule]
driver = "shared"
blocks = [{}, {}, {}, {}, {}]
"""


def load(*hours):
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    return [{"time": (start + timedelta(hours=n)).isoformat(), "value": value} for n, value in enumerate(hours)]


def test_the_battery_is_planned_from_forecasts_as_soon_as_they_change(tmp_path):
    with Running(Product(tmp_path), BATTERY) as site:
        assert eventually(lambda: "load: there is no forecast of this name" in site.log.read_text(), within_s=60)
        assert site.client.put("/api/v1/forecasts/load", json=load(*[62.345] * 3, *[40] * 9)).status_code == 200
        address = "/api/v1/schedules/peak_shaving:battery"
        assert eventually(lambda: site.client.get(address).status_code == 200, within_s=60)
        blocks = site.client.get(address).json()["blocks"]
        assert blocks[0]["targets"] == {"battery": 12_345}, "62.345 kW of load, 50 kW of limit, in W"
        assert eventually(lambda: "battery 12345" in site.log.read_text(), within_s=60)
        assert site.client.get("/api/v1/forecasts").json()[0]["count"] == 12
        assert site.client.get("/api/v1/forecasts/load").json()["readings"][0]["value"] == 62.345
        assert site.client.delete("/api/v1/forecasts/load").status_code == 204
        assert site.client.get("/api/v1/forecasts/load").status_code == 404
        assert site.client.get(address).status_code == 200, "the old plan stands"
        assert site.log.read_text().count("there is no forecast of this name") <= 2
