"""``/api/v1/setup``: how all is set up, and no secret of it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

from energy_manager.application.ports.schedules.durability import StoreState
from energy_manager.domain.access import Principal, Role
from energy_manager.domain.clock_trust import TRUSTED
from energy_manager.entrypoints.api.security.guard import Guard
from energy_manager.entrypoints.api.views.setup import Setup, setup_routes
from energy_manager.entrypoints.documents.setup import HIDDEN, without_secrets
from energy_manager.entrypoints.settings import ApiSettings, Settings, StoreSettings
from energy_manager.entrypoints.site_file import read_site_file

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SITE = """
[site]
name = "depot"
time_zone = "Europe/Brussels"
[[connections]]
id = "broker"
driver = "mqtt"
host = "10.0.0.7"
username = "em"
password_env = "BROKER_PASSWORD"
[[connections]]
id = "web"
driver = "http"
base_url = "http://em:hunter2@10.0.0.8/state?pin=hunter2"
[[assets]]
id = "battery"
driver = "simulated_storage"
capacity_kwh = 10
stored_kwh = 5
max_charge_kw = 3
max_discharge_kw = 3
"""


@dataclass
class Store:
    """A store that is away."""

    def state(self):
        return StoreState(is_reachable=False, trouble="pulled out", waiting=7, last_stored_at=NOON)


@dataclass
class Planner:
    """A planner that has not planned yet."""

    subject: str = "battery"
    made_at: datetime | None = None
    next_at: datetime = NOON
    proof: str = ""
    trouble: str = "there is no forecast"


@dataclass
class Master:
    """The site's master."""

    epoch: int = 3
    lost: str = ""


@pytest.fixture
def site(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(SITE)
    return read_site_file(path)


def told(site, *, settings=None, planner=None, is_admin=True):
    setup = Setup(
        settings=settings or Settings(),
        site=site,
        store=Store(),
        planner=planner,
        mastership=Master(),
        trust=lambda: TRUSTED,
        started_at=NOON,
    )
    return json.loads(setup.document(with_settings=is_admin))


def test_the_site_file_is_told_as_it_was_read_without_its_secrets(site):
    file = told(site)["site_file"]
    assert file["site"] == {"name": "depot", "time_zone": "Europe/Brussels"}
    assert (file["assets"][0]["driver"], file["assets"][0]["stored_kwh"]) == ("simulated_storage", 5)
    broker, web = file["connections"]
    assert (broker["host"], broker["password_env"]) == ("10.0.0.7", "BROKER_PASSWORD")
    assert web["base_url"] == f"http://10.0.0.8/state?{HIDDEN}"
    assert "hunter2" not in json.dumps(told(site))


def test_a_setting_of_the_environment_is_another_than_the_default(site, monkeypatch):
    monkeypatch.setenv("ENERGY_MANAGER_API__PORT", "9999")
    (port,) = [said for said in told(site)["settings"] if said["name"] == "ENERGY_MANAGER_API__PORT"]
    assert (port["value"], port["is_default"]) == (9999, False)


def test_settings_say_what_is_not_the_default_and_hide_tokens_and_passwords(site):
    settings = Settings(
        api=ApiSettings(port=9999, token=SecretStr("hunter2-token")),
        store=StoreSettings(url="postgresql://em:hunter2@db.local/site?sslpassword=hunter2"),
    )
    said = told(site, settings=settings)
    values = {setting["name"]: (setting["value"], setting["is_default"]) for setting in said["settings"]}
    assert values["ENERGY_MANAGER_API__PORT"] == (9999, False)
    assert values["ENERGY_MANAGER_API__TOKEN"] == (HIDDEN, False)
    assert values["ENERGY_MANAGER_STORE__URL"] == (f"postgresql://db.local/site?{HIDDEN}", False)
    assert values["ENERGY_MANAGER_DISPATCH__PERIOD_S"] == (2.0, True)
    assert values["ENERGY_MANAGER_APPLIANCES__NEIGHBOURS_TOKEN"] == ("", True)
    assert "hunter2" not in json.dumps(said)


def test_store_planner_and_master_are_told_as_they_are(site):
    said = told(site, planner=Planner())
    assert said["store"] == {
        "is_reachable": False,
        "trouble": "pulled out",
        "waiting": 7,
        "dropped": 0,
        "last_stored_at": "2026-03-02T12:00:00Z",
    }
    assert (said["planner"]["made_at"], said["planner"]["trouble"]) == (None, "there is no forecast")
    assert said["master"] == {"epoch": 3, "lost": ""}
    assert told(site)["planner"] is None


def test_settings_are_for_admins_alone(site, monkeypatch):
    setup = Setup(
        settings=Settings(),
        site=site,
        store=Store(),
        planner=None,
        mastership=Master(),
        trust=lambda: TRUSTED,
        started_at=NOON,
    )
    guard, app = Guard(ApiSettings()), FastAPI()
    app.include_router(setup_routes(setup, guard))
    client = TestClient(app, base_url="http://127.0.0.1")
    assert client.get("/api/v1/setup").json()["settings"]

    async def viewer(_):
        return Principal(name="ann", role=Role.VIEWER)

    monkeypatch.setattr(guard, "principal", viewer)
    assert client.get("/api/v1/setup").json()["settings"] is None


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"api_key": "x", "keyboard": "y"}, {"api_key": HIDDEN, "keyboard": "y"}),
        ({"token": ""}, {"token": ""}),
        ("sqlite:////var/lib/em.db", "sqlite:////var/lib/em.db"),
        (["mqtt://u:p@h:1/t?k=1", "plain"], [f"mqtt://h:1/t?{HIDDEN}", "plain"]),
        ({"deep": [{"Client_Secret": "x", "n": 1}]}, {"deep": [{"Client_Secret": HIDDEN, "n": 1}]}),
        (SecretStr("x"), HIDDEN),
        (None, None),
    ],
)
def test_whatever_looks_like_a_secret_is_hidden(value, shown):
    assert without_secrets(value) == shown
