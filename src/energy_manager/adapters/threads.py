"""Threads that can neither hold the process when it ends nor be stopped by one bad look."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from loguru import logger

from energy_manager.adapters.failures import describe_failure


def start_daemon(work: Callable[[], object], *, name: str) -> threading.Thread:
    """Run ``work`` in a daemon thread: the process does not wait for it when it ends."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
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
