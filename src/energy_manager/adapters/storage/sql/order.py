"""Changes on their way to the writer."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from energy_manager.application.ports.schedules.durability import Change, Done


class Withdrawn(Exception):
    """Nobody waits for the order any more."""


class Order:
    """Changes that somebody waits for; withdrawn when nobody does any more.

    Up to the moment of committing it can be withdrawn for certain.
    """

    def __init__(self, changes: Sequence[Change], deadline_s: float) -> None:
        self.changes = changes
        self.deadline_s = deadline_s
        self.finished = threading.Event()
        self.done: tuple[Done, ...] | None = None
        self.error: Exception | None = None
        self.trouble = "it does not answer"
        self.unfit_tries = 0
        self._lock = threading.Lock()
        self._is_withdrawn = False
        self._is_committing = False

    def go_on(self, *, is_committing: bool) -> None:
        """Take the next step of a try.

        Raises:
            Withdrawn: it is not wanted any more.
        """
        with self._lock:
            if self._is_withdrawn:
                raise Withdrawn
            self._is_committing = is_committing

    def withdraw(self) -> bool:
        """Nobody waits any more; whether it is certain that nothing was and will be stored."""
        with self._lock:
            self._is_withdrawn = True
            return not self._is_committing
