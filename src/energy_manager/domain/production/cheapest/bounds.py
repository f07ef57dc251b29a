"""What the plants not decided yet must cost at least: tests that drop hopeless states of the search.

Two relaxations, and the stronger counts. The *fill*: as if no plant had a low, so that the cheapest plants settle a
shortage (continuous knapsack). The *remainder*: only the remainder of the shortage by a modulus that most powers
share has to be settled, which sees what the fill cannot: that among plants of even powers an odd shortage needs one
of the few others.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

from energy_manager.domain.production.cheapest.core import Core

# ``fits(short, excess)``: whether a state with this shortage and this excess so far may belong to a plan within the budget.
Fits = Callable[[int, int], bool]


class Bounds:
    """The tests for each place of ``core``; ``modulus`` 1 leaves the remainders out."""

    def __init__(self, core: Core, modulus: int = 1) -> None:
        self._core = core
        margin, budget = core.margin, core.budget
        volumes = [abs(rate) * high for rate, high in zip(core.rates, core.highs, strict=True)]
        # Up to each cheap plant, and from the marginal plant up to each dear one: steps of room, and the excess of using them.
        self._cheap_room = [*accumulate(core.highs[:margin], initial=0)]
        self._cheap_excess = [*accumulate(volumes[:margin], initial=0)]
        self._dear_room = [*accumulate(core.highs[margin:], initial=0)]
        self._dear_excess = [*accumulate(volumes[margin:], initial=0)]
        self.modulus = modulus
        self._moves = [] if modulus == 1 else [_moves(core, place, modulus) for place in range(len(core.places))]
        # By place and remainder: the least excess of settling it with the plants from there on, and of leaving it there.
        self._settling = [[0]] if modulus == 1 else _settling(self._moves, modulus, budget)
        self._leaving = [[0]] if modulus == 1 else _leaving(self._moves, modulus, budget, core.short)

    @property
    def least_excess(self) -> int:
        """No plan within the budget costs less; above the budget where there is none."""
        return self._settling[0][self._core.short % self.modulus]

    def before(self, place: int) -> Fits:
        """For shortages on arrival at ``place``, with the excess of the rest: whether the plants before can leave them."""
        core, modulus = self._core, self.modulus
        leaving = self._leaving[place if modulus > 1 else 0]
        end = min(place, core.margin)
        room, excess_of, rates = self._cheap_room, self._cheap_excess, core.rates
        least = core.short if place <= core.margin else 0
        base, budget, start = core.short, core.budget, room[end]

        def fits(short: int, excess: int) -> bool:
            if short < least or excess + leaving[short % modulus] > budget:
                return False
            extra = short - base
            if extra <= 0:
                return True
            if extra > start:
                return False
            split = bisect_right(room, start - extra, 0, end) - 1
            full = start - room[split + 1]
            return excess + excess_of[end] - excess_of[split + 1] - rates[split] * (extra - full) <= budget

        return fits

    def rest(self, place: int) -> Fits:
        """For shortages on arrival at ``place``, with the excess so far: whether the plants from there on can settle them."""
        core, modulus = self._core, self.modulus
        settling = self._settling[place if modulus > 1 else 0]
        start = max(place - core.margin, 0)
        room, excess_of, rates, margin = self._dear_room, self._dear_excess, core.rates, core.margin
        budget, base, base_excess = core.budget, room[start], excess_of[start]

        def fits(short: int, excess: int) -> bool:
            if short < 0 or excess + settling[short % modulus] > budget:
                return False
            if short == 0:
                return True
            target = base + short
            split = bisect_left(room, target, start)
            if split == len(room):
                return False
            partial = rates[margin + split - 1] * (target - room[split - 1])
            return excess + excess_of[split - 1] - base_excess + partial <= budget

        return fits


def _moves(core: Core, place: int, modulus: int) -> dict[int, int]:
    """The least excess of each remainder that the plant can add to its default."""
    low, high, default, rate = core.lows[place], core.highs[place], core.defaults[place], core.rates[place]
    nearest = high if default else low
    towards = -1 if default else 1
    powers = [default, nearest, *(nearest + towards * step for step in range(1, min(modulus, high - low + 1))), 0]
    moves: dict[int, int] = {}
    for power in powers:
        excess = rate * (power - default)
        remainder = (power - default) % modulus
        if excess < moves.get(remainder, excess + 1):
            moves[remainder] = excess
    return moves


def _settling(moves: Sequence[dict[int, int]], modulus: int, budget: int) -> list[list[int]]:
    """For each place, by remainder: the least excess at which the plants from there on add it; above the budget where they cannot."""
    least = [budget + 1] * modulus
    least[0] = 0
    places = [least]
    for options in reversed(moves):
        least = [
            min(excess + least[(remainder - added) % modulus] for added, excess in options.items())
            for remainder in range(modulus)
        ]
        places.append(least)
    places.reverse()
    return places


def _leaving(moves: Sequence[dict[int, int]], modulus: int, budget: int, short: int) -> list[list[int]]:
    """For each place, by remainder: the least excess at which the plants before leave it; above the budget where they cannot."""
    least = [budget + 1] * modulus
    least[short % modulus] = 0
    places = [least]
    for options in moves:
        least = [
            min(excess + least[(remainder + added) % modulus] for added, excess in options.items())
            for remainder in range(modulus)
        ]
        places.append(least)
    return places
