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

from energy_manager.domain.production.cheapest.bounds import Bounds, Fits
from energy_manager.domain.production.cheapest.core import Core
from energy_manager.domain.production.cheapest.leading_group import (
    after_leading_group,
    decide_leading_group,
    leading_group,
)
from energy_manager.domain.production.cheapest.stopwatch import Stopwatch, WorkExhausted

# About 1 GB of dictionary entries.
_MOST_STATES = 6_000_000

# The least excess by shortage.
Excesses = dict[int, int]


class Search:
    """One search of one core; ``states`` counts what was looked at, also where nothing was found."""

    def __init__(self, core: Core, bounds: Bounds, watch: Stopwatch) -> None:
        self.states = 0
        self._core = core
        self._bounds = bounds
        self._watch = watch
        # The plants before the start form the leading group; only those after it are decided one by one.
        self._start = leading_group(core)
        flexible = [place for place in range(len(core.lows)) if core.lows[place] < core.highs[place]]
        self._first_flexible = flexible[0] if flexible else self._start - 1
        self._last_flexible = flexible[-1] if flexible else self._start - 1
        # Powers chosen in the upper phase by shortage, and shortages at which the lower phase leaves the default.
        self._choices: list[dict[int, int]] = [{} for _ in core.places]
        self._moves: list[set[int]] = [set() for _ in core.places]

    def run(self) -> dict[int, int] | None:
        """Powers of the core's plants by place in the merit order, or None where no plan is within the budget."""
        upper = self._spread_upper_phase()
        arrivals = upper[0]
        rest = self._build_back(upper)
        totals = {short: arrivals[short] + excess for short, excess in rest.items()}
        if not totals:
            return None
        least = min(totals.values())
        winners = [short for short, total in totals.items() if total == least]
        return self._walk(decide_leading_group(self._core, self._start, winners))

    def _spread_upper_phase(self) -> list[Excesses]:
        """The least excess so far, by shortage on arrival: from the start to the last flexible plant, and after it."""
        core, budget = self._core, self._core.budget
        fits = self._bounds.rest(self._start)
        arrived = {
            short: excess for short, excess in after_leading_group(core, self._start).items() if fits(short, excess)
        }
        upper = [arrived]
        for place in range(self._start, self._last_flexible + 1):
            high, rate = core.highs[place], core.rates[place]
            fits = self._bounds.rest(place + 1)
            step = high if core.defaults[place] else -high
            extra = rate * -step
            if place < core.margin and high % self._bounds.modulus == 0:
                # The plants that can settle a shortage are the same as for the place before.
                arrived = upper[-1].copy()
            else:
                arrived = {short: excess for short, excess in upper[-1].items() if fits(short, excess)}
            for short, excess in upper[-1].items():
                total = excess + extra
                if total <= budget:
                    next_short = short + step
                    if total < arrived.get(next_short, total + 1) and fits(next_short, total):
                        arrived[next_short] = total
            self._count(len(arrived))
            upper.append(arrived)
        return upper

    def _build_back(self, upper: list[Excesses]) -> Excesses:
        """The least excess of the rest for the states of the upper phase at the start."""
        lower: Excesses = {0: 0}
        for place in range(len(self._core.places) - 1, self._last_flexible, -1):
            lower = self._extend_lower_phase(place, lower)
        rest = {
            short: lower[short]
            for short, excess in upper[-1].items()
            if short in lower and lower[short] + excess <= self._core.budget
        }
        for place in range(self._last_flexible, self._start - 1, -1):
            rest = self._decide_upper_phase(place, upper[place - self._start], rest, lower)
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
        fits = self._bounds.before(place)
        if low < default:
            # Neither choice is the default: all states move.
            moved: Excesses = {}
            for power in (low, 0):
                for short, excess in self._shifted(lower, power - default, rate, fits):
                    if excess < moved.get(short, excess + 1):
                        moved[short] = excess
                        if power:
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
            for short, excess in self._shifted(lower, shift, rate, fits)
            if excess < lower.get(short, excess + 1) or (not is_cheap and excess == lower[short])
        ]
        lower.update(better)
        moves.update(short for short, _ in better)
        self._count(len(lower) // 8 + len(better))
        if place == core.margin or low % self._bounds.modulus:
            # Fewer shortages can be left by the plants before this place than by those before the next.
            return {short: excess for short, excess in lower.items() if fits(short, excess)}
        return lower

    def _shifted(self, lower: Excesses, shift: int, rate: int, fits: Fits) -> list[tuple[int, int]]:
        """The states of ``lower`` that stay within the budget when the plant deviates from its default by ``shift``."""
        extra = rate * shift
        most = self._core.budget - extra
        return [
            (short + shift, excess + extra)
            for short, excess in lower.items()
            if excess <= most and fits(short + shift, excess + extra)
        ]

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

    def _walk(self, leading: list[int]) -> dict[int, int]:
        """From the first plant on, the powers that were noted."""
        core = self._core
        powers = dict(zip(core.places, leading, strict=False))
        short, is_upper = core.short + sum(core.highs[: self._start]) - sum(leading), True
        for place in range(self._start, len(core.places)):
            low, high, default = core.lows[place], core.highs[place], core.defaults[place]
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
