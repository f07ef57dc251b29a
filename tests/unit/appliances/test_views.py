"""What is answered of homes and runs while the loop runs."""

import pytest

from energy_manager.application.appliances.building import Unknown
from energy_manager.application.appliances.views import run_answer, timetable_answer
from tests.support.live_appliances import Live


@pytest.fixture
def building():
    live = Live()
    for home in ("home", "next door"):
        live.home(name=home)
        live.appliance("Oven", home=home, asset="oven" if home == "home" else "car")
        live.ask("Oven", home=home)
    live.ask("Oven", queue=True)
    return live.service.look()


def test_a_run_that_waits_for_its_turn_is_answered_beside_those_that_are_decided(building):
    assert [run["id"] for run in timetable_answer(building)["runs"]] == ["1", "2", "3"]
    assert (run_answer(building, "1")["status"], run_answer(building, "3")["status"]) == ("running", "pending")


def test_of_one_household_only_its_own_runs_are_told(building):
    told = timetable_answer(building, "next door")
    assert [home["id"] for home in told["households"]] == ["next door"]
    assert [run["id"] for run in told["runs"]] == ["2"]


def test_a_household_or_a_run_that_is_not_there_is_unknown(building):
    with pytest.raises(Unknown):
        timetable_answer(building, "nowhere")
    with pytest.raises(Unknown):
        run_answer(building, "9")
