"""CSV in and out of commands: the load of a meter, forecasts and schedules."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.commands import app

BRUSSELS = ZoneInfo("Europe/Brussels")
MIDNIGHT = datetime(2026, 10, 24, 22, tzinfo=UTC)  # of the day with 25 hours
LOAD_KW = [40.0 + 4 * (step % 8) for step in range(100)]
REQUEST = {
    "pcc": {"import_limit_kw": 50, "export_limit_kw": 1000},
    "storage": {"capacity_kwh": 284, "stored_kwh": 120, "max_charge_kw": 175, "max_discharge_kw": 175},
}


@pytest.fixture(autouse=True)
def at_home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENERGY_MANAGER_STORE__URL", f"sqlite:///{tmp_path / 'store.db'}")
    times = [(MIDNIGHT + step * timedelta(minutes=15)).astimezone(BRUSSELS) for step in range(100)]
    lines = [f"{time:%d-%m-%Y %H:%M};{load / 4:g}".replace(".", ",") for time, load in zip(times, LOAD_KW, strict=True)]
    (tmp_path / "load.csv").write_text("\r\n".join(["Datum;Verbruik [kWh]", *lines]), encoding="utf-8-sig")
    (tmp_path / "request.json").write_text(json.dumps(REQUEST))


def command(*arguments):
    app(list(arguments), standalone_mode=False)


def planned(capfd, *arguments):
    command("plan", "peak-shaving", "request.json", *arguments)
    return capfd.readouterr()


def test_a_meters_load_is_planned_and_the_plan_comes_back_as_its_file_was_written(capfd):
    zone = ("--load", "load.csv", "--time-zone", "Europe/Brussels")
    plan = json.loads(planned(capfd, *zone).out)
    lists = {**REQUEST, "start": "2026-10-24T22:00:00Z", "step_s": 900, "load_kw": LOAD_KW}
    with open("lists.json", "w") as file:
        json.dump(lists, file)
    command("plan", "peak-shaving", "lists.json")
    assert plan == json.loads(capfd.readouterr().out)
    header, *lines = planned(capfd, *zone, "--csv").out.splitlines()
    assert header == "time;charge_kw;pcc_import_kw;stored_kwh"
    assert lines[8].startswith("2026-10-25T02:00:00+02:00;")
    assert lines[12].startswith("2026-10-25T02:00:00+01:00;")
    assert [float(line.split(";")[1].replace(",", ".")) for line in lines] == plan["charge_kw"]


def test_a_plan_that_crosses_a_limit_says_so_beside_its_csv(tmp_path, capfd):
    small = {**REQUEST, "storage": {**REQUEST["storage"], "stored_kwh": 0, "max_charge_kw": 0}}
    (tmp_path / "request.json").write_text(json.dumps(small))
    said = planned(capfd, "--load", "load.csv", "--time-zone", "Europe/Brussels", "--csv")
    assert "kWh lie beyond the limits, first at 2026-10-24T22:45:00Z" in said.err


def test_a_least_cost_plan_takes_load_and_prices_from_csv_and_comes_back_as_they_were_written(tmp_path, capfd):
    prices = [90.0 + 10 * (hour % 7) for hour in range(25)]
    hours = [(MIDNIGHT + hour * timedelta(hours=1)).astimezone(BRUSSELS) for hour in range(25)]
    lines = [f"{time:%Y-%m-%d %H:%M};{price:g}" for time, price in zip(hours, prices, strict=True)]
    (tmp_path / "prices.csv").write_text("\n".join(["time;price [EUR/MWh]", *lines]))
    battery = {"id": "b", "kind": "battery", "capacity_kwh": 90, "stored_kwh": 9, "max_charge_kw": 30}
    site = {"sell_eur_per_kwh": 0.02, "pcc": {"import_limit_kw": 99, "export_limit_kw": 9}}
    site["storages"] = [{**battery, "max_discharge_kw": 30, "charge_efficiency": 0.9, "discharge_efficiency": 0.9}]
    (tmp_path / "request.json").write_text(json.dumps(site))
    files = ("--load", "load.csv", "--buy", "prices.csv", "--time-zone", "Europe/Brussels")
    command("plan", "least-cost", "request.json", *files)
    plan = json.loads(capfd.readouterr().out)
    bought = [price / 1000 for price in prices for _ in range(4)]
    lists = {**site, "start": "2026-10-24T22:00:00Z", "step_s": 900, "load_kw": LOAD_KW, "buy_eur_per_kwh": bought}
    (tmp_path / "lists.json").write_text(json.dumps(lists))
    command("plan", "least-cost", "lists.json")
    assert plan["cost_eur"] == pytest.approx(json.loads(capfd.readouterr().out)["cost_eur"])
    command("plan", "least-cost", "request.json", *files, "--csv")
    said = capfd.readouterr()
    header, *rows = said.out.splitlines()
    assert header == "time;import_kw;export_kw;curtailed_kw;b_charge_kw;b_stored_kwh"
    assert rows[12].startswith("2026-10-25T02:00:00+01:00;")
    assert [float(row.split(";")[4].replace(",", ".")) for row in rows] == plan["charge_kw"]["b"]
    assert f"it costs {plan['cost_eur']:g} EUR" in said.err


def test_a_series_that_is_in_the_request_already_is_refused(tmp_path):
    (tmp_path / "request.json").write_text(json.dumps({**REQUEST, "load_kw": [1]}))
    with pytest.raises(Refused, match="load_kw: is in the request already; leave it out there, or leave out --load"):
        command("plan", "peak-shaving", "request.json", "--load", "load.csv", "--time-zone", "Europe/Brussels")


def test_local_times_need_a_zone_and_faults_are_not_repeated_for_each_line():
    with pytest.raises(Refused, match=r"load.csv:2: .*--time-zone.*95 more faults like these"):
        command("plan", "peak-shaving", "request.json", "--load", "load.csv")


def test_a_forecast_comes_from_csv_and_goes_back_to_it(tmp_path, capfd):
    command("forecast", "put", "load", "load.csv", "--time-zone", "Europe/Brussels")
    assert "load   100 readings   2026-10-24T22:00:00Z to 2026-10-25T22:45:00Z" in capfd.readouterr().out
    command("forecast", "show", "load")
    shown = capfd.readouterr().out
    assert [reading["value"] for reading in json.loads(shown)] == LOAD_KW
    command("forecast", "show", "load", "--csv", "--time-zone", "Europe/Brussels")
    (tmp_path / "again.csv").write_text(capfd.readouterr().out)
    command("forecast", "put", "load", "again.csv")
    capfd.readouterr()
    command("forecast", "show", "load")
    assert capfd.readouterr().out == shown


def test_a_price_forecast_in_eur_per_mwh_is_kept_per_kwh(tmp_path, capfd):
    (tmp_path / "spot.csv").write_text("time,price [EUR/MWh]\n2026-03-02T12:00Z,80\n2026-03-02T13:00Z,-5\n")
    command("forecast", "put", "spot", "spot.csv")
    assert "spot   2 readings in EUR/kWh" in capfd.readouterr().out
    command("forecast", "show", "spot")
    assert [reading["value"] for reading in json.loads(capfd.readouterr().out)["readings"]] == [0.08, -0.005]


def test_a_schedule_comes_from_csv_and_goes_back_to_it(tmp_path, capfd):
    (tmp_path / "night.csv").write_text("start;end;asset;target\n02.03.2026 22:00;03.03.2026 06:00;asset_1;120\n")
    command("schedule", "put", "night", "night.csv", "--time-zone", "Europe/Brussels")
    capfd.readouterr()
    command("schedule", "show", "night", "--csv", "--time-zone", "Europe/Brussels")
    assert capfd.readouterr().out == (
        "start,end,asset,target\n2026-03-02T22:00:00+01:00,2026-03-03T06:00:00+01:00,asset_1,120\n"
    )
