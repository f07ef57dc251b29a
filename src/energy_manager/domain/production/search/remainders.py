"""What the fill cannot see: among plants of even powers, an odd shortage needs one of the few others, at any cost.

Where most plants with hardly a range share a modulus of their highs (even powers; multiples of 10 MW; 100 MW and a
little less), only the remainder of the shortage by it is followed from plant to plant. That leaves few states, and as
every plan settles the remainder too, the least excess of doing so is a lower bound (the group relaxation of integer
programming, Gomory 1965).
"""

from __future__ import annotations

from collections import Counter
from math import gcd

from energy_manager.domain.production.filling.fill import Fill

_LARGEST_MODULUS = 50_000
# Modulus times plants that do more than keep the remainder: a few tenths of a second, and 50 MB.
_MOST_ENTRIES = 500_000
# Plants with more steps between low and high than this take any remainder.
_HARDLY_A_RANGE = 50


class Remainders:
    """By place in the merit order and remainder, in order-key units times steps, rounded down.

    ``settling[place][r]``: the least excess at which the plants from ``place`` on add the remainder ``r`` to their
    defaults. ``leaving[place][r]``: the least excess at which the plants before ``place`` leave a shortage of
    remainder ``r``. Numbers from ``never`` on say that they cannot.
    """

    def __init__(self, filled: Fill, modulus: int) -> None:
        order = filled.order
        self.modulus = modulus
        self.never = 1 + sum(
            abs(key - order.keys[filled.margin]) * high for key, high in zip(order.keys, order.highs, strict=True)
        )
        moves = [_moves(filled, place, modulus) for place in range(len(order.keys))]
        nothing = [0] + [self.never] * (modulus - 1)
        self.settling = [nothing]
        for options in reversed(moves):
            self.settling.append(_widened(self.settling[-1], options, modulus))
        self.settling.reverse()
        start = filled.short % modulus
        self.leaving = [nothing[-start:] + nothing[:-start] if start else nothing]
        for options in moves:
            taken = {-added % modulus: excess for added, excess in options.items()}
            self.leaving.append(_widened(self.leaving[-1], taken, modulus))
        self.least_excess = self.settling[0][start]


def shared_modulus(filled: Fill) -> int:
    """A modulus of three quarters of the highs of plants with hardly a range; 1 where they share none."""
    order = filled.order
    plants = [(low, high) for low, high in zip(order.lows, order.highs, strict=True) if high > 0]
    counts = Counter(high for low, high in plants if high - low <= _HARDLY_A_RANGE)
    quorum = 3 * counts.total() / 4
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


def _moves(filled: Fill, place: int, modulus: int) -> dict[int, int]:
    """The least excess of each remainder that the plant can add to its default."""
    order = filled.order
    low, high = order.lows[place], order.highs[place]
    # Keys are rounded down: a true difference is above this one.
    rate = max(0, abs(order.keys[place] - order.keys[filled.margin]) - 1)
    if high - low >= min(modulus, _HARDLY_A_RANGE):
        return dict.fromkeys(range(modulus), 0)
    running = range(-1, low - high - 1, -1) if place < filled.margin else range(low, high + 1)
    if low == high and high % modulus == 0:
        return {0: 0}
    moves: dict[int, int] = {}
    for deviation in (0, *running, -high if place < filled.margin else 0):
        moves.setdefault(deviation % modulus, rate * abs(deviation))
    return moves


def _widened(least: list[int], moves: dict[int, int], modulus: int) -> list[int]:
    """``least`` by remainder, after one more plant may add each remainder in ``moves``."""
    if len(moves) == modulus and not any(moves.values()):
        return [min(least)] * modulus
    if len(moves) == 1:
        return least
    widened = least
    for added, excess in moves.items():
        if added or excess:
            shifted = least[-added:] + least[:-added] if added else least
            widened = list(map(min, widened, map(excess.__add__, shifted)))
    return widened
