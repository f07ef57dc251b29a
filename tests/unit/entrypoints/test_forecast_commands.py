"""``energy-manager forecast …`` on a store of its own."""

import io
import json
import sys

import pytest

from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.commands import app
from energy_manager.entrypoints.container.store.store import opened_store

READINGS = [{"time": "2026-03-02T12:00:00Z", "value": 41.5}, {"time": "2026-03-02T12:15:00Z", "value": 62.0}]
LINE = "load   2 readings   2026-03-02T12:00:00Z to 2026-03-02T12:15:00Z\n"


@pytest.fixture(autouse=True)
def at_home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENERGY_MANAGER_STORE__URL", f"sqlite:///{tmp_path / 'store.db'}")
    (tmp_path / "load.json").write_text(json.dumps(READINGS))


def command(*arguments):
    app(["forecast", *arguments], standalone_mode=False)


def test_a_forecast_is_put_listed_shown_and_deleted(capfd):
    command("list")
    assert capfd.readouterr() == ("", "there are no forecasts\n")
    command("put", "load", "load.json")
    command("list")
    assert capfd.readouterr().out == f"accepted: {LINE}{LINE}"
    command("show", "load")
    assert json.loads(capfd.readouterr().out) == READINGS
    command("delete", "load")
    assert capfd.readouterr().out == "deleted: load\n"
    for action in ("show", "delete"):
        with pytest.raises(Refused, match="there is no forecast 'load'"):
            command(action, "load")


@pytest.mark.parametrize("action", [["put", "lod", "load.json"], ["show", "lod"], ["delete", "lod"]])
def test_a_name_that_no_forecast_has_is_refused(action):
    command("put", "load", "load.json")
    with pytest.raises(Refused, match=r"did you mean '?load"):
        command(*action)


def test_a_forecast_of_any_name_is_shown_with_its_unit_and_can_be_put_again(tmp_path, capfd):
    (tmp_path / "spot.json").write_text(json.dumps({"unit": "EUR/MWh", "readings": READINGS}))
    command("put", "spot", "spot.json")
    assert "spot   2 readings in EUR/kWh" in capfd.readouterr().out
    command("show", "spot")
    shown = capfd.readouterr().out
    (tmp_path / "again.json").write_text(shown)
    command("put", "spot", "again.json")
    capfd.readouterr()
    command("show", "spot")
    assert capfd.readouterr().out == shown


def test_what_is_no_forecast_is_refused_and_nothing_is_stored(capfd, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'[{"time": "noon", "value": 1}]')))
    with pytest.raises(Refused, match=r"readings\[0\]\.time"):
        command("put", "load", "-")
    command("list")
    assert "there are no forecasts" in capfd.readouterr().err


def test_the_audit_says_which_forecast_was_there_before(tmp_path, capfd):
    (tmp_path / "short.json").write_text(json.dumps(READINGS[:1]))
    command("put", "load", "short.json")
    command("put", "load", "load.json")
    command("delete", "load")
    with opened_store(for_questions=True) as store:
        lines = [record.entry for record in reversed(store.repository.log_page())]
    counts = [[said and said["count"] for said in (line.before, line.after)] for line in lines]
    assert counts == [[None, 1], [1, 2], [2, None]]
