import random

import pytest

from tests.oracles.appliance_days import ask, battery, day, home, net_load_w, planned, segments
from tests.support.documents import plan_day


def test_flat_gives_low_runs_the_start_with_the_most_spare_power():
    runs = segments(
        ask("Washer", 0, 1000, 60),
        ask("Pump", 0, 500, 60, delay=120, priority="low"),
        ask("Iron", 0, 500, 30, delay=120, priority="normal"),
        strategy="flat",
    )
    assert runs["Pump"] == [[60, 120]]
    assert runs["Iron"] == [[0, 30]]


def test_flat_prefers_the_sun():
    sun = [0] * 12 + [1500, 1500] + [0] * 10
    assert segments(ask("Pump", 600, 500, 60, delay=300, priority="low"), strategy="flat", homes=[home(pv_w=sun)]) == {
        "Pump": [[720, 780]]
    }


def test_flat_takes_the_earliest_of_equals():
    assert segments(ask("Pump", 600, 500, 60, delay=300, priority="low"), strategy="flat")["Pump"] == [[600, 660]]


def test_a_target_peak_delays_what_would_exceed_it():
    runs = segments(ask("A", 0, 1500, 60), ask("B", 0, 1000, 60, delay=120), strategy="target_peak", target_peak_w=2000)
    assert runs["B"] == [[60, 120]]


def test_a_target_peak_that_cannot_be_kept_is_exceeded_least():
    # Until 60 2,500 W, then 2,200 W until 120: too long to wait for the end.
    runs = segments(
        ask("A", 0, 1500, 60),
        ask("C", 0, 1200, 120),
        ask("B", 0, 100, 30, delay=100),
        strategy="target_peak",
        target_peak_w=1000,
    )
    assert runs["B"] == [[60, 90]]


def test_without_a_number_the_target_is_the_peak_that_is_booked():
    runs = segments(
        ask("A", 0, 500, 30), ask("C", 60, 1500, 60), ask("B", 60, 1000, 60, delay=120), strategy="target_peak"
    )
    # Nothing has drawn 2,500 W yet.
    assert runs["B"] == [[120, 180]]


def test_without_a_number_nothing_waits_below_a_peak_that_has_been():
    runs = segments(
        ask("A", 0, 1500, 60), ask("C", 60, 500, 60), ask("B", 60, 1000, 60, delay=120), strategy="target_peak"
    )
    # B beside C makes 1,500 W, as A did: waiting would gain nothing.
    assert runs["B"] == [[60, 120]]


def test_cost_waits_for_the_cheap_hour():
    prices = [100] * 24
    prices[2] = 20
    runs = segments(ask("A", 0, 1000, 60, delay=300), strategy="cost", price_eur_per_mwh=prices)
    assert runs["A"] == [[120, 180]]


def test_cost_finds_the_cheapest_mixture_of_hours():
    # 90 min: hour 1 at 20 and the half hour after at 30 is cheaper than the half hour before at 50.
    prices = [50, 20, 30] + [100] * 21
    runs = segments(ask("A", 0, 1000, 90, delay=300), strategy="cost", price_eur_per_mwh=prices)
    assert runs["A"] == [[60, 150]]


def test_cost_takes_the_sun_for_free():
    sun = [0] * 12 + [1000] + [0] * 11
    runs = segments(
        ask("A", 600, 1000, 60, delay=300), strategy="cost", price_eur_per_mwh=[50] * 24, homes=[home(pv_w=sun)]
    )
    assert runs["A"] == [[720, 780]]


def test_cost_keeps_the_threshold():
    prices = [100, 20] + [100] * 22
    runs = segments(
        ask("A", 0, 2000, 60, delay=60), ask("B", 0, 2000, 60, delay=60), strategy="cost", price_eur_per_mwh=prices
    )
    assert runs == {"A": [[60, 120]], "B": [[0, 60]]}


def test_cost_does_not_wait_days_for_a_better_price():
    prices = [100] * 24
    assert segments(ask("A", 0, 1000, 60, delay=None), strategy="cost", price_eur_per_mwh=prices)["A"] == [[0, 60]]


def test_an_endless_run_starts_at_once_whatever_the_price():
    prices = [100] + [1] * 23
    assert segments(ask("A", 0, 100, None, delay=600), strategy="cost", price_eur_per_mwh=prices)["A"] == [[0, None]]


def two_homes(follows):
    return [home(3000), home(3000, household="2", follows=follows)]


def building(*requests, follows=True, **more):
    return plan_day(day(*requests, homes=two_homes(follows), **more))


def test_a_follower_puts_its_low_run_where_the_building_peak_is_lowest():
    answer = building(ask("A", 0, 2000, 60), ask("B", 0, 2000, 60, delay=120, priority="low", household="2"))
    assert answer["runs"][1]["segments_min"] == [[60, 120]]
    assert answer["total"]["peak_w"] == 2000


def test_who_does_not_follow_starts_at_once():
    answer = building(
        ask("A", 0, 2000, 60), ask("B", 0, 2000, 60, delay=120, priority="low", household="2"), follows=False
    )
    assert answer["runs"][1]["segments_min"] == [[0, 60]]
    assert answer["total"]["peak_w"] == 4000


def test_a_follower_decides_alone_about_normal_runs():
    answer = building(ask("A", 0, 2000, 60), ask("B", 0, 2000, 60, delay=120, priority="normal", household="2"))
    assert answer["runs"][1]["segments_min"] == [[0, 60]]


