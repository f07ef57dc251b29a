"""Decision time against booked runs, and the scenario table. Run: ``python -m benchmarks.appliances [--quick]``."""

from __future__ import annotations

import gc
import json
import random
import statistics
import sys
import time
from fractions import Fraction
from typing import Any

from benchmarks.appliances.houses import JUNE_SUN_W, scenarios
from benchmarks.appliances.live import live_times
from benchmarks.appliances.random_days import random_days
from energy_manager.adapters.solvers.appliances_milp import optimise
from energy_manager.domain.appliances import (
    Battery,
    Household,
    Policy,
    RunRequest,
    Step,
    StepFunction,
    Timetable,
)
from energy_manager.domain.appliances import plan_day as plan_read_day
from energy_manager.entrypoints.jobs import appliances

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
BOOKED = (0, 10, 50, 200, 1000, 5000)
BOOKED_WITH_BATTERY = (0, 10, 50, 200)
DECISIONS = 300

PLAIN_HOME = Household(household_id="h", threshold_w=6000)
SUNNY_HOME = Household(
    household_id="h",
    threshold_w=6000,
    battery=Battery(capacity_wh=6000, power_w=2000, depth_of_discharge=Fraction(4, 5), stored_wh=3000),
    pv_w=StepFunction.of_pieces(
        Step(start_us=(24 * day + hour) * HOUR_US, end_us=(24 * day + hour + 1) * HOUR_US, value=power_w)
        for day in range(3)
        for hour, power_w in enumerate(JUNE_SUN_W)
    ),
)


def request(rng: random.Random, name: str, delays: tuple[int | None, ...]) -> RunRequest:
    """A random run of a home with 6 kW."""
    delay = rng.choice(delays)
    return RunRequest(
        run_id=name,
        household="h",
        appliance=name,
        power_w=rng.choice([500, 800, 1200, 2000, 3000]),
        duration_us=rng.randint(20, 180) * MINUTE_US,
        max_delay_us=None if delay is None else delay * MINUTE_US,
        is_interruptible=rng.random() < 0.4,
        priority_class=rng.choice(["low", "normal", "urgent"]),
        requested_us=0,
    )


def booked(count: int, strategy: Any, home: Household = PLAIN_HOME) -> Timetable:
    """A home with ``count`` runs booked ahead, half of which may be moved within a bounded delay only."""
    rng = random.Random(count)
    table = Timetable.of([home], now_us=0, policy=Policy(strategy=strategy)).begun_day(until_us=24 * HOUR_US)
    delays = (None, 40 * count + 600)
    for index in range(count):
        table, _ = table.request(request(rng, f"b{index}", delays), advice="none")
    return table


def decision_times(strategy: Any = "earliest", home: Household = PLAIN_HOME) -> None:
    """The table of decision times."""
    what = "home" if home.battery is None else "home with sun and battery"
    print(f"One decision in a {what} with N runs booked, strategy {strategy} (CPU ms over {DECISIONS} random requests)")
    print(f"{'booked':>8} {'median':>8} {'p99':>8} {'max':>8} {'wall p99':>9}   outcomes")
    for count in BOOKED if home.battery is None else BOOKED_WITH_BATTERY:
        table = booked(count, strategy, home)
        # As the server does with what it has loaded: else full collections of a home with 5,000 runs, 30 ms each, are
        # the slowest decisions.
        gc.collect()
        gc.freeze()
        rng = random.Random(7)
        cpu, wall, outcomes = [], [], {}
        for index in range(DECISIONS):
            asked = request(rng, f"q{index}", (0, 30, 120, 720, None))
            cpu_began, wall_began = time.process_time(), time.perf_counter()
            _, decision = table.request(asked)
            cpu.append(1000 * (time.process_time() - cpu_began))
            wall.append(1000 * (time.perf_counter() - wall_began))
            outcomes[decision.outcome] = outcomes.get(decision.outcome, 0) + 1
        cpu.sort()
        wall.sort()
        place = int(0.99 * len(cpu))
        shown = ", ".join(f"{name} {number}" for name, number in sorted(outcomes.items(), key=str))
        print(
            f"{count:>8} {statistics.median(cpu):>8.2f} {cpu[place]:>8.2f} {cpu[-1]:>8.2f} {wall[place]:>9.2f}"
            f"   {shown}"
        )
    print()


