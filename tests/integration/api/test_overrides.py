"""Overrides and the emergency's hold as a client meets them, on a store in a file that survives kill -9."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.server import Server
from tests.support.waiting import eventually


def soon(**time):
    return (datetime.now(UTC) + timedelta(**time)).isoformat()


class Site:
    """A client of a server whose loop ticks ten times a second."""

    def __init__(self, folder):
        self.folder, self.count = folder, 0
        self.start()

    def start(self):
        self.count += 1
        own = self.folder / str(self.count)
        own.mkdir()
        self.server = Server(
            own,
            ENERGY_MANAGER_STORE__URL=f"sqlite:///{self.folder / 'store.db'}",
            ENERGY_MANAGER_DISPATCH__PERIOD_S="0.1",
            ENERGY_MANAGER_DISPATCH__STATUS_PERIOD_S="0.5",
            ENERGY_MANAGER_DISPATCH__PHASE_S="0.2",
        )
        self.server.wait_until_serving()
        self.client = self.server.client()
        assert eventually(lambda: self.client.get("/healthz").status_code == 200, within_s=60)

    def post(self, path, document, **headers):
        return self.client.post(f"/api/v1/{path}", json=document, headers=headers)

    def set(self, document, **headers):
        preview = self.post("overrides?preview=true", document)
        assert preview.status_code == 200, preview.text
        return self.post("overrides", document, **{"If-Match": preview.headers["etag"], **headers})

    def asset(self, name="asset_1"):
        return next(asset for asset in self.client.get("/api/v1/site").json()["assets"] if asset["id"] == name)

    def has_target(self, target, name="asset_1"):
        return eventually(lambda: self.asset(name)["target"] == target, within_s=10)

    def audit(self, subject="asset_1"):
        lines = self.client.get("/api/v1/audit", params={"subject": subject}).json()
        return [line["action"] for line in reversed(lines)]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("site"))
    try:
        yield site
    finally:
        site.client.close()
        site.server.clean_up()


@pytest.fixture(autouse=True)
def nothing_is_overridden(site):
    for override in site.client.get("/api/v1/overrides").json():
        assert site.client.delete(f"/api/v1/overrides/{override['id']}").status_code == 204


def asked(target=7, **more):
    return {"asset": "asset_1", "target": target, "until": soon(minutes=30), "reason": "valve"} | more


def test_first_look_then_confirm_then_it_holds_and_says_why(site):
    document = asked()
    preview = site.post("overrides?preview=true", document).json()
    assert preview["effect"][0].startswith("asset_1 is told to deliver 7 kW from the next tick until ")
    assert [span["after"] for span in preview["series"]] == [7]
    assert site.post("overrides", document).status_code == 428
    answer = site.post("overrides", document, **{"If-Match": preview["version"]})
    assert answer.status_code == 200, answer.text
    assert site.has_target(7)
    asset = site.asset()
    assert asset["decided_by"] == f"override:{answer.json()['id']}"
    assert asset["set_by_hand"].startswith("valve, admin this machine, until ")

    def why():
        return site.client.get("/api/v1/decisions", params={"asset": "asset_1"})

    assert eventually(
        lambda: "It was told to deliver 7 kW by hand: valve, admin this machine" in why().text, within_s=20
    )
    assert site.client.delete(answer.headers["location"]).status_code == 204
    assert eventually(lambda: site.asset()["set_by_hand"] is None, within_s=10)


def test_something_that_changed_since_the_preview_wants_a_new_one(site):
    document = asked()
    version = site.post("overrides?preview=true", document).json()["version"]
    block = {"start": soon(minutes=-1), "end": soon(hours=1), "targets": {"asset_1": 12}}
    assert site.client.put("/api/v1/schedules/night", json={"blocks": [block]}).status_code == 200
    outdated = site.post("overrides", document, **{"If-Match": version})
    assert (outdated.status_code, outdated.json()["error"]) == (412, "preview_outdated")
    assert site.client.get("/api/v1/overrides").json() == []
    assert site.client.delete("/api/v1/schedules/night").status_code == 204


def test_a_double_tap_is_one_command_and_one_line(site):
    document, before = asked(11), len(site.audit())
    version = site.post("overrides?preview=true", document).json()["version"]
    headers = {"If-Match": version, "Idempotency-Key": "tap"}
    with ThreadPoolExecutor(4) as hands:
        answers = list(hands.map(lambda _: site.post("overrides", document, **headers), range(4)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert site.audit()[before:] == ["override set"]
    other = site.post("overrides", asked(12), **headers)
    assert (other.status_code, other.json()["error"]) == (409, "same_key_for_another")


def test_a_second_tap_is_the_same_command_where_its_end_is_told_as_a_duration(site):
    document = asked(14, until="30min")
    version = site.post("overrides?preview=true", document).json()["version"]
    headers = {"If-Match": version, "Idempotency-Key": "tap for half an hour"}
    first, second = (site.post("overrides", document, **headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.json() == first.json()
    longer = site.post("overrides", asked(14, until="31min"), **headers)
    assert (longer.status_code, longer.json()["error"]) == (409, "same_key_for_another")
    assert site.client.delete(first.headers["Location"]).status_code == 204


def test_an_override_ends_by_itself(site):
    assert site.set(asked(13, until=soon(seconds=2))).status_code == 200
    assert site.has_target(13)
    assert eventually(lambda: site.asset()["set_by_hand"] is None, within_s=10)
    assert eventually(lambda: site.audit()[-1] == "override over", within_s=10)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"until": None}, "until"),
        ({"until": "25h"}, "until"),
        ({"until": "2020-01-01T00:00:00Z"}, "until"),
        ({"reason": None}, "reason"),
        ({"reason": ""}, "reason"),
        ({"asset": "asset_9"}, "asset asset_9"),
        ({"target": None}, "target"),
        ({"target": 1.5}, "target"),
        ({"release": True}, "target"),
        ({"untl": "1h"}, "untl"),
    ],
)
def test_what_is_no_override_is_refused_by_field(site, more, field):
    refused = site.post("overrides?preview=true", asked() | more)
    assert refused.status_code == 422
    assert field in {fault["field"] for fault in refused.json()["details"]["faults"]}


def test_a_hold_stops_all_assets_at_once_and_stands_above_overrides(site):
    assert site.set(asked(14)).status_code == 200
    held = site.post("hold", {"target": 0, "until": soon(minutes=5)})
    assert held.status_code == 200, held.text
    assert all(site.has_target(0, name) for name in ("asset_1", "asset_2", "asset_3"))
    assert site.asset()["decided_by"] == f"hold:{held.json()['id']}"
    assert site.client.delete(held.headers["location"]).status_code == 204
    assert site.has_target(14)


def test_what_was_acknowledged_holds_again_after_kill_9(site):
    override = site.set(asked(15)).json()
    hold = site.post("hold", {"assets": ["asset_2"], "target": 3, "until": soon(minutes=5)}).json()
    site.server.process.kill()
    site.server.process.wait()
    site.client.close()
    site.start()
    assert site.has_target(15)
    assert site.has_target(3, "asset_2")
    assert {one["id"] for one in site.client.get("/api/v1/overrides").json()} == {override["id"], hold["id"]}
    assert "override set" in site.audit()


def test_an_operator_is_not_helpless_while_the_store_is_gone(site):
    block = {"start": soon(minutes=-1), "end": soon(hours=1), "targets": {"asset_3": 12}}
    assert site.client.put("/api/v1/schedules/any", json={"blocks": [block]}).status_code == 200
    store = site.folder / "store.db"
    store.rename(site.folder / "away.db")
    (site.folder / "store.db").mkdir()  # nothing can be begun anew there
    try:
        assert eventually(lambda: site.client.get("/readyz").status_code == 503, within_s=20)
        refused = site.client.delete("/api/v1/schedules/any")
        assert (refused.status_code, "/api/v1/hold" in refused.json()["message"]) == (503, True)
        began_s = time.monotonic()
        held = site.post("hold", {"target": 0, "until": "5min"})
        assert held.status_code == 200, held.text
        assert site.has_target(0)
        assert time.monotonic() - began_s < 30
    finally:
        (site.folder / "store.db").rmdir()
        (site.folder / "away.db").rename(store)
    assert eventually(lambda: site.audit("asset_1, asset_2, asset_3")[-1:] == ["hold set"], within_s=60)


def test_schedules_are_looked_at_first_too_where_the_client_wants_that(site):
    block = {"start": soon(minutes=-1), "end": soon(hours=1), "targets": {"asset_2": 12}}
    address, document = "/api/v1/schedules/looked_at", {"blocks": [block]}
    preview = site.client.put(f"{address}?preview=true", json=document)
    assert preview.json()["series"][0] | {"start": "", "end": ""} == {
        "asset": "asset_2",
        "start": "",
        "end": "",
        "before": None,
        "after": 12,
    }
    assert site.client.get(address).status_code == 404
    version = preview.headers["etag"]
    assert site.client.put(address, json=document, headers={"If-Match": version}).status_code == 200
    assert site.client.put(address, json=document, headers={"If-Match": version}).status_code == 412
    ending = site.client.delete(f"{address}?preview=true")
    assert ending.json()["series"][0]["after"] is None
    assert site.client.delete(address, headers={"If-Match": version}).status_code == 412
    assert site.client.delete(address, headers={"If-Match": ending.headers["etag"]}).status_code == 204


def test_events_have_the_active_alarms_and_the_log_of_starts_and_commands(site):
    events = site.client.get("/api/v1/events", params={"kind": "start"}).json()
    assert [line["action"] for line in events["log"]] == ["start"] * site.count
    assert site.client.post("/api/v1/events/asset:none/acknowledge").status_code == 404
    assert {line["kind"] for line in site.client.get("/api/v1/events").json()["log"]} >= {"command", "start"}


def test_the_audit_says_which_forecast_was_there_before(site):
    readings = [{"time": soon(hours=hour), "value": hour} for hour in range(3)]
    for count in (2, 3):
        document = {"unit": "kW", "readings": readings[:count]}
        assert site.client.put("/api/v1/forecasts/load", json=document).status_code == 200
    assert site.client.delete("/api/v1/forecasts/load").status_code == 204
    lines = site.client.get("/api/v1/audit", params={"subject": "load"}).json()
    counts = [[said and said["count"] for said in (line["before"], line["after"])] for line in reversed(lines)]
    assert counts == [[None, 2], [2, 3], [3, None]]
