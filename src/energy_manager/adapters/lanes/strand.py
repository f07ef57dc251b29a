"""A strand: calls that would wait for each other anyway take turns on one thread, in place of blocking one each."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from energy_manager.adapters.lanes.steps import Course, Steps

Task = TypeVar("Task")


class _Line(Generic[Task]):
    """Who is next; the lock is held for a few instructions only, never during a task."""

    __slots__ = ("_going_first", "_has_begun", "_is_running", "_lock", "_waiting", "members")

    def __init__(self) -> None:
        self.members = 0
        self._lock = threading.Lock()
        self._going_first: deque[Task] = deque()
        self._waiting: deque[Task] = deque()
        self._is_running = self._has_begun = False

    def _add(self, task: Task, *, goes_first: bool) -> bool:
        """Add a task; whether the strand is now to be run."""
        with self._lock:
            (self._going_first if goes_first else self._waiting).append(task)
            was_running, self._is_running = self._is_running, True
            return not was_running

    def _take(self) -> Task | None:
        with self._lock:
            line = self._going_first or self._waiting
            self._has_begun = bool(line)
            if line:
                return line.popleft()
            self._is_running = False
            return None


class Strand(_Line[Callable[[], None]]):
    """What is to be run one after the other: what goes first, then the rest, each in the order in which it came.

    Behind a gateway ten devices answer one at a time: ten lanes that wait for their turn would block ten threads.
    ``members`` are the lanes that use it: one alone keeps its order by itself.
    """

    __slots__ = ()

    def post(self, task: Callable[[], None], *, goes_first: bool = False) -> Callable[[], None] | None:
        """Add a task, which must not raise; what a thread is now to run, None where one does already."""
        return self.run if self._add(task, goes_first=goes_first) else None

    def run(self) -> None:
        """Run what waits until nothing does."""
        while (task := self._take()) is not None:
            task()


class SteppedStrand(_Line[Callable[[], Steps[None]]]):
    """The same for calls in steps, which one thread makes for all strands."""

    __slots__ = ()

    def post(self, task: Callable[[], Steps[None]], *, goes_first: bool = False) -> Course | None:
        """Add a task, which must not raise; what is now to be made, None where it is under way already."""
        return Course(self._steps(), self._is_awaited) if self._add(task, goes_first=goes_first) else None

    def urgent(self) -> Steps[None]:
        """Make what goes first, in the middle of something that does not."""
        while self._going_first:
            yield from self._going_first.popleft()()

    def _is_awaited(self) -> bool:
        """Whether something that goes first waits for what is under way, or what comes next."""
        return len(self._going_first) > (0 if self._has_begun else 1)

    def _steps(self) -> Steps[None]:
        while (task := self._take()) is not None:
            yield from task()
