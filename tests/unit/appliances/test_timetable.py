"""The timetable as a value: what programs use, beyond what a day's document can say."""

import pickle

import pytest

from energy_manager.domain.appliances import (
    CATALOGUE,
    Appliance,
    Battery,
    Household,
    Policy,
    Profile,
    Run,
    RunRequest,
    Step,
    StepFunction,
    Timetable,
)
from energy_manager.domain.appliances.restore import forgotten, joined, rebuilt
from energy_manager.domain.appliances.timetable import check_request
from energy_manager.domain.appliances.units import us_of_minutes
from energy_manager.domain.errors import Refused

MINUTE_US = 60_000_000


def wanted(name, at_min, power_w, duration_min, *, delay=0, may_pause=False, priority="normal", **more):
    return RunRequest(
        run_id=name,
        household="h",
        appliance=name,
        power_w=power_w,
        duration_us=None if duration_min is None else us_of_minutes(duration_min),
        max_delay_us=None if delay is None else us_of_minutes(delay),
        is_interruptible=may_pause,
        priority_class=priority,
        requested_us=us_of_minutes(at_min),
        **more,
    )


def table_of(*requests, threshold_w=3000, policy=None, **household):
    table = Timetable.of([Household(household_id="h", threshold_w=threshold_w, **household)], now_us=0, policy=policy)
    for request in requests:
        table, _ = table.request(request)
    return table


