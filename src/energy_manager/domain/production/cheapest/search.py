"""The cheapest plan within a budget: a dynamic programme over the core, on the few sums that the budget leaves.

Facts (exchange arguments): in the plan that wins, at most one plant runs strictly between its limits; plants before
it are off or at their high, plants after it off or at their low. So walking through the core in merit order, the
*upper phase* decides off or high, one plant turns, and the *lower phase* decides off or low. What is *short* on
arrival at a plant, the steps that this and later plants must still add to their defaults, is all that matters for the
rest: states with equal shortage merge, and a state whose excess plus the relaxed excess of the rest is beyond the
budget is dropped.

Forward, the upper phase is spread out. Backward, the lower phase is built up plant by plant, and each state of the
upper phase learns the least excess of its rest. Ties go to the greater power of the earliest plant, which is how the
plan that wins every tie is found. Excesses are whole numbers, so nothing is rounded.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable

from energy_manager.domain.production.cheapest.core import Core
from energy_manager.domain.production.cheapest.stopwatch import Stopwatch, WorkExhausted

# About 1 GB of dictionary entries.
_MOST_STATES = 6_000_000

# The least excess by shortage.
Excesses = dict[int, int]
Bound = Callable[[int], int | None]


class Search:
    """One search of one core; ``states`` counts what was looked at, also where nothing was found."""

    def __init__(self, core: Core, watch: Stopwatch) -> None:
        self.states = 0
        self._core = core
        self._watch = watch
        flexible = [place for place in range(len(core.lows)) if core.lows[place] < core.highs[place]]
        self._first_flexible = flexible[0] if flexible else -1
        self._last_flexible = flexible[-1] if flexible else -1
        # Powers chosen in the upper phase by shortage, and shortages at which the lower phase leaves the default.
        self._choices: list[dict[int, int]] = []
        self._moves: list[set[int]] = []

    def run(self) -> dict[int, int] | None:
        """Powers of the core's plants by place in the merit order, or None where no plan is within the budget."""
        upper = self._spread_upper_phase()
        rest = self._build_back(upper)
        return self._walk() if self._core.short in rest else None

    def _spread_upper_phase(self) -> list[Excesses]:
        """For each plant up to the last flexible one, and after it: the least excess so far, by shortage on arrival."""
        core = self._core
        budget = core.budget
        upper = [{core.short: 0}]
        for place in range(self._last_flexible + 1):
            high, rate = core.highs[place], core.rates[place]
            bound = _bound_of_rest(core, place + 1)
            step = high if core.defaults[place] else -high
            extra = rate * -step
            arrived: Excesses = {}
            for short, excess in upper[-1].items():
                for next_short, next_excess in ((short, excess), (short + step, excess + extra)):
                    if next_short < 0 or next_excess > budget:
                        continue
                    if arrived.get(next_short, next_excess + 1) <= next_excess:
                        continue
                    relaxed = bound(next_short)
                    if relaxed is not None and next_excess + relaxed <= budget:
                        arrived[next_short] = next_excess
            self._count(len(arrived))
            upper.append(arrived)
        return upper

    def _build_back(self, upper: list[Excesses]) -> Excesses:
        """The least excess of the rest for the states of the upper phase at the first plant."""
        core = self._core
        size = len(core.places)
        self._choices = [{} for _ in range(size)]
        self._moves = [set() for _ in range(size)]
        lower: Excesses = {0: 0}
        for place in range(size - 1, self._last_flexible, -1):
            lower = self._extend_lower_phase(place, lower)
        budget = core.budget
        rest = {
            short: lower[short]
            for short, excess in upper[-1].items()
            if short in lower and lower[short] + excess <= budget
        }
        for place in range(self._last_flexible, -1, -1):
            rest = self._decide_upper_phase(place, upper[place], rest, lower)
            upper.pop()
            if place > self._first_flexible:
                lower = self._extend_lower_phase(place, lower)
        return rest

    def _extend_lower_phase(self, place: int, lower: Excesses) -> Excesses:
        """``lower`` of the plants after ``place`` becomes that of the plants from ``place`` on."""
        core = self._core
        low, default, rate = core.lows[place], core.defaults[place], core.rates[place]
        moves = self._moves[place]
        if low == 0 and default == 0:
            return lower
        bound = _bound_of_before(core, place)
        if default and low < default:
            # Neither choice is the default: all states move.
            options = ((low, True), (0, False)) if low else ((0, False),)
            moved: Excesses = {}
            for power, is_on in options:
                for short, excess in self._shifted(lower, power - default, rate, bound):
                    if excess < moved.get(short, excess + 1):
                        moved[short] = excess
                        if is_on:
                            moves.add(short)
                        else:
                            moves.discard(short)
            self._count(len(moved))
            return moved
        # Where both cost the same, on is better: that is to move for a dear plant, and to stay for a cheap one.
        is_cheap = default > 0
        shift = -default if is_cheap else low
        better = [
            (short, excess)
            for short, excess in self._shifted(lower, shift, rate, bound)
            if excess < lower.get(short, excess + 1) or (not is_cheap and excess == lower[short])
        ]
        lower.update(better)
        moves.update(short for short, _ in better)
        self._count(len(lower) // 8 + len(better))
        return lower

    def _shifted(self, lower: Excesses, shift: int, rate: int, bound: Bound) -> list[tuple[int, int]]:
        """The states of ``lower`` that stay within the budget when the plant deviates from its default by ``shift``."""
        budget, extra = self._core.budget, rate * shift
        shifted = []
        for short, excess in lower.items():
            total = excess + extra
            if total <= budget:
                relaxed = bound(short + shift)
                if relaxed is not None and total + relaxed <= budget:
                    shifted.append((short + shift, total))
        return shifted

    def _decide_upper_phase(self, place: int, upper: Excesses, rest: Excesses, lower: Excesses) -> Excesses:
        """The least excess of the rest, and the power that gives it, for each state on arrival at ``place``."""
        core = self._core
        low, high, default, rate = core.lows[place], core.highs[place], core.defaults[place], core.rates[place]
        choices = self._choices[place]
        turned: list[int] = sorted(lower) if low < high else []
        # A plant that turns at a power p leaves short + default - p, at an excess of rate * (p - default).
        values = [lower[short] - rate * short for short in turned]
        decided: Excesses = {}
        for short, excess in upper.items():
            off_short = short + default
            best, power = rest.get(off_short - high), high
            if best is not None:
                best += rate * (high - default)
            start, end = bisect_left(turned, off_short - high + 1), bisect_right(turned, off_short - max(low, 1))
            if start < end:
                least = min(values[start:end])
                if best is None or least + rate * short < best:
                    best = least + rate * short
                    power = off_short - turned[values.index(least, start, end)]
            off = rest.get(off_short)
            if off is not None and (best is None or off - rate * default < best):
                best, power = off - rate * default, 0
            if best is not None and excess + best <= core.budget:
                decided[short] = best
                choices[short] = power
        self._count(len(decided))
        return decided

    def _walk(self) -> dict[int, int]:
        """From the first plant on, the powers that were noted."""
        core = self._core
        short, is_upper = core.short, True
        powers = {}
        for place, (low, high, default) in enumerate(zip(core.lows, core.highs, core.defaults, strict=True)):
            if is_upper and place <= self._last_flexible:
                power = self._choices[place][short]
                is_upper = power in (0, high)
            else:
                is_move = short in self._moves[place]
                stays_on = default > 0 and low == high
                power = low if is_move != stays_on else 0
            powers[core.places[place]] = power
            short += default - power
        assert short == 0, "the powers add up to the load"
        return powers

    def _count(self, states: int) -> None:
        self.states += states
        if self.states > _MOST_STATES:
            raise WorkExhausted
        self._watch.check()


def _bound_of_rest(core: Core, place: int) -> Bound:
    """The least excess at which the plants from ``place`` on add a shortage, if none had a low."""
    start = max(place, core.margin)
    room, excess = [0], [0]
    for high, rate in zip(core.highs[start:], core.rates[start:], strict=True):
        room.append(room[-1] + high)
        excess.append(excess[-1] + rate * high)
    rates = core.rates

    def bound(short: int) -> int | None:
        filled = bisect_left(room, short)
        if filled == 0:
            return 0
        if filled == len(room):
            return None
        return excess[filled - 1] + rates[start + filled - 1] * (short - room[filled - 1])

    return bound


def _bound_of_before(core: Core, place: int) -> Bound:
    """The least excess at which the plants before ``place`` leave a shortage, if none had a low."""
    end = min(place, core.margin)
    least = core.short if place <= core.margin else 0
    room, excess = [core.short], [0]
    for index in range(end - 1, -1, -1):
        room.append(room[-1] + core.highs[index])
        excess.append(excess[-1] - core.rates[index] * core.highs[index])
    rates = core.rates

    def bound(short: int) -> int | None:
        if short < least:
            return None
        filled = bisect_left(room, short)
        if filled == 0:
            return 0
        if filled == len(room):
            return None
        return excess[filled - 1] - rates[end - filled] * (short - room[filled - 1])

    return bound
