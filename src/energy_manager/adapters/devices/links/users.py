"""Who uses a link that devices share; the last one to leave hangs up."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Users:
    """Counts; ``begin`` is called for the first that joins, ``end`` for the last that leaves."""

    def __init__(self, *, begin: Callable[[], None], end: Callable[[], None]) -> None:
        self._begin, self._end = begin, end
        self._lock = threading.Lock()
        self._count = 0

    def join(self) -> None:
        """Use the link; what ``begin`` raises is raised here, and the next one that joins tries again."""
        with self._lock:
            if self._count == 0:
                self._begin()
            self._count += 1

    def leave(self) -> None:
        """Use it no more."""
        with self._lock:
            self._count -= 1
            if self._count == 0:
                self._end()
