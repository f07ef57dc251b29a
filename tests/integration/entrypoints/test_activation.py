"""A plan is activated by command line or by HTTP, and the running loop follows it."""

import json
import re
import subprocess
import time

import httpx2
import pytest

from tests.support.product import Product, site_text
from tests.support.waiting import eventually

LONG_S = 60.0

PLANTS = {
    "load": 0.3,
    "fuels": {"gas(euro/MWh)": 13.4, "co2(euro/ton)": 20},
    "powerplants": [
        {"name": "ok-1", "type": "gasfired", "efficiency": 0.5, "pmin": 0, "pmax": 0.2},
        {"name": "ok-2", "type": "gasfired", "efficiency": 0.4, "pmin": 0, "pmax": 1},
    ],
}
OFFER = {"volume": 7, "assets": [{"code": "ok-2", "volume": 7, "activation_cost": 1}]}


class Running:
    """The product with its API on a site of two assets at 100 kW each, and commands on the same store."""

    def __init__(self, product):
        self.product = product
        self.process = product.start(
            "run",
            site=site_text({"ok-1": 100, "ok-2": 100}),
            stdout=subprocess.DEVNULL,
            fast=False,
            ENERGY_MANAGER_API__PORT="0",
        )
        self.lines = []

    def url(self):
        while "/docs" not in "".join(self.lines):
            line = self.process.stderr.readline()
            assert line, "".join(self.lines)
            self.lines.append(line)
        return re.search(r"(http://\S+)/docs", "".join(self.lines))[1]

    def told(self, asset):
        return [entry for entry in self.product.entries() if (entry.kind, entry.asset) == ("set", asset)]

    def latest(self, asset):
        return [int(entry.value) for entry in self.told(asset)][-1:]

    def command(self, *arguments):
        return self.product.end(self.product.start(*arguments, fast=False, keep_record=True), within_s=LONG_S)

    def file(self, document):
        path = self.product.folder / "request.json"
        path.write_text(json.dumps(document))
        return str(path)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    product = Product(tmp_path_factory.mktemp("activation"))
    running = Running(product)
    try:
        with httpx2.Client(base_url=running.url(), timeout=LONG_S) as client:
            assert eventually(lambda: client.get("/readyz").status_code == 200, within_s=LONG_S)
            running.client = client
            yield running
    finally:
        product.clean_up()


def test_a_plan_activated_by_command_is_followed_from_the_second_tick_on(running):
    assert eventually(lambda: running.latest("ok-1") == [100], within_s=LONG_S)
    ended = running.command("plan", "production", running.file(PLANTS), "--activate")
    acknowledged_s = time.monotonic()
    assert (ended.code, json.loads(ended.out)) == (0, [{"name": "ok-1", "p": 0.2}, {"name": "ok-2", "p": 0.1}])
    assert ended.err.startswith("accepted: production   production   ")

    def after():
        return [int(entry.value) for entry in running.told("ok-1") if entry.at_s > acknowledged_s]

    assert eventually(lambda: len(after()) >= 2, within_s=LONG_S)
    assert after()[1] == 200
    assert running.client.delete("/api/v1/schedules/production").status_code == 204
    assert eventually(lambda: running.latest("ok-1") == [100], within_s=LONG_S)


def test_an_activation_by_http_delivers_its_volume_and_then_the_schedule_is_back(running):
    parameters = {"activate": "true", "for_min": "0.1", "id": "call 1"}
    response = running.client.post("/api/v1/flexibility/plans", params=parameters, json=OFFER)
    assert response.status_code == 200, response.text
    assert response.json()["assets"] == ["ok-2"]
    assert response.headers["Location"] == "/api/v1/schedules/call%201"
    stored = running.client.get(response.headers["Location"]).json()
    assert (stored["source"], stored["assets"]) == ("flexibility", ["ok-2"])
    assert eventually(lambda: running.latest("ok-2") == [7], within_s=LONG_S)
    assert eventually(lambda: running.latest("ok-2") == [100], within_s=LONG_S), "after six seconds"
    assert 100 in [int(entry.value) for entry in running.told("ok-1")]


def test_a_plan_for_assets_of_another_site_is_refused_and_nothing_is_stored(running):
    offer = {"volume": 7, "assets": [{"code": "ok-3", "volume": 7, "activation_cost": 1}]}
    response = running.client.post("/api/v1/flexibility/plans", params={"activate": "true", "id": "no"}, json=offer)
    assert response.status_code == 422
    assert "did you mean 'ok-" in response.json()["message"]
    assert running.client.get("/api/v1/schedules/no").status_code == 404


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
    response = running.client.post("/api/v1/flexibility/plans", params=parameters, json=OFFER)
    assert response.status_code == 422
    assert [fault["field"] for fault in response.json()["details"]["faults"]] == [field]


def test_a_page_of_another_server_may_plan_but_not_activate(running):
    origin = {"Origin": "http://elsewhere.example"}
    plan = running.client.post("/productionplan", json=PLANTS, headers=origin)
    assert (plan.status_code, "Location" in plan.headers) == (200, False)
    refused = running.client.post("/productionplan", params={"activate": "true"}, json=PLANTS, headers=origin)
    assert (refused.status_code, refused.json()["error"]) == (403, "forbidden")
