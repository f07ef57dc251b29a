"""The search step that decides one plant."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable

from energy_manager.domain.production.search.bounds import Fits
from energy_manager.domain.production.search.core import PlantCore
from energy_manager.domain.production.search.search_step import Excesses
from energy_manager.domain.production.stopwatch import Stopwatch

_WORTH_A_TABLE = 20_000


class PlantStep:
    """Off or high in the upper phase, where it may also turn to the lower phase at any power; off or low in that."""

    def __init__(self, core: PlantCore, place: int, modulus: int, watch: Stopwatch) -> None:
        self._watch = watch
        self.start, self.end = place, place + 1
        self._low, self._high = core.lows[place], core.highs[place]
        self._default, self._rate = core.defaults[place], core.rates[place]
        self._budget = core.budget
        self.is_flexible = self._low < self._high
        # Where neither of these changes, what fitted before the plant fits after it, and the other way round.
        shares_modulus = self._high % modulus == 0 and not self.is_flexible
        self._rest_is_same = place < core.margin and (modulus == 1 or shares_modulus)
        self._before_is_same = place != core.margin and (modulus == 1 or shares_modulus)
        # Powers chosen in the upper phase, and shortages at which the lower phase leaves the default.
        self._choices: dict[int, int] = {}
        self._moves: set[int] = set()

    def spread(self, arrived: Excesses, fits: Fits) -> Excesses:
        """Default, and the other of off and high."""
        step = self._high if self._default else -self._high
        extra = -self._rate * step
        most = self._budget - extra
        after = arrived.copy() if self._rest_is_same else self._fitting(arrived, fits)
        for short, excess in self._watch.over(arrived.items()):
            if excess <= most:
                next_short, total = short + step, excess + extra
                if total < after.get(next_short, total + 1) and fits(next_short, total):
                    after[next_short] = total
        return after

    def extend(self, lower: Excesses, fits: Fits) -> Excesses:
        """Off, and on at the low; where both cost the same, on."""
        low, default = self._low, self._default
        if low == 0 and default == 0:
            return lower
        if low < default:
            return self._extend_by_moving(lower, fits)
        # One choice is the default and changes nothing. On is to move for a dear plant, and to stay for a cheap one.
        is_cheap = default > 0
        better = [
            (short, excess)
            for short, excess in self._shifted(lower, -default if is_cheap else low, fits)
            if excess < lower.get(short, excess + 1) or (not is_cheap and excess == lower[short])
        ]
        lower.update(better)
        self._moves.update(short for short, _ in better)
        if self._before_is_same:
            return lower
        return self._fitting(lower, fits)

    def _extend_by_moving(self, lower: Excesses, fits: Fits) -> Excesses:
        """Neither off nor low is the default of a cheap plant that has a range: all states move."""
        moved: Excesses = {}
        for power in (self._low, 0):
            for short, excess in self._shifted(lower, power - self._default, fits):
                if excess < moved.get(short, excess + 1):
                    moved[short] = excess
                    if power:
                        self._moves.add(short)
                    else:
                        self._moves.discard(short)
        return moved

    def _shifted(self, lower: Excesses, shift: int, fits: Fits) -> list[tuple[int, int]]:
        """The states of ``lower`` that stay within the budget when the plant deviates from its default by ``shift``."""
        extra = self._rate * shift
        most = self._budget - extra
        return [
            (short + shift, excess + extra)
            for short, excess in self._watch.over(lower.items())
            if excess <= most and fits(short + shift, excess + extra)
        ]

    def decide(self, arrived: Excesses, rest: Excesses, lower: Excesses) -> Excesses:
        """High, any power at which the plant turns, or off; where they cost the same, the greatest power."""
        low, high, default, rate = self._low, self._high, self._default, self._rate
        turned: list[int] = sorted(lower) if self.is_flexible else []
        # A plant that turns at a power p leaves short + default - p, at an excess of rate * (p - default).
        values = [lower[short] - rate * short for short in turned]
        least_of = _range_minimum(values, queries=len(arrived))
        decided: Excesses = {}
        for short, excess in self._watch.over(arrived.items()):
            off_short = short + default
            best, power = rest.get(off_short - high), high
            if best is not None:
                best += rate * (high - default)
            start, end = bisect_left(turned, off_short - high + 1), bisect_right(turned, off_short - max(low, 1))
            if start < end:
                least = least_of(start, end)
                if best is None or least + rate * short < best:
                    best = least + rate * short
                    power = off_short - turned[values.index(least, start, end)]
            off = rest.get(off_short)
            if off is not None and (best is None or off - rate * default < best):
                best, power = off - rate * default, 0
            if best is not None and excess + best <= self._budget:
                decided[short] = best
                self._choices[short] = power
        return decided

    def _fitting(self, states: Excesses, fits: Fits) -> Excesses:
        return {short: excess for short, excess in self._watch.over(states.items()) if fits(short, excess)}

    def walk(self, short: int, *, is_upper: bool) -> tuple[list[int], bool]:
        """The power that was noted."""
        if is_upper:
            power = self._choices[short]
            return [power], power in (0, self._high)
        is_move = short in self._moves
        stays_on = self._default > 0 and not self.is_flexible
        return [self._low if is_move != stays_on else 0], False


def _range_minimum(values: list[int], *, queries: int) -> Callable[[int, int], int]:
    """The least of ``values[start:end]``, start < end; for many queries from a table of runs of 1, 2, 4, ... values."""
    if len(values) * queries < _WORTH_A_TABLE:
        return lambda start, end: min(values[start:end])
    table, span = [values], 1
    while 2 * span <= len(values):
        table.append(list(map(min, table[-1], table[-1][span:])))
        span *= 2

    def least_of(start: int, end: int) -> int:
        level = (end - start).bit_length() - 1
        row = table[level]
        return min(row[start], row[end - (1 << level)])

    return least_of
