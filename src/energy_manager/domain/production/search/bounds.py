"""What the plants not decided yet must cost at least: tests that drop hopeless states of the search.

Two relaxations, and the stronger counts. The *fill*: as if no plant had a low, so that the nearest plants in merit
order settle a shortage (continuous knapsack). And, where the fleet has a modulus, the *remainder* of the shortage by
it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

from energy_manager.domain.production.search.core import PlantCore
from energy_manager.domain.production.search.remainders import Remainders

# ``fits(short, excess)``: whether a state of this shortage and excess so far may belong to a plan within the budget.
Fits = Callable[[int, int], bool]


class CostBounds:
    """The tests for each place of ``core``."""

    def __init__(self, core: PlantCore, remainders: Remainders | None) -> None:
        self._core = core
        self._settling = None if remainders is None else remainders.settling
        self._leaving = None if remainders is None else remainders.leaving
        self.modulus = 1 if remainders is None else remainders.modulus
        margin = core.margin
        volumes = [abs(rate) * high for rate, high in zip(core.rates, core.highs, strict=True)]
        # Up to each cheap plant, and from the marginal plant up to each dear one: steps, and the excess of using them.
        self._cheap_room = [*accumulate(core.highs[:margin], initial=0)]
        self._cheap_excess = [*accumulate(volumes[:margin], initial=0)]
        self._dear_room = [*accumulate(core.highs[margin:], initial=0)]
        self._dear_excess = [*accumulate(volumes[margin:], initial=0)]

    def before(self, place: int) -> Fits:
        """For shortages on arrival at ``place``, with the excess of the rest: whether the plants before leave them."""
        core, modulus = self._core, self.modulus
        limits = self._limits(self._leaving, place)
        end = min(place, core.margin)
        room, excess_of, rates = self._cheap_room, self._cheap_excess, core.rates
        least = core.short if place <= core.margin else 0
        base, budget, start = core.short, core.budget, room[end]

        def fits(short: int, excess: int) -> bool:
            if short < least or excess > limits[short % modulus]:
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
        """For shortages on arrival at ``place``, with the excess so far: whether the plants from there settle them."""
        core, modulus = self._core, self.modulus
        limits = self._limits(self._settling, place)
        start = max(place - core.margin, 0)
        room, excess_of, rates, margin = self._dear_room, self._dear_excess, core.rates, core.margin
        budget, base, base_excess = core.budget, room[start], excess_of[start]

        def fits(short: int, excess: int) -> bool:
            if short < 0 or excess > limits[short % modulus]:
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

    def window_before(self, place: int) -> tuple[int, int]:
        """The least and the greatest shortage on arrival at ``place`` that the plants before can leave."""
        core = self._core
        end = min(place, core.margin)
        room, excess_of = self._cheap_room, self._cheap_excess
        split = bisect_left(excess_of, excess_of[end] - core.budget, 0, end)
        partial = 0
        if split > 0:
            partial = (core.budget - excess_of[end] + excess_of[split]) // -core.rates[split - 1]
        least = core.short if place <= core.margin else 0
        return least, core.short + room[end] - room[split] + partial

    def most_settled(self, place: int) -> int:
        """The greatest shortage on arrival at ``place`` that the plants from there on can settle."""
        core = self._core
        start = max(place - core.margin, 0)
        room, excess_of = self._dear_room, self._dear_excess
        split = bisect_right(excess_of, excess_of[start] + core.budget, start) - 1
        partial = 0
        if split < len(room) - 1:
            partial = (core.budget + excess_of[start] - excess_of[split]) // core.rates[core.margin + split]
        return room[split] - room[start] + partial

    def _limits(self, by_place: Sequence[Sequence[int]] | None, place: int) -> dict[int, int]:
        core = self._core
        if by_place is None:
            return {0: core.budget}
        places = core.places
        whole_place = places[place] if place < len(places) else places[-1] + 1
        return _Limits(core, by_place[whole_place])


class _Limits(dict[int, int]):
    """By remainder of a shortage: the most excess that leaves a hope. Worked out when asked for, as few are."""

    def __init__(self, core: PlantCore, excess_by_remainder: Sequence[int]) -> None:
        super().__init__()
        self._budget = core.budget
        self._unit = core.unit
        self._excess_by_remainder = excess_by_remainder

    def __missing__(self, remainder: int) -> int:
        unit = self._unit
        excess = self._excess_by_remainder[remainder] * unit.denominator // unit.numerator
        self[remainder] = self._budget - excess
        return self[remainder]
