"""Writing the logbook: with the change that a line tells of, or beside it; what the store cannot take now waits."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from energy_manager.application.ports.records.logbook import Actor, LogEntry, LogKind
from energy_manager.application.ports.schedules.durability import AppendLog, ChangeStore, StoreUnavailable

MOST_WAITING = 1_000
"""Lines that wait for a store that is away; beyond it the oldest is given up."""

PATIENCE_S = 0.5


@dataclass(slots=True, kw_only=True)
class KeepLogbook:
    """From any thread but the ticker's.

    Args:
        store: where the book is.
        now: the time of day, UTC.
    """

    store: ChangeStore
    now: Callable[[], datetime]
    _waiting: deque[LogEntry] = field(default_factory=lambda: deque(maxlen=MOST_WAITING), init=False)

    def command(
        self,
        actor: Actor,
        action: str,
        subject: str,
        *,
        before: Any = None,  # noqa: ANN401 - JSON-ready
        after: Any = None,  # noqa: ANN401 - JSON-ready
        reason: str = "",
        outcome: str = "done",
        key: str = "",
    ) -> LogEntry:
        """The line of a command, as of now."""
        return LogEntry(
            at=self.now(),
            kind=LogKind.COMMAND,
            actor=actor,
            action=action,
            subject=subject[:200],
            before=before,
            after=after,
            reason=reason,
            outcome=outcome,
            key=key,
        )

    def write(self, entry: LogEntry) -> None:
        """Write a line; it is durable when the call returns, unless the store is away: then it waits."""
        self._store([*self._taken(), entry])

    def look(self) -> None:
        """Write what waits, if the store takes it now."""
        if entries := self._taken():
            self._store(entries)

    def _taken(self) -> list[LogEntry]:
        """What waits, each line for one taker, however many look at once: two would write it twice."""
        entries: list[LogEntry] = []
        with suppress(IndexError):
            while True:
                entries.append(self._waiting.popleft())
        return entries

    def _store(self, entries: list[LogEntry]) -> None:
        try:
            self.store.commit([AppendLog(entry=entry) for entry in entries], timeout_s=PATIENCE_S)
        except StoreUnavailable:
            room = MOST_WAITING - len(self._waiting)
            self._waiting.extendleft(reversed(entries[max(0, len(entries) - room) :]))
