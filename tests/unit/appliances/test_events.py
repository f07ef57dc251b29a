"""Early ends, other thresholds, restarts."""

import pytest

from tests.oracles.appliance_days import ask, battery, day, home, planned
from tests.support.documents import plan_day


def ended(kind, at_min, appliance):
    return {"event": kind, "at_min": at_min, "household": "1", "appliance": appliance}


def limit(at_min, threshold_w):
    return {"event": "threshold", "at_min": at_min, "household": "1", "threshold_w": threshold_w}


def down(at_min, until_min):
    return {"event": "restart", "at_min": at_min, "until_min": until_min}


def test_an_early_end_lets_the_next_start_earlier_with_its_full_duration():
    runs = planned(ask("A", 0, 2000, 120), ask("B", 10, 2000, 60, delay=200), events=[ended("finish", 45, "A")])
    assert runs["A"]["segments_min"] == [[0, 45]]
    assert runs["A"]["status"] == "finished"
    assert runs["B"]["segments_min"] == [[45, 105]]


def test_after_an_early_end_the_highest_priority_comes_first():
    # Low is planned 120-180 and High 180-240; at 30 High (normal, 160 min left) overtakes Low (630 min left).
    runs = planned(
        ask("A", 0, 2000, 120),
        ask("Low", 0, 2000, 60, delay=660, priority="low"),
        ask("High", 10, 2000, 60, delay=180, priority="normal"),
        events=[ended("finish", 30, "A")],
    )
    assert runs["High"]["segments_min"] == [[30, 90]]
    assert runs["Low"]["segments_min"] == [[90, 150]]


def test_a_cancelled_run_leaves_its_place_to_the_next():
    runs = planned(
        ask("A", 0, 2000, 60),
        ask("B", 0, 2000, 60, delay=60),
        ask("C", 0, 2000, 60, delay=120),
        events=[ended("cancel", 30, "B")],
    )
    assert (runs["B"]["status"], runs["B"]["segments_min"]) == ("cancelled", [])
    assert runs["C"]["segments_min"] == [[60, 120]]


def test_a_running_run_that_is_cancelled_keeps_what_it_drew():
    run = planned(ask("A", 0, 2000, 60), events=[ended("cancel", 20, "A")])["A"]
    assert (run["status"], run["segments_min"]) == ("cancelled", [[0, 20]])


def test_an_endless_run_ends_by_an_event():
    runs = planned(ask("Light", 0, 2000, None), ask("B", 70, 2000, 30), events=[ended("finish", 60, "Light")])
    assert runs["Light"]["segments_min"] == [[0, 60]]
    assert runs["B"]["segments_min"] == [[70, 100]]


def test_what_ends_at_an_instant_leaves_its_room_to_a_request_of_that_instant():
    runs = planned(ask("A", 0, 2000, 100), ask("B", 60, 2000, 30), events=[ended("finish", 60, "A")])
    assert runs["B"]["segments_min"] == [[60, 90]]


def test_a_paused_run_goes_on_as_soon_as_its_reason_ends():
    runs = planned(
        ask("EV", 0, 2000, 120, delay=600, priority="low", may_pause=True),
        ask("Oven", 30, 2000, 60, priority="urgent"),
        events=[ended("finish", 50, "Oven")],
    )
    assert runs["EV"]["segments_min"] == [[0, 30], [50, 140]]


def test_an_end_without_a_run_is_reported():
    answer = plan_day(day(ask("A", 0, 2000, 60), events=[ended("finish", 70, "A")]))
    assert answer["alerts"] == [{"at_min": 70, "household": "1", "excess_w": 0, "message": "A has no run to finish"}]


def test_a_lowered_threshold_pauses_an_interruptible_run_at_once():
    answer = plan_day(
        day(ask("EV", 0, 2500, 120, delay=600, may_pause=True), events=[limit(30, 2000), limit(90, 3000)])
    )
    # 2,500 W do not fit under 2,000 W: EV waits without a plan until the limit rises again.
    assert answer["runs"][0]["status"] == "finished"
    assert answer["runs"][0]["segments_min"] == [[0, 30], [90, 180]]
    assert answer["alerts"][0]["excess_w"] == 2500


def test_a_run_without_a_place_is_missed_when_its_delay_is_over():
    answer = plan_day(day(ask("EV", 0, 2500, 120, delay=600, may_pause=True), events=[limit(30, 2000)]))
    assert answer["runs"][0]["status"] == "missed"
    assert answer["runs"][0]["segments_min"] == [[0, 30]]
    reason = "EV (2500 W) ran for 30 min only: it lost its place, and there was no other within its max delay"
    assert answer["runs"][0]["reason"] == f"{reason} of 600 min"
    assert answer["alerts"][0]["message"] == "EV (2500 W) finds no place within its max delay"


