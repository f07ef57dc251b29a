"""A strand: calls that would wait for each other anyway take turns on one thread, in place of blocking one each."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable


class Strand:
    """What is to be run one after the other: what goes first, then the rest, each in the order in which it came.

    Behind a gateway ten devices answer one at a time: ten lanes that wait for their turn would block ten threads.
    The lock is held for a few instructions only, never during a task. ``members`` are the lanes that use it: one alone
    keeps its order by itself.
    """

    __slots__ = ("_going_first", "_is_running", "_lock", "_waiting", "members")

    def __init__(self) -> None:
        self.members = 0
        self._lock = threading.Lock()
        self._going_first: deque[Callable[[], None]] = deque()
        self._waiting: deque[Callable[[], None]] = deque()
        self._is_running = False

    def post(self, task: Callable[[], None], *, goes_first: bool = False) -> Callable[[], None] | None:
        """Add a task, which must not raise; what a thread is now to run, None where one does already."""
        with self._lock:
            (self._going_first if goes_first else self._waiting).append(task)
            if self._is_running:
                return None
            self._is_running = True
            return self.run

    def run(self) -> None:
        """Run what waits until nothing does."""
        while (task := self._take()) is not None:
            task()

    def _take(self) -> Callable[[], None] | None:
        with self._lock:
            line = self._going_first or self._waiting
            if line:
                return line.popleft()
            self._is_running = False
            return None
