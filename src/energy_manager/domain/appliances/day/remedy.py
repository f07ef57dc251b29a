"""What would have done, tried out: the day is replayed with a piece of advice before it is given."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from energy_manager.domain.appliances.day.document import Day
from energy_manager.domain.appliances.day.replay import replayed
from energy_manager.domain.appliances.decision import Remedy
from energy_manager.domain.appliances.units import Watts, least_that_does
from energy_manager.domain.errors import Refused

# From one watt to about a megawatt above the first proposal.
_MOST_DOUBLINGS = 20

# What a search for a threshold may need.
_MOST_REPLAYS = 30


@dataclass(slots=True, kw_only=True)
class Patience:
    """How much work may still go into trying advice out: some seconds, however crowded the day."""

    work: int = 8_000


def tested(day: Day, request_index: int, would_do: Remedy | None, patience: Patience) -> Remedy | None:
    """The advice corrected so that the day, replayed with it, accepts the request.

    When patience is at its end, as on a day with hundreds of requests, the advice stays as it was given: for limits
    that change at the request.

    A threshold holds for the whole day, so earlier runs may lie elsewhere under it; where that changes the answer the
    value is searched anew by bisection: it is accepted and one watt less is not.
    """
    work = _work_of_replay(day, request_index)
    if would_do is None or patience.work < _MOST_REPLAYS * work:
        return would_do

    def is_accepted(changed: Day) -> bool:
        patience.work -= work
        return _is_accepted(changed, request_index)

    delay_us, threshold_w = would_do.max_delay_us, would_do.threshold_w
    if delay_us is not None and not is_accepted(_with_delay(day, request_index, delay_us)):
        delay_us = None
    if threshold_w is not None:
        threshold_w = _smallest_threshold(day, request_index, threshold_w, is_accepted)
    return Remedy.of(delay_us, threshold_w)


def _work_of_replay(day: Day, request_index: int) -> int:
    """A decision is a piece of work, and another one for each twenty that were made before it."""
    until_us = day.requests[request_index].requested_us
    decisions = sum(request.requested_us <= until_us for request in day.requests)
    return decisions + decisions * decisions // 20


def _is_accepted(day: Day, request_index: int) -> bool:
    try:
        decision = replayed(day, last_request=request_index).decisions.get(str(request_index))
    except Refused:
        return False
    return decision is not None and decision.outcome != "rejected"


def _with_delay(day: Day, request_index: int, delay_us: int) -> Day:
    requests = list(day.requests)
    requests[request_index] = replace(requests[request_index], max_delay_us=delay_us)
    return replace(day, requests=tuple(requests))


def _with_threshold(day: Day, request_index: int, threshold_w: Watts) -> Day:
    """The day with another limit in force at the request: the last change before it, or the one it began with."""
    request = day.requests[request_index]
    last = _last_change(day, request_index)
    if last is not None:
        events = list(day.events)
        events[last] = replace(events[last], threshold_w=threshold_w)
        return replace(day, events=tuple(events))
    households = tuple(
        replace(home, threshold_w=threshold_w) if home.household_id == request.household else home
        for home in day.households
    )
    return replace(day, households=households)


def _last_change(day: Day, request_index: int) -> int | None:
    """The index of the event that set the threshold in force at the request; None for the one the day began with."""
    request = day.requests[request_index]
    changes = [
        (event.at_us, index)
        for index, event in enumerate(day.events)
        if event.kind == "threshold" and event.household == request.household and event.at_us <= request.requested_us
    ]
    return max(changes)[1] if changes else None


def _threshold_in_force(day: Day, request_index: int) -> Watts:
    last = _last_change(day, request_index)
    threshold_w = None if last is None else day.events[last].threshold_w
    if threshold_w is None:
        return day.households_by_id[day.requests[request_index].household].threshold_w
    return threshold_w


def _smallest_threshold(
    day: Day, request_index: int, proposed_w: Watts, is_accepted: Callable[[Day], bool]
) -> Watts | None:
    def does(threshold_w: Watts) -> bool:
        return is_accepted(_with_threshold(day, request_index, threshold_w))

    present_w = _threshold_in_force(day, request_index)
    if does(proposed_w):
        if proposed_w - 1 <= present_w or not does(proposed_w - 1):
            return proposed_w
        return least_that_does(does, math.floor(present_w), math.ceil(proposed_w - 1))
    step_w = 1
    for _ in range(_MOST_DOUBLINGS):
        if does(proposed_w + step_w):
            return least_that_does(does, math.floor(proposed_w + step_w // 2), math.ceil(proposed_w + step_w))
        step_w *= 2
    return None
