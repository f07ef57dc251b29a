"""Schedules put beside a running loop: followed at once, durable, and given back when they go."""

import contextlib
import json
import random
import signal
import time
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from tests.support.waiting import eventually


def document(target, *, asset="ok-1", from_h=-1, to_h=1, **more):
    now = datetime.now(UTC)
    start, end = (now + timedelta(hours=hours) for hours in (from_h, to_h))
    return {"blocks": [{"start": start.isoformat(), "end": end.isoformat(), "targets": {asset: target}}], **more}


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
    ended = running.command("schedule", "put", "plan", str(running.product.folder / "plan.json"))
    acknowledged_s = time.monotonic()
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("accepted: plan   manual   ")
    assert eventually(lambda: len(running.told_since(acknowledged_s, "ok-1")) >= 3, within_s=60)
    # The third, not the second: a tick of this loop comes every 0.2 s, and the machine may be busy.
    assert 66 in running.told_since(acknowledged_s, "ok-1")[:3]
    assert json.loads(running.command("schedule", "show", "plan").out)["blocks"][0]["targets"] == {"ok-1": 66}
    assert running.command("schedule", "list").out.startswith("plan   manual   ")
    assert running.command("schedule", "delete", "plan").out == "deleted: plan\n"
    assert running.is_told(100)
    ended = running.command("schedule", "show", "plam")
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
        (b'{"blocks": 5}', 422, "blocks: must be a list, not 5"),
        (json.dumps(document(1.5)).encode(), 422, "blocks[0].targets.ok-1: must be a whole number, not 1.5"),
    ],
)
def test_what_is_refused_changes_nothing(running, body, status, said):
    response = running.client.put("/api/v1/schedules/x", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == status
    assert said in response.json()["message"]
    assert running.client.get("/api/v1/schedules").json() == []


def test_what_the_site_cannot_follow_is_refused_by_http_and_by_command(running):
    body = document(7, asset="ok-11")
    refused = running.client.put("/api/v1/schedules/typo", json=body)
    assert refused.status_code == 422
    assert "blocks[0].targets.ok-11" in refused.text
    (running.product.folder / "plan.json").write_text(json.dumps(body))
    ended = running.command("schedule", "put", "typo", str(running.product.folder / "plan.json"))
    assert ended.code == 2
    assert "did you mean 'ok-1'?" in ended.err
    assert running.client.get("/api/v1/schedules").json() == []


@contextlib.contextmanager
def site_changed_to(running, site):
    """The loop started anew on another site, and on its own again afterwards."""
    before = running.site
    try:
        running.kill()
        running.site = site
        running.start()
        yield
    finally:
        running.kill()
        running.site = before
        running.start()


def test_an_asset_that_the_site_has_no_more_is_named_and_takes_no_part(running):
    running.put("old", document(7))
    with site_changed_to(running, running.site.replace("ok-1", "new-1")):
        assert running.is_told(50, "ok-2"), "nobody carries anything for it"
        assert running.is_told(100, "new-1")
        (notice,) = running.client.get("/api/v1/site").json()["notices"]
        assert notice.startswith("schedule 'old', ok-1: the site has no asset of this name")
        assert notice in running.log.read_text()
        assert notice in running.command("check", "--site", str(running.product.folder / "site.toml")).out


def test_what_was_acknowledged_survives_kills_at_any_moment(running):
    chance, acknowledged = random.Random(5), set()
    for round_ in range(2):
        kill_after = chance.randint(3, 12)
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
