"""The site's logbook: what people and the product did, in order, never changed afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class LogKind(StrEnum):
    """What an entry is about. ``COMMAND`` entries together are the audit: who changed what."""

    COMMAND = "command"
    ALARM = "alarm"
    PLAN = "plan"
    START = "start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: a name, a role, and from where (an address, or ``command line``)."""

    who: str
    role: str
    origin: str


THE_PRODUCT = Actor(who="energy_manager", role="", origin="")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One line: ``action`` on ``subject``, with what was there before and after it as JSON (None: nothing).

    ``outcome`` is ``done``, or says why it was not. ``key`` is the idempotency key that came with a command.
    """

    at: datetime
    kind: LogKind
    actor: Actor
    action: str
    subject: str = ""
    before: Any = None
    after: Any = None
    reason: str = ""
    outcome: str = "done"
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRecord:
    """An entry and its place in the book: numbers grow without end, from 1."""

    number: int
    entry: LogEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """Which entries are wanted; None = any. ``[since, until)``."""

    kinds: frozenset[LogKind] | None = None
    subject: str | None = None
    who: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def wants(self, entry: LogEntry) -> bool:
        """Whether this one is."""
        return (
            (self.kinds is None or entry.kind in self.kinds)
            and (self.subject is None or entry.subject == self.subject)
            and (self.who is None or entry.actor.who == self.who)
            and (self.since is None or entry.at >= self.since)
            and (self.until is None or entry.at < self.until)
        )


EVERYTHING = LogFilter()


class Logbook(Protocol):
    """Reads the book; entries are written by ``ChangeStore.commit`` with ``AppendLog``, together with what they tell.

    Raises:
        StoreUnavailable: the store cannot be read now.
    """

    def log_page(
        self, *, before: int | None = None, limit: int = 100, only: LogFilter = EVERYTHING
    ) -> tuple[LogRecord, ...]:
        """The newest entries of a smaller number than ``before``, newest first."""
        ...
