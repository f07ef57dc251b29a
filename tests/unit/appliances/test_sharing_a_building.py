"""Homes that share a building share their peak: strategy ``target_peak``, and what batteries do for it."""

import pytest

from tests.oracles.appliance_days import ask, battery, day, home
from tests.support.documents import plan_day


def building(*requests, strategy="target_peak", storage=None, pv_w=None, follows=True, **more):
    homes = [home(3000, follows=follows), home(3000, household="2", battery=storage, pv_w=pv_w, follows=follows)]
    return plan_day(day(*requests, homes=homes, strategy=strategy, **more))


def test_the_battery_of_one_home_lowers_the_peak_that_another_makes():
    answer = building(ask("Oven", 0, 2400, 60), storage=battery(5000, 1000))
    # It gives no more than its power, and stops at a third of its home's threshold.
    assert answer["total"]["peak_w"] == 1400
    assert answer["households"][1]["battery"][0] == {"start_min": 0, "end_min": 60, "charge_w": -1000}


def test_a_battery_keeps_the_target_that_is_given_for_the_building():
    answer = building(ask("Oven", 0, 2400, 60), storage=battery(5000, 1000), target_peak_w=2000)
    assert answer["total"]["peak_w"] == 2000


def test_charging_does_not_raise_the_peak_of_the_building():
    answer = building(ask("Oven", 0, 1200, 720), storage=battery(5000, 2000, stored_wh=2600), target_peak_w=1200)
    assert answer["total"]["peak_w"] == 1200


def test_what_is_charging_next_door_gives_way_to_an_oven():
    answer = building(
        ask("Car", 0, 2000, 120, delay=300, priority="low", may_pause=True, household="2"),
        ask("Oven", 60, 2400, 30, priority="urgent"),
    )
    assert answer["runs"][0]["segments_min"] == [[0, 60], [90, 150]]
    assert answer["total"]["peak_w"] == 2400


def test_nobody_next_door_gives_way_to_a_lower_priority():
    answer = building(
        ask("Heater", 0, 2000, 120, delay=60, priority="urgent", may_pause=True, household="2"),
        ask("Pump", 60, 2400, 30, priority="low"),
    )
    assert answer["runs"][0]["segments_min"] == [[0, 120]]
    assert answer["runs"][1]["outcome"] == "fit"


def test_two_neighbours_move_on_where_moving_either_alone_would_not_help():
    answer = plan_day(
        day(
            ask("Oven", 0, 2000, 60),
            ask("Car", 0, 2000, 60, delay=120, household="2"),
            ask("Pump", 0, 2000, 60, delay=600, household="3"),
            ask("Dryer", 10, 2000, 60, delay=50),
            homes=[home(3000, household=name) for name in ("1", "2", "3")],
            strategy="target_peak",
        )
    )
    assert [run["segments_min"] for run in answer["runs"]] == [[[0, 60]], [[120, 180]], [[180, 240]], [[60, 120]]]
    assert answer["total"]["peak_w"] == 2000


def test_a_fifth_of_a_peak_that_has_been_is_left_to_what_nobody_knows_of():
    requests = (ask("Kettle", 0, 2500, 5), ask("Oven", 10, 1500, 60))
    larger = building(*requests, ask("Pump", 20, 600, 60, delay=300, household="2"))
    smaller = building(*requests, ask("Pump", 20, 500, 60, delay=300, household="2"))
    assert larger["runs"][2]["segments_min"] == [[70, 130]]
    assert smaller["runs"][2]["segments_min"] == [[20, 80]]


def car_beside_an_oven(*, strategy="earliest", delay=300, priority="low", **more):
    answer = building(
        ask("Car", 0, 2000, 120, delay=delay, priority=priority, may_pause=True, household="2"),
        ask("Oven", 60, 2400, 30, priority="urgent"),
        strategy=strategy,
        **more,
    )
    return answer["runs"][0]["segments_min"]


@pytest.mark.parametrize("strategy", ["earliest", "flat"])
def test_a_low_run_of_a_follower_gives_way_to_an_oven_next_door_whatever_the_strategy(strategy):
    assert car_beside_an_oven(strategy=strategy) == [[0, 60], [90, 150]]


def test_nothing_else_gives_way_but_under_target_peak():
    assert car_beside_an_oven(priority="normal") == [[0, 120]]
    assert car_beside_an_oven(follows=False) == [[0, 120]]


