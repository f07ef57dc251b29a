"""Threads follow the number of blocked calls, not the number of devices.

Measured against a thread per device, fixed pools and asyncio's own threads (``docs/benchmarks/dispatch.md``): a few hot
threads do all the work while nobody blocks, so they do not fight over the interpreter. When the queue has not moved
for a millisecond, the hot ones must be blocked: idle threads are promoted, or new ones started, twice as many at each
further stall. The stack of idle threads is last in, first out: those on top stay hot, those below end after a minute.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from energy_manager.adapters.runtime.threads import start_at_once

HOT_THREADS = 16
STALL_S = 0.001
STALLS_TO_START = 2
"""New threads are started at the second stall in a row: the first may be a machine that is busy elsewhere."""

IDLE_S = 60.0


class _WakeSignal:
    """Wakes one thread; a lock used as a binary semaphore is the cheapest there is."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def ring(self) -> None:
        self._lock.release()

    def wait(self, timeout_s: float = -1) -> bool:
        return self._lock.acquire(timeout=timeout_s)


class ElasticPool:
    """Runs tasks that may block, on daemon threads; a task must not raise.

    Args:
        max_threads: never more threads than this at once.
        idle_s: a thread without work for this long ends.
        start: starts a thread; may raise RuntimeError when the machine gives no more.
    """

    def __init__(
        self, *, max_threads: int, idle_s: float = IDLE_S, start: Callable[..., object] = start_at_once
    ) -> None:
        self._max_threads = max_threads
        self._start = start
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._queue: deque[Callable[[], None]] = deque()
        self._idle: list[_WakeSignal] = []
        self._taken = 0
        self._stall_monitor = _WakeSignal()
        self._stall_monitor_sleeps = False
        self._has_started = False
        self.threads = 0

    def submit(self, tasks: Sequence[Callable[[], None]], *, go_first: bool = False) -> None:
        """Queue the tasks, behind or (``go_first``) before those that wait, and wake threads; returns at once."""
        with self._lock:
            if go_first:
                self._queue.extendleft(reversed(tasks))
            else:
                self._queue.extend(tasks)
            if not self._queue:
                return
            if not self._has_started:
                self._has_started = True
                self._start(self._watch_for_stalls, name="lanes stall monitor")
            bells = self._top_of_the_idle(min(HOT_THREADS, len(self._queue)))
            if self._stall_monitor_sleeps:
                self._stall_monitor_sleeps = False
                bells.append(self._stall_monitor)
        for bell in bells:
            bell.ring()

    def _top_of_the_idle(self, count: int) -> list[_WakeSignal]:
        """Take up to ``count`` idle threads off the stack, the most recently busy first; the lock is held."""
        if not count:
            return []
        bells = self._idle[-count:]
        del self._idle[-count:]
        return bells

    def _work(self) -> None:
        bell = _WakeSignal()
        while True:
            with self._lock:
                task = self._queue.popleft() if self._queue else None
                if task is not None:
                    self._taken += 1
                else:
                    self._idle.append(bell)
            if task is not None:
                task()
                del task
            elif not bell.wait(self._idle_s) and self._has_ended(bell):
                return

    def _has_ended(self, bell: _WakeSignal) -> bool:
        with self._lock:
            if bell not in self._idle:
                is_ending = False
            else:
                self._idle.remove(bell)
                self.threads -= 1
                is_ending = True
        if not is_ending:
            bell.wait()  # it was taken off the stack in this very moment: the ring is on its way
        return is_ending

    def _watch_for_stalls(self) -> None:
        step, taken_before, stalls = HOT_THREADS, -1, 0
        while True:
            with self._lock:
                is_done = not self._queue
                is_stalled = not is_done and self._taken == taken_before
                taken_before = self._taken
                self._stall_monitor_sleeps = is_done
            if is_done:
                step, taken_before, stalls = HOT_THREADS, -1, 0
                self._stall_monitor.wait()
                continue
            stalls = stalls + 1 if is_stalled else 0
            if is_stalled:
                may_start = stalls >= STALLS_TO_START
                self._promote(step, may_start=may_start)
                step *= 2 if may_start else 1
            time.sleep(STALL_S)

    def _promote(self, count: int, *, may_start: bool) -> None:
        with self._lock:
            bells = self._top_of_the_idle(count)
            starting = max(0, min(count - len(bells), self._max_threads - self.threads)) if may_start else 0
            self.threads += starting
        for bell in bells:
            bell.ring()
        for started in range(starting):
            try:
                self._start(self._work, name="lane")
            except RuntimeError:  # the machine gives no more threads: go on with those there are
                with self._lock:
                    self.threads -= starting - started
                return
