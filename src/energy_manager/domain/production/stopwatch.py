"""The work budget of a plan: a time limit, and ceilings on what it may hold in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from time import perf_counter
from typing import TypeVar

T = TypeVar("T")

# Between two looks at the clock: some hundredths of a second.
_ITEMS_A_LOOK = 50_000


class WorkExhausted(Exception):
    """The budget is spent; caught by the planner, which says so with what it has found."""


class Stopwatch:
    """Counts the seconds of a ``clock`` since it was made against a limit; None never ends."""

    __slots__ = ("_began_s", "_clock", "_deadline")

    def __init__(self, limit_s: float | None, *, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._began_s = clock()
        self._deadline = None if limit_s is None else self._began_s + limit_s

    @property
    def seconds(self) -> float:
        """Since it was made."""
        return self._clock() - self._began_s

    def check(self) -> None:
        """Raise ``WorkExhausted`` when the time is over; called between pieces of work of a few milliseconds."""
        if self._deadline is not None and self._clock() > self._deadline:
            raise WorkExhausted

    def over(self, items: Collection[T]) -> Iterable[T]:
        """The items, in pieces with a ``check`` before each where they are many."""
        return items if len(items) <= _ITEMS_A_LOOK else self._in_pieces(items)

    def _in_pieces(self, items: Collection[T]) -> Iterator[T]:
        remaining = iter(items)
        while piece := list(islice(remaining, _ITEMS_A_LOOK)):
            self.check()
            yield from piece