def test_a_run_that_may_wait_for_ever_is_never_given_up():
    answer = plan_day(day(ask("EV", 0, 2500, 120, delay=None, may_pause=True), events=[limit(30, 2000)]))
    assert answer["runs"][0]["status"] == "paused"


def test_a_pending_run_that_lost_its_place_starts_when_there_is_room_again():
    requests = (ask("A", 0, 1500, 60), ask("B", 10, 2000, 30, delay=90))
    assert planned(*requests, events=[limit(30, 1800), limit(100, 3000)])["B"]["segments_min"] == [[100, 130]]
    assert planned(*requests, events=[limit(30, 1800), limit(101, 3000)])["B"]["status"] == "missed"


def test_an_appliance_whose_run_waits_for_room_is_busy_until_that_is_given_up():
    requests = (ask("A", 0, 1500, 60), ask("B", 10, 2000, 30, delay=60), ask("B", 50, 500, 30, delay=60, queue=True))
    answer = plan_day(day(*requests, events=[limit(30, 1800)]))
    assert answer["runs"][1]["status"] == "missed"
    assert answer["runs"][2]["segments_min"][0][0] == pytest.approx(70, abs=0.001)


def test_a_run_that_waits_for_room_may_be_cancelled():
    answer = plan_day(
        day(
            ask("A", 0, 1500, 60),
            ask("B", 10, 2000, 30, delay=60),
            events=[limit(30, 1800), ended("cancel", 40, "B")],
        )
    )
    assert answer["runs"][1]["status"] == "cancelled"


def test_a_lowered_threshold_pauses_the_lowest_and_keeps_the_rest():
    answer = plan_day(
        day(
            ask("Low", 0, 1000, 60, delay=600, priority="low", may_pause=True),
            ask("Normal", 0, 1500, 60, delay=600, priority="normal", may_pause=True),
            events=[limit(30, 2000)],
        )
    )
    assert [run["segments_min"] for run in answer["runs"]] == [[[0, 30], [60, 90]], [[0, 60]]]
    assert answer["alerts"] == []


def test_a_lowered_threshold_moves_pending_runs():
    runs = planned(
        ask("A", 0, 1000, 60),
        ask("B", 0, 2500, 60, delay=600),
        ask("C", 0, 500, 120, delay=600),
        events=[limit(10, 2500)],
    )
    assert runs["A"]["segments_min"] == [[0, 60]]
    assert runs["C"]["segments_min"] == [[0, 120]]
    assert runs["B"]["segments_min"] == [[120, 180]]


def test_what_cannot_be_switched_off_is_reported_with_its_watts():
    answer = plan_day(day(ask("Oven", 0, 2500, 60), events=[limit(30, 2000)]))
    assert answer["runs"][0]["segments_min"] == [[0, 60]]
    assert answer["alerts"] == [
        {
            "at_min": 30,
            "household": "1",
            "excess_w": 500,
            "message": "500 W above the threshold of 2000 W cannot be switched off",
        }
    ]


def test_a_pending_run_that_no_longer_fits_in_time_is_missed_and_reported():
    answer = plan_day(day(ask("A", 0, 1500, 60), ask("B", 10, 2000, 30, delay=60), events=[limit(30, 1800)]))
    assert answer["runs"][1]["status"] == "missed"
    assert answer["alerts"] == [
        {"at_min": 30, "household": "1", "excess_w": 2000, "message": "B (2000 W) finds no place within its max delay"}
    ]


def test_a_paused_run_is_finished_late_rather_than_never():
    # EV may wait 20 min; the washer keeps 1,500 of the 2,000 W until 120.
    answer = plan_day(
        day(
            ask("Washer", 0, 1500, 120),
            ask("EV", 0, 1000, 60, delay=20, may_pause=True),
            events=[limit(30, 2000)],
        )
    )
    assert answer["runs"][1]["segments_min"] == [[0, 30], [120, 150]]
    assert answer["alerts"][0]["message"] == "EV (1000 W) is paused and resumes only 70 min beyond its max delay"


def test_the_battery_helps_under_a_lowered_threshold():
    answer = plan_day(
        day(ask("Oven", 0, 2500, 60), homes=[home(3000, battery=battery(5000, 1400))], events=[limit(30, 2000)])
    )
    assert answer["alerts"] == []
    assert answer["households"][0]["battery"] == [{"start_min": 30, "end_min": 60, "charge_w": -500}]


