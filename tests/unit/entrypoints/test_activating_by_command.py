"""``plan … --activate`` on a store of its own: what is stored, what is printed, what is refused."""

import json
from pathlib import Path

import pytest

from energy_manager.adapters.storage import store_at
from energy_manager.application.site_registry import keep_site
from energy_manager.domain.errors import EnergyManagerError, Infeasible
from energy_manager.domain.site import PlanningSite
from energy_manager.entrypoints.commands import app
from tests.support.product import site_text

OFFER = {"volume": 7, "assets": [{"code": "ok-2", "volume": 7, "activation_cost": 1}]}
TOO_MUCH = {"load": 5, "fuels": {}, "powerplants": []}


@pytest.fixture
def store(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENERGY_MANAGER_STORE__URL", url)
    (tmp_path / "offer.json").write_text(json.dumps(OFFER))
    (tmp_path / "load.json").write_text(json.dumps(TOO_MUCH))
    (tmp_path / "site.toml").write_text(site_text({"ok-2": 100}))
    store = store_at(url)
    store.open()
    yield store.repository
    store.close()


def command(*arguments):
    app([*arguments], standalone_mode=False)


def test_the_site_that_ran_last_on_the_store_is_known(store, capfd):
    keep_site(store, PlanningSite(controllable=("ok-2",), power_unit="W"))
    command("plan", "flexibility", "offer.json", "--activate", "--id", "call")
    told = capfd.readouterr()
    assert json.loads(told.out)["assets"] == ["ok-2"]
    assert told.err.startswith("accepted: call   flexibility   ")
    activation = store.activation("call")
    assert activation.accepted.schedule.blocks[0].targets == {"ok-2": 7_000}, "the site's step is a watt"


def test_a_site_may_be_named_by_its_file(store, capfd):
    command("plan", "flexibility", "offer.json", "--activate", "--site", "site.toml")
    assert capfd.readouterr().out
    assert [entry.schedule.assets for entry in store.all()] == [("ok-2",)]


def test_a_plan_that_there_is_none_of_is_told_in_json_and_stores_nothing(store, capfd):
    with pytest.raises(Infeasible):
        command("plan", "production", "load.json", "--activate", "--site", "site.toml")
    assert json.loads(capfd.readouterr().out)["error"] == "infeasible"
    assert store.all() == ()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--for", "5"], "--for: only valid together with --activate"),
        (["--id", "x", "--site", "y"], "--site: only valid together with --activate; --id: only"),
        (["--activate"], "--site: no site has run on this store yet"),
        (["--activate", "--site", "site.toml", "--for", "0"], "for_min: 0 is not above 0"),
        (["--activate", "--site", "site.toml", "--from", "noon"], "--from: 'noon' is no time"),
        (["--activate", "--site", "nowhere.toml"], "nowhere.toml: cannot be read"),
    ],
)
def test_a_bad_order_is_refused_and_stores_nothing(store, capfd, arguments, said):
    with pytest.raises(EnergyManagerError) as refusal:
        command("plan", "flexibility", "offer.json", *arguments)
    assert str(refusal.value).startswith(said)
    assert capfd.readouterr().out == ""
    assert store.all() == ()


def test_a_person_is_told_when_on_the_clock_of_the_site(store, capfd, monkeypatch):
    keep_site(store, PlanningSite(controllable=("ok-2",), power_unit="W", time_zone="Europe/Brussels"))
    monkeypatch.setattr("energy_manager.entrypoints.commands.activating.width_of", lambda stream: 200)
    command("plan", "flexibility", "offer.json", "--activate", "--id", "call", "--from", "2099-03-28T22:30:00Z")
    assert "call   flexibility   Sat 28 Mar 23:30:00 to Sun 29 Mar 00:30:00 CET   ok-2" in capfd.readouterr().err
    monkeypatch.setattr("energy_manager.entrypoints.commands.schedule.is_for_people", lambda: True)
    text = "start,end,asset,target\n2099-03-28T22:30:00Z,2099-03-29T03:00:00Z,ok-2,5\n"
    Path("night.csv").write_text(text)
    command("schedule", "put", "night", "night.csv")
    assert "night   manual   Sat 28 Mar 23:30:00 CET to Sun 29 Mar 05:00:00 CEST   ok-2" in capfd.readouterr().out
    monkeypatch.setattr("energy_manager.entrypoints.commands.forecast.is_for_people", lambda: True)
    Path("load.json").write_text('[{"time": "2026-07-02T12:00:00Z", "value": 41.5}]')
    command("forecast", "put", "load", "load.json")
    assert "load   1 readings   Thu 2 Jul 14:00:00 to 14:00:00 CEST" in capfd.readouterr().out
