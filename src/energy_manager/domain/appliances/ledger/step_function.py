"""Step functions over time: the ledger's only data structure.

A step function is a sorted tuple of instants and the value that holds from each instant up to the next. Adding a run
changes the values on its interval; looking for a start is one walk over the pieces. Times are whole microseconds on
any one clock; intervals are half-open ``[start, end)``.
"""

from __future__ import annotations

import math
import operator
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from energy_manager.domain.appliances.units import FOREVER_US, Watts

_BEGINNING_US = -FOREVER_US


class Step(NamedTuple):
    """The value that holds on ``[start_us, end_us)``; a named tuple, since searches make thousands of them."""

    start_us: int
    end_us: int
    value: Watts


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFunction:
    """A function of time that is constant between its ``starts_us``.

    ``starts_us`` is strictly increasing and begins before all time, so every instant has a value; the last value
    holds for ever.
    """

    starts_us: tuple[int, ...]
    values: tuple[Watts, ...]

    @classmethod
    def constant(cls, value: Watts) -> StepFunction:
        """The same value at all times."""
        return cls(starts_us=(_BEGINNING_US,), values=(value,))

    @classmethod
    def of_pieces(cls, pieces: Iterable[Step]) -> StepFunction:
        """The sum of all pieces; 0 where there is none."""
        changes: dict[int, Watts] = {}
        for piece in pieces:
            changes[piece.start_us] = changes.get(piece.start_us, 0) + piece.value
            changes[piece.end_us] = changes.get(piece.end_us, 0) - piece.value
        value: Watts = 0
        starts, values = [_BEGINNING_US], [value]
        for instant in sorted(changes):
            value += changes[instant]
            if value != values[-1] and instant < FOREVER_US:
                starts.append(instant)
                values.append(value)
        return cls(starts_us=tuple(starts), values=tuple(values))

    @classmethod
    def of_slots(cls, values: Iterable[Watts], *, slot_us: int, start_us: int = 0) -> StepFunction:
        """One value a slot from ``start_us`` on; 0 before and after."""
        return cls.of_pieces(
            Step(start_us=start_us + place * slot_us, end_us=start_us + (place + 1) * slot_us, value=value)
            for place, value in enumerate(values)
        )

    @classmethod
    def of_rows(cls, from_us: Sequence[int], values: Sequence[Watts]) -> StepFunction:
        """The values one after the other; ``from_us`` has the end of the last as one entry more, 0 holds after it."""
        starts = (_BEGINNING_US, *from_us[1:])
        return _compact(starts[:-1], values) if starts[-1] >= FOREVER_US else _compact(starts, (*values, 0))

    def at(self, instant_us: int) -> Watts:
        """The value at one instant."""
        return self.values[bisect_right(self.starts_us, instant_us) - 1]

    def pieces(self, start_us: int, end_us: int) -> Iterator[Step]:
        """The pieces that cover ``[start_us, end_us)``, cut at its ends."""
        index = bisect_right(self.starts_us, start_us) - 1
        while start_us < end_us:
            following = self.starts_us[index + 1] if index + 1 < len(self.starts_us) else FOREVER_US
            piece_end = min(following, end_us)
            yield Step(start_us=start_us, end_us=piece_end, value=self.values[index])
            start_us = piece_end
            index += 1

    def plus_on(self, start_us: int, end_us: int, amount: Watts) -> StepFunction:
        """The same function with ``amount`` added on ``[start_us, end_us)``."""
        if start_us >= end_us or amount == 0:
            return self
        starts, values = self.starts_us, self.values
        first = bisect_right(starts, start_us) - 1
        last = bisect_left(starts, end_us)
        middle_starts = list(starts[first:last])
        middle = [value + amount for value in values[first:last]]
        if middle_starts[0] < start_us:
            middle_starts.insert(1, start_us)
            middle.insert(0, values[first])
        if end_us < FOREVER_US and (last == len(starts) or starts[last] > end_us):
            middle_starts.append(end_us)
            middle.append(values[last - 1])
        return _joined(self, first, last, middle_starts, middle)

    def combined(self, other: StepFunction, operation: Callable[[Watts, Watts], Watts]) -> StepFunction:
        """``operation`` applied at every instant to both values."""
        if len(other.values) == 1:
            constant = other.values[0]
            return self.mapped(lambda value: operation(value, constant))
        if self.starts_us == other.starts_us:
            return _compact(self.starts_us, map(operation, self.values, other.values))
        starts = sorted({*self.starts_us, *other.starts_us})
        return _compact(starts, map(operation, _values_at(self, starts), _values_at(other, starts)))

    def __add__(self, other: StepFunction) -> StepFunction:
        if other.values == (0,):
            return self
        if self.values == (0,):
            return other
        return self.combined(other, operator.add)

    def __sub__(self, other: StepFunction) -> StepFunction:
        return self.combined(other, operator.sub)

    def mapped(self, operation: Callable[[Watts], Watts]) -> StepFunction:
        """``operation`` applied to the value at every instant."""
        return _compact(self.starts_us, [operation(value) for value in self.values])

    def raised(self, amount: Watts) -> StepFunction:
        """The same function with ``amount`` added at every instant."""
        return StepFunction(starts_us=self.starts_us, values=tuple([value + amount for value in self.values]))

    def since(self, instant_us: int) -> StepFunction:
        """The same function from ``instant_us`` on; what was before is forgotten (its last value extends back)."""
        index = bisect_right(self.starts_us, instant_us) - 1
        if index == 0:
            return self
        return StepFunction(starts_us=(_BEGINNING_US, *self.starts_us[index + 1 :]), values=self.values[index:])

    def until(self, instant_us: int) -> StepFunction:
        """The same function up to ``instant_us``; what comes later is forgotten (the value there extends)."""
        index = bisect_left(self.starts_us, instant_us)
        if index == len(self.starts_us):
            return self
        return StepFunction(starts_us=self.starts_us[:index], values=self.values[:index])

    def below_zero_until_us(self) -> int:
        """The end of the last piece below 0; before all time where there is none, for ever where nothing follows it."""
        after = next((index for index in range(len(self.values), 0, -1) if self.values[index - 1] < 0), 0)
        return self.starts_us[after] if after < len(self.values) else FOREVER_US

    def lowest(self, start_us: int, end_us: int) -> Watts:
        """The smallest value on ``[start_us, end_us)``."""
        return min(self._values_on(start_us, end_us))

    def highest(self, start_us: int, end_us: int) -> Watts:
        """The greatest value on ``[start_us, end_us)``."""
        return max(self._values_on(start_us, end_us))

    def _values_on(self, start_us: int, end_us: int) -> tuple[Watts, ...]:
        first = bisect_right(self.starts_us, start_us) - 1
        return self.values[first : max(bisect_left(self.starts_us, end_us), first + 1)]

    def area(self, start_us: int, end_us: int) -> Watts:
        """The integral over ``[start_us, end_us)``, in watt-microseconds."""
        return sum((piece.end_us - piece.start_us) * piece.value for piece in self.pieces(start_us, end_us))