def plan_day(document: dict[str, Any], **options: Any) -> dict[str, Any]:
    return plan_read_day(appliances.day_of(appliances.REQUEST.read(json.dumps(document).encode())), **options)


def all_at_once(document: dict[str, Any]) -> dict[str, Any]:
    """Everything starts when it is asked for, whatever the threshold: the peer without a plan."""
    alone = {"threshold_w": 10**6, "battery": None, "follows_aggregator": False}
    homes = [{**home, **alone} for home in document["households"]]
    return plan_day({**document, "strategy": "earliest", "households": homes, "building_limit_w": None})


def scenario_table(time_limit_s: float) -> None:
    """Peak, delay, peak-to-average ratio, and the peak over the bound that is proved offline, for every scenario."""
    ways = {
        "start all at once": all_at_once,
        "online, earliest": plan_day,
        "online, flat": lambda document: plan_day({**document, "strategy": "flat"}),
        "online, target_peak": lambda document: plan_day({**document, "strategy": "target_peak"}),
        "offline": lambda document: plan_day(
            {**document, "offline": True, "time_limit_s": time_limit_s}, optimise=optimise
        ),
    }
    print(f"{'scenario':<28} {'way':<20} {'peak W':>7} {'DAWR':>7} {'PAR':>6} {'rejected':>9} {'CPU s':>7}  over bound")
    for name, document in scenarios().items():
        answers, spent = {}, {}
        for way, plan in ways.items():
            began = time.process_time()
            answers[way] = plan(document)
            spent[way] = time.process_time() - began
        proof = answers["offline"]["optimality"]
        bound_w = proof["bound"] or answers["offline"]["total"]["peak_w"]
        for way, answer in answers.items():
            total = answer["total"]
            rejected = sum(run["outcome"] == "rejected" for run in answer["runs"])
            note = "" if way != "offline" else " (proved)" if proof["is_proved"] else f" (bound {bound_w:.0f} W)"
            print(
                f"{name:<28} {way:<20} {total['peak_w']:>7.0f} {total['dawr']:>7.3f} {total['par'] or 0:>6.2f} "
                f"{rejected:>9} {spent[way]:>7.2f}  {total['peak_w'] / bound_w:.2f}{note}"
            )
            name = ""  # noqa: PLW2901 - the scenario is named once
    print()


def random_table(days: int, time_limit_s: float) -> None:
    """Means over random days, and the online peaks over the peak that full knowledge finds."""
    print(f"Means over {days} random days; the last column is the peak over that of the best plan found offline")
    print(f"{'building':<26} {'way':<20} {'peak W':>7} {'DAWR':>7} {'rejected':>9}  over offline")
    for name in random_days(0):
        documents = [random_days(seed)[name] for seed in range(days)]
        plans: dict[str, list[dict[str, Any]]] = {
            "offline": [
                plan_day(
                    {**document, "strategy": "target_peak", "offline": True, "time_limit_s": time_limit_s},
                    optimise=optimise,
                )
                for document in documents
            ],
            "start all at once": [all_at_once(document) for document in documents],
        }
        for strategy in ("earliest", "flat", "target_peak"):
            plans[f"online, {strategy}"] = [plan_day({**document, "strategy": strategy}) for document in documents]
        best = [answer["total"]["peak_w"] for answer in plans["offline"]]
        for way, answers in plans.items():
            peaks = [answer["total"]["peak_w"] for answer in answers]
            rejected = sum(run["outcome"] == "rejected" for answer in answers for run in answer["runs"])
            print(
                f"{name:<26} {way:<20} {statistics.mean(peaks):>7.0f} "
                f"{statistics.mean(answer['total']['dawr'] for answer in answers):>7.3f} {rejected:>9}  "
                f"{statistics.mean(peaks) / statistics.mean(best):.2f}"
            )
    print()


def main() -> None:
    """All tables; ``--quick`` gives the solver seconds instead of half a minute a scenario."""
    is_quick = "--quick" in sys.argv
    scenario_table(5.0 if is_quick else 30.0)
    random_table(3 if is_quick else 10, 5.0 if is_quick else 15.0)
    decision_times()
    decision_times("earliest", SUNNY_HOME)
    decision_times("target_peak", SUNNY_HOME)
    live_times()
    if not is_quick:
        decision_times("flat")
        decision_times("target_peak")


if __name__ == "__main__":
    main()
