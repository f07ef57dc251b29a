import pytest

from energy_manager.domain.appliances.day.replay import replayed
from tests.oracles.appliance_days import ask, battery, day, home, planned, random_day
from tests.support.documents import plan_day, read_day


def test_a_rejection_says_what_is_missing_and_what_would_do():
    run = planned(ask("A", 0, 2000, 60), ask("B", 10, 1500, 30))["B"]
    assert run["status"] == run["outcome"] == "rejected"
    assert run["segments_min"] == []
    assert run["shortfall_w"] == 500
    assert run["would_do"] == {"max_delay_min": 50, "threshold_w": 3500}
    assert run["reason"] == (
        "B cannot start at once: 500 W are missing under the threshold of 3000 W, even after moving every run "
        "that may move"
    )


def test_the_max_delay_is_named_in_the_reason():
    run = planned(ask("A", 0, 2000, 60), ask("B", 10, 1500, 30, delay=12.5))["B"]
    assert run["reason"].startswith("B cannot start within the max delay of 12.5 min: 500 W are missing")


def test_more_than_the_threshold_alone_is_a_rejection_with_that_reason():
    run = planned(ask("Sauna", 0, 9000, 60, delay=None))["Sauna"]
    assert run["reason"] == ("Sauna needs 9000 W, more than the threshold of 3000 W allows even when nothing else runs")
    assert run["shortfall_w"] == 6000
    assert run["would_do"] == {"max_delay_min": None, "threshold_w": 9000}


def test_the_shortfall_is_that_of_the_best_start_within_the_delay():
    # At 10 both A and C are on (1,500 W missing), from 30 on only A (500 W missing).
    run = planned(ask("A", 0, 1500, 600), ask("C", 0, 1000, 30), ask("B", 10, 2000, 60, delay=60))["B"]
    assert run["shortfall_w"] == 500


def test_the_smallest_threshold_counts_the_runs_that_could_move():
    # EV can be paused for B, the oven cannot: 1,000 + 2,500 W are enough, not 2,000 more.
    run = planned(
        ask("EV", 0, 2000, 60, delay=600, priority="low", may_pause=True),
        ask("Oven", 0, 1000, 120),
        ask("B", 10, 2500, 30, priority="urgent"),
    )["B"]
    assert run["would_do"]["threshold_w"] == 3500


def test_nothing_would_do_against_an_endless_load_but_a_higher_threshold():
    run = planned(ask("Fridge", 0, 2000, None), ask("B", 10, 1500, 30, delay=100))["B"]
    assert run["would_do"] == {"max_delay_min": None, "threshold_w": 3500}


def test_the_threshold_that_would_do_holds_for_the_whole_day():
    # Under 4,000 W from the start C would no longer wait for A, so B finds its place at once.
    requests = (ask("A", 0, 2000, 60), ask("C", 0, 2000, 60, delay=60), ask("B", 70, 2000, 30))
    run = planned(*requests)["B"]
    assert run["outcome"] == "rejected"
    would_do = run["would_do"]["threshold_w"]
    assert planned(*requests, homes=[home(would_do)])["B"]["outcome"] != "rejected"
    assert planned(*requests, homes=[home(would_do - 1)])["B"]["outcome"] == "rejected"


def test_what_is_missing_is_what_the_battery_cannot_give():
    # 1,000 W above the threshold for an hour, of which a battery with 983 Wh gives all but 17 W.
    run = planned(ask("A", 0, 3000, 60), homes=[home(2000, battery=battery(983, 1000, depth=1))])["A"]
    assert run["shortfall_w"] == 17
    assert run["would_do"]["threshold_w"] == 2017
    assert "17 W are missing under the threshold of 2000 W, even with the battery" in run["reason"]


def test_the_delay_that_would_do_may_come_from_moving_others():
    # B could start at 90, when the oven ends, if EV then waited once more.
    run = planned(
        ask("EV", 0, 2000, 120, delay=600, priority="low", may_pause=True),
        ask("Oven", 30, 2000, 60, priority="urgent"),
        ask("B", 40, 2000, 60, delay=10, priority="urgent"),
    )["B"]
    assert run["would_do"]["max_delay_min"] == 50


def test_the_delay_that_would_do_is_not_the_first_that_is_found():
    # A gives way to C, and both are over by 100. With more, re-planning finds the longer way round first.
    requests = (
        ask("A", 0, 1000, 60, delay=None, may_pause=True),
        ask("U", 40, 500, 30, delay=None, priority="urgent"),
        ask("C", 40, 1000, 60, delay=30, priority="urgent", may_pause=True),
    )
    late = ask("L", 50, 2000, 60, delay=30, priority="low")
    delay = planned(*requests, late, homes=[home(2000)])["L"]["would_do"]["max_delay_min"]
    assert delay == 50
    assert planned(*requests, {**late, "max_delay_min": delay}, homes=[home(2000)])["L"]["outcome"] == "fit"
    assert planned(*requests, {**late, "max_delay_min": delay - 1}, homes=[home(2000)])["L"]["outcome"] == "rejected"


def outcome(document, index):
    """Of one request in the day as it is replayed; no advice is asked for."""
    return replayed(read_day(document)).decisions[str(index)].outcome


@pytest.mark.parametrize("seed", range(25))
def test_what_would_do_does(seed):
    document = random_day(seed)
    for index, run in enumerate(plan_day(document)["runs"]):
        if run["would_do"] is None:
            continue
        delay, threshold = run["would_do"]["max_delay_min"], run["would_do"]["threshold_w"]
        if delay is not None:
            changed = [{**r, "max_delay_min": delay} if i == index else r for i, r in enumerate(document["requests"])]
            assert outcome({**document, "requests": changed}, index) != "rejected"
        if threshold is not None and not any(event["event"] == "threshold" for event in document["events"]):
            changed_home = {**document["households"][0], "threshold_w": threshold}
            assert outcome({**document, "households": [changed_home]}, index) != "rejected"


def test_a_battery_is_named_in_the_reason():
    run = planned(ask("A", 0, 3500, 60), homes=[home(2000, pv_w=[10] * 24, battery=battery(5000, 1400))])["A"]
    assert "2000 W plus sun, even with the battery and after moving" in run["reason"]
    assert run["would_do"]["threshold_w"] == 2090


def test_a_day_with_rejections_is_an_answer():
    answer = plan_day(day(ask("Sauna", 0, 9000, 60, delay=10)))
    assert answer["households"][0] == {
        "id": "1", "peak_w": 0, "average_w": 0, "par": None, "dawr": 1.0, "battery": []
    }  # fmt: skip
