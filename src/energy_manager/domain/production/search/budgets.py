"""The search for the least excess in budgets that grow until one holds a plan: a small budget leaves a small core.

A budget without a plan proves that every plan exceeds it; the first budget with a plan holds the cheapest one. Where
that takes many states, two questions that cost a little more are asked once: can the load be met at all, and do most
plants share a modulus that makes small budgets hopeless at sight?
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from energy_manager.domain.production.filling.fill import Fill
from energy_manager.domain.production.search.bounds import CostBounds
from energy_manager.domain.production.search.core import core_within
from energy_manager.domain.production.search.remainders import Remainders, shared_modulus
from energy_manager.domain.production.search.search_within import KnownSums, Search, TooManyStates
from energy_manager.domain.production.stopwatch import Stopwatch, WorkExhausted

# With so few plants in the core, a search is cheaper than an attempt at a smaller one.
_SMALL_CORE = 16
_FIRST_SHARE = 64
_FEW_STATES = 100
_MANY_STATES = 5_000
# About 1 GB of dictionary entries.
_MOST_STATES = 6_000_000


@dataclass(slots=True, kw_only=True)
class Progress:
    """What is known so far: excesses over the lower bound, in order-key units times steps.

    ``best_excess``: some plan exceeds the fill by no more than this, None where none is known; no plan has less than
    ``proved_excess``. ``states``: what all searches looked at. ``fallback``: the powers of some plan, for when the time
    is over, None also where ``are_switches_tried`` and did not tell.
    """

    filled: Fill
    best_excess: int | None = None
    proved_excess: int = 0
    states: int = 0
    fallback: Sequence[int] | None = None
    are_switches_tried: bool = False


def search_in_growing_budgets(progress: Progress, assure_coverage: Callable[[], None], watch: Stopwatch) -> list[int]:
    """Powers of the cheapest plan, in merit order; ``assure_coverage`` raises where no plan meets the load."""
    filled = progress.filled
    first, last = _first_and_last(progress)
    remainders: Remainders | None = None
    known_sums: KnownSums = {}
    is_assured, is_hard = progress.best_excess is not None, False
    base, step, before = 0, first, 0
    while True:
        budget = min(base + step, last)
        core = core_within(filled, budget)
        most_states = _MOST_STATES if is_hard else _MANY_STATES
        search = Search(core, CostBounds(core, remainders), watch, most_states=most_states, known_sums=known_sums)
        found, is_cut = _outcome(search)
        progress.states += search.states
        if found is not None:
            return _powers(filled, found)
        if is_cut and is_hard:
            raise WorkExhausted
        if not is_cut:
            progress.proved_excess = budget
            step *= _growth(search.states, before)
            before = search.states
        if not is_assured and (is_cut or progress.states > _MANY_STATES or budget == last):
            assure_coverage()
            is_assured = True
        assert is_cut or budget < last, "the last budget holds every plan, and there is one"
        if not is_hard and (is_cut or progress.states > _MANY_STATES):
            is_hard = True
            remainders = Remainders(filled, shared_modulus(filled), watch)
            if remainders.least_excess > progress.proved_excess:
                base, step = remainders.least_excess, first


def _growth(states: int, before: int) -> int:
    """How much larger the next step may be: too large a budget costs more than one attempt more."""
    if 10 * states <= 11 * before:
        return 16
    return 4 if states < _FEW_STATES else 2


def _outcome(search: Search) -> tuple[dict[int, int] | None, bool]:
    """What was found, and whether the search was cut short."""
    try:
        return search.run(), False
    except TooManyStates:
        return None, True


def _powers(filled: Fill, found: dict[int, int]) -> list[int]:
    powers = filled.powers
    for place, power in found.items():
        powers[place] = power
    return powers


def _first_and_last(progress: Progress) -> tuple[int, int]:
    """The first budget to try, and one that surely holds a plan if there is any."""
    filled, best = progress.filled, progress.best_excess
    if best is not None:
        is_easy = len(core_within(filled, best).places) <= _SMALL_CORE
        return best if is_easy else best // _FIRST_SHARE + 1, best
    order, marginal_key = filled.order, filled.order.keys[filled.margin]
    first, last = 0, 1
    for place, (key, low, high) in enumerate(zip(order.keys, order.lows, order.highs, strict=True)):
        rate = abs(key - marginal_key)
        least = rate * max(low, 1) if place > filled.margin else rate * (high if low == high else 1)
        first = min(first, least) if first and least else first or least
        last += (rate + 1) * high
    return first + 1, last
