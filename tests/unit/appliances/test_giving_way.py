"""Runs that give way only where they must, and plans that lean on the battery."""

import pytest

from energy_manager.domain.appliances import Household, Timetable
from energy_manager.domain.errors import Refused
from tests.oracles.appliance_days import ask, battery, day, home, planned, segments
from tests.support.documents import plan_day

CHARGED_FIRST = home(2500, battery=battery(2400, 2500, stored_wh=480))


def test_a_run_pauses_only_where_there_is_no_room_for_both():
    # Until 30 all three fit; were B paused from 10 on, it would wait longer than its 10 min.
    runs = planned(
        ask("W", 0, 1000, 30),
        ask("B", 0, 2000, 60, delay=10, priority="low", may_pause=True),
        ask("P", 0, 2000, 30, delay=30, priority="low"),
        ask("D", 10, 1000, 30, priority="urgent"),
        homes=[home(4000)],
    )
    assert (runs["D"]["outcome"], runs["D"]["segments_min"]) == ("shift", [[10, 40]])
    assert runs["B"]["segments_min"] == [[0, 30], [40, 70]]


def test_a_paused_run_goes_on_in_pieces_where_it_finds_no_whole_place():
    runs = segments(
        ask("A", 10, 2000, 40, delay=20, may_pause=True),
        ask("B", 20, 2000, 40, delay=10, priority="low", may_pause=True),
        ask("C", 30, 1000, 20, priority="urgent"),
        ask("D", 30, 1000, 30, priority="urgent", may_pause=True),
        homes=[home(4000)],
    )
    assert runs == {"A": [[10, 30], [50, 70]], "B": [[20, 50], [60, 70]], "C": [[30, 50]], "D": [[30, 60]]}


def test_charging_for_a_later_run_does_not_keep_an_urgent_one_out():
    # P takes 1,500 Wh from the battery, which takes 36 min of charging; D leaves nothing for that.
    runs = planned(
        ask("P", 0, 4000, 60, delay=None, priority="low"),
        ask("D", 10, 2500, 20, priority="urgent"),
        homes=[CHARGED_FIRST],
    )
    assert (runs["D"]["outcome"], runs["D"]["segments_min"]) == ("replan", [[10, 30]])
    assert runs["P"]["segments_min"] == [[56, 116]]


def test_a_planned_run_that_needs_the_battery_moves_within_its_delay():
    homes = [home(2500, battery=battery(2400, 2500, stored_wh=960))]
    runs = segments(
        ask("P", 0, 4000, 60, delay=100, priority="low"), ask("D", 10, 2500, 20, priority="urgent"), homes=homes
    )
    assert runs == {"D": [[10, 30]], "P": [[44.48, 104.48]]}


def test_the_battery_is_given_to_the_run_that_cannot_wait():
    runs = segments(
        ask("A", 0, 2500, 60),
        ask("P", 0, 3000, 120, delay=None, priority="low"),
        ask("D", 10, 3500, 60, delay=70, priority="urgent"),
        homes=[home(2500, battery=battery(1000, 1500, depth=1))],
    )
    # P finds the battery empty at 120 and waits for the 1,000 Wh that it takes.
    assert runs == {"A": [[0, 60]], "D": [[60, 120]], "P": [[160, 280]]}


def test_a_run_that_charging_keeps_out_is_told_so():
    run = planned(
        ask("P", 0, 4000, 60, delay=55, priority="low"),
        ask("D", 10, 2500, 20, priority="urgent"),
        homes=[CHARGED_FIRST],
    )["D"]
    assert run["shortfall_w"] == 0
    assert run["reason"] == "D cannot start at once: the battery must be charged then for what is booked already"


def test_what_can_never_be_is_rejected_however_long_it_may_wait():
    runs = planned(
        ask("E", 0, 1200, None, delay=None, priority="low", may_pause=True),
        ask("P", 10, 4150, 180, delay=None, may_pause=True),
        homes=[home(3105, battery=battery(2400, 2500))],
    )
    assert runs["P"]["outcome"] == "rejected"
    assert runs["E"]["segments_min"] == [[0, None]]


def test_what_the_battery_gives_is_not_missing():
    run = planned(ask("A", 0, 3000, 60), homes=[home(2000, battery=battery(5000, 999))])["A"]
    assert (run["shortfall_w"], run["would_do"]["threshold_w"]) == (1, 2001)


def test_what_is_missing_is_what_the_battery_lacks_in_energy():
    # 800 Wh for an hour that lacks 1,000 W.
    run = planned(ask("A", 0, 3000, 60), homes=[home(2000, battery=battery(1000, 999))])["A"]
    assert run["shortfall_w"] == 200


BUILDING = [home(3000), home(3000, household="2")]
NEIGHBOUR = ask("A", 0, 2200, 60, household="2")
WAITS = ask("P", 5, 801, 30, delay=None, priority="low")
HELD_BACK = ask("X", 1, 790, 60)


@pytest.mark.parametrize(
    "event",
    [
        {"event": "threshold", "at_min": 10, "household": "1", "threshold_w": 2000},
        {"event": "finish", "at_min": 10, "household": "1", "appliance": "X"},
        {"event": "restart", "at_min": 40, "until_min": 50},
    ],
    ids=lambda event: event["event"],
)
def test_nothing_is_tried_earlier_above_the_limit_of_the_building(event):
    requests = [NEIGHBOUR, HELD_BACK, WAITS] if event["event"] != "threshold" else [NEIGHBOUR, WAITS]
    runs = segments(*requests, homes=BUILDING, events=[event], building_limit_w=3000)
    assert runs["P"] == [[60, 90]]


def test_a_run_without_max_delay_that_loses_its_place_is_not_said_to_have_one():
    answer = plan_day(
        day(
            ask("A", 0, 2000, 60, delay=None),
            events=[{"event": "threshold", "at_min": 10, "household": "1", "threshold_w": 1000}],
        )
    )
    assert all("max delay" not in alert["message"] for alert in answer["alerts"])


def test_what_has_not_begun_cannot_have_finished():
    event = {"event": "finish", "at_min": 30, "household": "1", "appliance": "B"}
    run = planned(ask("A", 0, 2000, 60), ask("B", 0, 2000, 60, delay=60), events=[event])["B"]
    assert (run["status"], run["segments_min"]) == ("cancelled", [])


def test_another_threshold_for_an_unknown_household_is_refused():
    table = Timetable.of([Household(household_id="1", threshold_w=3000)], now_us=0)
    with pytest.raises(Refused, match="'2' is unknown"):
        table.change_threshold("2", 1000, at_us=0)


def test_a_pause_that_did_not_happen_while_nobody_switched_happens_afterwards():
    # B is to pause from 60 to 120, when the sun has gone; from 50 to 90 nobody switches.
    runs = planned(
        ask("B", 0, 1000, 180, delay=None, priority="low", may_pause=True),
        ask("D", 40, 3000, 80, priority="urgent"),
        homes=[home(3000, pv_w=[1000] + [0] * 23)],
        events=[{"event": "restart", "at_min": 50, "until_min": 90}],
    )
    assert runs["D"]["segments_min"] == [[40, 120]]
    assert runs["B"]["segments_min"] == [[0, 90], [120, 210]]
