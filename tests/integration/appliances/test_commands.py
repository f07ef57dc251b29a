"""``energy-manager appliances`` on a store of its own, while nobody switches."""

import json

import pytest
import typer

from energy_manager.application.appliances import Unknown
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.commands.appliances import RunRejected, appliances


@pytest.fixture
def command(tmp_path, monkeypatch, capfdbinary):
    for name, value in {"URL": f"sqlite:///{tmp_path}/store.db"}.items():
        monkeypatch.setenv(f"ENERGY_MANAGER_STORE__{name}", value)

    def run(*arguments):
        capfdbinary.readouterr()
        typer.main.get_command(appliances).main(list(arguments), standalone_mode=False)
        return json.loads(capfdbinary.readouterr().out)

    return run


@pytest.mark.no_cover
def test_a_home_is_registered_asked_and_shown(command):
    assert command("add", "home", "--threshold-w", "3000", "--time-zone", "Europe/Brussels")["threshold_w"] == 3000
    added = command("add", "home", "Dish", "--profile", "Dishwasher, eco", "--max-delay-min", "600")
    assert (added["profiles"], added["max_delay_min"]) == (["Dishwasher, eco"], 600)
    command("add", "home", "Oven", "--power-w", "2500", "--duration-min", "45", "--priority", "urgent", "--whole")
    assert [entry["name"] for entry in command("list")[0]["appliances"]] == ["Dish", "Oven"]
    first = command("request", "home", "Dish")
    assert (first["outcome"], first["power_w"]) == ("fit", 800)
    with pytest.raises(RunRejected, match="Oven cannot start at once"):
        command("request", "home", "Oven", "--max-delay-min", "0")
    shown = command("timetable", "--household", "home")
    assert [run["status"] for run in shown["runs"]] == ["running", "rejected"]
    assert shown["is_attended"] is False
    assert command("cancel", first["id"])["status"] == "cancelled"
    assert command("request", "home", "Oven")["outcome"] == "fit"
    assert command("finish", "3")["status"] == "finished"


def test_a_home_with_a_battery_is_registered(command):
    added = command(
        *("add", "home", "--threshold-w", "3000", "--battery-capacity-wh", "4000", "--battery-power-w", "1000"),
        *("--battery-depth-of-discharge", "0.9", "--battery-stored-wh", "1500", "--battery-asset", "cellar"),
    )
    assert added["battery"] == {
        "capacity_wh": 4000,
        "power_w": 1000,
        "depth_of_discharge": 0.9,
        "stored_wh": pytest.approx(1500),
        "asset": "cellar",
    }
    with pytest.raises(Refused, match=r"battery\.capacity_wh"):
        command("add", "home", "--threshold-w", "3000", "--battery-power-w", "1000")


def test_the_catalogue_needs_no_store(command):
    assert {"Oven", "EV charger"} <= {profile["name"] for profile in command("list", "--profiles")}


def test_options_of_the_other_kind_are_refused(command):
    with pytest.raises(Refused, match="--power-w: belongs to an appliance"):
        command("add", "home", "--threshold-w", "3000", "--power-w", "5")
    with pytest.raises(Refused, match="--threshold-w: belongs to a household"):
        command("add", "home", "Oven", "--threshold-w", "3000")
    with pytest.raises(Refused, match="--battery-asset: belongs to a household"):
        command("add", "home", "Oven", "--battery-asset", "cellar")


def test_what_is_not_there_or_wrong_is_one_line(command):
    with pytest.raises(Unknown, match="there is no run '77'"):
        command("cancel", "77")
    with pytest.raises(Refused, match=r"threshold_w: must be above 0 and at most 1000000000, not 0\.0"):
        command("add", "home", "--threshold-w", "0")


def test_a_store_in_memory_is_refused(command, monkeypatch):
    monkeypatch.setenv("ENERGY_MANAGER_STORE__URL", "memory:")
    with pytest.raises(Refused, match="a store of one process only"):
        command("list")


def test_an_appliance_with_a_power_profile_is_registered_and_asked(command):
    command("add", "home", "--threshold-w", "3000", "--strategy", "flat")
    added = command("add", "home", "Washer", "--profile-w", "15:2000,300,0,500")
    assert added["own"]["profile_w"] == {"resolution_min": 15, "values": [2000, 300, 0, 500]}
    asked = command("request", "home", "Washer")
    assert (asked["power_w"], asked["duration_min"], asked["profile_w"]) == (2000, 60, added["own"]["profile_w"])
    with pytest.raises(Refused, match="'15;2000' is not minutes, a colon and watts"):
        command("request", "home", "Washer", "--profile-w", "15;2000")
    with pytest.raises(Refused, match="leave out power_w"):
        command("request", "home", "Washer", "--profile-w", "15:2000", "--power-w", "5")


def test_cost_needs_prices_or_a_site_with_a_tariff(command):
    with pytest.raises(Refused, match="strategy cost needs it"):
        command("add", "home", "--threshold-w", "3000", "--strategy", "cost")
