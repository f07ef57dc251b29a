"""``energy-manager backtest``, from its files to its answer; in process."""

import json
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest

from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.commands import app

START = datetime(2026, 3, 1, tzinfo=UTC)
TARIFF = """
[tariff]
currency = "EUR"
vat = 0.19
charges = [{ from = "00:00", to = "24:00", per_kwh = 0.15 }]
feed_in = 0.079
"""


def written(path, header, value, *, days=3, step_min=15):
    count = days * 1440 // step_min
    times = [START + timedelta(minutes=step_min * step) for step in range(count)]
    path.write_text(f"time,{header}\n" + "".join(f"{at.isoformat()},{value(at):.4f}\n" for at in times))
    return str(path)


@pytest.fixture
def files(tmp_path):
    return {
        "--load": written(tmp_path / "load.csv", "kW", lambda at: 2.0 if 17 <= at.hour < 21 else 0.4),
        "--production": written(tmp_path / "sun.csv", "W", lambda at: 3000 if 10 <= at.hour < 14 else 0),
        "--prices": written(tmp_path / "spot.csv", "EUR/MWh", lambda at: 200 if at.hour >= 17 else 60, step_min=60),
        "--battery": "10kWh/5kW",
    }


def run(arguments, *others, **more):
    said = [part for name, value in {**arguments, **more}.items() for part in (name, value)]
    app(["backtest", *said, *others], standalone_mode=False)


def answer(capfd):
    return json.loads(capfd.readouterr().out.splitlines()[0])


def test_the_four_ways_cost_what_a_head_can_sum(files, tmp_path, capfd):
    tariff = tmp_path / "fixed.toml"
    tariff.write_text(TARIFF)
    picture = tmp_path / "picture.svg"
    run(files, **{"--tariff": str(tariff), "--picture": str(picture)})
    told = answer(capfd)
    (found,) = told["tariffs"]
    assert (told["steps"], told["step_s"], told["load_kwh"], told["production_kwh"]) == (288, 900, 48.0, 36.0)
    # A day takes 16 kWh, of which 0.4 x 4 come from the sun at once, and feeds 10.4 in. Bought: 8 + 1.2 kWh at
    # (0.20 + 0.15) x 1.19 = 0.4165, and 0.4 x 13 = 5.2 at 0.2499.
    a_day = 9.2 * 0.4165 + 5.2 * 0.2499 - 10.4 * 0.079
    cost = found["cost"]
    assert cost["without_battery"] == pytest.approx(3 * a_day, abs=0.01)
    assert cost["perfect_foresight"] <= cost["value_of_energy"] + 0.01
    assert cost["value_of_energy"] < cost["without_battery"]
    assert sum(month["cost"]["value_of_energy"] for month in found["months"]) == pytest.approx(
        cost["value_of_energy"], abs=0.02
    )
    assert any("10 kWh" in sentence for sentence in told["assumptions"])
    assert ElementTree.fromstring(picture.read_text()).tag.endswith("svg")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"--battery": "10"}, "'10' is no capacity and power above 0 such as 10kWh/5kW"),
        ({"--battery": "0kWh/5kW"}, "no capacity and power above 0"),
        ({"--feed-in": "cheap"}, "'cheap' is no price per kWh"),
        ({"--time-zone": "Berlin"}, "'Berlin' is no time zone"),
        ({"--load": "/nowhere.csv"}, "cannot be read"),
    ],
)
def test_what_cannot_be_is_refused(files, changed, message):
    with pytest.raises(Refused, match=message.replace("(", "\\(")):
        run(files, **changed)


def test_a_load_below_zero_is_refused_with_its_time(files, tmp_path):
    net = written(tmp_path / "net.csv", "kW", lambda at: -1.0 if at.hour == 12 else 1.0)
    with pytest.raises(Refused, match="load: is -1 kW at 2026-03-01T12:00:00"):
        run(files, **{"--load": net})


def test_series_without_two_days_in_common_are_refused(files, tmp_path):
    short = written(tmp_path / "short.csv", "kW", lambda _: 1.0, days=1)
    with pytest.raises(Refused, match="must have at least two days in common"):
        run(files, **{"--load": short})


def test_two_currencies_are_refused(files, tmp_path):
    for name, currency in (("a", "EUR"), ("b", "CHF")):
        (tmp_path / f"{name}.toml").write_text(TARIFF.replace("EUR", currency))
    with pytest.raises(Refused, match="must have one currency, not CHF and EUR"):
        run(files, "--tariff", str(tmp_path / "a.toml"), "--tariff", str(tmp_path / "b.toml"))


def test_a_tariff_that_cannot_be_is_refused_with_its_place(files, tmp_path):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(TARIFF.replace("vat = 0.19", "vat = 19"))
    with pytest.raises(Refused, match=r"wrong.toml: tariff.vat"):
        run(files, **{"--tariff": str(wrong)})


def test_missing_quarter_hours_are_taken_from_a_day_before_and_said(files, tmp_path, capfd):
    path = tmp_path / "load.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:120] + lines[124:]))
    run(files)
    told = answer(capfd)
    assert told["assumptions"][0] == "load: 4 of 288 quarter hours are missing and taken from a day before"
    assert "feeding in earns 0 per kWh" in told["assumptions"][-1]


def test_without_a_sun_all_is_bought(files, capfd):
    del files["--production"]
    run(files)
    told = answer(capfd)
    assert (told["load_kwh"], told["production_kwh"]) == (48.0, 0.0)
    # Of the 16 kWh of a day 2 x 4 + 0.4 x 3 are taken from 17:00 on, at 0.20, and the other 6.8 at 0.06.
    assert told["tariffs"][0]["cost"]["without_battery"] == pytest.approx(3 * (9.2 * 0.20 + 6.8 * 0.06), abs=0.01)


def test_a_time_of_day_without_any_value_is_refused(files, tmp_path):
    path = tmp_path / "load.csv"
    header, *lines = path.read_text().splitlines(keepends=True)
    path.write_text(header + "".join(line for line in lines if "T03:15" not in line))
    with pytest.raises(Refused, match="load: has a time of day without any value"):
        run(files)


def test_progress_judges_the_rest_by_the_days_since_the_first(files, capfd):
    run(files)
    told = [line for line in capfd.readouterr().err.splitlines() if " of 3 days" in line]
    # How long the workers took to begin says nothing of the days that follow.
    assert "to go" not in told[0]
    assert all("to go" in line for line in told[1:])
    assert told[-1].startswith("3 of 3 days")