def together(
    first: StepFunction, second: StepFunction, start_us: int, end_us: int
) -> Iterator[tuple[int, int, Watts, Watts]]:
    """The common pieces of two step functions on ``[start_us, end_us)``."""
    starts, values = first.starts_us, first.values
    other_starts, other_values = second.starts_us, second.values
    index, last = bisect_right(starts, start_us) - 1, len(starts) - 1
    other, other_last = bisect_right(other_starts, start_us) - 1, len(other_starts) - 1
    at_us = start_us
    while at_us < end_us:
        next_us = starts[index + 1] if index < last else end_us
        other_next_us = other_starts[other + 1] if other < other_last else end_us
        until_us = min(next_us, other_next_us, end_us)
        yield at_us, until_us, values[index], other_values[other]
        if next_us == until_us:
            index += 1
        if other_next_us == until_us:
            other += 1
        at_us = until_us


def aligned(start_us: int, end_us: int, *functions: StepFunction) -> Iterator[tuple[Any, ...]]:
    """The common pieces of several step functions on ``[start_us, end_us)``: from, until, and a value of each."""
    inner = {
        instant
        for steps in functions
        for instant in steps.starts_us[bisect_right(steps.starts_us, start_us) : bisect_left(steps.starts_us, end_us)]
    }
    instants = [start_us, *sorted(inner)]
    return zip(instants, [*instants[1:], end_us], *(_values_at(steps, instants) for steps in functions), strict=True)


def _joined(steps: StepFunction, first: int, last: int, middle_starts: list[int], middle: list[Watts]) -> StepFunction:
    """The function with the pieces ``first:last`` replaced; equal neighbours at the two seams become one piece."""
    starts, values = steps.starts_us, steps.values
    if last < len(values) and values[last] == middle[-1]:
        last += 1
    if first > 0 and values[first - 1] == middle[0]:
        del middle_starts[0], middle[0]
    return StepFunction(
        starts_us=(*starts[:first], *middle_starts, *starts[last:]), values=(*values[:first], *middle, *values[last:])
    )


def _values_at(steps: StepFunction, instants: list[int]) -> list[Watts]:
    """The values at instants that are in order."""
    starts, values = steps.starts_us, steps.values
    if len(values) == 1:
        return list(values) * len(instants)
    found: list[Watts] = []
    following = bisect_right(starts, instants[0])
    ends = (*starts[following:], math.inf)
    place, end, value = 0, ends[0], values[following - 1]
    for instant in instants:
        while end <= instant:
            place += 1
            end, value = ends[place], values[following - 1 + place]
        found.append(value)
    return found


def _compact(starts: Iterable[int], values: Iterable[Watts]) -> StepFunction:
    kept_starts: list[int] = []
    kept: list[Watts] = []
    before: Watts | None = None
    for start, value in zip(starts, values, strict=True):
        if value != before:
            kept_starts.append(start)
            kept.append(value)
            before = value
    return StepFunction(starts_us=tuple(kept_starts), values=tuple(kept))
