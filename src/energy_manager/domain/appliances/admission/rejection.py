"""Why a run cannot be placed, and what would do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Literal, TypeAlias

from energy_manager.domain.appliances.admission.admit import within_limits
from energy_manager.domain.appliances.admission.placement_problem import PlacementProblem
from energy_manager.domain.appliances.admission.placing import with_battery
from energy_manager.domain.appliances.admission.starts import earliest_start, roomiest_level
from energy_manager.domain.appliances.decision import Decision, Remedy
from energy_manager.domain.appliances.ledger.home import Home
from energy_manager.domain.appliances.ledger.step_function import StepFunction
from energy_manager.domain.appliances.run_request import RunRequest
from energy_manager.domain.appliances.units import (
    FOREVER_US,
    US_PER_MINUTE,
    Watts,
    exact_minutes,
    in_words,
    least_that_does,
)

# How much a rejection says about what would do: nothing; what is sure at a glance; the smallest values that are found.
Advice: TypeAlias = Literal["none", "quick", "full"]

# Delays that are tried for a rejected run.
_MOST_DELAYS = 24
# Less than this is not worth asking for.
_LITTLE_US = US_PER_MINUTE


def rejection(question: PlacementProblem, *, advice: Advice) -> Decision:
    """The reason and, if advice is wanted, what would do, for a question that ``admitted`` has answered with None."""
    shortfall_w = _with_battery_missing(question, _shortfall(question, _searched(question).room_w))
    run, is_full = question.run, advice == "full"
    return Decision(
        run_id=run.run_id,
        outcome="rejected",
        priority=run.decision_priority,
        reason=_reason(question, run.request, shortfall_w),
        shortfall_w=shortfall_w,
        would_do=None if advice == "none" else _would_do(question, shortfall_w, is_full=is_full),
    )


def _searched(question: PlacementProblem) -> Home:
    """The home as far as the building's limit leaves it room."""
    limit_w = question.policy.building_limit_w
    return question.home if limit_w is None else question.home.below(limit_w)


def _would_do(question: PlacementProblem, shortfall_w: Watts, *, is_full: bool) -> Remedy | None:
    delay_us = _smallest_delay(question, is_full=is_full)
    threshold_w = _smallest_threshold(question, shortfall_w, is_full=is_full)
    return Remedy.of(delay_us, threshold_w)


def _shortfall(question: PlacementProblem, room_w: StepFunction) -> Watts:
    run, from_us = question.run, question.from_us
    level_w = roomiest_level(
        room_w,
        length_us=run.remaining_us(from_us),
        not_before_us=from_us,
        not_after_us=max(from_us, run.latest_resume_us(from_us)),
    )
    assert level_w is not None, "every start has a lowest value"
    shortfall_w = max(0, run.request.power_w - level_w)
    if run.request.profile is None or shortfall_w == 0:
        return shortfall_w
    return least_that_does(partial(_fits_with, question, room_w), 0, shortfall_w)


def _fits_with(question: PlacementProblem, room_w: StepFunction, more_w: Watts) -> bool:
    """Whether the run would fit within its max delay if there were so much more room."""
    run, from_us = question.run, question.from_us
    start_us = earliest_start(
        room_w.raised(more_w),
        run.request.draws,
        length_us=run.remaining_us(from_us),
        not_before_us=from_us,
        not_after_us=max(from_us, run.latest_resume_us(from_us)),
    )
    return start_us is not None


def _with_battery_missing(question: PlacementProblem, shortfall_w: Watts) -> Watts:
    """The least that is missing beside what the battery can give, whose power or energy is too little, in whole W."""
    battery = question.home.household.battery
    if battery is None or shortfall_w == 0 or question.policy.building_limit_w is not None:
        return shortfall_w

    # Whether the battery covers the run does not hang on the target, which costs a second plan of charging.
    untargeted = question.with_home(replace(question.home, target_w=None, does_target_rise=False))

    def does(more_w: Watts) -> bool:
        raised = _with_threshold(untargeted, question.home.household.threshold_w + more_w)
        return with_battery(raised) is not None

    least_w: Watts = max(0, shortfall_w - battery.power_w)
    return least_w if least_w > 0 and does(least_w) else least_that_does(does, least_w, shortfall_w)