def test_a_raised_threshold_lets_pending_runs_start_earlier():
    runs = planned(ask("A", 0, 2000, 60), ask("B", 0, 2000, 60, delay=60), events=[limit(20, 4000)])
    assert runs["B"]["segments_min"] == [[20, 80]]


def test_running_runs_continue_over_a_restart():
    run = planned(ask("A", 0, 2000, 60), events=[down(30, 45)])["A"]
    assert (run["segments_min"], run["status"]) == ([[0, 60]], "finished")


def test_an_overdue_start_happens_after_the_restart_if_its_delay_allows():
    runs = planned(ask("A", 0, 2000, 60), ask("B", 0, 2000, 30, delay=80), events=[down(50, 75)])
    assert (runs["B"]["segments_min"], runs["B"]["status"]) == ([[75, 105]], "finished")


def test_an_overdue_start_beyond_its_delay_is_missed():
    answer = plan_day(day(ask("A", 0, 2000, 60), ask("B", 0, 2000, 30, delay=70), events=[down(50, 75)]))
    assert (answer["runs"][1]["segments_min"], answer["runs"][1]["status"]) == ([], "missed")
    assert answer["runs"][1]["outcome"] == "fit"
    reason = "B (2000 W) did not run: its time came while control was not running, and there was no other"
    assert answer["runs"][1]["reason"] == f"{reason} within its max delay of 70 min"
    assert answer["alerts"][0]["message"] == "B (2000 W) finds no place within its max delay"
    # A waited 0 of 0, B never ran.
    assert answer["total"]["dawr"] == 0.5


def test_what_is_planned_after_the_restart_keeps_its_place():
    runs = planned(ask("A", 0, 2000, 60), ask("B", 0, 2000, 30, delay=80), events=[down(20, 40)])
    assert runs["B"]["segments_min"] == [[60, 90]]


def test_a_pause_planned_for_the_time_down_does_not_happen():
    # EV should have paused at 780 for the oven; nobody switched, so EV runs through and the oven starts when back.
    sun = [0] * 12 + [2000] + [0] * 11
    runs = planned(
        ask("EV", 720, 2000, 120, delay=600, priority="low", may_pause=True),
        ask("Washer", 720, 3000, 60, priority="urgent"),
        ask("Oven", 730, 2500, 60, delay=60, priority="urgent"),
        homes=[home(3000, pv_w=sun)],
        events=[down(770, 785)],
    )
    assert runs["Oven"]["segments_min"] == [[785, 845]]
    assert runs["EV"]["segments_min"] == [[720, 785], [845, 900]]


def test_a_request_made_while_down_is_heard_afterwards_and_has_waited():
    runs = planned(
        ask("B", 30, 2000, 30, delay=20), ask("C", 30, 2000, 30, delay=10), events=[down(20, 50)], homes=[home(5000)]
    )
    assert runs["B"]["segments_min"] == [[50, 80]]
    assert runs["C"]["outcome"] == "rejected"
    assert runs["C"]["reason"] == "C is decided 20 min after it was asked for: its max delay of 10 min is over"
    assert runs["C"]["would_do"] == {"max_delay_min": 20, "threshold_w": None}


def test_an_end_that_happened_while_down_counts_from_when_it_happened():
    runs = planned(ask("A", 0, 2000, 120), events=[down(20, 50), ended("finish", 30, "A")])
    assert (runs["A"]["segments_min"], runs["A"]["status"]) == ([[0, 30]], "finished")


def test_an_end_while_down_of_a_run_that_would_be_over_by_now():
    runs = planned(ask("A", 0, 2000, 40), events=[down(20, 50), ended("finish", 30, "A")])
    assert (runs["A"]["segments_min"], runs["A"]["status"]) == ([[0, 30]], "finished")


def test_a_restart_within_the_time_another_took_changes_nothing():
    runs = planned(ask("A", 0, 2000, 60), events=[down(20, 50), down(30, 40)])
    assert runs["A"]["segments_min"] == [[0, 60]]


def test_an_appliance_that_was_stopped_early_may_run_again():
    answer = plan_day(day(ask("A", 0, 2000, 60), ask("A", 40, 1000, 30), events=[ended("finish", 30, "A")]))
    assert [run["segments_min"] for run in answer["runs"]] == [[[0, 30]], [[40, 70]]]
