"""What the fill cannot see: among plants of even powers, an odd shortage needs one of the few others, at any cost.

Where half the plants with hardly a range share a modulus of their highs (even powers; multiples of 10 MW; 100 MW and a
little less), only the remainder of the shortage by it is followed from plant to plant. That leaves few states, and as
every plan settles the remainder too, the least excess of doing so is a lower bound (the group relaxation of integer
programming, Gomory 1965).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import gcd

from energy_manager.domain.production.filling.fill import Fill
from energy_manager.domain.production.stopwatch import Stopwatch

_LARGEST_MODULUS = 50_000
# Modulus times plants that do more than keep the remainder: a few tenths of a second, and 50 MB.
_MOST_ENTRIES = 500_000
# Plants with more steps than this between low and high do not count for what modulus most plants share.
_HARDLY_A_RANGE = 50


class Remainders:
    """By place in the merit order and remainder, in order-key units times steps, rounded down.

    ``settling[place][r]``: the least excess at which the plants from ``place`` on add the remainder ``r`` to their
    defaults. ``leaving[place][r]``: the least excess at which the plants before ``place`` leave a shortage of
    remainder ``r``. Numbers from ``never`` on say that they cannot.
    """

    def __init__(self, filled: Fill, modulus: int, watch: Stopwatch) -> None:
        order = filled.order
        self.modulus = modulus
        self.never = 1 + sum(
            abs(key - order.keys[filled.margin]) * high for key, high in zip(order.keys, order.highs, strict=True)
        )
        moves = [_Moves.of(filled, place, modulus) for place in range(len(order.keys))]
        nothing = [0] + [self.never] * (modulus - 1)
        self.settling = [nothing]
        for options in reversed(moves):
            watch.check()
            self.settling.append(options.added_to(self.settling[-1]))
        self.settling.reverse()
        start = filled.short % modulus
        # A shortage falls by what is added: mirrored, leaving is settling from the other end.
        mirrored = _turned(nothing, -start % modulus)
        self.leaving = [_mirrored(mirrored)]
        for options in moves:
            watch.check()
            mirrored = options.added_to(mirrored)
            self.leaving.append(_mirrored(mirrored))
        self.least_excess = self.settling[0][start]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moves:
    """What a plant can add to its default: nothing, all that being off or on changes, or along a range.

    ``switch``: (remainder, excess) of being off for a cheap plant, on at the low for a dear one. ``width`` more steps
    cost ``rate`` each, downwards from the default for a cheap plant, upwards from the low for a dear one.
    """

    is_cheap: bool
    switch: tuple[int, int]
    width: int
    rate: int
    modulus: int

    @classmethod
    def of(cls, filled: Fill, place: int, modulus: int) -> _Moves:
        order, is_cheap = filled.order, place < filled.margin
        low, high = order.lows[place], order.highs[place]
        # Keys are rounded down: a true difference is above this one.
        rate = max(0, abs(order.keys[place] - order.keys[filled.margin]) - 1)
        switch = -high if is_cheap else low
        return cls(
            is_cheap=is_cheap,
            switch=(switch % modulus, rate * abs(switch)),
            width=min(high - low, modulus - 1),
            rate=rate,
            modulus=modulus,
        )

    def added_to(self, least: list[int]) -> list[int]:
        """The least excess by remainder when this plant joins; the very list where nothing changes."""
        remainder, excess = self.switch
        if remainder == 0 and self.width == 0:
            return least
        switched = list(map(excess.__add__, _turned(least, remainder)))
        if self.width == 0:
            return list(map(min, least, switched))
        if self.is_cheap:
            return list(map(min, self._lowered(least), switched))
        return list(map(min, least, _mirrored(self._lowered(_mirrored(switched)))))

    def _lowered(self, least: list[int]) -> list[int]:
        """By remainder, the least of ``least`` at it and up to ``width`` remainders on, each step at the rate."""
        level = [excess + self.rate * step for step, excess in enumerate(least + least[: self.width])]
        span, wanted = 1, self.width + 1
        while span < wanted:
            stride = min(span, wanted - span)
            level = list(map(min, level, level[stride:]))
            span += stride
        return [excess - self.rate * step for step, excess in enumerate(level)]


def _turned(least: list[int], added: int) -> list[int]:
    """``least`` by the remainder after ``added`` joins."""
    return least[-added:] + least[:-added] if added else least


def _mirrored(least: list[int]) -> list[int]:
    """``least`` by the negative of the remainder."""
    return least[:1] + least[:0:-1]


def shared_modulus(filled: Fill) -> int:
    """A modulus of half the highs of plants with hardly a range; 1 where they share none."""
    order = filled.order
    plants = [(low, high) for low, high in zip(order.lows, order.highs, strict=True) if high > 0]
    counts = Counter(high for low, high in plants if high - low <= _HARDLY_A_RANGE)
    quorum = counts.total() / 2
    modulus = max(_of_the_most_frequent(counts, quorum), _of_small_primes(counts, quorum))
    for divisor in range(1, min(modulus, _LARGEST_MODULUS) + 1):
        candidate = modulus // divisor
        if modulus % divisor == 0 and candidate <= _LARGEST_MODULUS:
            changing = sum(low < high or high % candidate > 0 for low, high in plants)
            if candidate * changing <= _MOST_ENTRIES:
                return candidate
    return 1


def _of_the_most_frequent(counts: Counter[int], quorum: float) -> int:
    """What the most frequent highs have in common, as many of them as make the quorum."""
    modulus, covered = 0, 0
    for high, count in counts.most_common():
        if covered >= quorum:
            break
        modulus = gcd(modulus, high)
        covered += count
    return modulus


def _of_small_primes(counts: Counter[int], quorum: float) -> int:
    modulus = 1
    for prime in (2, 5, 3, 7):
        while counts and sum(n for high, n in counts.items() if high % (modulus * prime) == 0) >= quorum:
            modulus *= prime
    return modulus