def _reason(question: PlacementProblem, request: RunRequest, shortfall_w: Watts) -> str:
    household = question.home.household
    limit_w = in_words(household.threshold_w)
    is_alone_too_much = request.power_w > household.threshold_w
    if is_alone_too_much and household.battery is None and max(household.pv_w.values) == 0:
        return (
            f"{request.appliance} needs {in_words(request.power_w)} W, more than the threshold of {limit_w} W "
            f"allows even when nothing else runs"
        )
    if question.run.latest_resume_us(question.from_us) < question.from_us:
        waited = in_words(exact_minutes(question.from_us - request.waits_from_us))
        delay = in_words(exact_minutes(request.max_delay_us or 0))
        return (
            f"{request.appliance} is decided {waited} min after it was asked for: its max delay of {delay} min is over"
        )
    if request.max_delay_us is None:
        when = "at any time"
    elif request.max_delay_us == 0:
        when = "at once"
    else:
        when = f"within the max delay of {in_words(exact_minutes(request.max_delay_us))} min"
    sun = " plus sun" if max(household.pv_w.values) > 0 else ""
    limit = f"the threshold of {limit_w} W{sun}"
    building_limit_w = question.policy.building_limit_w
    if building_limit_w is not None and shortfall_w > _shortfall(question, question.home.room_w):
        limit = f"the building's limit of {in_words(building_limit_w)} W"
    if shortfall_w == 0:
        return f"{request.appliance} cannot start {when}: the battery must be charged then for what is booked already"
    helped = ", even with the battery and" if household.battery is not None else ", even"
    return (
        f"{request.appliance} cannot start {when}: {in_words(shortfall_w)} W are missing under {limit}"
        f"{helped} after moving every run that may move"
    )


def _with_delay(question: PlacementProblem, latest_us: int) -> PlacementProblem:
    request = replace(question.run.request, max_delay_us=latest_us - question.run.request.waits_from_us)
    return replace(question, run=replace(question.run, request=request))


def _smallest_delay(question: PlacementProblem, *, is_full: bool) -> int | None:
    """The smallest max delay with which one of the steps answers, within what is tried.

    The first free place bounds it from above. Earlier starts come from the other steps, so the instants at which the
    booked load changes are tried in order, and a start that is found tightens the delay until less does not do.
    """
    run, from_us = question.run, question.from_us
    waits_from_us = run.request.waits_from_us
    if run.request.max_delay_us is None:
        return None
    latest_us = run.latest_resume_us(from_us)
    first_free_us = earliest_start(
        _searched(question).room_w,
        run.request.draws,
        length_us=run.remaining_us(from_us),
        not_before_us=from_us,
        not_after_us=FOREVER_US - 1,
    )
    if not is_full:
        return None if first_free_us is None else first_free_us - waits_from_us
    for candidate_us in _later_instants(question, latest_us, first_free_us):
        enough_us = _tightened(question, candidate_us, latest_us)
        if enough_us is not None:
            return enough_us - waits_from_us
    return None


def _tightened(question: PlacementProblem, candidate_us: int, latest_us: int) -> int | None:
    """The latest start that must be allowed: ``candidate_us`` or, while that does too, less; None where it does not.

    Re-planning may find a wholly other place when it is given a little less room.
    """
    enough_us, tried_us = None, candidate_us
    for _ in range(_MOST_DELAYS):
        placement = within_limits(_with_delay(question, tried_us)) if tried_us > latest_us else None
        if placement is None:
            break
        enough_us, start_us = tried_us, placement.run.segments[-1].start_us
        tried_us = start_us if start_us < tried_us else tried_us - _LITTLE_US
    return enough_us


def _later_instants(question: PlacementProblem, latest_us: int, first_free_us: int | None) -> Iterator[int]:
    changes = {*question.home.room_w.starts_us, *(s.end_us for run in question.open_runs() for s in run.segments)}
    last_us = FOREVER_US if first_free_us is None else first_free_us
    tried = sorted(at for at in changes if latest_us < at < last_us)[:_MOST_DELAYS]
    helped = with_battery(_with_delay(question, last_us))
    if helped is not None:
        tried = sorted({*tried, helped.run.segments[-1].start_us})
    yield from tried
    if first_free_us is not None:
        yield first_free_us


def _with_threshold(question: PlacementProblem, threshold_w: Watts) -> PlacementProblem:
    household = replace(question.home.household, threshold_w=threshold_w)
    return question.with_home(question.home.with_household(household))


def _smallest_threshold(question: PlacementProblem, shortfall_w: Watts, *, is_full: bool) -> Watts | None:
    """The smallest threshold, in whole watts above the present one, with which one of the steps answers.

    With the shortfall added the run fits as it is; less may do for the other steps, which a bisection finds.
    """
    present_w = question.home.household.threshold_w
    enough_w = present_w + shortfall_w
    if within_limits(_with_threshold(question, enough_w)) is None:
        return None
    if not is_full:
        return enough_w
    return least_that_does(
        lambda threshold_w: within_limits(_with_threshold(question, threshold_w)) is not None, present_w, enough_w
    )
