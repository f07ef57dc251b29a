"""The steps of admission, in order; the first that answers ends the search (what none answers: ``rejecting``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from energy_manager.domain.appliances.admission.placement_problem import Placement, PlacementProblem, charged
from energy_manager.domain.appliances.admission.placing import fit, with_battery
from energy_manager.domain.appliances.admission.preemption import shift
from energy_manager.domain.appliances.admission.preference import Preference, preference_of
from energy_manager.domain.appliances.admission.rescheduling import replan
from energy_manager.domain.appliances.ledger.home import Home
from energy_manager.domain.appliances.units import Watts

Search: TypeAlias = Callable[[PlacementProblem], Placement | None]


# Those that may be tried for one level after the other, whatever the size of the ledger.
_QUICK_STEPS: tuple[Search, ...] = (fit, with_battery, shift)
STEPS: tuple[Search, ...] = (*_QUICK_STEPS, replan)

# Levels between the target and the threshold that are tried, fewer in a long ledger; in a short one by all steps.
_MOST_LEVELS = 7
_MOST_PIECES = 400
_FEW_PIECES = 32
# A peak that is lower by less is not worth another try.
_LITTLE_W = 50


def admitted(question: PlacementProblem) -> Placement | None:
    """The first of the steps that finds a place; None when all fail.

    With a target peak the steps first go by the target as if it were the limit; only when none of them keeps it they
    go by the threshold.
    """
    return _near_target(question) if question.policy.strategy == "target_peak" else within_limits(question)


def fitted(question: PlacementProblem) -> Placement | None:
    """The run where it fits by the first step alone, below the threshold and the building's limit."""
    return within_limits(question, (fit,))


def within_limits(question: PlacementProblem, steps: Sequence[Search] = STEPS) -> Placement | None:
    """The run placed below the threshold and the building's limit, whatever the target."""
    home, limit_w = question.home, question.policy.building_limit_w
    is_plain = home.household.battery is None or (home.target_w is None and home.prices is None)
    if limit_w is None and is_plain:
        return _stepped(question, steps, partial(charged, question))
    preference = question.preference or preference_of(home, question.run.request, question.policy)
    return _kept(replace(question, preference=preference), limit_w, steps)


def _near_target(question: PlacementProblem) -> Placement | None:
    """The run placed so that the building's peak rises least above the target; None: not without the threshold.

    That a peak can be kept is taken to be monotone in the peak, so between the target and the peak that simply
    fitting makes the least one is found by bisection, in as many steps as the size of the ledger allows.
    """
    limit_w, low_w = question.policy.building_limit_w, target_of(question.home)
    low_w = low_w if limit_w is None else min(low_w, limit_w)
    under = replace(question, preference=Preference())
    kept = _kept(under, low_w, STEPS)
    best = within_limits(question) if kept is None else None
    if best is None:
        return kept
    high_w, pieces = max(best.home.building_w().values), len(question.home.room_w.values)
    steps = STEPS if pieces <= _FEW_PIECES else _QUICK_STEPS
    for _ in range(min(_MOST_LEVELS, _MOST_PIECES // pieces)):
        if high_w - low_w < _LITTLE_W:
            break
        middle_w = (low_w + high_w) // 2
        placement = _kept(under, middle_w, steps)
        if placement is None:
            low_w = middle_w
        else:
            best = placement
            high_w = min(middle_w, max(best.home.building_w().values))
    return best


def target_of(home: Home) -> Watts:
    """The peak of home and neighbours to keep: a target that rises is at least the peak that is booked anyway."""
    assert home.target_w is not None, "asked only under a target"
    return max(home.target_w, *home.building_w().values) if home.does_target_rise else home.target_w


def _kept(question: PlacementProblem, peak_w: Watts | None, steps: Sequence[Search]) -> Placement | None:
    """What the steps find while home and neighbours keep the peak; None: while the home keeps its threshold."""
    home = question.home

    def restored(placement: Placement) -> Placement | None:
        # Above a peak that is broken already more may go uncovered unseen: the threshold has the last word.
        return charged(question, replace(placement, home=placement.home.restored(home)))

    return _stepped(question.with_home(home.below(peak_w)), steps, restored)


def _stepped(
    question: PlacementProblem, steps: Sequence[Search], finished: Callable[[Placement], Placement | None]
) -> Placement | None:
    """What the first step finds that can be finished: the batteries' charging is planned only then."""
    for found in _in_order(question, steps):
        placement = None if found is None else finished(found)
        if placement is not None:
            return placement
    return None


def _in_order(question: PlacementProblem, steps: Sequence[Search]) -> Iterator[Placement | None]:
    """What the steps find: of fit, battery and shift the earliest start first, of equals in this order.

    A run of low priority takes the first that answers: it never makes others pause, nor spends the battery, only to be
    earlier. So does any run where the cheapest start is wanted. A step looks only for earlier starts than those before
    it, and what starts at once ends the search.
    """
    is_patient = question.run.request.priority_class == "low" or question.policy.strategy == "cost"
    if is_patient or len(steps) < len(_QUICK_STEPS):
        yield from (step(question) for step in steps)
        return
    found: list[Placement] = []
    sooner = question
    for step in _QUICK_STEPS:
        placement = step(sooner)
        if placement is not None:
            found.append(placement)
            start_us = placement.run.segments[-1].start_us
            if start_us <= question.from_us:
                break
            sooner = question.sooner_than(start_us)
    yield from reversed(found)
    if found:
        # None of these could be finished; what the later steps find besides may be.
        yield from (step(question) for step in _QUICK_STEPS[1:])
    yield from (step(question) for step in steps[len(_QUICK_STEPS) :])
