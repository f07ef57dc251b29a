"""Sharing a power among plants of equal cost, so that the earliest produce the most.

However they share it, the cost is the same, so only reach matters. From the last plant to the first, the sums that
the plants from there on can meet are collected; then each plant in turn takes the most that leaves a reachable rest.
As all earlier plants at their highs is best whenever the others can meet the rest, only a short run of plants before
the fill's margin is opened at first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import gcd

from energy_manager.domain.production.filling.fill import Fill
from energy_manager.domain.production.filling.reachable_loads import LoadSet, no_plant, power_options, shed_options
from energy_manager.domain.production.stopwatch import Stopwatch, WorkExhausted

_FIRST_RUN = 16
_RUN_GROWTH = 8
_MOST_BYTES = 1 << 29


def share_at_equal_cost(filled: Fill, watch: Stopwatch) -> list[int] | None:
    """Powers that cost exactly the fill, the lower bound, and win every tie; None where no plan costs as little."""
    order, margin = filled.order, filled.margin
    first, end = margin, margin + 1
    while first > 0 and order.keys[first - 1] == order.keys[margin]:
        first -= 1
    while end < len(order.keys) and order.keys[end] == order.keys[margin]:
        end += 1
    target = filled.short + sum(order.highs[first:margin])
    shared = share(order.lows[first:end], order.highs[first:end], {target}, watch)
    if shared is None:
        return None
    powers = filled.powers
    powers[first:end] = shared
    return powers


def share(lows: Sequence[int], highs: Sequence[int], targets: Collection[int], watch: Stopwatch) -> list[int] | None:
    """Powers that add up to one of ``targets``, the earliest plants first at the most; None where none can be met."""
    common = common_step(lows, highs)
    targets = [target // common for target in targets if target % common == 0]
    if not targets:
        return None
    lows, highs = [low // common for low in lows], [high // common for high in highs]
    margin, left = 0, max(targets)
    while margin < len(highs) and left >= highs[margin]:
        left -= highs[margin]
        margin += 1
    run = _FIRST_RUN
    while True:
        start = max(0, margin - run)
        full = sum(highs[:start])
        lefts = [target - full for target in targets if target >= full]
        shared = _share_run(lows[start:], highs[start:], lefts, watch)
        if shared is not None:
            return [common * power for power in (*highs[:start], *shared)]
        if start == 0:
            return None
        run *= _RUN_GROWTH


def common_step(lows: Sequence[int], highs: Sequence[int]) -> int:
    """What the powers of plants have in common: more than 1 only where each runs at one power."""
    return max(1, gcd(*highs)) if all(low == high for low, high in zip(lows, highs, strict=True)) else 1


def _share_run(lows: Sequence[int], highs: Sequence[int], targets: list[int], watch: Stopwatch) -> list[int] | None:
    """As ``share``, all plants open; in powers or in sheds, whichever are smaller."""
    total = sum(highs)
    is_shedding = total - min(targets) < max(targets)
    lefts = [total - target for target in targets] if is_shedding else targets
    options_of = shed_options if is_shedding else power_options
    take = _least_shed if is_shedding else _most_power
    reachable = no_plant(ceiling=max(lefts))
    reachable_after, held_bytes = [reachable], 0
    for low, high in zip(reversed(lows), reversed(highs), strict=True):
        watch.check()
        widened = reachable.plus(options_of(low, high), watch)
        held_bytes += 0 if widened is reachable else widened.size_bytes
        if held_bytes > _MOST_BYTES:
            raise WorkExhausted
        reachable = widened
        reachable_after.append(reachable)
    lefts = [left for left in lefts if left in reachable]
    if not lefts:
        return None
    reachable_after.pop()
    shared = []
    for low, high in zip(lows, highs, strict=True):
        rests = reachable_after.pop()
        taken = [take(low, high, left, rests) for left in lefts]
        known = [amount for amount in taken if amount is not None]
        best = min(known) if is_shedding else max(known)
        lefts = [left - best for left in lefts if left - best in rests]
        shared.append(high - best if is_shedding else best)
    return shared


def _most_power(low: int, high: int, left: int, rests: LoadSet) -> int | None:
    """The most that the plant can produce so that the rest of ``left`` is among ``rests``."""
    rest = rests.least(max(0, left - high), left - low) if low <= left else None
    return left - rest if rest is not None else 0 if left in rests else None


def _least_shed(low: int, high: int, left: int, rests: LoadSet) -> int | None:
    """The least that the plant can shed so that the rest of ``left`` is among ``rests``."""
    rest = rests.greatest(left)
    return left - rest if rest >= left - (high - low) else high if left - high in rests else None
