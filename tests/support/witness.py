"""Was it the product that was late, or the machine? A witness beside a run tells."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

Outcome = TypeVar("Outcome")

STEP_S = 0.01
HELD_UP_S = 0.1
"""Half a tick of the fast loop. Who only sleeps and wakes is never that late while the machine has time for others."""


class Witness:
    """Wakes a hundred times a second and notes how late it was at worst; it does nothing else."""

    def __init__(self) -> None:
        self.worst_s = 0.0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Witness:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), -10)
        before_s = time.monotonic()
        while not self._is_over.wait(STEP_S):
            now_s = time.monotonic()
            self.worst_s = max(self.worst_s, now_s - before_s - STEP_S)
            before_s = now_s


def while_nothing_holds_up_the_machine(
    run: Callable[[], Outcome], *, attempts: int = 10, is_well: Callable[[Outcome], bool] = lambda _: False
) -> Outcome:
    """The outcome of a run beside which the witness was never late; of the last one if it always was.

    A product that is late on a machine that has time is not run again. One that is on time though the machine was held
    up need not be: ``is_well`` says of an outcome that all its moments are as they should.
    """
    for _ in range(attempts):
        with Witness() as witness:
            outcome = run()
        if witness.worst_s < HELD_UP_S or is_well(outcome):
            break
    return outcome
