"""Which loads a set of plants can meet exactly, whatever it costs.

Each plant adds 0 or anything from its low to its high, so the set of reachable loads grows plant by plant: a union of
the set shifted by all that the plant may add. It is held as disjoint intervals while they are few and as the bits of
one whole number when they are many: with fixed sizes the intervals multiply, but a shift and an OR of a million bits
take microseconds.

Near the sum of all plants the set of *sheds*, what is missing to that sum, is far smaller than the set of loads, and
grows the same way.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from energy_manager.domain.production.stopwatch import Stopwatch, WorkExhausted

# Bits are 16 MB at most, and intervals 100 MB: beyond that the answer is "out of time", not a machine out of memory.
_MOST_BITS = 1 << 27
_MOST_INTERVALS = 1 << 20
# Measured: adding a plant costs about as much for one interval as for this many bits.
_BITS_PER_INTERVAL = 1 << 13
_FEW_INTERVALS = 64


# What a plant may add, as (least, greatest) ranges.
Options = Sequence[tuple[int, int]]


def power_options(low: int, high: int) -> Options:
    """Powers of a plant: off, or from its low to its high."""
    return ((0, 0), (low, high))


def shed_options(low: int, high: int) -> Options:
    """What a plant leaves out of its high: up to the range between its limits, or all."""
    return ((0, high - low), (high, high))


class LoadSet(ABC):
    """Sums from 0 up to a ceiling that some plants can add up to; 0 is always one of them."""

    @abstractmethod
    def plus(self, options: Options, watch: Stopwatch) -> LoadSet:
        """The sums with one more plant, which may add 0; this very object when there are no new ones.

        Raises ``WorkExhausted`` where the time is over, or the set would take too much memory.
        """

    @abstractmethod
    def least(self, low: int, high: int) -> int | None:
        """The smallest reachable load from ``low`` to ``high``."""

    @abstractmethod
    def greatest(self, high: int) -> int:
        """The greatest reachable load up to ``high``."""

    @property
    @abstractmethod
    def bits(self) -> int:
        """Bit ``s`` says whether the sum ``s`` is reachable."""

    @property
    @abstractmethod
    def size_bytes(self) -> int:
        """About how much memory this set takes."""

    def __contains__(self, load: int) -> bool:
        return load >= 0 and self.least(load, load) is not None


def no_plant(*, ceiling: int) -> LoadSet:
    """The set before the first plant: only 0. Loads above ``ceiling`` are never looked at."""
    return _Intervals(((0, 0),), ceiling)


def loads_of(options: Iterable[Options], *, ceiling: int, watch: Stopwatch) -> LoadSet:
    """The sums up to ``ceiling`` of plants that may each add one of its options."""
    reachable = no_plant(ceiling=ceiling)
    # The widest first, so that intervals stay few.
    for ranges in sorted(options, key=lambda ranges: sum(low - high for low, high in ranges)):
        watch.check()
        reachable = reachable.plus(ranges, watch)
    return reachable


class _Intervals(LoadSet):
    """Ascending intervals with at least one unreachable load between two of them."""

    __slots__ = ("_ceiling", "_intervals")

    def __init__(self, intervals: tuple[tuple[int, int], ...], ceiling: int) -> None:
        self._intervals = intervals
        self._ceiling = ceiling

    def plus(self, options: Options, watch: Stopwatch) -> LoadSet:
        ceiling = self._ceiling
        shifted = [
            (start + low, min(end + high, ceiling))
            for low, high in options
            for start, end in watch.over(self._intervals)
            if start + low <= ceiling
        ]
        merged: list[tuple[int, int]] = []
        last_start, last_end = 0, 0
        for start, end in watch.over(sorted(shifted)):
            if start > last_end + 1:
                merged.append((last_start, last_end))
                last_start, last_end = start, end
            elif end > last_end:
                last_end = end
        merged.append((last_start, last_end))
        intervals = tuple(merged)
        if intervals == self._intervals:
            return self
        if len(intervals) > max(_FEW_INTERVALS, ceiling // _BITS_PER_INTERVAL) and ceiling < _MOST_BITS:
            return _Bits(_bits_of(intervals), ceiling)
        if len(intervals) > _MOST_INTERVALS:
            raise WorkExhausted
        return _Intervals(intervals, ceiling)

    def least(self, low: int, high: int) -> int | None:
        place = max(bisect_right(self._intervals, (low, self._ceiling)) - 1, 0)
        for start, end in self._intervals[place : place + 2]:
            if end >= low:
                load = max(start, low)
                return load if load <= high else None
        return None

    def greatest(self, high: int) -> int:
        _, end = self._intervals[bisect_right(self._intervals, (high, self._ceiling)) - 1]
        return min(end, high)

    @property
    def bits(self) -> int:
        return _bits_of(self._intervals)

    @property
    def size_bytes(self) -> int:
        return 128 * len(self._intervals)


class _Bits(LoadSet):
    """One whole number whose bit ``s`` says whether the sum ``s`` is reachable."""

    __slots__ = ("_bits", "_ceiling")

    def __init__(self, bits: int, ceiling: int) -> None:
        self._bits = bits
        self._ceiling = ceiling

    def plus(self, options: Options, watch: Stopwatch) -> LoadSet:  # noqa: ARG002 - some tenths of a second at most
        bits = self._bits
        for low, high in options:
            if low > self._ceiling:
                continue
            width = min(high, self._ceiling) - low
            smeared, covered = self._bits << low, 0
            while covered < width:
                stride = min(covered + 1, width - covered)
                smeared |= smeared << stride
                covered += stride
            bits |= smeared
        if bits.bit_length() > self._ceiling + 1:
            bits &= (1 << (self._ceiling + 1)) - 1
        return self if bits == self._bits else _Bits(bits, self._ceiling)

    def least(self, low: int, high: int) -> int | None:
        window = (self._bits >> low) & ((1 << (high - low + 1)) - 1)
        return low + (window & -window).bit_length() - 1 if window else None

    def greatest(self, high: int) -> int:
        return (self._bits & ((1 << (high + 1)) - 1)).bit_length() - 1

    @property
    def bits(self) -> int:
        return self._bits

    @property
    def size_bytes(self) -> int:
        return self._ceiling // 8


def _bits_of(intervals: tuple[tuple[int, int], ...]) -> int:
    """The bits from ``start`` to ``end`` are ``2 ** (end + 1) - 2 ** start``: marks for both, then one subtraction."""
    ends = bytearray(intervals[-1][1] // 8 + 2)
    starts = bytearray(len(ends))
    for start, end in intervals:
        starts[start >> 3] |= 1 << (start & 7)
        ends[(end + 1) >> 3] |= 1 << ((end + 1) & 7)
    return int.from_bytes(ends, "little") - int.from_bytes(starts, "little")
