"""Virtual time for code that blocks: calls sleep and hang as long as they like, and no second passes outside.

The idea: all threads hand one baton around, so exactly one of them runs at any moment, in an order that depends on
nothing but the virtual clock. A call that blocks parks its thread and gives the baton back; the clock resumes it at its
instant. So a run is the same each time, whatever the machine does.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.adapters.runtime.threads import start_daemon

LONG_SLEEP_S = 0.15
"""A sleeper that looks again and again sleeps less than this at a time."""


class Abandoned(BaseException):
    """The run is over: a call that still blocks ends with this."""


def _baton() -> threading.Lock:
    """A lock as a binary semaphore: who releases it gives the baton to the one who waits to acquire it."""
    baton = threading.Lock()
    baton.acquire()
    return baton


class _Carrier:
    """A thread that carries one task after the other, each as long as it holds the baton."""

    def __init__(self) -> None:
        self.own = _baton()
        self.back = _baton()
        self.task: Callable[[], None] | None = None
        self.is_parked = False
        start_daemon(self._carry, name="virtual thread")

    def _carry(self) -> None:
        CARRIERS.here = self
        while True:
            self.own.acquire()
            task = self.task
            if task is None:
                self.back.release()
                return
            with suppress(Abandoned):
                task()
            self.task = None
            self.back.release()

    def run(self) -> None:
        """Let it run until its task is done or parks; in the thread that holds the baton."""
        self.own.release()
        self.back.acquire()

    def park(self) -> None:
        """Give the baton back until somebody lets it run again; in the carrier's own thread."""
        self.is_parked = True
        self.back.release()
        self.own.acquire()
        self.is_parked = False


class _Here(threading.local):
    here: _Carrier | None = None


CARRIERS = _Here()


class VirtualTime(FakeClock):
    """The clock of a drill, and the pool whose tasks may block on it.

    Everything happens in the thread that sleeps; while ``may_block``, each task that begins has a thread of its own
    meanwhile, which costs a hundred times as much.
    """

    def __init__(self, start_s: float = 0.0, *, may_block: bool = True) -> None:
        super().__init__(start_s)
        self.may_block = may_block
        self._idle: list[_Carrier] = []
        self._parked: set[_Carrier] = set()
        self._is_over = False
        self.late_by_s: Callable[[], float] | None = None

    @property
    def blocked(self) -> int:
        """The tasks that block now."""
        return len(self._parked)

    def submit(self, tasks: Sequence[Callable[[], None]], *, go_first: bool = False) -> None:  # noqa: ARG002 - as a pool
        """Begin the tasks, in order, as soon as time is slept; the pool's surface as the gateway knows it."""
        for task in tasks:
            self.call_at(self.now_s(), partial(self._begin, task))

    def repeat(self, look: Callable[[], None], *, every_s: float, name: str = "") -> None:  # noqa: ARG002 - as threads.repeat
        """Call it each ``every_s`` seconds until the run is over, as a thread beside the loop would."""

        def again() -> None:
            if not self._is_over:
                self._begin(look)
                self.call_at(self.now_s() + every_s, again)

        self.call_at(self.now_s() + every_s, again)

    def block(self, for_s: float = math.inf) -> None:
        """Block the calling task for so long; for ever unless time is given. In a task's own thread.

        Raises:
            Abandoned: the run is over.
        """
        carrier = CARRIERS.here
        assert carrier is not None, "only a task of the pool may block"
        if self._is_over:
            raise Abandoned
        if for_s < math.inf:
            self.call_at(self.now_s() + for_s, lambda: self._resume(carrier))
        self._parked.add(carrier)
        carrier.park()
        if self._is_over:
            raise Abandoned

    def sleep_until(self, instant_s: float) -> None:
        """Sleep; where ``late_by_s`` says so the sleeper of a long sleep is woken late."""
        is_long = instant_s - self.now_s() > LONG_SLEEP_S
        super().sleep_until(instant_s)
        if self.late_by_s is not None and is_long:
            super().sleep_until(instant_s + self.late_by_s())

    def stand_still(self, for_s: float) -> None:
        """The machine stands still: time passes, and nothing that was planned for it happens in time."""
        self._now_s += for_s

    def wake_all(self) -> None:
        """Whatever blocks comes back now."""
        for carrier in tuple(self._parked):
            self._resume(carrier)

    def end(self) -> None:
        """The run is over: whatever blocks is ended, and no task begins any more."""
        self._is_over = True
        for carrier in tuple(self._parked):
            self._resume(carrier)
        for carrier in self._idle:
            carrier.run()
        self._idle.clear()

    def _begin(self, task: Callable[[], None]) -> None:
        if self._is_over:
            return
        if not self.may_block:
            task()
            return
        carrier = self._idle.pop() if self._idle else _Carrier()
        carrier.task = task
        self._run(carrier)

    def _resume(self, carrier: _Carrier) -> None:
        if carrier in self._parked:
            self._parked.discard(carrier)
            self._run(carrier)

    def _run(self, carrier: _Carrier) -> None:
        carrier.run()
        if not carrier.is_parked:
            self._idle.append(carrier)
