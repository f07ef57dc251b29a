"""Roles as a client meets them: tokens made on the command line, requests by HTTP, the server decides."""

import json
import os
import time

import pytest

from energy_manager.application.access.registry import FRESH_S
from tests.support.forked import command_line
from tests.support.server import environment
from tests.support.waiting import eventually

SCHEDULE = {"blocks": [{"start": "2099-03-02T12:00:00Z", "end": "2099-03-02T13:00:00Z", "targets": {"asset_1": 12}}]}
HOME = {"threshold_w": 3000, "time_zone": "UTC"}


@pytest.fixture(scope="module")
def site(start_servers, tmp_path_factory):
    store = f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.db'}"
    server = start_servers(ENERGY_MANAGER_STORE__URL=store)
    server.wait_until_serving()

    def command(*words):
        command = command_line(*words, env=environment(ENERGY_MANAGER_STORE__URL=store), text=True)
        out, err = command.communicate(timeout=60)
        return command.returncode, out.strip(), err

    with server.client() as client:
        assert eventually(lambda: client.get("/healthz").status_code == 200, within_s=60)
        assert client.get("/api/v1/me").json()["role"] == "admin"  # no token yet: every program of this machine
        tokens = {}
        for role in ("viewer", "technician", "operator", "admin"):
            code, tokens[role], told = command("tokens", "add", f"the {role}", "--role", role)
            assert (code, "shown once" in told) == (0, True)
        code, tokens["resident"], _ = command("tokens", "add", "ann", "--role", "resident", "--household", "home")
        assert code == 0
        assert eventually(lambda: client.get("/api/v1/site").status_code == 401, within_s=10)

        def ask(role, method, path, document=None):
            headers = {} if role is None else {"Authorization": f"Bearer {tokens[role]}"}
            return client.request(method, path, json=document, headers=headers)

        for home in ("home", "next_door"):
            assert ask("admin", "PUT", f"/api/v1/households/{home}", HOME).status_code == 200
        yield ask, command, tokens


def test_with_named_tokens_nothing_is_open_on_loopback_any_more(site):
    ask, _, _ = site
    for path in ("/api/v1/site", "/api/v1/me", "/api/v1/schedules", "/api/v1/households", "/api/v1/audit", "/metrics"):
        assert ask(None, "GET", path).status_code == 401


WHO_MAY = [
    ("GET", "/api/v1/schedules", None, {"viewer", "technician", "operator", "admin"}),
    ("GET", "/api/v1/audit", None, {"viewer", "technician", "operator", "admin"}),
    ("GET", "/api/v1/site", None, {"viewer", "resident", "technician", "operator", "admin"}),
    ("GET", "/api/v1/households/home", None, {"viewer", "resident", "technician", "operator", "admin"}),
    ("GET", "/api/v1/households/next_door", None, {"viewer", "technician", "operator", "admin"}),
    ("PUT", "/api/v1/schedules/night", SCHEDULE, {"operator", "admin"}),
    ("PUT", "/api/v1/forecasts/load", [{"time": "2099-03-02T12:00:00Z", "value": 1}], {"operator", "admin"}),
    ("PUT", "/api/v1/households/home", HOME, {"operator", "admin"}),
    ("PATCH", "/api/v1/households/home", {"threshold_w": 2500}, {"operator", "admin"}),
    ("GET", "/api/v1/tokens", None, {"admin"}),
    ("GET", "/api/v1/setup", None, {"viewer", "technician", "operator", "admin"}),
    ("GET", "/api/v1/plan", None, {"viewer", "technician", "operator", "admin"}),
    ("GET", "/api/v1/energy", None, {"viewer", "technician", "operator", "admin"}),
]


@pytest.mark.parametrize("asked", WHO_MAY)
@pytest.mark.parametrize("role", ["viewer", "resident", "technician", "operator", "admin"])
def test_the_server_decides_who_may_do_what(site, role, asked):
    method, path, document, who = asked
    response = site[0](role, method, path, document)
    assert response.status_code == (200 if role in who else 403), response.text
    if role not in who:
        assert response.json()["error"] == "forbidden"


