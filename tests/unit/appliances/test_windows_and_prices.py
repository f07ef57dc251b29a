"""Runs that wait for a time and are over by another, base load, and prices of a quarter hour."""

import json
from datetime import UTC, datetime

import pytest

from energy_manager.domain.appliances import RunRequest
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.jobs import planning_job
from energy_manager.entrypoints.jobs.definition.answering import plan_document
from energy_manager.entrypoints.settings import Settings
from tests.support.live_appliances import Live

JOB = planning_job("appliances")
OPTIONS = JOB.options_of(Settings(), JOB.arguments())
MINUTE_US = 60_000_000


def day(*requests, offline=False, **changes):
    home = {"id": "h", "threshold_w": 3000, **changes.pop("home", {})}
    asked = [
        {"household": "h", "appliance": f"a{place}", "power_w": 2000, "duration_min": 60, "at_min": 0, **request}
        for place, request in enumerate(requests)
    ]
    document = {"day": "2026-06-15", "households": [home], "requests": asked, "offline": offline, **changes}
    text = json.dumps(document).encode()
    return json.loads(plan_document(JOB, text, OPTIONS).unwrap().document)


def starts(answer):
    return [run["segments_min"][0][0] if run["segments_min"] else None for run in answer["runs"]]


@pytest.mark.parametrize("offline", [False, True])
def test_a_run_begins_no_earlier_than_it_may(offline):
    assert starts(day({"not_before_min": 600}, offline=offline)) == [600]


def test_a_run_is_over_by_the_time_it_must_be_ready_or_is_rejected():
    # The first takes the home until 400: the second could run from 400 on, and must be over at 450.
    first = {"duration_min": 400, "priority": "urgent"}
    assert starts(day(first, {"ready_by_min": 460})) == [0, 400]
    answer = day(first, {"ready_by_min": 450})
    assert starts(answer) == [0, None]
    assert answer["runs"][1]["would_do"]["max_delay_min"] == 400


def test_its_waiting_counts_from_when_it_may_begin():
    blocker = {"not_before_min": 600, "priority": "urgent"}
    waits = {"not_before_min": 600, "max_delay_min": 60}
    answer = day(blocker, waits)
    assert starts(answer) == [600, 660]
    assert answer["households"][0]["dawr"] == 1.0


def test_what_may_pause_gives_way_only_within_its_window():
    car = {"power_w": 1500, "duration_min": 120, "interruptible": True, "priority": "low", "max_delay_min": 600}
    asked = day(car, {"at_min": 30, "power_w": 2500, "not_before_min": 60, "max_delay_min": 0})
    assert asked["runs"][0]["segments_min"] == [[0, 60], [120, 180]]
    assert asked["runs"][1]["segments_min"] == [[60, 120]]


def test_plans_made_anew_keep_both_windows():
    # Both fit only if the first, which may wait, moves: not before 100 either way.
    first = {"not_before_min": 100, "max_delay_min": 300}
    second = {"not_before_min": 100, "max_delay_min": 0, "at_min": 5}
    assert starts(day(first, second)) == [160, 100]


def test_a_window_that_is_too_short_is_refused_by_name():
    with pytest.raises(Refused) as refusal:
        day({"ready_by_min": 30})
    (fault,) = refusal.value.faults
    assert fault.field == "requests[0].ready_by_min"
    assert fault.message == "is 30 min too early: the run lasts 60 min and cannot begin before"
    with pytest.raises(Refused, match="ends by itself"):
        day({"ready_by_min": 30, "duration_min": None})


def test_of_two_bounds_the_tighter_one_counts():
    request = RunRequest(
        run_id="1", household="h", appliance="a", power_w=1, duration_us=60, max_delay_us=10, is_interruptible=False,
        priority_class="low", requested_us=0,
    )  # fmt: skip
    assert request.ready_by(100).max_delay_us == 10
    assert request.ready_by(65).max_delay_us == 5
    assert request.ready_by(None) is request


def test_base_load_leaves_less_room_and_counts_in_the_peak():
    # Until 2:00 the home takes 1,500 W by itself: 2,000 W more would be beyond its 3,000 W.
    base = {"resolution_min": 60, "values": [1500, 1500]}
    answer = day({}, home={"base_load_w": base})
    assert starts(answer) == [120]
    assert answer["households"][0]["peak_w"] == 2000
    sunny = day({}, home={"base_load_w": base, "pv_w": {"resolution_min": 60, "values": [1000]}})
    assert starts(sunny) == [0]


def test_a_run_is_put_into_the_cheapest_quarter_hours_of_tomorrow_too():
    prices = [100] * 192
    prices[50:54] = [10] * 4
    short = {"duration_min": 60, "max_delay_min": 2000, "priority": "low"}
    assert starts(day(short, strategy="cost", price_eur_per_mwh=prices)) == [50 * 15]
    prices[130:134] = [5] * 4
    assert starts(day(short | {"at_min": 700}, strategy="cost", price_eur_per_mwh=prices)) == [130 * 15]


