"""One thread that makes the calls of many links, each up to where it would wait.

Measured with 1,000 Modbus units (``docs/benchmarks/devices.md``): where each call waits on a thread of its own, most of
its cost is that threads take turns, seven times a call.
"""

from __future__ import annotations

import selectors
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from loguru import logger

from energy_manager.adapters.failures import describe_failure
from energy_manager.adapters.lanes.elastic_pool import ElasticPool
from energy_manager.adapters.lanes.steps import Arrival, Course, Wait
from energy_manager.adapters.lanes.wake_signal import WakeSignal
from energy_manager.adapters.runtime.threads import start_at_once

STEPS_BETWEEN_LOOKS = 32
"""So many steps are made before it is looked what has arrived meanwhile."""


class Multiplexer:
    """Makes calls in steps on one daemon thread; what may block it goes to the pool. A call must not raise.

    ``now_s`` is the monotonic clock by which arrivals are waited for.
    """

    def __init__(
        self, pool: ElasticPool, *, now_s: Callable[[], float], start: Callable[..., object] = start_at_once
    ) -> None:
        self._pool = pool
        self._now_s = now_s
        self._start = start
        self._starting = threading.Lock()
        self._wake: WakeSignal | None = None
        self._is_closed = False
        self._awaited: deque[tuple[Course, Arrival | _Outcome | None]] = deque()
        self._first: deque[Course] = deque()
        self._arrived: deque[tuple[Course, Arrival | _Outcome]] = deque()
        self._later: deque[Course] = deque()
        self._waiting: dict[int, tuple[Course, Arrival]] = {}
        self._watched: dict[int, object] = {}
        self._look_again_s = float("inf")

    def submit(self, calls: Sequence[Course], *, go_first: bool = False) -> None:
        """Have these calls made, behind all that is under way or (``go_first``) before it; returns at once.

        Before all go those that others wait for: ten calls in a row take longest, so they begin, and go on, first.
        """
        if not calls:
            return
        if go_first:
            for course in calls:
                if course.is_awaited():
                    self._awaited.append((course, None))
                else:
                    self._first.append(course)
        else:
            self._later.extend(calls)
        if self._wake is None:
            with self._starting:
                if self._wake is None:
                    self._wake = WakeSignal()
                    self._start(partial(self._serve, self._wake), name="device calls")
        self._wake.ring()

    def close(self) -> None:
        """End the thread; calls that have not ended are left as they are."""
        self._is_closed = True
        if self._wake is not None:
            self._wake.ring()

    def _serve(self, wake: WakeSignal) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(wake, selectors.EVENT_READ)
            while not self._is_closed:
                for _ in range(STEPS_BETWEEN_LOOKS):
                    if self._awaited:
                        self._go_on(selector, *self._awaited.popleft())
                    elif self._first:
                        self._go_on(selector, self._first.popleft(), None)
                    elif self._arrived:
                        self._go_on(selector, *self._arrived.popleft())
                    elif self._later:
                        self._go_on(selector, self._later.popleft(), None)
                    else:
                        break
                self._look(selector, wake)
        wake.close()

    def _go_on(self, selector: selectors.BaseSelector, course: Course, found: Arrival | _Outcome | None) -> None:
        """Make the next step, with what was waited for or why it is not to be had."""
        steps = course.steps
        try:
            if found is None:
                wanted = next(steps)
            else:
                try:
                    outcome = found.take()
                except BaseException as error:  # noqa: BLE001 - the call's to deal with
                    wanted = steps.throw(error)
                else:
                    if outcome is None and self._now_s() < found.until_s:
                        self._wait_for(selector, course, cast("Arrival", found))
                        return
                    wanted = steps.send(outcome)
        except StopIteration:
            return
        except BaseException as error:  # noqa: BLE001 - the thread must outlive any one call
            logger.error("device calls: {}", describe_failure(error))
            return
        self._wait_for(selector, course, wanted)

    def _wait_for(self, selector: selectors.BaseSelector, course: Course, wanted: Wait) -> None:
        fileno = getattr(wanted, "fileno", None)
        if fileno is None:
            self._pool.submit([partial(self._wait_elsewhere, course, wanted)], go_first=True)
            return
        arrival = cast("Arrival", wanted)
        if self._watched.get(fileno) is not arrival.source and not self._watch(selector, fileno, arrival.source):
            self._has_arrived(course, _Outcome())
            return
        self._waiting[fileno] = (course, arrival)
        self._look_again_s = min(self._look_again_s, arrival.until_s)

    def _watch(self, selector: selectors.BaseSelector, fileno: int, source: object) -> bool:
        """Have the selector watch what has this number now, from now on; False where it is closed already."""
        if fileno in self._waiting:
            self._resume(fileno)
        self._unwatch(selector, fileno)
        try:
            selector.register(fileno, selectors.EVENT_READ)
        except (OSError, ValueError):
            return False
        self._watched[fileno] = source
        return True

    def _unwatch(self, selector: selectors.BaseSelector, fileno: int) -> None:
        if self._watched.pop(fileno, None) is not None:
            selector.unregister(fileno)

    def _wait_elsewhere(self, course: Course, wanted: Wait) -> None:
        try:
            outcome = _Outcome(value=wanted.wait())
        except BaseException as error:  # noqa: BLE001 - the call's to deal with
            outcome = _Outcome(error=error)
        self._has_arrived(course, outcome)
        if self._wake is not None:
            self._wake.ring()

    def _look(self, selector: selectors.BaseSelector, wake: WakeSignal) -> None:
        """See what has arrived and who has waited long enough; sleep while there is nothing to do."""
        timeout_s: float | None = None
        if self._awaited or self._first or self._arrived or self._later:
            timeout_s = 0.0
        elif self._waiting:
            timeout_s = max(0.0, self._look_again_s - self._now_s())
        for key, _ in selector.select(timeout_s):
            if key.fileobj is wake:
                wake.hear()
            elif key.fd in self._waiting:
                self._resume(key.fd)
            else:  # it has hung up, or says what nobody asked for
                self._unwatch(selector, key.fd)
        if self._waiting and self._now_s() >= self._look_again_s:
            now_s = self._now_s()
            for fileno in [fileno for fileno, (_, arrival) in self._waiting.items() if arrival.until_s <= now_s]:
                self._resume(fileno)
            self._look_again_s = min((arrival.until_s for _, arrival in self._waiting.values()), default=float("inf"))

    def _resume(self, fileno: int) -> None:
        self._has_arrived(*self._waiting.pop(fileno))

    def _has_arrived(self, course: Course, found: Arrival | _Outcome) -> None:
        (self._awaited if course.is_awaited() else self._arrived).append((course, found))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """How a wait on a thread of the pool has ended."""

    value: Any = None
    error: BaseException | None = None
    until_s = float("-inf")

    def take(self) -> Any:  # noqa: ANN401 - of any kind
        if self.error is not None:
            raise self.error
        return self.value
