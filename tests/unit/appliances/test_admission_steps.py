"""Each step of admission with the smallest case that needs it."""

import pytest

from tests.oracles.appliance_days import ask, battery, day, home, planned, segments
from tests.support.documents import plan_day


def test_a_run_that_fits_starts_at_once():
    run = planned(ask("Oven", 600, 2000, 60))["Oven"]
    assert (run["outcome"], run["segments_min"], run["status"]) == ("fit", [[600, 660]], "finished")


def test_equality_with_the_threshold_fits():
    assert segments(ask("A", 0, 1800, 60), ask("B", 0, 1200, 60)) == {"A": [[0, 60]], "B": [[0, 60]]}


def test_a_run_starts_the_moment_another_ends():
    assert segments(ask("A", 0, 2000, 60), ask("B", 10, 2000, 30, delay=50))["B"] == [[60, 90]]


def test_one_minute_less_of_delay_is_not_enough():
    assert planned(ask("A", 0, 2000, 60), ask("B", 10, 2000, 30, delay=49))["B"]["outcome"] == "rejected"


def test_the_whole_run_must_fit_not_only_its_start():
    # C leaves room for B from 0 to 30 only; the first hour free is after C.
    runs = segments(ask("Blocker", 0, 1500, 30), ask("C", 0, 2000, 60, delay=30), ask("B", 0, 1500, 60, delay=None))
    assert runs["C"] == [[30, 90]]
    assert runs["B"] == [[90, 150]]


def test_the_sun_adds_to_the_threshold():
    sun = [0] * 12 + [1000] + [0] * 11
    runs = segments(ask("A", 600, 4000, 60, delay=300), homes=[home(3000, pv_w=sun)])
    assert runs["A"] == [[720, 780]]


def test_without_a_max_delay_a_run_waits_as_long_as_it_takes():
    assert segments(ask("A", 0, 3000, 5000), ask("B", 0, 1000, 10, delay=None))["B"] == [[5000, 5010]]


def test_the_battery_gives_what_is_above_the_threshold():
    answer = plan_day(day(ask("A", 0, 3400, 60), homes=[home(2000, battery=battery(5000, 1400))]))
    assert answer["runs"][0]["outcome"] == "battery"
    assert answer["households"][0]["battery"] == [{"start_min": 0, "end_min": 60, "charge_w": -1400}]
    assert answer["households"][0]["peak_w"] == 2000


def test_the_battery_never_gives_more_than_its_power():
    runs = planned(ask("A", 0, 3401, 60), homes=[home(2000, battery=battery(5000, 1400))])
    assert runs["A"]["outcome"] == "rejected"


@pytest.mark.parametrize(
    ("priority", "outcome", "start_min"), [("urgent", "battery", 0), ("normal", "battery", 0), ("low", "fit", 60)]
)
def test_the_battery_comes_before_waiting_for_a_free_place_but_for_low_runs(priority, outcome, start_min):
    runs = planned(
        ask("A", 0, 2000, 60),
        ask("B", 0, 1000, 60, delay=60, priority=priority),
        homes=[home(2000, battery=battery(5000, 1400))],
    )
    assert (runs["B"]["outcome"], runs["B"]["segments_min"]) == (outcome, [[start_min, start_min + 60]])


@pytest.mark.parametrize(("priority", "outcome", "start_min"), [("normal", "shift", 10), ("low", "fit", 60)])
def test_a_lower_run_pauses_where_that_is_earlier_but_not_for_low_runs(priority, outcome, start_min):
    runs = planned(
        ask("A", 0, 2000, 60, delay=600, priority="low", may_pause=True),
        ask("B", 10, 1000, 30, delay=60, priority=priority),
        homes=[home(2000)],
    )
    assert (runs["B"]["outcome"], runs["B"]["segments_min"]) == (outcome, [[start_min, start_min + 30]])


def test_the_earliest_of_all_ways_is_taken():
    # Free at 60; with the battery, 500 W, from 50 on, when C is over; with A paused at once.
    requests = [ask("A", 0, 1000, 60, delay=600, priority="low", may_pause=True), ask("C", 0, 1000, 50)]
    late = ask("B", 10, 1500, 30, delay=60)
    store = battery(5000, 500)
    assert planned(*requests, late, homes=[home(2000, battery=store)])["B"]["segments_min"] == [[10, 40]]
    stubborn = [{**request, "interruptible": False} for request in requests]
    with_battery = planned(*stubborn, late, homes=[home(2000, battery=store)])["B"]
    assert (with_battery["outcome"], with_battery["segments_min"]) == ("battery", [[50, 80]])


def test_the_battery_never_goes_below_its_depth_of_discharge():
    # 5,000 Wh, 80 % usable: 4,000 Wh give 1,000 W for 4 h and not a minute more.
    store = battery(5000, 1400, depth=0.8)
    assert planned(ask("A", 0, 3000, 240), homes=[home(2000, battery=store)])["A"]["outcome"] == "battery"
    assert planned(ask("A", 0, 3000, 241), homes=[home(2000, battery=store)])["A"]["outcome"] == "rejected"


