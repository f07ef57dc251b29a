"""The whole day at once, and the rolling re-optimisation."""

import random
from dataclasses import replace
from itertools import product

import pytest

from energy_manager.adapters.solvers.appliances_milp import optimise
from energy_manager.domain.appliances import Battery, Household, Policy, RunRequest, Segment, Timetable
from energy_manager.domain.appliances.day.replay import replayed
from energy_manager.domain.appliances.ledger.battery import BatteryPiece
from energy_manager.domain.appliances.optimisation.checking import faults_of, worth_of
from energy_manager.domain.appliances.optimisation.local_search import improved
from energy_manager.domain.appliances.optimisation.of_day import plan_of_replay, problem_of_day
from energy_manager.domain.appliances.optimisation.of_timetable import adopted, plan_in_force, problem_of_timetable
from energy_manager.domain.appliances.optimisation.problem import RunPlan
from energy_manager.domain.appliances.optimisation.problem import least_peak as peak_bound
from tests.oracles.appliance_days import ask, battery, check_laws, day, home, random_day
from tests.support.documents import plan_day, read_day

MINUTE_US = 60_000_000
OPTIMISE = optimise


def offline(*requests, limit_s=20, **more):
    return plan_day(day(*requests, offline=True, time_limit_s=limit_s, **more), optimise=OPTIMISE)


def segments_of(answer):
    return {run["appliance"]: run["segments_min"] for run in answer["runs"]}


def test_the_peak_comes_before_the_delay():
    answer = offline(ask("A", 0, 2000, 60, delay=60), ask("B", 0, 2000, 60, delay=120), homes=[home(5000)])
    assert answer["total"]["peak_w"] == 2000
    assert segments_of(answer) == {"A": [[0, 60]], "B": [[60, 120]]}
    assert answer["optimality"] == {"is_proved": True, "aim": "peak", "bound": 2000, "resolution_min": 60}


def test_what_comes_later_is_known_beforehand():
    # Online A starts at once and B, which cannot wait, is refused.
    requests = (ask("A", 0, 2000, 60, delay=120), ask("B", 30, 2000, 60))
    assert plan_day(day(*requests))["runs"][1]["outcome"] == "rejected"
    assert segments_of(offline(*requests)) == {"A": [[90, 150]], "B": [[30, 90]]}


def test_a_run_that_may_pause_is_split_where_that_lowers_the_peak():
    answer = offline(ask("EV", 0, 1000, 60, delay=60, may_pause=True), ask("Oven", 30, 2000, 30), homes=[home(5000)])
    assert answer["total"]["peak_w"] == 2000
    assert segments_of(answer)["EV"] == [[0, 30], [60, 90]]


def test_the_battery_cuts_the_peak():
    # 3,000 W for an hour, and 1,000 Wh to give: 2,000 W remain.
    answer = offline(ask("A", 60, 3000, 60), homes=[home(5000, battery=battery(1000, 2000, depth=1))])
    assert answer["total"]["peak_w"] == pytest.approx(2000, abs=0.01)
    check_laws(day(ask("A", 60, 3000, 60), homes=[home(5000, battery=battery(1000, 2000, depth=1))]), answer)


def test_a_run_beyond_the_threshold_leans_on_the_battery():
    answer = offline(ask("A", 60, 3000, 60), homes=[home(2500, battery=battery(1000, 2000, depth=1))])
    assert answer["runs"][0]["outcome"] == "battery"


def test_a_battery_below_its_floor_may_discharge_once_it_is_above_it():
    # From 100 Wh: 1,100 Wh charged in two hours are 700 Wh above the floor of 500: with 700 W in the third, 1,300 W.
    store = battery(2000, 2000, depth=0.75, stored_wh=100)
    document = day(ask("A", 120, 2000, 60), homes=[home(5000, battery=store)])
    answer = offline(ask("A", 120, 2000, 60), homes=[home(5000, battery=store)])
    assert answer["total"]["peak_w"] == pytest.approx(800, abs=0.01)
    check_laws(document, answer)


