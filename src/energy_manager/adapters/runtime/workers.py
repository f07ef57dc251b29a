"""Worker processes for planners: persistent, warmed, killed and replaced at their deadline.

``anyio.to_process`` was measured beside pebble's pool: 0.30 against 0.73 ms a call and half the CPU in this process,
without threads of its own (``docs/adr``).
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar, TypeVarTuple, cast

import anyio
from anyio import BrokenWorkerProcess, to_process

from energy_manager.application.ports.planning.workers import NotEnoughMemory, WorkersBusy
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

COLLECTED_AFTER = 50_000
"""Values made and not given up before the garbage collector looks for circles among them."""


class ProcessWorkers:
    """A few worker processes; use it from one event loop, with ``keep_warm`` running beside where they must be quick.

    Then work goes to workers that have settled in only: the start of one takes seconds on a small machine, and a
    deadline that passed meanwhile would kill it, again and again. Without, whoever needs a worker starts it.

    ``memory_mb``: what a call may take beyond what a worker holds when it has loaded what it needs; None: any.
    """

    def __init__(self, *, count: int, preload: Callable[[], object], memory_mb: float | None = None) -> None:
        self._count = count
        self._memory_mb = memory_mb
        self._preload = preload if memory_mb is None else partial(_load_and_bound, preload, int(memory_mb * 1_000_000))
        self._free = anyio.Semaphore(count)
        self._limiter = anyio.CapacityLimiter(count)
        self._lost = 0
        self._is_kept_warm = False
        self._needs_greeting = anyio.Event()

    async def run(self, function: Callable[[*Ts], T], *arguments: *Ts, deadline_s: float) -> T:
        """Call the function in a worker; the deadline holds for waiting and running together."""
        if self._free.statistics().tasks_waiting >= MAX_WAITING:
            raise WorkersBusy(f"{MAX_WAITING} requests are waiting already; try again in a moment")
        outcome: _Outcome[T] | None = None
        try:
            with anyio.move_on_after(deadline_s):
                await self._free.acquire()
                outcome = await self._ask(_call, self._preload, function, arguments)
        except BrokenWorkerProcess:
            raise OutOfTime("the worker process ended before it answered; try again") from None
        except OSError as error:
            raise WorkersBusy(f"no worker process can be started: {error.strerror}; try again in a moment") from None
        if outcome is None:
            raise OutOfTime(f"no answer within {deadline_s:g} s")
        if isinstance(outcome.error, MemoryError) and self._memory_mb is not None:
            raise NotEnoughMemory(f"this needs more than {self._memory_mb:g} MB of memory: ask for less at once")
        if outcome.error is not None:
            raise outcome.error
        return cast(T, outcome.value)

    async def keep_warm(self) -> None:
        """Start all workers now, and again whenever one was lost; runs until cancelled."""
        self._is_kept_warm = True
        try:
            while True:
                self._needs_greeting = anyio.Event()
                async with anyio.create_task_group() as greetings:
                    for _ in range(self._take_all_free()):
                        greetings.start_soon(self._greet)
                with anyio.move_on_after(WARM_EVERY_S):
                    await self._needs_greeting.wait()
        finally:
            self._is_kept_warm = False
            while self._lost:
                self._lost -= 1
                self._free.release()

    def _take_all_free(self) -> int:
        """How many are to be greeted now: those that nobody has asked for anything, and those that were lost."""
        taken, self._lost = self._lost, 0
        with suppress(anyio.WouldBlock):
            while True:
                self._free.acquire_nowait()
                taken += 1
        return taken

    async def _greet(self) -> None:
        # A machine that gives no process just now: whoever needs one tries again, and is told.
        with suppress(BrokenWorkerProcess, OSError):
            await self._ask(_greet, self._preload)

    async def _ask(self, function: Callable[[*Ts], T], *arguments: *Ts) -> T:
        """For those who have taken a free worker; it is free again afterwards, or lost."""
        is_lost = False
        try:
            return await to_process.run_sync(function, *arguments, cancellable=True, limiter=self._limiter)
        except (BrokenWorkerProcess, anyio.get_cancelled_exc_class()):
            is_lost = True
            raise
        finally:
            if is_lost and self._is_kept_warm:
                self._lost += 1
                self._needs_greeting.set()
            else:
                self._free.release()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome(Generic[T]):
    """What a function came to, so that its own errors are told apart from those of having it called elsewhere."""

    value: T | None = None
    error: Exception | None = None


def _call(preload: Callable[[], object], function: Callable[[*Ts], T], arguments: tuple[*Ts]) -> _Outcome[T]:
    """In the worker: call the function; an error remembers the place it comes from."""
    try:
        _settle_in(preload)
        return _Outcome(value=function(*arguments))
    except Exception as error:  # noqa: BLE001 - it is raised where the function was asked for
        error.add_note("in a worker process, " + "".join(traceback.format_exception(error)))
        return _Outcome(error=error)
    except BaseException:  # noqa: BLE001 - an exit: this process's, not the parent's
        os._exit(1)


def _greet(preload: Callable[[], object]) -> None:
    """In the worker: get ready before there is work; what fails here is told to whoever asks for it."""
    _call(preload, time.sleep, (GREETING_S,))


_has_settled_in = False


def _settle_in(preload: Callable[[], object]) -> None:
    """Once in a worker: load what planners need, mind signals as a child should, and do not outlive the parent.

    Greetings and calls both see to it: a worker that replaces a lost one may get work before a greeting.
    """
    global _has_settled_in  # noqa: PLW0603 - once in the life of the process
    if _has_settled_in:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    # Only now: a Ctrl-C that came before would be delivered here.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
    threading.Thread(target=_end_with_the_parent, args=(os.getppid(),), daemon=True).start()
    _has_settled_in = True
    preload()
    # What was loaded stays: the collector need not look through it during every plan. Planners make many small values
    # and hardly any circles: a plan of 1,000 plants took a tenth longer with the usual threshold of 700 values.
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER)


def _load_and_bound(preload: Callable[[], object], memory_bytes: int) -> None:
    """Load, and take no more than so much memory beyond that (Linux: elsewhere it cannot be told)."""
    preload()
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * os.sysconf("SC_PAGE_SIZE") + memory_bytes
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))
    except (OSError, ValueError):
        return


def _end_with_the_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_S)
    os._exit(1)
