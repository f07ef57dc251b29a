"""A run may draw another power in each part of its time: everything that is decided of it knows which."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.adapters.solvers.appliances_milp import optimise
from energy_manager.application.appliances.views import run_answer, timetable_answer
from energy_manager.domain.appliances import Household, Run, RunRequest, Segment, StepFunction, Timetable
from energy_manager.domain.appliances.admission.starts import RunCost, cheapest_start, earliest_start, fitting_windows
from energy_manager.domain.appliances.ledger.step_function import Step
from energy_manager.domain.appliances.power_course import Phase, PowerCourse
from energy_manager.domain.errors import Refused
from tests.oracles.appliance_days import ask, battery, day, home
from tests.support.documents import plan_day, read_day
from tests.support.live_appliances import Live

MINUTE_US = 60_000_000
OPTIMISE = optimise
# Heats for a quarter of an hour, washes for half an hour, rests for one quarter and spins for the last.
WASHER = {"resolution_min": 15, "values": [2000, 300, 300, 0, 500]}


def wash(appliance, at_min, profile=WASHER, **more):
    """A request with a profile."""
    asked = ask(appliance, at_min, 1, 1, **more)
    return {key: value for key, value in asked.items() if key not in {"power_w", "duration_min"}} | {
        "profile_w": profile
    }


def segments(answer):
    return {run["appliance"]: run["segments_min"] for run in answer["runs"]}


def test_a_run_lasts_as_long_as_its_profile_and_the_home_draws_what_it_says():
    answer = plan_day(day(wash("Washer", 60)))
    assert segments(answer) == {"Washer": [[60, 135]]}
    # (2,000 + 300 + 300 + 500) W x 15 min in a day.
    assert answer["total"]["average_w"] == pytest.approx(3100 * 15 / 1440)
    assert answer["total"]["peak_w"] == 2000


def test_two_machines_overlap_where_constant_power_would_not_fit():
    # 2,000 W of heating beside 300 W of washing: one quarter of an hour later, not 75 minutes.
    answer = plan_day(day(wash("A", 0), wash("B", 0, delay=120), homes=[home(2300)]))
    assert segments(answer)["B"] == [[15, 90]]
    assert answer["total"]["peak_w"] == 2300


def test_a_run_starts_while_another_is_on_if_its_peak_comes_after_it():
    late_peak = {"resolution_min": 30, "values": [300, 2500]}
    answer = plan_day(day(ask("Oven", 0, 2500, 30), wash("Dryer", 0, late_peak, delay=60), homes=[home(3000)]))
    assert segments(answer)["Dryer"] == [[0, 60]]


def test_the_threshold_is_kept_by_every_phase():
    # Constant 300 W would start at once; the peak of 2,500 W in its second half would meet the oven.
    late_peak = {"resolution_min": 30, "values": [300, 2500]}
    answer = plan_day(day(ask("Oven", 0, 2500, 60), wash("Dryer", 0, late_peak, delay=60), homes=[home(3000)]))
    assert segments(answer)["Dryer"] == [[30, 90]]


def test_the_battery_covers_the_peak_of_a_profile():
    # 2,000 W for a quarter of an hour under 1,500 W: 125 Wh are enough.
    enough, too_little = (
        plan_day(day(wash("Washer", 0), homes=[home(1500, battery=battery(1000, 500, depth=1, stored_wh=stored))]))
        for stored in (125, 124)
    )
    assert enough["runs"][0]["outcome"] == "battery"
    assert enough["runs"][0]["segments_min"] == [[0, 75]]
    assert too_little["runs"][0]["outcome"] == "rejected"


def test_a_rejected_profile_says_what_is_missing_in_its_worst_phase():
    # 300 W are on: the heating misses 300 W, and a threshold of 2,300 W would do.
    run = plan_day(day(ask("Fridge", 0, 300, None), wash("Washer", 0), homes=[home(2000)]))["runs"][1]
    assert (run["outcome"], run["shortfall_w"]) == ("rejected", 300)
    assert run["would_do"]["threshold_w"] == 2300


def test_cost_puts_the_peak_into_the_cheap_hour():
    # The heating is in the second hour of the run, and 2:00 is cheap.
    late_heat = {"resolution_min": 60, "values": [100, 2000, 100]}
    prices = [300, 300, 20, *[300] * 21]
    answer = plan_day(day(wash("Washer", 0, late_heat, delay=300), strategy="cost", price_eur_per_mwh=prices))
    assert segments(answer) == {"Washer": [[60, 240]]}


def test_cost_with_a_battery_covers_the_dear_phases_of_a_profile():
    late_heat = {"resolution_min": 60, "values": [100, 2000, 100]}
    store = battery(2000, 2000, depth=1)
    answer = plan_day(
        day(
            wash("Washer", 0, late_heat),
            homes=[home(battery=store)],
            strategy="cost",
            price_eur_per_mwh=[10, 300, *[10] * 22],
        )
    )
    assert answer["households"][0]["battery"][0] == {"start_min": 60, "end_min": 120, "charge_w": -2000}


def test_the_neighbours_peak_is_that_of_the_phases():
    # Next door heats from 0 to 15 min; a low follower begins its own heating right after it.
    answer = plan_day(
        day(
            wash("A", 0),
            wash("B", 0, household="2", delay=60, priority="low"),
            homes=[home(3000), home(3000, household="2", follows=True)],
            strategy="target_peak",
        )
    )
    assert answer["total"]["peak_w"] <= 2500


def test_offline_knows_the_phases():
    # Together 2,300 W when the second heats while the first washes; 2,000 W while the first rests or is over.
    answer = plan_day(day(wash("A", 0), wash("B", 0, delay=45), offline=True, time_limit_s=20), optimise=OPTIMISE)
    assert answer["total"]["peak_w"] == 2000
    assert segments(answer)["B"] == [[45, 120]]
    assert answer["optimality"]["is_proved"]


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"profile_w": {"resolution_min": 15, "values": [0, 0]}}, "requests[0].profile_w.values", "are all 0 W"),
        (
            {"profile_w": {"resolution_min": 15, "values": [100]}, "power_w": 100},
            "requests[0]",
            "leave out power_w and duration_min",
        ),
        (
            {"profile_w": {"resolution_min": 15, "values": [100]}, "interruptible": True},
            "requests[0].profile_w",
            "is never paused",
        ),
        ({"profile_w": {"resolution_min": 15, "values": [-1, 5]}}, "requests[0].profile_w.values[0]", "-1"),
        ({"profile_w": {"resolution_min": 0, "values": [5]}}, "requests[0].profile_w.resolution_min", "0"),
        ({"profile_w": {"resolution_min": 15, "values": []}}, "requests[0].profile_w.values", "1"),
    ],
)
def test_a_profile_that_cannot_be_is_refused_by_field(wrong, field, sentence):
    request = {"household": "1", "appliance": "A", "at_min": 0, **wrong}
    with pytest.raises(Refused) as refusal:
        read_day(day(request))
    fault = refusal.value.faults[0]
    assert (fault.field, sentence in fault.message) == (field, True)


# Live ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def live():
    live = Live()
    live.home(4000)
    live.put_appliance("home", "washer", {"profile_w": WASHER, "max_delay_min": 600})
    return live


def test_the_loop_is_told_the_power_of_each_phase_and_a_resting_machine_stays_on(live):
    live.ask("washer")
    told = []
    for _ in range(6):
        told.append(live.scheduled("washer"))
        live.watch(15)
    assert told == [-2000, -300, -300, -1, -500, None]


def test_a_profile_outlives_a_restart_and_is_shown_in_the_timetable(live):
    decision = live.ask("washer")
    again = live.server().look()
    assert again.run(decision.run_id).request.profile == PowerCourse(
        slot_us=15 * MINUTE_US, values_w=(2000, 300, 300, 0, 500)
    )
    assert run_answer(again, decision.run_id)["profile_w"] == WASHER
    assert [piece["w"] for piece in timetable_answer(again)["households"][0]["booked_w"]] == [2000, 300, 0, 500, 0]


def test_a_request_may_say_another_profile_or_a_constant_power(live):
    decision = live.ask("washer", profile_w={"resolution_min": 10, "values": [100, 200]})
    assert live.minutes(decision.run_id) == [(0, 20)]
    live.service.cancel(decision.run_id)
    decision = live.ask("washer", power_w=500, duration_min=30)
    assert live.run(decision.run_id).request.profile is None
    assert live.minutes(decision.run_id) == [(0, 30)]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"profile_w": 5}, "profile_w: must be an object, not 5"),
        (
            {"profile_w": {"resolution_min": 15, "value": [5]}},
            "profile_w.value: is not a field here; did you mean values",
        ),
        ({"profile_w": {"resolution_min": 15, "values": [0]}}, "profile_w.values: are all 0 W"),
        ({"profile_w": {"resolution_min": 15, "values": [-3]}}, r"profile_w.values\[0\]: must be from 0"),
        ({"profile_w": {"resolution_min": 15, "values": [5]}, "power_w": 5}, "leave out power_w"),
        ({"profile_w": {"resolution_min": 15, "values": [5]}, "interruptible": True}, "is never paused"),
    ],
)
def test_a_live_profile_that_cannot_be_is_refused_by_field(live, asked, sentence):
    with pytest.raises(Refused, match=sentence):
        live.ask("washer", **asked)


def test_the_gate_asks_for_the_power_that_the_run_begins_with():
    late_peak = PowerCourse(slot_us=30 * MINUTE_US, values_w=(300, 2500))
    request = RunRequest(
        run_id="1",
        household="home",
        appliance="Dryer",
        power_w=2500,
        duration_us=60 * MINUTE_US,
        max_delay_us=0,
        is_interruptible=False,
        priority_class="normal",
        requested_us=0,
        profile=late_peak,
    )
    table, _ = Timetable.of([Household(household_id="home", threshold_w=3000)], now_us=0).request(request)
    assert table.gate("1", measured_load_w=2700).is_open
    assert not table.gate("1", measured_load_w=2701).is_open
    assert table.at(30 * MINUTE_US).gate("1").power_w == 2500


# Laws ------------------------------------------------------------------------------------------------------------


@st.composite
def rooms(draw):
    """A room by the minute, and a profile."""
    room = draw(st.lists(st.integers(0, 6), min_size=1, max_size=12))
    values = draw(st.lists(st.integers(0, 6), min_size=1, max_size=5).filter(any))
    return room, values


def stepped(values, after):
    return StepFunction.of_pieces(
        [
            *(Step(start_us=place, end_us=place + 1, value=value) for place, value in enumerate(values)),
            Step(start_us=len(values), end_us=2**62, value=after),
        ]
    )


@given(rooms(), st.integers(0, 3))
def test_windows_are_all_starts_at_which_every_phase_fits(problem, less):
    room, values = problem
    course = PowerCourse(slot_us=1, values_w=tuple(values))
    found = fitting_windows(
        stepped(room, 6), course, length_us=course.length_us, not_before_us=0, not_after_us=15, less_w=less
    )
    starts = {start for window in found for start in range(window.first_us, window.last_us + 1)}
    reached = [*room, *[6] * 30]
    wanted = {
        start
        for start in range(16)
        if all(reached[start + place] >= value - less for place, value in enumerate(values) if value > 0)
    }
    assert starts == wanted
    if less == 0:
        first = earliest_start(stepped(room, 6), course, length_us=course.length_us, not_before_us=0, not_after_us=15)
        assert first == min(wanted, default=None)


@given(rooms(), st.lists(st.integers(-5, 9), min_size=12, max_size=12))
def test_the_cheapest_start_of_a_profile_costs_no_more_than_any_other(problem, prices):
    room, values = problem
    course = PowerCourse(slot_us=1, values_w=tuple(values))
    windows = list(
        fitting_windows(stepped(room, 6), course, length_us=course.length_us, not_before_us=0, not_after_us=12)
    )
    price = stepped(prices, 4)
    cost = RunCost.of(course, course.length_us, lambda power_w: price.mapped(lambda euros: euros * power_w))
    by_start = {
        start: sum(price.at(start + place) * value for place, value in enumerate(values))
        for window in windows
        for start in range(window.first_us, window.last_us + 1)
    }
    found = cheapest_start(cost, windows)
    assert (found is None) == (not by_start)
    if found is not None:
        assert by_start[found] == cost.at(found) == min(by_start.values())


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8).filter(any))
def test_phases_are_the_values_without_what_draws_nothing(values):
    course = PowerCourse(slot_us=7, values_w=tuple(values))
    drawn = [
        sum(phase.power_w for phase in course.phases if phase.offset_us <= at < phase.offset_us + phase.length_us)
        for at in range(0, 7 * len(values), 7)
    ]
    assert drawn == values == [course.power_at(at) for at in range(0, 7 * len(values), 7)]
    assert Phase(0, 7, 0) not in course.phases


@pytest.mark.no_cover
@pytest.mark.parametrize("strategy", ["earliest", "flat", "target_peak", "cost"])
@pytest.mark.parametrize("seed", range(6))
def test_no_random_home_with_profiles_exceeds_its_threshold(seed, strategy):
    rng = random.Random(f"{seed} {strategy}")
    requests = []
    for number in range(12):
        at = rng.randrange(0, 1000, 5)
        delay, priority = rng.choice([0, 60, 240]), rng.choice(["urgent", "normal", "low"])
        if rng.random() < 0.6:
            values = [rng.choice([0, 200, 600, 1500, 2200]) for _ in range(rng.randint(1, 8))]
            profile = {"resolution_min": rng.choice([5, 10, 15]), "values": values if any(values) else [100]}
            requests.append(wash(f"W{number}", at, profile, delay=delay, priority=priority))
        else:
            may_pause = priority != "urgent"
            requests.append(
                ask(
                    f"C{number}",
                    at,
                    rng.choice([300, 1200, 2500]),
                    45,
                    delay=delay,
                    priority=priority,
                    may_pause=may_pause,
                )
            )
    store = rng.choice([None, battery(3000, 1500)])
    document = day(
        *requests,
        homes=[home(3000, battery=store)],
        strategy=strategy,
        price_eur_per_mwh=[rng.choice([20, 90, 300]) for _ in range(24)] if strategy == "cost" else None,
    )
    answer = plan_day(document)
    drawn = StepFunction.constant(0)
    for asked, run in zip(read_day(document).requests, answer["runs"], strict=True):
        spans = tuple(
            Segment(start_us=round(a * MINUTE_US), end_us=round(b * MINUTE_US)) for a, b in run["segments_min"]
        )
        placed = Run(request=asked, segments=spans, outcome="fit", decision_priority=1)
        drawn += StepFunction.of_pieces(placed.pieces())
        if asked.profile is not None and spans:
            assert [span.end_us - span.start_us for span in spans] == [asked.profile.length_us]
    for piece in answer["households"][0]["battery"]:
        drawn = drawn.plus_on(
            round(piece["start_min"] * MINUTE_US), round(piece["end_min"] * MINUTE_US), round(piece["charge_w"])
        )
    assert drawn.highest(0, 1440 * MINUTE_US) <= 3001


@pytest.mark.parametrize(
    ("slot_us", "values", "field"),
    [
        (0, (1,), "profile_w.resolution_min"),
        (1, (1,) * 1441, "profile_w.values"),
        (1, (1, -1), "profile_w.values[1]"),
        (1, (0, 0), "profile_w.values"),
    ],
)
def test_a_course_that_cannot_be_is_refused(slot_us, values, field):
    with pytest.raises(Refused) as refusal:
        PowerCourse(slot_us=slot_us, values_w=values)
    assert [fault.field for fault in refusal.value.faults] == [field]
