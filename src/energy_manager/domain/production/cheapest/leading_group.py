"""The plants that lead the merit order at one cost and at one power each, such as wind parks that are on or off.

Whichever of them are off, only the power they leave out counts for the cost; so instead of deciding them one by one,
the search takes all the sums that they can leave out at once, as the bits of one whole number, and afterwards picks
the sum that wins.
"""

from __future__ import annotations

from collections.abc import Collection

from energy_manager.domain.production.cheapest.core import Core

_WORTH_GROUPING = 8
_MOST_BITS = 1 << 20


def leading_group(core: Core) -> int:
    """How many plants of ``core`` form the leading group; 0 where it is not worth the while."""
    count = 0
    while count < core.margin and core.lows[count] == core.highs[count] and core.rates[count] == core.rates[0] < 0:
        count += 1
    return count if count >= _WORTH_GROUPING and _widest(core, count) <= _MOST_BITS else 0


def after_leading_group(core: Core, count: int) -> dict[int, int]:
    """The least excess so far, by shortage on arrival at the first plant after the group, within the budget."""
    widest = _widest(core, count)
    mask = (2 << widest) - 1
    left_out = 1
    for high in core.highs[:count]:
        left_out |= left_out << high & mask
    text = bin(left_out)[:1:-1]
    sums = [size for size, bit in enumerate(text) if bit == "1"]
    return {core.short + size: -core.rates[0] * size for size in sums}


def decide_leading_group(core: Core, count: int, winners: Collection[int]) -> list[int]:
    """Powers of the group that leave one of the shortages ``winners``, the earliest plants first at their highs."""
    wanted = sum(1 << (short - core.short) for short in winners)
    # Which sums may be left out before each plant, so that the group can end at a wanted one.
    wanted_before = [wanted]
    for high in reversed(core.highs[:count]):
        wanted_before.append(wanted_before[-1] | wanted_before[-1] >> high)
    wanted_before.pop()
    powers, left_out = [], 0
    for high in core.highs[:count]:
        stays_on = wanted_before.pop() >> left_out & 1
        powers.append(high if stays_on else 0)
        left_out += 0 if stays_on else high
    return powers


def _widest(core: Core, count: int) -> int:
    """The most that the group can leave out within the budget."""
    return min(sum(core.highs[:count]), core.budget // -core.rates[0]) if count else 0