def test_a_battery_that_cannot_be_charged_in_time_stays_out_of_it_below_its_floor():
    store = battery(1000, 2000, depth=0.5, stored_wh=100)
    answer = offline(ask("A", 0, 2000, 60), homes=[home(5000, battery=store)])
    assert answer["total"]["peak_w"] == pytest.approx(2000, abs=0.01)
    assert all(piece["charge_w"] > 0 for piece in answer["households"][0]["battery"])


def test_the_cost_comes_before_the_delay():
    prices = [100] * 24
    prices[5] = 10
    answer = offline(
        ask("A", 0, 1000, 60, delay=600), ask("B", 0, 1000, 60, delay=0), strategy="cost", price_eur_per_mwh=prices
    )
    assert segments_of(answer) == {"A": [[300, 360]], "B": [[0, 60]]}
    # 1 kWh at 10 and 1 kWh at 100 EUR/MWh.
    assert answer["optimality"]["bound"] == pytest.approx(0.11)


def test_negative_prices_pay_for_no_more_than_what_is_drawn():
    prices = [100] * 24
    prices[5] = -50
    answer = offline(ask("A", 0, 1000, 60, delay=600), strategy="cost", price_eur_per_mwh=prices)
    assert segments_of(answer)["A"] == [[300, 360]]
    assert answer["optimality"]["bound"] == pytest.approx(-0.05)


def test_a_run_takes_the_sun_of_the_hour_in_which_that_earns_least():
    earns = [80] * 24
    earns[3] = 10
    answer = offline(
        ask("A", 0, 1000, 60, delay=600),
        homes=[home(5000, pv_w=[1000] * 24)],
        strategy="cost",
        price_eur_per_mwh=[100] * 24,
        feed_in_eur_per_mwh=earns,
    )
    assert segments_of(answer) == {"A": [[180, 240]]}
    # 23 kWh are fed in at 80 EUR/MWh.
    assert answer["optimality"]["bound"] == pytest.approx(-1.84)
    assert answer["optimality"]["is_proved"]


def test_feeding_in_that_earns_more_than_purchase_costs_is_not_bought_for():
    answer = offline(
        ask("A", 0, 1000, 60, delay=120),
        homes=[home(5000, pv_w=[0, 1000, 0] + [0] * 21)],
        strategy="cost",
        price_eur_per_mwh=[100, 100, 90] + [100] * 21,
        feed_in_eur_per_mwh=300,
    )
    # The sun is sold for 300, the run bought for 90.
    assert segments_of(answer) == {"A": [[120, 180]]}
    assert answer["optimality"]["bound"] == pytest.approx(0.09 - 0.30)