@pytest.mark.parametrize("strategy", ["earliest", "target_peak"])
def test_for_the_building_a_run_is_paused_for_half_the_delay_that_it_has_left_and_no_longer(strategy):
    assert car_beside_an_oven(strategy=strategy, delay=60) == [[0, 60], [90, 150]]


def test_a_pause_for_the_building_leaves_half_the_delay_to_the_home():
    assert car_beside_an_oven(delay=59) == [[0, 120]]


def test_a_request_is_never_rejected_for_the_target():
    answer = building(ask("Oven", 0, 2400, 60), ask("Hob", 10, 1800, 30, household="2"), target_peak_w=1000)
    assert [run["outcome"] for run in answer["runs"]] == ["fit", "fit"]
    assert answer["total"]["peak_w"] == 4200


def test_the_least_rise_above_a_broken_target_is_searched_with_the_battery():
    # 2,000 W until 60, then 1,500 W: 1,000 W more make 2,500 W then, of which the battery takes 700 W.
    answer = plan_day(
        day(
            ask("A", 0, 1500, 120),
            ask("C", 0, 500, 60),
            ask("B", 0, 1000, 30, delay=80),
            homes=[home(4000, battery=battery(5000, 700))],
            strategy="target_peak",
            target_peak_w=1000,
        )
    )
    assert answer["households"][0]["peak_w"] <= 1800


def test_nobody_waits_for_a_peak_below_a_third_of_the_threshold_where_there_is_a_battery():
    empty = battery(5000, 1000, depth=1, stored_wh=0)
    requests = (ask("A", 0, 500, 60), ask("B", 0, 500, 60, delay=120))
    with_battery = plan_day(day(*requests, homes=[home(3000, battery=empty)], strategy="target_peak"))
    without = plan_day(day(*requests, strategy="target_peak"))
    assert with_battery["runs"][1]["segments_min"] == [[0, 60]]
    assert without["runs"][1]["segments_min"] == [[60, 120]]


def test_below_a_target_the_battery_is_asked_before_a_run_waits():
    answer = plan_day(
        day(
            ask("A", 0, 1500, 60),
            ask("B", 0, 1000, 60, delay=120),
            homes=[home(3000, battery=battery(5000, 1000))],
            strategy="target_peak",
            target_peak_w=1500,
        )
    )
    assert answer["runs"][1]["outcome"] == "battery"
    assert answer["runs"][1]["segments_min"] == [[0, 60]]
    assert answer["households"][0]["peak_w"] == 1500


def test_what_the_sun_has_put_in_store_is_given_back_in_the_evening():
    sun = [0] * 10 + [2000, 2000] + [0] * 12
    storage = battery(5000, 2000, depth=1, stored_wh=1000)
    request = ask("Oven", 1100, 2500, 60)
    sunny = plan_day(day(request, homes=[home(3000, pv_w=sun, battery=storage)]))
    assert sunny["households"][0]["peak_w"] == 1000
    assert sunny["households"][0]["battery"][-1] == {"start_min": 1100, "end_min": 1160, "charge_w": -1500}


def test_without_sun_and_target_the_battery_is_kept_for_what_exceeds_the_threshold():
    answer = plan_day(day(ask("Oven", 1100, 2500, 60), homes=[home(3000, battery=battery())]))
    assert answer["households"][0]["battery"] == []


def test_what_is_shaved_early_never_costs_a_run_that_is_promised_the_battery():
    sun = [0] * 10 + [100] + [0] * 13
    storage = battery(1000, 1000, depth=1)
    answer = plan_day(
        day(
            ask("A", 0, 2500, 60),
            ask("B", 0, 3900, 60, delay=300),
            homes=[home(3000, pv_w=sun, battery=storage)],
        )
    )
    # B needs 900 of the 1,000 Wh; what is left is not spent on A, but on B.
    assert answer["runs"][1]["outcome"] == "battery"
    assert answer["households"][0]["peak_w"] == 2900


def test_the_surplus_of_the_sun_is_left_to_the_neighbours_as_far_as_the_target_needs_it():
    sun = [0] * 10 + [1000] * 4 + [0] * 10
    storage = battery(50_000, 1000, depth=1, stored_wh=45_000)
    answer = building(ask("Oven", 600, 2400, 60), storage=storage, pv_w=sun, target_peak_w=1500)
    # The battery takes 100 of the 1,000 W; the oven next door gets 900.
    assert answer["total"]["peak_w"] == 1500
    assert {"start_min": 600, "end_min": 660, "charge_w": 100} in answer["households"][1]["battery"]
