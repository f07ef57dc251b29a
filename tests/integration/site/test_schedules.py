"""Schedules put beside a running loop: followed at once, durable, and given back when they go."""

import contextlib
import json
import random
import signal
import time
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from tests.support.product import Product, site_text
from tests.support.waiting import eventually

SITE = site_text({"ok-1": 100, "ok-2": 50})
WITH_API = {"ENERGY_MANAGER_API__PORT": "0"}


def document(target, *, asset="ok-1", from_h=-1, to_h=1, **more):
    now = datetime.now(UTC)
    start, end = (now + timedelta(hours=hours) for hours in (from_h, to_h))
    return {"blocks": [{"start": start.isoformat(), "end": end.isoformat(), "targets": {asset: target}}], **more}


@pytest.fixture(scope="module")
def one_for_all(tmp_path_factory):
    """A loop ten times faster than life, with its API; what it prints goes to a file that can be read meanwhile."""
    with Running(Product(tmp_path_factory.mktemp("site"))) as running:
        yield running


@pytest.fixture
def running(one_for_all):
    """The loop with nothing but its own schedule."""
    for entry in one_for_all.client.get("/api/v1/schedules").json():
        one_for_all.client.delete(f"/api/v1/schedules/{entry['id']}")
    assert one_for_all.is_told(100)
    return one_for_all


class Running:
    def __init__(self, product):
        self.product = product

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.client.close()
        self.product.clean_up()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.client.close()

    def start(self):
        self.log = self.product.folder / "log"
        with self.log.open("wb") as log:
            self.process = self.product.start("run", site=SITE, stderr=log, **WITH_API)
        assert eventually(lambda: "/docs" in self.log.read_text() and self.targets("ok-1"), within_s=60)
        url = self.log.read_text().partition("documentation at ")[2].partition("/docs")[0]
        self.client = httpx2.Client(base_url=url, timeout=60)

    def targets(self, asset):
        return [int(entry.value) for entry in self.product.entries() if (entry.kind, entry.asset) == ("set", asset)]

    def is_told(self, target, asset="ok-1"):
        return eventually(lambda: self.targets(asset)[-1:] == [target], within_s=60)

    def put(self, name, body):
        response = self.client.put(f"/api/v1/schedules/{name}", json=body)
        assert response.status_code == 200, response.text
        return response.json()

    def command(self, *arguments):
        return self.product.end(self.product.start("schedule", *arguments, keep_record=True), within_s=60)


def test_a_schedule_put_by_http_holds_until_it_is_deleted(running):
    running.put("night", document(77))
    assert running.is_told(77)
    assert running.targets("ok-2")[-1] == 50, "who is not named keeps the site's own schedule"
    assert running.client.delete("/api/v1/schedules/night").status_code == 204
    assert running.is_told(100)
    again = running.client.delete("/api/v1/schedules/night")
    assert (again.status_code, again.json()["error"]) == (404, "not_found")
    assert running.client.get("/api/v1/schedules/night").status_code == 404


def test_the_second_tick_follows_what_the_command_has_put(running):
    (running.product.folder / "plan.json").write_text(json.dumps(document(66)))
    ended = running.command("put", "plan", str(running.product.folder / "plan.json"))
    acknowledged_s = time.monotonic()
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("accepted: plan   manual   ")
    assert running.is_told(66)
    told = [entry for entry in running.product.entries() if (entry.kind, entry.asset) == ("set", "ok-1")]
    later = [entry for entry in told if entry.at_s > acknowledged_s]
    followed = next(index for index, entry in enumerate(later) if entry.value == "66")
    # The third, not the second: a tick of this loop comes every 0.2 s, and the machine may be busy.
    assert followed <= 2
    assert json.loads(running.command("show", "plan").out)["blocks"][0]["targets"] == {"ok-1": 66}
    assert running.command("list").out.startswith("plan   manual   ")
    assert running.command("delete", "plan").out == "deleted: plan\n"
    assert running.is_told(100)
    ended = running.command("show", "plam")
    assert (ended.code, ended.err) == (2, "energy-manager: ID: there is no schedule 'plam'\n")


def test_of_several_schedules_the_highest_authority_wins_and_then_the_newest(running):
    running.put("activation", document(11, source="flexibility"))
    running.put("first", document(22))
    running.put("second", document(33))
    assert running.is_told(11)
    running.client.delete("/api/v1/schedules/activation")
    assert running.is_told(33)
    running.client.delete("/api/v1/schedules/second")
    assert running.is_told(22)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{", 400, "no JSON"),
        (b'{"blocks": 5}', 422, "blocks: 5 is not a list"),
        (json.dumps(document(1.5)).encode(), 422, "blocks[0].targets.ok-1: 1.5 is not a whole number"),
    ],
)
def test_what_is_refused_changes_nothing(running, body, status, said):
    response = running.client.put("/api/v1/schedules/x", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == status
    assert said in response.json()["message"]
    assert running.client.get("/api/v1/schedules").json() == []


def test_what_was_acknowledged_survives_kills_at_any_moment(running):
    chance, acknowledged = random.Random(5), set()
    for round_ in range(2):
        kill_after = chance.randint(3, 30)
        for number in range(kill_after):
            name = f"s{round_}-{number}"
            with contextlib.suppress(httpx2.TransportError):
                running.put(name, document(number, from_h=2, to_h=3))
                acknowledged.add(name)
            if number == kill_after - 2:
                running.process.send_signal(signal.SIGKILL)
        running.kill()
        running.start()
        listed = {entry["id"] for entry in running.client.get("/api/v1/schedules").json()}
        assert acknowledged <= listed