def minutes(segments):
    return [(segment.start_us // MINUTE_US, segment.end_us // MINUTE_US) for segment in segments]


def test_a_request_makes_a_new_timetable_and_leaves_the_old_one():
    before = table_of()
    after, decision = before.request(wanted("A", 5, 2000, 60))
    assert before.runs == {}
    assert after.now_us == 5 * MINUTE_US
    assert (decision.outcome, minutes(decision.segments)) == ("fit", [(5, 65)])
    assert after.runs["A"].status(after.now_us) == "running"


def test_the_decision_names_the_runs_it_moved():
    table = table_of(wanted("EV", 0, 2000, 120, delay=600, may_pause=True, priority="low"))
    _, decision = table.request(wanted("Oven", 30, 2000, 60, priority="urgent"))
    assert decision.moved == ("EV",)


def test_what_a_run_is_follows_from_the_clock():
    table = table_of(
        wanted("EV", 0, 2000, 120, delay=600, may_pause=True, priority="low"),
        wanted("Oven", 30, 2000, 60, priority="urgent"),
        wanted("Late", 30, 2500, 30, delay=None, priority="low"),
    )
    run = table.runs["EV"]
    at = {minute: run.status(minute * MINUTE_US) for minute in (29, 30, 89, 90, 179, 180)}
    assert at == {29: "running", 30: "paused", 89: "paused", 90: "running", 179: "running", 180: "finished"}
    assert table.runs["Late"].status(table.now_us) == "pending"
    assert run.waited_us(60 * MINUTE_US) == 30 * MINUTE_US
    assert run.waited_us(500 * MINUTE_US) == 60 * MINUTE_US
    assert run.progress_us(100 * MINUTE_US) == 40 * MINUTE_US


def test_time_only_moves_forward():
    table, _ = table_of().advance(10)
    with pytest.raises(Refused, match="before the timetable's present"):
        table.advance(9)


def test_the_room_is_always_threshold_and_sun_less_load():
    sun = StepFunction.of_pieces([Step(start_us=0, end_us=60 * MINUTE_US, value=500)])
    table = table_of(wanted("A", 0, 1000, 30), wanted("B", 10, 800, 90, delay=60), pv_w=sun)
    home = table.homes["h"]
    for minute in (10, 30, 60, 100, 200):
        at = minute * MINUTE_US
        assert home.room_w.at(at) == 3000 + sun.at(at) - home.load_w.at(at)


def test_a_request_for_what_does_not_exist_is_refused_by_its_fields():
    table = table_of(wanted("A", 0, 2000, 60))
    with pytest.raises(Refused) as refused:
        table.request(
            RunRequest(
                run_id="A",
                household="nobody",
                appliance="X",
                power_w=1,
                duration_us=1,
                max_delay_us=0,
                is_interruptible=False,
                priority_class="low",
                requested_us=0,
            )
        )
    assert [fault.field for fault in refused.value.faults] == ["household", "run_id"]


def test_a_busy_appliance_refuses_or_queues():
    table = table_of(wanted("A", 0, 2000, 60))
    again = wanted("A", 30, 1000, 10, delay=40)
    fields = {name: getattr(again, name) for name in RunRequest.__slots__}
    with pytest.raises(Refused, match="already running"):
        table.request(RunRequest(**{**fields, "run_id": "again"}))
    table, decision = table.request(RunRequest(**{**fields, "run_id": "again", "is_queued": True}))
    assert (decision.outcome, decision.is_queued) == (None, True)
    table, decisions = table.advance(60 * MINUTE_US)
    assert minutes(decisions[0].segments) == [(60, 70)]
    assert table.queue == ()


def test_two_households_with_one_id_are_refused():
    twins = [Household(household_id="h", threshold_w=1), Household(household_id="h", threshold_w=2)]
    with pytest.raises(Refused, match="there twice"):
        Timetable.of(twins, now_us=0)


def test_a_finished_run_cannot_be_finished_again():
    table = table_of(wanted("A", 0, 2000, 60)).finish("A", at_us=10 * MINUTE_US)
    with pytest.raises(Refused, match="already finished"):
        table.finish("A", at_us=20 * MINUTE_US)
    with pytest.raises(Refused, match="is unknown"):
        table.cancel("B", at_us=20 * MINUTE_US)


def test_a_neighbour_s_published_profile_counts_for_a_follower():
    table = table_of(follows_building_peak=True)
    busy = StepFunction.of_pieces([Step(start_us=0, end_us=60 * MINUTE_US, value=2500)])
    request = wanted("Pump", 0, 1000, 30, delay=120, priority="low")
    assert minutes(table.request(request)[1].segments) == [(0, 30)]
    assert minutes(table.request(request, neighbours_w=busy)[1].segments) == [(60, 90)]


def test_the_gate_opens_when_ledger_and_power_are_within_the_limit():
    table = table_of(wanted("A", 0, 1000, 60), wanted("B", 0, 2000, 60))
    gate = table.gate("B")
    assert (gate.is_open, gate.load_w, gate.power_w, gate.limit_w) == (True, 1000, 2000, 3000)


def test_the_gate_stays_closed_when_the_meter_knows_better():
    table = table_of(wanted("A", 0, 1000, 60), wanted("B", 0, 2000, 60))
    assert table.gate("B", measured_load_w=1000).is_open
    assert not table.gate("B", measured_load_w=1001).is_open
    assert table.gate("B", measured_load_w=0).load_w == 1000


def test_the_gate_counts_sun_and_what_the_battery_may_give():
    store = Battery(capacity_wh=1000, power_w=500, depth_of_discharge=1, stored_wh=1000)
    table = table_of(wanted("A", 0, 3500, 30), battery=store)
    assert table.gate("A").limit_w == 3500
    assert not table.gate("A", measured_load_w=1).is_open


def test_the_gate_of_an_unknown_run_is_refused():
    with pytest.raises(Refused, match="is unknown"):
        table_of().gate("X")


def test_a_run_held_at_the_gate_starts_later_within_its_delay():
    table = table_of(wanted("A", 0, 2000, 60, delay=30))
    table, alerts = table.hold("A", until_us=10 * MINUTE_US)
    assert alerts == ()
    assert table.now_us == 0
    assert minutes(table.runs["A"].segments) == [(10, 70)]


def test_a_run_held_beyond_its_delay_is_missed_and_reported():
    table = table_of(wanted("A", 0, 2000, 60, delay=5))
    table, alerts = table.hold("A", until_us=10 * MINUTE_US)
    assert alerts[0].excess_w == 2000
    table = table.at(10 * MINUTE_US)
    assert table.runs["A"].status(table.now_us) == "missed"
    with pytest.raises(Refused, match="not waiting"):
        table.hold("A", until_us=20 * MINUTE_US)


def test_another_forecast_moves_what_it_no_longer_covers():
    sun = StepFunction.of_pieces([Step(start_us=0, end_us=600 * MINUTE_US, value=1000)])
    table = table_of(wanted("A", 0, 2500, 60), wanted("B", 0, 1500, 60, delay=240), pv_w=sun)
    cloudy = Household(household_id="h", threshold_w=3000)
    table, alerts = table.change_household(cloudy, at_us=30 * MINUTE_US)
    # B was on beside A only thanks to the sun, and may not pause: reported. (B started at 0.)
    assert minutes(table.runs["B"].segments) == [(0, 60)]
    assert alerts[0].excess_w == 1000


def test_a_sun_that_comes_later_is_used_by_what_waits():
    table = table_of(wanted("A", 0, 2500, 60), wanted("B", 0, 1500, 60, delay=240))
    sunny = Household(
        household_id="h",
        threshold_w=3000,
        pv_w=StepFunction.of_pieces([Step(start_us=0, end_us=600 * MINUTE_US, value=1000)]),
    )
    table, _ = table.change_household(sunny, at_us=30 * MINUTE_US)
    assert minutes(table.runs["B"].segments) == [(30, 90)]


def test_an_interruptible_run_goes_on_until_the_clouds_come():
    sun = StepFunction.of_pieces([Step(start_us=0, end_us=600 * MINUTE_US, value=1000)])
    table = table_of(wanted("EV", 0, 3500, 120, delay=600, may_pause=True), pv_w=sun)
    shorter = Household(
        household_id="h",
        threshold_w=3000,
        pv_w=StepFunction.of_pieces(
            [
                Step(start_us=0, end_us=60 * MINUTE_US, value=1000),
                Step(start_us=90 * MINUTE_US, end_us=600 * MINUTE_US, value=500),
            ]
        ),
    )
    table, alerts = table.change_household(shorter, at_us=30 * MINUTE_US)
    assert alerts == ()
    assert minutes(table.runs["EV"].segments) == [(0, 60), (90, 150)]


def test_every_value_survives_pickling():
    table = table_of(wanted("A", 0, 2000, 60), policy=Policy(strategy="flat"))
    assert pickle.loads(pickle.dumps(table)) == table


def test_the_catalogue_has_the_common_profiles():
    assert 30 <= len(CATALOGUE) <= 40
    microwave, car = CATALOGUE["Microwave"], CATALOGUE["EV charger"]
    assert (microwave.rated_power_w, microwave.duration_us, microwave.priority_class) == (800, 20 * MINUTE_US, "urgent")
    assert (car.rated_power_w, car.duration_us, car.priority_class) == (7400, 480 * MINUTE_US, "low")
    assert car.is_interruptible
    assert not microwave.is_interruptible


@pytest.mark.parametrize(
    ("build", "fields"),
    [
        (
            lambda: Profile(name="", rated_power_w=0, duration_us=0, is_interruptible=False, priority_class="top"),
            ["name", "rated_power_w", "duration_us", "priority_class"],
        ),
        (
            lambda: Appliance(household="h", name="", profiles=("a", "a"), max_delay_us=-1),
            ["name", "profiles", "max_delay_us"],
        ),
        (
            lambda: Battery(capacity_wh=0, power_w=0, depth_of_discharge=2, stored_wh=1),
            ["capacity_wh", "power_w", "depth_of_discharge", "stored_wh"],
        ),
        (
            lambda: Household(household_id="h", threshold_w=0, pv_w=StepFunction.constant(-1)),
            ["threshold_w", "pv_w"],
        ),
        (
            lambda: RunRequest(
                run_id="",
                household="h",
                appliance="a",
                power_w=0,
                duration_us=0,
                max_delay_us=-1,
                is_interruptible=False,
                priority_class="top",
                requested_us=0,
            ),
            ["power_w", "duration_us", "max_delay_us", "priority_class"],
        ),
    ],
)
def test_a_value_refuses_nonsense_when_it_is_built(build, fields):
    with pytest.raises(Refused) as refused:
        build()
    assert [fault.field for fault in refused.value.faults] == fields


def test_an_appliance_names_its_profiles():
    car = Appliance(household="h", name="Car", profiles=("EV charger",), max_delay_us=None)
    assert car.profiles == ("EV charger",)


def test_a_run_without_segments_has_no_start():
    run = Run(request=wanted("A", 0, 1, 1), segments=(), outcome="rejected", decision_priority=1, closed_as="rejected")
    assert run.start_us is None
    assert run.status(0) == "rejected"


def test_a_restart_is_one_event_for_programs():
    table = table_of(wanted("A", 0, 2000, 60), wanted("B", 0, 2000, 30, delay=80))
    table, alerts = table.restart(down_us=50 * MINUTE_US, up_us=75 * MINUTE_US)
    assert alerts == ()
    assert minutes(table.runs["B"].segments) == [(75, 105)]


def test_nothing_can_queue_behind_a_run_without_end():
    table = table_of(wanted("A", 0, 2000, None))
    with pytest.raises(Refused, match="runs without end"):
        check_request(
            table,
            RunRequest(
                run_id="again",
                household="h",
                appliance="A",
                power_w=1,
                duration_us=1,
                max_delay_us=None,
                is_interruptible=False,
                priority_class="low",
                requested_us=0,
                is_queued=True,
            ),
        )


def test_a_timetable_is_rebuilt_from_its_runs():
    table = table_of(
        wanted("A", 0, 2000, 60),
        wanted("EV", 0, 2000, 120, delay=600, may_pause=True, priority="low"),
        wanted("Oven", 90, 2000, 60, priority="urgent"),
    )
    again = rebuilt([table.homes["h"].household], table.runs.values(), now_us=table.now_us)
    assert again.runs == table.runs
    assert again.homes["h"].load_w.since(table.now_us) == table.homes["h"].load_w.since(table.now_us)


def test_a_home_joins_once():
    table = joined(table_of(wanted("A", 0, 2000, 60)), Household(household_id="i", threshold_w=2000))
    assert set(table.homes) == {"h", "i"}
    with pytest.raises(Refused, match="there already"):
        joined(table, Household(household_id="i", threshold_w=2000))


def test_what_is_over_may_be_forgotten():
    table = table_of(wanted("A", 0, 2000, 60), wanted("B", 0, 1000, None), wanted("C", 5, 5000, 10))
    later = table.at(100 * MINUTE_US)
    assert set(forgotten(later, before_us=50 * MINUTE_US).runs) == {"A", "B"}
    assert set(forgotten(later, before_us=61 * MINUTE_US).runs) == {"B"}


def test_another_policy_counts_from_then_on():
    table = table_of(wanted("A", 0, 2000, 60)).under_policy(Policy(strategy="target_peak", target_peak_w=2500))
    _, decision = table.request(wanted("B", 0, 1000, 60, delay=120))
    assert minutes(decision.segments) == [(60, 120)]


def test_a_household_may_have_a_policy_of_its_own():
    homes = [Household(household_id=name, threshold_w=3000) for name in "hi"]
    table = Timetable.of(homes, now_us=0, policy=Policy(building_limit_w=9000))
    table = table.under_policy(Policy(strategy="flat"), household="h")
    assert table.policy_of("h") == Policy(strategy="flat", building_limit_w=9000)
    assert table.policy_of("i") == Policy(building_limit_w=9000)
    bigger = joined(table, Household(household_id="j", threshold_w=3000))
    assert bigger.policy_of("h").strategy == "flat"
    assert bigger.under_policy(Policy()).policy_of("h") == Policy()