@pytest.mark.parametrize("seed", range(6))
def test_no_hour_is_cheaper_with_two_prices(seed):
    r = random.Random(seed)
    buy, sell = ([r.randint(-50, 300) for _ in range(24)] for _ in range(2))
    sun = [r.choice([0, 500, 1500, 3000]) for _ in range(24)]
    answer = offline(
        ask("A", 0, 2000, 60, delay=1380),
        homes=[home(5000, pv_w=sun)],
        strategy="cost",
        price_eur_per_mwh=buy,
        feed_in_eur_per_mwh=sell,
    )

    def cost(start):
        nets = [(2000 if hour == start else 0) - sun[hour] for hour in range(24)]
        return sum(net * (buy if net > 0 else sell)[hour] for hour, net in enumerate(nets)) / 1e6

    ((begin, _),) = segments_of(answer)["A"]
    assert answer["optimality"]["bound"] == pytest.approx(min(map(cost, range(24))), abs=1e-4)
    assert cost(begin // 60) == pytest.approx(min(map(cost, range(24))), abs=1e-4)


def test_below_the_target_only_the_delay_counts():
    answer = offline(
        ask("A", 0, 1000, 60, delay=120),
        ask("B", 0, 1000, 60, delay=120),
        ask("C", 0, 1000, 60, delay=120),
        strategy="target_peak",
        target_peak_w=2000,
    )
    assert answer["total"]["peak_w"] == 2000
    assert sorted(run["segments_min"][0][0] for run in answer["runs"]) == [0, 0, 60]
    assert answer["optimality"]["bound"] == 0


def test_homes_together_keep_the_least_peak_and_their_limit():
    homes = [home(3000), home(3000, household="2")]
    requests = (ask("A", 0, 2000, 60, delay=60), ask("B", 0, 2000, 60, delay=60, household="2"))
    assert offline(*requests, homes=homes)["total"]["peak_w"] == 2000
    assert offline(*requests, homes=homes, building_limit_w=2500)["total"]["peak_w"] == 2000


def test_an_appliance_runs_once_at_a_time():
    answer = offline(ask("A", 0, 1000, 60, delay=200), ask("A", 75, 1000, 60, delay=195), homes=[home(5000)])
    (_, end), (start, _) = answer["runs"][0]["segments_min"][0], answer["runs"][1]["segments_min"][0]
    assert end <= start


def test_what_has_no_place_even_with_full_knowledge_is_rejected_with_its_watts():
    first, second = ask("A", 0, 2000, 60, priority="urgent"), ask("B", 0, 2000, 60, priority="low")
    run = offline(first, second)["runs"][1]
    assert (run["outcome"], run["shortfall_w"]) == ("rejected", 1000)
    assert run["would_do"] == {"max_delay_min": 60, "threshold_w": 4000}
    assert offline(first, {**second, "max_delay_min": 60})["runs"][1]["segments_min"] == [[60, 120]]
    assert run["reason"] == "B has no place in the best plan of the whole day"


def test_a_threshold_that_will_be_lowered_is_known_beforehand():
    change = {"event": "threshold", "at_min": 60, "household": "1", "threshold_w": 1000}
    answer = offline(
        ask("A", 0, 1500, 60, delay=600), ask("B", 0, 1500, 60, delay=600), homes=[home(3000)], events=[change]
    )
    assert segments_of(answer) == {"A": [[0, 60]], "B": [[0, 60]]}


def test_ends_and_cancellations_cut_the_plan():
    events = [
        {"event": "finish", "at_min": 30, "household": "1", "appliance": "A"},
        {"event": "cancel", "at_min": 10, "household": "1", "appliance": "B"},
    ]
    answer = offline(ask("A", 0, 2000, 60), ask("B", 0, 2000, 60, delay=100), events=events)
    assert [(run["status"], run["segments_min"]) for run in answer["runs"]] == [
        ("finished", [[0, 30]]),
        ("cancelled", []),
    ]


def test_an_endless_run_goes_on_for_ever():
    answer = offline(ask("Fridge", 0, 100, None), ask("A", 0, 2000, 60, delay=60))
    assert segments_of(answer)["Fridge"] == [[0, None]]


def test_times_off_every_grid_are_planned_unbroken():
    answer = offline(
        ask("A", 0.5, 2000, 12.25, delay=20.125, may_pause=True), ask("B", 3.3, 2000, 10), homes=[home(3000)]
    )
    # What the online rules did with A's pause is still the best; the solver's grid knows unbroken runs only.
    assert segments_of(answer)["A"] == [[0.5, 3.3], [13.3, 22.75]]


def test_a_day_without_anything_is_planned():
    assert offline()["runs"] == []


def test_without_an_optimiser_the_day_is_replayed():
    assert "optimality" not in plan_day(day(ask("A", 0, 2000, 60), offline=True))


def test_when_the_optimiser_finds_nothing_the_day_is_replayed():
    answer = plan_day(day(ask("A", 0, 2000, 60), offline=True), optimise=lambda *_: None)
    assert answer["runs"][0]["outcome"] == "fit"


def test_without_time_the_incumbent_is_the_answer():
    requests = [ask("A", 0, 2000, 60, delay=60), ask("B", 0, 1500, 60, delay=60), ask("C", 0, 900, 100, delay=60)]
    answer = offline(*requests, homes=[home(5000)], limit_s=1e-9)
    # Improved run by run all the same: one after the other, while C, which cannot wait for both, is on.
    assert answer["total"]["peak_w"] == 2900
    assert (answer["optimality"]["is_proved"], answer["optimality"]["bound"]) == (False, 2000)


def test_a_peak_that_one_run_makes_alone_is_proved_without_a_solver():
    requests = [ask("A", 0, 2000, 60, delay=60), ask("B", 0, 2000, 60, delay=60)]
    answer = offline(*requests, homes=[home(5000)], limit_s=1e-9)
    assert answer["total"]["peak_w"] == answer["optimality"]["bound"] == 2000
    assert answer["optimality"]["is_proved"] is True


def test_what_cannot_wait_makes_a_peak_for_certain():
    # A is on from 30 to 60, wherever it starts; the battery could take 400 W off.
    requests = [ask("A", 0, 2000, 60, delay=30), ask("B", 40, 1500, 10)]
    homes = [home(5000, battery=battery(1000, 400, stored_wh=200))]
    problem = problem_of_day(read_day(day(*requests, homes=homes, offline=True)))
    assert peak_bound(problem, is_complete=True) == 3100
    assert peak_bound(problem, is_complete=False) == -400


def test_stored_energy_is_not_given_away_to_be_charged_again():
    sun = [0] * 12 + [2000] * 2 + [0] * 10
    storage = battery(2000, 1000, depth=1)
    answer = offline(ask("A", 480, 1500, 60), homes=[home(3000, pv_w=sun, battery=storage)])
    given = [piece for piece in answer["households"][0]["battery"] if piece["charge_w"] < 0]
    assert [(piece["start_min"], piece["end_min"]) for piece in given] == [(480, 540)]


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", range(8))
def test_with_full_knowledge_no_law_is_broken_and_nothing_is_worse(seed):
    document = {**random_day(seed), "events": [], "offline": True, "time_limit_s": 1}
    if document["strategy"] == "cost":
        document["strategy"] = "flat"
    answer = plan_day(document, optimise=OPTIMISE)
    check_laws(document, answer)
    parsed = read_day(document)
    problem = problem_of_day(parsed)
    online = plan_day({**document, "offline": False})
    assert sum(run["outcome"] == "rejected" for run in answer["runs"]) <= len(online["runs"])
    assert problem.aim == "peak"


def least_peak(requests):
    """Every start on the grid of ten minutes, by brute force."""
    best = None
    choices = [range(r["at_min"], r["at_min"] + r["max_delay_min"] + 1, 10) for r in requests]
    for starts in product(*choices):
        slots = {}
        for request, start in zip(requests, starts, strict=True):
            for slot in range(start, start + request["duration_min"], 10):
                slots[slot] = slots.get(slot, 0) + request["power_w"]
        peak = max(slots.values())
        best = peak if best is None else min(best, peak)
    return best


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", range(15))
def test_the_least_peak_is_the_least_of_all_starts(seed):
    rng = random.Random(seed)
    requests = [
        ask(
            f"a{i}",
            10 * rng.randint(0, 6),
            100 * rng.randint(3, 20),
            10 * rng.randint(1, 6),
            delay=10 * rng.randint(0, 8),
        )
        for i in range(4)
    ]
    answer = offline(*requests, homes=[home(10_000)])
    assert answer["total"]["peak_w"] == least_peak(requests)


def problem_and_plan(*requests, **more):
    parsed = read_day(day(*requests, **more))
    return problem_of_day(parsed), plan_of_replay(parsed, replayed(parsed))


def at(*bounds):
    return tuple(Segment(start_us=s * MINUTE_US, end_us=e * MINUTE_US) for s, e in bounds)


@pytest.mark.parametrize(
    ("segments", "fault"),
    [
        ({"0": at((0, 60))}, None),
        ({"0": at((0, 60)), "1": at((0, 60))}, "household 1 is 1000 W above its limit"),
        ({"0": at((0, 50))}, "run 0 does not get its time"),
        ({"0": at((70, 130))}, "run 0 ends too late"),
        ({"0": at((0, 30), (31, 61))}, "run 0 is paused"),
        ({"0": ()}, "run 0 has no segments"),
        ({"1": at((0, 30), (20, 50))}, "run 1 overlaps itself"),
    ],
)
def test_a_plan_is_checked_in_the_ledger_s_own_arithmetic(segments, fault):
    problem, _ = problem_and_plan(
        ask("A", 0, 2000, 60, delay=60), ask("B", 0, 2000, 60, delay=60, may_pause=True), homes=[home(3000)]
    )
    faults = faults_of(problem, RunPlan(segments=segments, battery={}))
    assert (faults == []) if fault is None else (fault in faults)


def test_the_check_knows_batteries_and_buildings():
    problem, plan = problem_and_plan(
        ask("A", 0, 2000, 60), homes=[home(3000, battery=battery(1000, 500, depth=0.5))], building_limit_w=2100
    )

    def with_charge(watts, length_min):
        piece = BatteryPiece(start_us=0, end_us=length_min * MINUTE_US, charge_w=watts, uncovered_w=0, stored_wus=0)
        return faults_of(problem, replace(plan, battery={"1": (piece,)}))

    assert with_charge(-500, 60) == []
    assert with_charge(-501, 10) == ["the battery of 1 exceeds its power"]
    assert with_charge(-500, 61) == ["the battery of 1 leaves its range"]
    assert "the building is 50 W above its limit" in with_charge(150, 10)
    bare, _ = problem_and_plan(ask("A", 0, 2000, 60))
    charged = replace(
        plan, battery={"1": (BatteryPiece(start_us=0, end_us=1, charge_w=1, uncovered_w=0, stored_wus=0),)}
    )
    assert faults_of(bare, charged) == ["household 1 has no battery"]


def test_a_job_that_may_not_be_left_out_must_be_in():
    problem, plan = problem_and_plan(ask("A", 0, 2000, 60))
    strict = replace(problem, jobs=tuple(replace(job, may_be_left_out=False) for job in problem.jobs))
    assert faults_of(strict, RunPlan(segments={}, battery={})) == ["run 0 is left out"]
    assert OPTIMISE(strict, 5.0, None).segments == plan.segments


def test_moving_one_run_at_a_time_lowers_the_peak():
    problem, plan = problem_and_plan(
        ask("A", 0, 2000, 60, delay=0), ask("B", 0, 1000, 60, delay=60), ask("C", 0, 500, 120, delay=60)
    )
    better = improved(problem, plan)
    assert faults_of(problem, better) == []
    assert (worth_of(problem, plan).aim, worth_of(problem, better).aim) == (3000, 2000)


def test_moving_one_run_at_a_time_lowers_the_cost():
    prices = [100, 10] + [100] * 22
    problem, _ = problem_and_plan(
        ask("A", 0, 2000, 60, delay=60), ask("F", 0, 100, None), strategy="cost", price_eur_per_mwh=prices
    )
    at_once = RunPlan(segments={"0": at((0, 60)), "1": at((0, 2**62 // MINUTE_US))}, battery={})
    better = improved(problem, at_once)
    assert better.segments["0"] == at((60, 120))


def test_moving_one_run_at_a_time_minds_what_surplus_earns():
    earns = [90, 20] + [90] * 22
    problem, plan = problem_and_plan(
        ask("A", 0, 1000, 60, delay=60),
        homes=[home(5000, pv_w=[1000] * 24)],
        strategy="cost",
        price_eur_per_mwh=[100] * 24,
        feed_in_eur_per_mwh=earns,
    )
    at_once = replace(plan, segments={"0": at((0, 60))})
    better = improved(problem, at_once)
    assert better.segments["0"] == at((60, 120))
    assert worth_of(problem, at_once).aim - worth_of(problem, better).aim == pytest.approx(0.07)


def wanted(name, at_min, power_w, duration_min, *, delay, may_pause=False, priority="low"):
    return RunRequest(
        run_id=name,
        household="h",
        appliance=name,
        power_w=power_w,
        duration_us=duration_min * MINUTE_US,
        max_delay_us=None if delay is None else delay * MINUTE_US,
        is_interruptible=may_pause,
        priority_class=priority,
        requested_us=at_min * MINUTE_US,
    )


def table_of(*requests, policy=None, battery_of_home=None):
    table = Timetable.of(
        [Household(household_id="h", threshold_w=3000, battery=battery_of_home)], now_us=0, policy=policy or Policy()
    )
    for request in requests:
        table, _ = table.request(request)
    return table


def three_waiting(power_w):
    """A runs until 60, B and C wait and are both planned for then; from now on the peak matters."""
    waiting = [wanted(name, 0, 1500, 60, delay=300) for name in ("B", "C")]
    return table_of(wanted("A", 0, power_w, 60, delay=0), *waiting).under_policy(Policy(strategy="flat"))


def test_the_rolling_plan_lowers_the_peak_that_is_booked():
    table = three_waiting(3000).at(30 * MINUTE_US)
    # Only what is still to come counts, and A's 3,000 W are among it until 60: nothing to gain yet.
    problem = problem_of_timetable(table, lead_us=10 * MINUTE_US)
    assert {job.run_id for job in problem.jobs} == {"B", "C"}
    assert adopted(table, OPTIMISE(problem, 5.0, plan_in_force(table, problem))) is None
    table = three_waiting(2500)
    problem = problem_of_timetable(table, lead_us=10 * MINUTE_US)
    plan = OPTIMISE(problem, 5.0, plan_in_force(table, problem))
    better = adopted(table, plan)
    assert better is not None
    starts = sorted(better.runs[name].start_us // MINUTE_US for name in ("B", "C"))
    assert starts == [60, 120]
    assert better.homes["h"].load_w.highest(0, 600 * MINUTE_US) == 2500


def test_the_rolling_plan_delays_nobody_for_the_peak_of_a_home_that_wants_to_be_done_early():
    table = three_waiting(2500).under_policy(Policy(strategy="earliest"), household="h")
    problem = problem_of_timetable(table)
    assert adopted(table, OPTIMISE(problem, 5.0, plan_in_force(table, problem))) is None


def test_a_plan_for_runs_that_have_changed_is_not_taken_over():
    table = three_waiting(2500)
    problem = problem_of_timetable(table)
    plan = OPTIMISE(problem, 5.0, plan_in_force(table, problem))
    assert adopted(table.cancel("B", at_us=0), plan) is None
    booked, _ = table.request(wanted("D", 0, 3000, 60, delay=None))
    later = booked.at(61 * MINUTE_US)
    assert adopted(later, plan) is None


def test_a_plan_that_another_booking_has_overtaken_is_not_taken_over():
    table = three_waiting(2500)
    problem = problem_of_timetable(table)
    plan = OPTIMISE(problem, 5.0, plan_in_force(table, problem))
    taken, _ = table.request(wanted("D", 0, 3000, 60, delay=120, priority="urgent"))
    assert taken.runs["D"].start_us == 120 * MINUTE_US
    assert adopted(taken, plan) is None


def test_runs_that_lean_on_the_battery_stay_put():
    store = Battery(capacity_wh=1000, power_w=1000, depth_of_discharge=1, stored_wh=1000)
    table = table_of(wanted("A", 0, 3000, 30, delay=0), wanted("B", 0, 3500, 30, delay=60), battery_of_home=store)
    assert problem_of_timetable(table).jobs == ()
    assert OPTIMISE(problem_of_timetable(table), 1.0, None).is_proved


def test_a_run_that_waits_for_ever_is_given_a_day():
    table = table_of(wanted("A", 0, 3000, 60, delay=0), wanted("B", 0, 1500, 60, delay=None))
    (job,) = problem_of_timetable(table).jobs
    assert job.latest_us == 1440 * MINUTE_US
