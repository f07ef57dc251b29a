"""``check`` says what would happen, or everything that is wrong; it changes nothing."""

import sys

import pytest

from energy_manager.application.control_record import ControlRecord
from energy_manager.domain.dispatch import Controlled
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.check import describe
from energy_manager.entrypoints.commands import app
from energy_manager.entrypoints.container.store.store import opened_store
from tests.support.product import ROOT, site_text

LIMITED = site_text({"a": 5, "b": 5}).replace(
    'id = "a"', 'id = "a"\nkind = "storage"\nmin = -60\nmax = 50\nramp = 20', 1
)
PLANNED = """\
[site]
name = "planned"
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
load = { level_kw = 38, peak_kw = 40, every_s = 15, lasts_s = 15 }
[pcc]
meter = "grid_meter"
storage = "battery"
import_limit_kw = 50
export_limit_kw = 20
[planning.peak_shaving]
period_min = 5
[schedule]
driver = "shared"
blocks = [{}, {}, {}, {}, {}]
"""


@pytest.fixture(autouse=True)
def at_home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENERGY_MANAGER_STORE__URL", "memory:")


def told(tmp_path, text):
    (tmp_path / "site.toml").write_text(text)
    return "\n".join(describe(tmp_path / "site.toml"))


def test_limits_are_told_with_their_asset(tmp_path):
    said = told(tmp_path, LIMITED)
    assert "a: storage, driver shared" in said
    assert "is never told to take more than 60 kW or to deliver more than 50 kW or to change by" in said
    assert "to change by more than 20 kW from one tick to the next" in said
    assert said.count("is never told") == 1


def test_more_than_an_asset_can_ever_do_is_told_of_the_sites_own_schedule(tmp_path):
    assert "the limit of what it can ever do" not in told(tmp_path, LIMITED)
    said = told(tmp_path, LIMITED.replace('"a" = 5', '"a" = 999999'))
    (line,) = [line for line in said.splitlines() if "999999" in line]
    assert line == (
        "  warning: the site's own schedule, a: 999999 kW is above 50 kW, the limit of what it can ever do; capped"
    )


def test_what_is_released_when_is_told(tmp_path):
    said = told(tmp_path, PLANNED.replace("capacity_kwh", 'unscheduled = "release"\nfallback = -5\ncapacity_kwh'))
    assert "battery: driver simulated_storage" in said
    assert "is not in the schedule, so it is released unless a stored one speaks for it" in said
    assert "is released, so that it runs by itself, where no schedule covers it, and when the product ends" in said
    assert "is told to take 5 kW when the schedule is not known or nothing can be decided" in said
    assert "is released" not in told(tmp_path, PLANNED)


def test_a_certificate_that_cannot_be_used_is_refused_as_at_the_start(tmp_path, monkeypatch):
    for name in ("TLS_CERTIFICATE", "TLS_KEY"):
        monkeypatch.setenv(f"ENERGY_MANAGER_API__{name}", str(tmp_path / "gone.pem"))
    with pytest.raises(Refused, match=r"gone\.pem cannot be used: No such file or directory"):
        told(tmp_path, LIMITED)


def test_who_was_under_control_and_left_the_site_file_is_told(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    monkeypatch.setenv("ENERGY_MANAGER_STORE__URL", url)
    with opened_store() as store:
        ControlRecord(site="test", documents=store.repository).keep(
            tuple(Controlled(asset_id=name, reach={}, runs_by_itself=False) for name in ("a", "boiler"))
        )
    said = told(tmp_path, LIMITED)
    assert said.count("was under control") == 1
    assert "boiler was under control and is no longer in the site file: run releases its device" in said


@pytest.mark.parametrize(("unreachable", "power"), [('"last"', "what it measured last"), ("20", "20 kW")])
def test_what_counts_while_an_asset_cannot_be_reached_is_told(tmp_path, unreachable, power):
    said = told(tmp_path, LIMITED.replace("ramp = 20", f"ramp = 20\nunreachable = {unreachable}"))
    assert said.count("while it cannot be reached") == 1
    assert f"counts as delivering {power} while it cannot be reached" in said


def test_the_order_of_authority_is_told(tmp_path):
    assert "authority, highest first: asset limits > grid limit > activation > schedule" in told(tmp_path, LIMITED)


def test_which_planner_runs_when(tmp_path):
    assert "no planner runs by itself" in told(tmp_path, LIMITED)
    said = told(tmp_path, PLANNED)
    assert "peak shaving: battery is planned at the start, every 5 min and when a forecast changes, 24 h ahead" in said
    assert "battery: driver simulated_storage, 60 kWh" in said
    assert "before that keeps the grid limit" in said


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "API: http://127.0.0.1:8888; planning is open"),
        ({}, "is open on this machine; no token is set"),
        ({"API__TOKEN": "secret"}, "needs the token of ENERGY_MANAGER_API__TOKEN"),
        ({"API__HOST": "0.0.0.0"}, "is closed: beyond loopback it needs a token"),
        ({"API__HOST": "::1", "API__PORT": "0"}, "API: http://[::1]:<a free port>"),
        ({}, "store: in memory"),
        ({"STORE__URL": "sqlite:////tmp/x.db"}, "store: sqlite:////tmp/x.db; ticks 30 days"),
        ({"STORE__URL": "postgresql://me:secret@db/site"}, "store: postgresql://me:***@db/site; ticks"),
        ({"STORE__URL": ""}, "store: sqlite:///"),
    ],
)
def test_store_and_api_are_told_and_no_secret_with_them(tmp_path, monkeypatch, settings, said):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))  # not the store of whoever runs the tests
    for name, value in settings.items():
        monkeypatch.setenv(f"ENERGY_MANAGER_{name}", value)
    lines = told(tmp_path, LIMITED)
    assert said in lines
    assert "secret" not in lines


