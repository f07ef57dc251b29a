"""Worker processes for planners: persistent, warmed, killed and replaced at their deadline.

``anyio.to_process`` was measured beside pebble's pool: 0.30 against 0.73 ms a call and half the CPU in this process,
without threads of its own (``docs/adr``).
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

import anyio
from anyio import BrokenWorkerProcess, to_process

from energy_manager.application.ports.workers import WorkersBusy
from energy_manager.domain.errors import OutOfTime

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

MAX_WAITING = 200
"""More requests than this waiting for a worker are turned away."""

WARM_EVERY_S = 60.0
"""Idle workers are kept alive by a greeting this often; anyio ends those that were idle for five minutes."""

GREETING_S = 0.05
"""A greeting lasts long enough that each worker gets one of its own."""

PARENT_CHECK_S = 1.0


class ProcessWorkers:
    """A few worker processes; use it from one event loop, with ``keep_warm`` running beside."""

    def __init__(self, *, count: int, preload: Callable[[], object]) -> None:
        self._count = count
        self._preload = preload
        self._limiter: anyio.CapacityLimiter | None = None
        self._needs_greeting = anyio.Event()

    async def run(self, function: Callable[[*Ts], T], *arguments: *Ts, deadline_s: float) -> T:
        """Call the function in a worker; the deadline holds for waiting and running together."""
        limiter = self._its_limiter()
        if limiter.statistics().tasks_waiting >= MAX_WAITING:
            raise WorkersBusy(f"{MAX_WAITING} requests are waiting already; try again in a moment")
        try:
            with anyio.fail_after(deadline_s):
                return await to_process.run_sync(function, *arguments, cancellable=True, limiter=limiter)
        except TimeoutError:
            self._needs_greeting.set()
            raise OutOfTime(f"no answer within {deadline_s:g} s") from None
        except BrokenWorkerProcess:
            self._needs_greeting.set()
            raise OutOfTime("the worker process ended before it answered; try again") from None

    async def keep_warm(self) -> None:
        """Start all workers now, and again whenever one was lost; runs until cancelled."""
        while True:
            self._needs_greeting = anyio.Event()
            async with anyio.create_task_group() as greetings:
                for _ in range(self._count):
                    greetings.start_soon(self._greet)
            with anyio.move_on_after(WARM_EVERY_S):
                await self._needs_greeting.wait()

    async def _greet(self) -> None:
        try:
            await to_process.run_sync(_settle_in, self._preload, cancellable=True, limiter=self._its_limiter())
        except BrokenWorkerProcess:
            self._needs_greeting.set()

    def _its_limiter(self) -> anyio.CapacityLimiter:
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(self._count)
        return self._limiter


_has_settled_in = False


def _settle_in(preload: Callable[[], object]) -> None:
    """In the worker: load what planners need, mind signals as a child should, and do not outlive the parent."""
    global _has_settled_in  # noqa: PLW0603 - once in the life of the process
    if not _has_settled_in:
        _has_settled_in = True
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
        threading.Thread(target=_end_with_the_parent, args=(os.getppid(),), daemon=True).start()
        preload()
    time.sleep(GREETING_S)


def _end_with_the_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_S)
    os._exit(1)