def test_a_follower_does_not_wait_when_the_building_peak_stays_the_same():
    answer = building(
        ask("A", 0, 1000, 60),
        ask("B", 0, 3000, 60, delay=None),
        ask("C", 0, 1000, 30, delay=120, priority="low", household="2"),
    )
    # A (1,000 W) now and B (3,000 W) from 60 on: C beside A makes 2,000 W, no new peak.
    assert answer["runs"][2]["segments_min"] == [[0, 30]]


def test_a_follower_keeps_its_own_threshold():
    answer = building(
        ask("A", 0, 1000, 60),
        ask("X", 60, 2500, 60, household="2"),
        ask("B", 60, 2000, 60, delay=120, priority="low", household="2"),
    )
    assert answer["runs"][2]["segments_min"] == [[120, 180]]


def test_the_building_limit_binds_every_home():
    answer = building(
        ask("A", 0, 2000, 60), ask("B", 0, 2000, 60, delay=120, household="2"), follows=False, building_limit_w=3000
    )
    assert answer["runs"][1]["segments_min"] == [[60, 120]]


def test_a_battery_keeps_the_limit_of_the_building_too():
    stored = battery(stored_wh=5000, capacity_wh=5000, power_w=2000)
    requests = (ask("A", 0, 2500, 60), ask("B", 0, 1000, 60))
    answer = plan_day(day(*requests, homes=[home(3000, battery=stored)], building_limit_w=2800))
    assert answer["runs"][1]["outcome"] == "battery"
    assert answer["total"]["peak_w"] == 2800
    assert answer["households"][0]["battery"] == [{"start_min": 0, "end_min": 60, "charge_w": -700}]


def test_what_the_battery_cannot_keep_below_the_limit_of_the_building_is_rejected():
    stored = battery(stored_wh=5000, capacity_wh=5000, power_w=600)
    requests = (ask("A", 0, 2500, 60), ask("B", 0, 1000, 60))
    assert planned(*requests, homes=[home(3000, battery=stored)])["B"]["outcome"] == "battery"
    refused = planned(*requests, homes=[home(3000, battery=stored)], building_limit_w=2800)["B"]
    assert refused["outcome"] == "rejected", "600 W from the battery would leave 2,900 W for the building"


def test_a_run_that_only_the_building_limit_forbids_is_rejected():
    answer = building(ask("A", 0, 2000, 60), ask("B", 0, 2000, 60, household="2"), building_limit_w=3000)
    run = answer["runs"][1]
    assert run["outcome"] == "rejected"
    assert run["shortfall_w"] == 1000
    assert "1000 W are missing under the building's limit of 3000 W" in run["reason"]
    assert run["would_do"] == {"max_delay_min": 60, "threshold_w": None}


def test_queued_behind_a_busy_appliance_a_request_waits_for_its_turn():
    answer = plan_day(day(ask("A", 0, 2000, 60), ask("A", 30, 1000, 20, delay=60, queue=True)))
    assert [run["segments_min"] for run in answer["runs"]] == [[[0, 60]], [[60, 80]]]


def test_a_queued_request_that_has_waited_too_long_is_rejected():
    answer = plan_day(day(ask("A", 0, 2000, 60), ask("A", 30, 1000, 20, delay=29, queue=True)))
    assert answer["runs"][1]["outcome"] == "rejected"


def test_an_appliance_that_is_busy_only_because_it_had_to_wait_turns_the_request_down():
    answer = plan_day(day(ask("Hob", 0, 3000, 60), ask("A", 0, 2000, 60, delay=60), ask("A", 70, 2000, 10, delay=60)))
    run = answer["runs"][2]
    assert run["outcome"] == "rejected"
    assert run["reason"] == 'A is already running; with "queue": true it would wait for its turn'


def test_priority_in_the_answer_is_that_at_the_request():
    assert planned(ask("A", 0, 2000, 60, delay=60, priority="low"))["A"]["priority"] == 5


def energy_eur(answer, document):
    """What the first home's imports cost, by the minute."""
    prices = document["price_eur_per_mwh"]
    watts = [max(0.0, net_load_w(document, answer, minute)) for minute in range(1440)]
    return sum(watt * prices[minute // 60] / 60e6 for minute, watt in enumerate(watts))


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", range(12))
def test_cost_pays_nothing_for_a_battery_that_no_run_needs(seed):
    rng = random.Random(seed)
    prices = [rng.choice([40, 90, 250, 400]) for _ in range(24)]
    asked = [ask(name, rng.randrange(0, 1200), 1000, 60, delay=240) for name in "ABC"]
    costs = []
    for store in (None, battery(5000, 2000, stored_wh=2500)):
        document = day(*asked, homes=[home(4000, battery=store)], strategy="cost", price_eur_per_mwh=prices)
        costs.append(energy_eur(plan_day(document), document))
    assert costs[1] <= costs[0] + 1e-9


def test_cost_still_charges_for_a_run_that_needs_the_battery():
    # Empty but for its reserve: half an hour of charging at 2 kW gives the kWh that the run needs above 2 kW.
    store = battery(5000, 2000, depth=0.5, stored_wh=2500)
    run = planned(
        ask("A", 600, 3000, 60, delay=120),
        homes=[home(2000, battery=store)],
        strategy="cost",
        price_eur_per_mwh=[9] * 24,
    )["A"]
    assert run["outcome"] == "battery"
    assert run["segments_min"] == [[pytest.approx(630, abs=0.1), pytest.approx(690, abs=0.1)]]