def test_everything_that_is_wrong_is_told_a_line_each_and_the_first_with_a_count_at_the_end(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("ENERGY_MANAGER_DISPATCH__PERIOD_S", "fast")
    wrong = LIMITED.replace("driver", "drivre", 1).replace("ramp = 20", "ramp = 0.5").replace("name", "nmae")
    (tmp_path / "site.toml").write_text(wrong)
    with pytest.raises(Refused) as refusal:
        app(["check", "--site", "site.toml"], standalone_mode=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("ENERGY_MANAGER_DISPATCH__PERIOD_S: 'fast' is not acceptable")
    assert "site.toml:2: site.nmae: there is no such key; did you mean name?" in lines
    assert any("did you mean driver?" in line for line in lines)
    assert str(refusal.value) == f"{lines[0]}; and {len(lines) - 1} more"


def test_a_store_that_cannot_be_is_a_fault_too(tmp_path, monkeypatch):
    monkeypatch.setenv("ENERGY_MANAGER_STORE__URL", "mysql://x")
    with pytest.raises(Refused, match="ENERGY_MANAGER_STORE__URL"):
        told(tmp_path, LIMITED)


def test_home_assistant_is_said_with_what_may_be_ordered():
    lines = "\n".join(describe(ROOT / "examples" / "home_assistant.toml"))
    assert "Home Assistant: all assets are its devices, over connection broker, described under homeassistant/" in lines
    assert "  orders from there for battery, boiler; each holds 60 min, of authority comfort" in lines


def test_a_charger_is_said_with_who_may_call_and_when_it_falls_back():
    lines = "\n".join(describe(ROOT / "examples" / "ev_charger.toml"))
    assert "car: driver ocpp, charger garage, 6 to 16 A on 1 phase, falls back after 90 s; is not in the" in lines
    said = (
        "connection chargers: chargers call ws://127.0.0.1:9000/ and their id, without a password: whoever reaches it"
    )
    assert said in lines


@pytest.mark.parametrize(
    ("was", "becomes", "message"),
    [
        ("min_a = 6", "min_a = 20", "min_a 20 is above max_a 16"),
        ("port = 9000", 'username = "u"', "a charger's username is its id"),
        ("expires_s = 90", "expire_s = 90", "did you mean expires_s?"),
        ('driver = "ocpp"\nconnection', 'driver = "ocpp"\nkind = "storage"\nconnection', "is a load"),
    ],
)
def test_a_charger_that_cannot_be_is_refused_by_its_line(tmp_path, was, becomes, message):
    text = (ROOT / "examples" / "ev_charger.toml").read_text()
    assert was in text
    with pytest.raises(Refused) as refusal:
        told(tmp_path, text.replace(was, becomes))
    assert message in str(refusal.value)


FORECAST = """
[forecasts.load]
[forecasts.sun]
service = "open_meteo"
assets = ["battery"]
latitude = 52.5
longitude = 13.4
tilt = 30
azimuth = -10
kwp = 9.8
"""


def test_forecasts_are_said_with_what_they_are_made_from(tmp_path):
    said = told(tmp_path, PLANNED + FORECAST)
    assert "load is forecast every quarter hour, 48 h ahead, from the last weeks of the import that" in said
    assert "by open_meteo (asked every hour) for 9.8 kWp, 30° tilted, -10° from south" in said
    without = told(tmp_path, PLANNED + '[forecasts.sun]\nassets = ["battery"]\n')
    assert (
        "production of battery is forecast every quarter hour, 48 h ahead, from the last weeks without curtailed times"
        in without
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (FORECAST.replace("kwp = 9.8", ""), "open_meteo needs kwp as well"),
        (FORECAST.replace('["battery"]', '["roof"]'), "there must be an asset of this id"),
        (FORECAST.replace("[forecasts.load]", '[forecasts.load]\nmeter = "battery"'), "of this id of kind meter"),
        ('[forecasts.sun]\nservice = "history"\n', "the site has no producer"),
        (FORECAST.replace("kwp = 9.8", "kwp = 9.8\nheight = 3"), "height"),
    ],
)
def test_forecasts_that_cannot_be_are_refused_by_their_place(tmp_path, text, message):
    with pytest.raises(Refused) as refused:
        told(tmp_path, PLANNED + text)
    assert "forecasts" in str(refused.value)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ("min = 0\nmax = 50", "to take anything or to deliver more than 50 kW"),
        ("min = 5", "to deliver less than 5 kW"),
        ("max = 0", "to deliver anything"),
    ],
)
def test_limits_are_told_in_words_and_not_by_their_signs(tmp_path, limits, said):
    site = site_text({"a": 5}).replace('id = "a"', f'id = "a"\n{limits}', 1)
    assert f"is never told {said}" in told(tmp_path, site)


def test_a_person_reads_a_fault_once_and_a_program_on_standard_error_too(tmp_path, monkeypatch, capsys):
    (tmp_path / "site.toml").write_text(PLANNED.replace("driver", "drivr", 1))
    fault = r"site\.toml:\d+: .*drivr.*did you mean driver"
    with pytest.raises(Refused, match=fault):
        app(["check", "--site", "site.toml"], standalone_mode=False)
    monkeypatch.setattr(sys.modules["energy_manager.entrypoints.commands.check"], "is_for_people", lambda: True)
    with pytest.raises(Refused, match=r"check: \d faults?: energy-manager run would not start"):
        app(["check", "--site", "site.toml"], standalone_mode=False)
    assert capsys.readouterr().out.count("did you mean driver") == 2