def test_the_last_day_of_prices_repeats():
    prices = [100] * 96
    prices[8:12] = [10] * 4
    late = {"at_min": 600, "max_delay_min": 2000, "priority": "low"}
    assert starts(day(late, strategy="cost", price_eur_per_mwh=prices)) == [1440 + 120]


@pytest.fixture
def live():
    live = Live()
    live.home()
    live.appliance("Car", 2000, 120, asset="car", max_delay_min=30)
    return live


def booked(live, **asked):
    decision = live.ask("Car", **asked)
    return live.minutes(decision.run_id)


def clock(live, minutes):
    return datetime.fromtimestamp(live.service.look().now_us / 1e6 + 60 * minutes, tz=UTC)


def test_clock_times_are_the_next_ready_by_and_the_last_not_before_it(live):
    ready = clock(live, 600)
    begin = clock(live, 240)
    assert booked(live, ready_by=f"{ready:%H:%M}", not_before=f"{begin:%H:%M}") == [(240, 360)]


def test_a_window_that_has_begun_holds_from_now_on(live):
    assert booked(live, ready_by=f"{clock(live, 300):%H:%M}", not_before=f"{clock(live, -60):%H:%M}") == [(0, 120)]


def test_without_ready_by_the_next_such_time_counts(live):
    assert booked(live, not_before=f"{clock(live, 90):%H:%M}") == [(90, 210)]


def test_instants_count_as_they_are_and_survive_a_restart(live):
    asked = clock(live, 50).isoformat()
    assert booked(live, not_before=asked) == [(50, 170)]
    (run,) = live.server().look().table.runs.values()
    assert run.request.not_before_us == round(datetime.fromisoformat(asked).timestamp() * 1e6)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"ready_by": "soon"}, "must be HH:MM or a time with its zone like .*, not 'soon'"),
        ({"ready_by": "2026-06-15T07:00:00"}, "must be HH:MM or a time with its zone"),
        ({"ready_by": "07:00+02:00"}, "must be HH:MM or a time with its zone"),
        ({"ready_by": "2001-06-15T07:00:00Z"}, "is past"),
        ({"not_before": 5}, "must be HH:MM or a time with its zone like .*, not 5"),
    ],
)
def test_a_time_that_is_none_is_refused(live, asked, sentence):
    with pytest.raises(Refused, match=sentence):
        live.ask("Car", **asked)


def test_sun_and_base_load_of_a_household_change_apart(live):
    hour = {"resolution_min": 60, "values": [1000]}
    live.change_household("home", {"base_load_w": hour})
    now_us = live.service.look().now_us
    net = live.service.look().household("home").pv_w
    assert {net.at(now_us - 24 * 60 * MINUTE_US), min(net.values)} == {0, -1000}
    live.change_household("home", {"pv_w": hour})
    assert set(live.service.look().household("home").pv_w.values) == {0}
    assert max(live.server().look().household("home").base_load_w.values) == 1000
    live.change_household("home", {"base_load_w": None})
    assert max(live.service.look().household("home").pv_w.values) == 1000


def test_a_household_may_have_prices_of_quarter_hours(live):
    prices = [100.0] * 96
    live.change_household("home", {"strategy": "cost", "price_eur_per_mwh": prices})
    with pytest.raises(Refused, match="a day needs 24, one an hour, or 92 to 100"):
        live.change_household("home", {"price_eur_per_mwh": prices[:50]})


def test_a_car_is_charged_by_its_time_and_a_new_word_takes_the_place_of_the_old(live):
    # 2 kWh at 2,000 W take an hour.
    _, first = live.charge_vehicle("home", "Car", {"energy_kwh": 2, "ready_by": f"{clock(live, 600):%H:%M}"})
    assert live.minutes(first.run_id) == [(0, 60)]
    later = {"energy_kwh": 3, "ready_by": clock(live, 300).isoformat(), "not_before": clock(live, 120).isoformat()}
    _, second = live.charge_vehicle("home", "Car", later)
    assert live.status(first.run_id) == "cancelled"
    assert live.minutes(second.run_id) == [(120, 210)]
    assert live.service.look().table.runs[second.run_id].request.is_interruptible


def test_a_car_that_cannot_be_ready_stays_as_it_was(live):
    _, first = live.charge_vehicle("home", "Car", {"energy_kwh": 2, "ready_by": clock(live, 300).isoformat()})
    live.change_household("home", {"base_load_w": {"resolution_min": 60, "values": [1500] * 48}})
    with pytest.raises(Refused, match="nothing has changed: Car cannot start"):
        live.charge_vehicle("home", "Car", {"energy_kwh": 4, "ready_by": clock(live, 200).isoformat()})
    assert live.status(first.run_id) != "cancelled"


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"energy_kwh": 2}, "ready_by: is missing"),
        ({"ready_by": "07:00"}, "energy_kwh: is missing"),
        ({"ready_by": "07:00", "energy_kwh": 0}, "energy_kwh: must be above 0"),
        ({"ready_by": "07:00", "energy_kwh": 900}, "is 2.* min too early"),
    ],
)
def test_a_car_that_nobody_could_charge_so_is_refused(live, asked, sentence):
    with pytest.raises(Refused, match=sentence):
        live.charge_vehicle("home", "Car", asked)
