"""Threads that can neither hold the process when it ends nor take the signals away from the main thread."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable

from loguru import logger

from energy_manager.adapters.failures import describe_failure

STOP_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM})


def start_daemon(work: Callable[[], object], *, name: str) -> threading.Thread:
    """Run ``work`` in a daemon thread with SIGINT and SIGTERM blocked.

    A signal that the kernel hands to another thread does not wake the main one from its sleep. The mask is set around
    the start, because a thread inherits it from the one that starts it.
    """
    thread = threading.Thread(target=work, name=name, daemon=True)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        thread.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return thread


def repeat(look: Callable[[], None], *, every_s: float, name: str) -> threading.Thread:
    """Call ``look`` again and again in a daemon thread of its own; a failure is logged and does not end it."""

    def keep_looking() -> None:
        while True:
            try:
                look()
            except Exception as error:  # noqa: BLE001 - the watching must outlive any one look
                logger.error("{}: {}", name, describe_failure(error))
            time.sleep(every_s)

    return start_daemon(keep_looking, name=name)
