"""A lane: one call in flight, a mailbox of one, the newest wins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from energy_manager.adapters.lanes.steps import Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Something to tell or ask a device.

    ``due_s`` is the grid point that the call belongs to; a status read has no use for ``target``. None releases
    the device; ``mode`` is what the target means to a device that knows modes only. After the ``is_last`` call no other
    one is made.
    """

    due_s: float
    target: int | None = 0
    mode: str = ""
    is_last: bool = False


class Lane:
    """Keeps the calls to one device for one purpose in order.

    ``make_call`` may take for ever but must not raise. The lock is held for a few instructions only, never during a
    call, so that posting never waits for a device.
    """

    __slots__ = (
        "_in_flight",
        "_is_ending",
        "_is_queued",
        "_lock",
        "_make_call",
        "_returned",
        "_waiting",
        "finished_due_s",
        "superseded",
    )

    def __init__(self, make_call: Callable[[Call], None]) -> None:
        self._make_call = make_call
        self._lock = threading.Lock()
        self._waiting: Call | None = None
        self._in_flight: Call | None = None
        self._returned: Callable[[], None] | None = None
        self._is_queued = False
        self._is_ending = False
        self.superseded = 0
        self.finished_due_s = float("-inf")

    def post(self, call: Call) -> bool:
        """Leave a call in the mailbox in place of one that still waits there; True if the lane now wants a thread."""
        with self._lock:
            if self._is_ending:
                return False
            self._is_ending = call.is_last
            if self._waiting is not None:
                self.superseded += 1
            self._waiting = call
            if self._is_queued:
                return False
            self._is_queued = True
            return True

    def run(self) -> None:
        """Make the waiting calls one after the other until the mailbox is empty."""
        while (call := self._take()) is not None:
            self._make_call(call)
            self.finished_due_s = call.due_s
        if self._returned is not None:
            self._returned()

    def run_in_steps(self, make_call: Callable[[Call], Steps[None]]) -> Steps[None]:
        """As ``run``, with calls in steps."""
        while (call := self._take()) is not None:
            yield from make_call(call)
            self.finished_due_s = call.due_s
        if self._returned is not None:
            self._returned()

    def abandon(self, returned: Callable[[], None]) -> bool:
        """Make no call after the one in flight, and say when that has come back; False when there is none."""
        with self._lock:
            if self._in_flight is None:
                return False
            self._is_ending, self._waiting, self._returned = True, None, returned
            return True

    @property
    def in_flight(self) -> Call | None:
        """The call that has begun and not come back."""
        return self._in_flight

    def _take(self) -> Call | None:
        with self._lock:
            call, self._waiting = self._waiting, None
            self._in_flight = call
            self._is_queued = call is not None
            return call

    def oldest_due_s(self) -> float | None:
        """The grid point of the call that has been outstanding longest, or None when the lane is idle."""
        call = self._in_flight or self._waiting
        return None if call is None else call.due_s
