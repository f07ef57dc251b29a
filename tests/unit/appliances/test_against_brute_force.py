"""A rejection is right: no assignment of starts whatever would have let the run in."""

import random
from collections import Counter
from itertools import product

import pytest

from energy_manager.domain.appliances import Household, Run, RunRequest, Timetable

SLOT_US = 600_000_000
LIMIT_W = 3


def random_request(rng: random.Random, index: int, at_slot: int) -> RunRequest:
    return RunRequest(
        run_id=str(index),
        household="h",
        appliance=f"a{index}",
        power_w=rng.choice([1, 2, 2, 3]),
        duration_us=rng.randint(1, 4) * SLOT_US,
        max_delay_us=rng.randint(0, 7) * SLOT_US,
        is_interruptible=rng.random() < 0.5,
        priority_class=rng.choice(["low", "normal", "urgent"]),
        requested_us=at_slot * SLOT_US,
    )


def some_plan_exists(table: Timetable, request: RunRequest) -> bool:
    """Every assignment of starts, slot by slot, to the new run and all that may move for it."""
    table = table.at(request.requested_us)
    now_us = table.now_us
    new = Run(request=request, segments=(), outcome="rejected", decision_priority=0)
    own = new.priority(now_us)
    movable, fixed = [new], []
    for run in table.open_runs("h"):
        may_move = not run.has_started(now_us) or (run.request.is_interruptible and run.priority(now_us) < own)
        (movable if may_move else fixed).append(run)
    load: Counter[int] = Counter()
    for run in fixed:
        for segment in run.segments:
            for slot in range(segment.start_us // SLOT_US, segment.end_us // SLOT_US):
                load[slot] += run.request.power_w
    choices = [range(now_us // SLOT_US, run.latest_resume_us(now_us) // SLOT_US + 1) for run in movable]
    for starts in product(*choices):
        total = Counter(load)
        for run, start in zip(movable, starts, strict=True):
            for slot in range(start, start + run.remaining_us(now_us) // SLOT_US):
                total[slot] += run.request.power_w
        if all(total[slot] <= LIMIT_W for slot in total if slot >= now_us // SLOT_US):
            return True
    return False


def replay_against_brute_force(seed: int) -> Counter[str]:
    rng = random.Random(seed)
    table = Timetable.of([Household(household_id="h", threshold_w=LIMIT_W)], now_us=0)
    outcomes: Counter[str] = Counter()
    at_slot = 0
    for index in range(rng.randint(2, 5)):
        at_slot += rng.choice([0, 0, 1, 2])
        request = random_request(rng, index, at_slot)
        after, decision = table.request(request)
        outcomes[decision.outcome] += 1
        if decision.outcome == "rejected":
            assert not some_plan_exists(table, request), f"seed {seed}, request {index}"
        table = after
    return outcomes


@pytest.mark.parametrize("seed", range(150))
def test_a_rejected_run_has_no_place_in_any_plan(seed):
    replay_against_brute_force(seed)


@pytest.mark.soak
def test_a_rejected_run_has_no_place_in_any_plan_of_thousands():
    outcomes: Counter[str] = Counter()
    for seed in range(1000, 4000):
        outcomes += replay_against_brute_force(seed)
    assert all(outcomes[step] > 0 for step in ("fit", "shift", "replan", "rejected"))