def test_settings_are_for_admins_alone_and_a_run_is_moved_by_those_who_may_ask(site):
    ask, _, _ = site
    assert ask("operator", "GET", "/api/v1/setup").json()["settings"] is None
    assert ask("admin", "GET", "/api/v1/setup").json()["settings"]
    for role, status in (("viewer", 403), ("technician", 403), ("resident", 404), ("operator", 404)):
        answer = ask(role, "POST", "/api/v1/appliances/runs/77/move", {"max_delay_min": 1})
        assert answer.status_code == status, answer.text


def test_me_says_what_may_be_done_and_why_not(site):
    me = site[0]("technician", "GET", "/api/v1/me").json()
    assert (me["name"], me["role"]) == ("the technician", "technician")
    assert me["may"]["override"] == {"allowed": True, "why": "", "what": "override one asset for up to 2 h"}
    assert me["may"]["schedule"]["why"].endswith("may not activate and end schedules: that takes operator or admin")


def test_a_resident_sees_the_own_home_and_the_totals_of_the_site(site):
    ask, _, _ = site
    document = ask("resident", "GET", "/api/v1/site").json()
    assert document["assets"] == []
    assert document["tick"] is not None
    assert [home["id"] for home in ask("resident", "GET", "/api/v1/households").json()] == ["home"]
    assert ask("resident", "GET", "/api/v1/appliances/timetable?household=next_door").status_code == 403
    run = {"household": "next_door", "appliance": "Kettle"}
    assert ask("resident", "POST", "/api/v1/appliances/runs", run).status_code == 403
    assert ask("resident", "POST", "/api/v1/appliances/runs", run | {"household": "home"}).status_code == 422


def test_the_audit_has_who_what_when_before_and_after(site):
    ask, _, _ = site
    ask("operator", "PUT", "/api/v1/schedules/watched", SCHEDULE)
    ask("admin", "DELETE", "/api/v1/schedules/watched?reason=tidied+up")
    deleted, put = ask("viewer", "GET", "/api/v1/audit?subject=watched").json()
    assert (put["who"], put["role"], put["from"], put["action"]) == (
        "the operator",
        "operator",
        "127.0.0.1",
        "schedule put",
    )
    assert (put["before"], put["after"]["blocks"]) == (None, 1)
    assert (deleted["who"], deleted["before"]["assets"], deleted["after"]) == ("the admin", ["asset_1"], None)
    assert deleted["reason"] == "tidied up"


def test_commands_of_the_command_line_are_in_the_audit_with_the_user_of_the_machine(site):
    ask, _, _ = site
    added = ask("viewer", "GET", "/api/v1/audit?subject=the+viewer").json()[-1]
    assert (added["action"], added["from"]) == ("token added", "command line")
    assert added["who"] not in {"", "an unknown user"} or not hasattr(os, "getuid")


def test_what_somebody_may_not_do_is_written_down_once(site):
    ask, _, _ = site
    said = "refused: the viewer is a viewer and may not activate and end schedules: that takes operator or admin"

    def times_said():
        return [line["outcome"] for line in ask("admin", "GET", "/api/v1/audit?who=the+viewer").json()].count(said)

    before = times_said()
    for _ in range(3):
        assert ask("viewer", "DELETE", "/api/v1/schedules/night").status_code == 403
    assert times_said() >= 1
    assert times_said() <= before + 1, "again within a minute is no line of its own"


def test_the_audit_comes_a_page_at_a_time(site):
    ask, _, _ = site
    first = ask("viewer", "GET", "/api/v1/audit?limit=2")
    following = first.headers["link"].partition(">")[0][1:]
    numbers = [line["number"] for line in first.json() + ask("viewer", "GET", following).json()]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 4


def test_a_revoked_token_counts_for_nothing_soon(site):
    ask, command, tokens = site
    code, tokens["guest"], _ = command("tokens", "add", "guest", "--role", "viewer", "--expires", "1h")
    assert code == 0
    time.sleep(
        FRESH_S
    )  # asked with before the server reads tokens again, it is a wrong one, and ten of them are enough
    assert eventually(lambda: ask("guest", "GET", "/api/v1/me").status_code == 200, within_s=5)
    listed = json.loads(command("tokens", "list", "--json")[1])
    assert {token["name"] for token in listed} >= {"guest", "ann"}
    assert command("tokens", "revoke", "guest")[0] == 0
    assert eventually(lambda: ask("guest", "GET", "/api/v1/me").status_code == 401, within_s=5)
    assert command("tokens", "revoke", "guests")[0] == 2
