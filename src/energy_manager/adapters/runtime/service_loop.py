"""One event loop for what is asynchronous beside the API: drivers that are called, and talks with other programs.

One thread for all of it in the whole process, begun when it is first needed.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from functools import cache, partial
from typing import Any, TypeVar

from loguru import logger

from energy_manager.adapters.failures import describe_failure
from energy_manager.adapters.runtime.threads import start_daemon

Answer = TypeVar("Answer")


class TookTooLong(TimeoutError):
    """What was asked for did not come in time, and was given up."""


class ServiceLoop:
    """An event loop in a daemon thread; every method may be called from any other thread."""

    def __init__(self, *, name: str = "asynchronous services") -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = start_daemon(self._run, name=name)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def call(self, work: Callable[[], Coroutine[Any, Any, Answer]], *, deadline_s: float) -> Answer:
        """Have the work done in the loop and wait for it; what it raises is raised here.

        Raises:
            TookTooLong: it is not done after so many seconds; it is cancelled.
        """
        assert threading.current_thread() is not self._thread, "the loop would wait for itself"
        future: Future[Answer] = asyncio.run_coroutine_threadsafe(work(), self._loop)
        try:
            return future.result(deadline_s)
        except TimeoutError:
            if future.done():
                raise
            future.cancel()
            raise TookTooLong(f"no answer within {deadline_s:g} s") from None

    def post(self, work: Callable[[], object]) -> None:
        """Call it in the loop, soon."""
        self._loop.call_soon_threadsafe(work)

    def keep(self, work: Callable[[], Coroutine[Any, Any, object]], *, name: str) -> Future[object]:
        """Run the work in the loop until it ends; how it fails is logged."""
        future: Future[object] = asyncio.run_coroutine_threadsafe(work(), self._loop)
        future.add_done_callback(partial(_log_failure, name))
        return future


def _log_failure(name: str, future: Future[object]) -> None:
    error = None if future.cancelled() else future.exception()
    if error is not None:
        logger.error("{}: {}", name, describe_failure(error))


@cache
def service_loop() -> ServiceLoop:
    """The loop of this process."""
    return ServiceLoop()
