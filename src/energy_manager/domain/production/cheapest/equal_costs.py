"""Where the plants that cost as much as the marginal one can share what is left, a plan costs just the lower bound.

Every way to share costs the same, so only reach matters. From the last of these plants to the first, the loads that
the plants from there on can meet are collected; then each plant in turn takes the most that leaves a reachable rest.
As taking the high from the first plants is best whenever a rest remains that the others can meet, only a short run of
plants before the marginal one is opened at first.
"""

from __future__ import annotations

from energy_manager.domain.production.cheapest.reachable_loads import no_plant
from energy_manager.domain.production.cheapest.relaxation import Fill
from energy_manager.domain.production.cheapest.stopwatch import Stopwatch, WorkExhausted

_FIRST_RUN = 16
_RUN_GROWTH = 8
_MOST_BYTES = 1 << 29


def share_at_equal_cost(filled: Fill, watch: Stopwatch) -> list[int] | None:
    """Powers that cost exactly the lower bound and win every tie, or None where no plan costs as little."""
    keys, margin = filled.order.keys, filled.margin
    first, end = margin, margin + 1
    while first > 0 and keys[first - 1] == keys[margin]:
        first -= 1
    while end < len(keys) and keys[end] == keys[margin]:
        end += 1
    run = _FIRST_RUN
    while True:
        start = max(first, margin - run)
        shared = _share(filled, start, end, watch)
        if shared is not None or start == first:
            break
        run *= _RUN_GROWTH
    if shared is None:
        return None
    powers = filled.powers
    powers[start:end] = shared
    return powers


def _share(filled: Fill, start: int, end: int, watch: Stopwatch) -> list[int] | None:
    lows, highs = filled.order.lows, filled.order.highs
    left = filled.short + sum(highs[start : filled.margin])
    reachable = no_plant(ceiling=left)
    reachable_after, held_bytes = [reachable], 0
    for place in range(end - 1, start - 1, -1):
        watch.check()
        widened = reachable.plus(lows[place], highs[place])
        held_bytes += 0 if widened is reachable else widened.size_bytes
        if held_bytes > _MOST_BYTES:
            raise WorkExhausted
        reachable = widened
        reachable_after.append(reachable)
    if left not in reachable:
        return None
    reachable_after.pop()
    shared = []
    for place in range(start, end):
        rests = reachable_after.pop()
        rest = rests.least(max(0, left - highs[place]), left - lows[place]) if lows[place] <= left else None
        power = 0 if rest is None else left - rest
        shared.append(power)
        left -= power
    assert left == 0, "each step left a reachable rest"
    return shared