def test_the_battery_counts_what_is_reserved_already():
    runs = planned(
        ask("A", 0, 3000, 240), ask("B", 300, 3000, 60), homes=[home(2000, battery=battery(5000, 1400, depth=0.8))]
    )
    assert runs["A"]["outcome"] == "battery"
    # An hour at 2,000 W of room has recharged too little by then: nearly empty at 240, full again a day later.
    assert runs["B"]["outcome"] in {"battery", "rejected"}


def test_the_earliest_start_that_the_battery_covers_is_exact():
    # 700 Wh usable: 1,400 W above the threshold for 30 min. A frees its 1,400 W at 100, so B may start at 70.
    store = battery(700, 1400, depth=1)
    runs = segments(ask("A", 0, 1400, 100), ask("B", 0, 2000, 60, delay=95), homes=[home(2000, battery=store)])
    assert runs["B"] == [[70, 130]]


def test_a_lower_interruptible_run_pauses_and_resumes():
    runs = planned(
        ask("EV", 0, 2000, 120, delay=600, priority="low", may_pause=True), ask("Oven", 30, 2000, 60, priority="urgent")
    )
    assert (runs["Oven"]["outcome"], runs["Oven"]["segments_min"]) == ("shift", [[30, 90]])
    assert (runs["EV"]["outcome"], runs["EV"]["segments_min"]) == ("fit", [[0, 30], [90, 180]])


def test_a_run_that_may_not_pause_is_left_alone():
    runs = planned(ask("Washer", 0, 2000, 120, delay=600, priority="low"), ask("Oven", 30, 2000, 60, priority="urgent"))
    assert runs["Oven"]["outcome"] == "rejected"
    assert runs["Washer"]["segments_min"] == [[0, 120]]


def test_a_run_of_equal_priority_is_left_alone():
    ev = ask("EV", 0, 2000, 120, delay=0, priority="normal", may_pause=True)
    assert planned(ev, ask("Oven", 30, 2000, 60, priority="normal"))["Oven"]["outcome"] == "rejected"


def test_a_pending_run_that_may_not_pause_moves_by_planning_again():
    # W waits until 60 and has 240 min left; B can only start at 60 or before.
    runs = planned(
        ask("A", 0, 2000, 60), ask("W", 0, 2000, 60, delay=240, priority="low"), ask("B", 10, 2000, 60, delay=50)
    )
    assert (runs["B"]["outcome"], runs["B"]["segments_min"]) == ("replan", [[60, 120]])
    assert runs["W"]["segments_min"] == [[120, 180]]


def test_planning_again_moves_even_a_higher_priority_within_its_own_delay():
    runs = planned(
        ask("A", 0, 2000, 60),
        ask("Urgent", 0, 2000, 60, delay=240, priority="urgent"),
        ask("B", 10, 2000, 60, delay=50, priority="low"),
    )
    assert (runs["B"]["outcome"], runs["B"]["segments_min"]) == ("replan", [[60, 120]])
    assert runs["Urgent"]["segments_min"] == [[120, 180]]


def test_nothing_is_moved_beyond_its_max_delay():
    runs = planned(
        ask("A", 0, 2000, 60), ask("W", 0, 2000, 60, delay=119, priority="low"), ask("B", 10, 2000, 60, delay=50)
    )
    assert runs["B"]["outcome"] == "rejected"
    assert runs["W"]["segments_min"] == [[60, 120]]


def test_planning_again_finds_an_order_of_three():
    # One at a time on 2,000 W: W (deadline 400) and V (deadline 120) wait; B must start by 60.
    runs = planned(
        ask("A", 0, 2000, 60),
        ask("V", 0, 2000, 30, delay=120),
        ask("W", 0, 2000, 60, delay=400, priority="low"),
        ask("B", 10, 2000, 60, delay=50),
    )
    assert runs["B"]["outcome"] == "replan"
    assert runs["B"]["segments_min"] == [[60, 120]]
    assert runs["V"]["segments_min"] == [[120, 150]]
    assert runs["W"]["segments_min"] == [[150, 210]]


def test_an_endless_run_occupies_its_power_for_ever():
    runs = planned(ask("Fridge", 0, 1500, None), ask("B", 0, 2000, 60, delay=None))
    assert runs["Fridge"]["segments_min"] == [[0, None]]
    assert runs["Fridge"]["status"] == "running"
    assert runs["B"]["outcome"] == "rejected"


def test_homes_do_not_share_their_threshold():
    answer = plan_day(
        day(
            ask("A", 0, 3000, 60, household="1"),
            ask("A", 0, 3000, 60, household="2"),
            homes=[home(3000), home(3000, household="2")],
        )
    )
    assert [run["segments_min"] for run in answer["runs"]] == [[[0, 60]], [[0, 60]]]
    assert answer["total"]["peak_w"] == 6000
