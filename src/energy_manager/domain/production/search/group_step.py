"""The search step that decides a group of plants of equal cost at once, such as wind parks that are on or off.

Whichever of them run, only the sum of their powers counts for what follows and for the cost. So the step takes all
the sums that they can produce, as the bits of one whole number, and goes from shortage to shortage by windows of
these bits, cheapest first. Which plants produce the sum that wins is decided on the walk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from energy_manager.domain.production.filling.equal_costs import share
from energy_manager.domain.production.filling.reachable_loads import loads_of, power_options
from energy_manager.domain.production.search.bounds import Fits
from energy_manager.domain.production.search.core import PlantCore
from energy_manager.domain.production.search.search_step import Excesses
from energy_manager.domain.production.stopwatch import Stopwatch

_WORTH_GROUPING = 8
_MOST_BITS = 1 << 24


class GroupStep:
    """The plants of ``core`` from ``start`` to ``end``, all of one rate.

    ``sums``: bit ``q`` says whether they can produce ``q`` in all. ``window``: the least and the greatest shortage
    that the plants before can leave; ``most_after``: the greatest that the plants after can settle.
    """

    is_flexible = False

    def __init__(
        self, core: PlantCore, run: range, *, sums: int, window: tuple[int, int], most_after: int, watch: Stopwatch
    ) -> None:
        self.start, self.end = run.start, run.stop
        self._lows, self._highs = core.lows[run.start : run.stop], core.highs[run.start : run.stop]
        self._rate, self._budget = core.rates[run.start], core.budget
        self._default = sum(core.defaults[run.start : run.stop])
        self._window = window
        self._most_after = most_after
        self._watch = watch
        self._total = sum(self._highs)
        self._sums = sums.to_bytes(self._total // 8 + 1, "little")
        self._rest: Excesses = {}
        self._lower: Excesses = {}

    def spread(self, arrived: Excesses, fits: Fits) -> Excesses:
        """Any sum of the group."""
        rate, default = self._rate, self._default
        mirrored = int(f"{int.from_bytes(self._sums, 'little'):0{self._total + 1}b}"[::-1], 2)
        sheds = mirrored.to_bytes(len(self._sums), "little")
        after: Excesses = {}
        missing = (2 << self._most_after) - 1
        # Excess and rate times shortage add up to the same before and after the group, whatever it produces.
        for short in sorted(arrived, key=lambda short: arrived[short] + rate * short):
            self._watch.check()
            level = arrived[short] + rate * short
            bits = _window(sheds, self._total - short - default, self._most_after + 1) & missing
            missing ^= bits
            for next_short in _members(bits):
                if fits(next_short, level - rate * next_short):
                    after[next_short] = level - rate * next_short
            if not missing:
                break
        return after

    def extend(self, lower: Excesses, fits: Fits) -> Excesses:
        """Any sum of the group."""
        self._lower = lower
        least, most = self._window
        gathered = self._gather(lower, least, (2 << (most - least)) - 1)
        return {short: excess for short, excess in gathered.items() if fits(short, excess)}

    def decide(self, arrived: Excesses, rest: Excesses, lower: Excesses) -> Excesses:  # noqa: ARG002 - no plant turns here
        """Any sum of the group."""
        self._rest = rest
        if not arrived:
            return {}
        least = min(arrived)
        wanted = bytearray((max(arrived) - least) // 8 + 1)
        for short in arrived:
            wanted[(short - least) >> 3] |= 1 << ((short - least) & 7)
        gathered = self._gather(rest, least, int.from_bytes(wanted, "little"))
        return {short: excess for short, excess in gathered.items() if arrived[short] + excess <= self._budget}

    def _gather(self, after: Excesses, least: int, wanted: int) -> Excesses:
        """The least excess of the rest for the shortages ``least + i`` on arrival whose bit ``i`` is ``wanted``."""
        rate, width = self._rate, wanted.bit_length()
        gathered: Excesses = {}
        for next_short in sorted(after, key=lambda short: after[short] - rate * short):
            self._watch.check()
            level = after[next_short] - rate * next_short
            bits = _window(self._sums, least - next_short + self._default, width) & wanted
            wanted ^= bits
            for index in _members(bits):
                gathered[least + index] = level + rate * (least + index)
            if not wanted:
                break
        return gathered

    def walk(self, short: int, *, is_upper: bool) -> tuple[list[int], bool]:
        """Of the sums that cost the least, the one that the earliest plants produce the most of."""
        after = self._rest if is_upper else self._lower
        least: int | None = None
        targets: set[int] = set()
        for next_short, excess in after.items():
            produced = short - next_short + self._default
            level = excess - self._rate * next_short
            if (least is None or level <= least) and _window(self._sums, produced, 1):
                if level != least:
                    targets.clear()
                least = level
                targets.add(produced)
        powers = share(self._lows, self._highs, targets, self._watch)
        assert powers is not None, "the sums were found reachable"
        return powers, is_upper


def groups_of(core: PlantCore) -> list[range]:
    """Runs of ``core`` worth a group: many plants of one rate, all at one power each or all at the marginal cost."""
    runs, start = [], 0
    for place in range(1, len(core.rates) + 1):
        if place < len(core.rates) and core.rates[place] == core.rates[start]:
            continue
        run = range(start, place)
        is_fixed = all(core.lows[index] == core.highs[index] for index in run)
        if (
            len(run) >= _WORTH_GROUPING
            and (is_fixed or core.rates[start] == 0)
            and sum(core.highs[start:place]) < _MOST_BITS
        ):
            runs.append(run)
        start = place
    return runs


def sums_of(lows: Sequence[int], highs: Sequence[int], watch: Stopwatch) -> int:
    """The bits of all sums that a group can produce."""
    options = (power_options(low, high) for low, high in zip(lows, highs, strict=True))
    return loads_of(options, ceiling=sum(highs), watch=watch).bits


def _window(bits: bytes, start: int, width: int) -> int:
    """The ``width`` bits from ``start`` on; there are none outside of ``bits``."""
    if start < 0:
        return _window(bits, 0, width + start) << -start if width + start > 0 else 0
    first = start >> 3
    piece = int.from_bytes(bits[first : (start + width + 7) >> 3], "little")
    return (piece >> (start & 7)) & ((1 << width) - 1)


def _members(bits: int) -> Iterator[int]:
    """The places of the bits that are set."""
    text = bin(bits)[:1:-1]
    place = text.find("1")
    while place >= 0:
        yield place
        place = text.find("1", place + 1)
