"""Things that must not get lost: changes that are kept or refused as one, and what can stand in the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeAlias

from energy_manager.application.ports.records.logbook import LogEntry, LogRecord
from energy_manager.domain.errors import EnergyManagerError
from energy_manager.domain.forecast import ForecastHead, IssuedForecast
from energy_manager.domain.schedule import AcceptedSchedule, Schedule

JsonObject: TypeAlias = Mapping[str, Any]
"""What JSON can say: text, finite numbers, booleans, None, lists and mappings of these."""

PATIENCE_S = 5.0
"""How long a change waits for a store that is busy, locked or away, unless the caller says otherwise."""

LONGEST_KIND = 40
"""Characters in a document's kind."""


class StoreUnavailable(EnergyManagerError):
    """The store cannot be read or written now; trying again later may help.

    ``is_undone`` says that nothing was stored; otherwise the change may or may not have been.
    """

    code: ClassVar[str] = "store_unavailable"

    def __init__(self, reason: str, *, is_undone: bool = True) -> None:
        outcome = "" if is_undone else "; whether the change was stored is not known"
        super().__init__(f"the store is not available: {reason}{outcome}")
        self.reason = reason
        self.is_undone = is_undone

    @property
    def details(self) -> dict[str, Any]:
        """The reason, and whether it is certain that nothing was stored."""
        return {"reason": self.reason, "is_undone": self.is_undone}


class VersionConflict(EnergyManagerError):
    """Somebody else has changed the document since it was read; nothing was changed."""

    code: ClassVar[str] = "version_conflict"

    def __init__(self, *, kind: str, id: str, expected: int, found: int) -> None:  # noqa: A002 - the field's name
        super().__init__(f"{kind} {id!r} is at version {found}, not {expected}: read it again")
        self.kind, self.id, self.expected, self.found = kind, id, expected, found

    @property
    def details(self) -> dict[str, Any]:
        """Which document, and both versions (0 = there is none)."""
        return {"kind": self.kind, "id": self.id, "expected": self.expected, "found": self.found}


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """A promise to deliver: its schedule does the work, ``terms`` say what was agreed.

    The schedule is kept with it and speaks while its blocks last; the assets then get their own schedules back.
    """

    schedule: Schedule
    terms: JsonObject

    @property
    def id(self) -> str:
        """An activation and its schedule share one id."""
        return self.schedule.id


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedActivation:
    """An activation that counts from now on."""

    accepted: AcceptedSchedule
    terms: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """State of a job that only the job understands: a household, a run, a forecast.

    ``version`` begins with 1 and grows by 1 with each change.
    """

    kind: str
    id: str
    version: int
    body: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class PutSchedule:
    """Keep a schedule, in place of any of the same id. Done: an ``AcceptedSchedule``."""

    schedule: Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteSchedule:
    """Forget a schedule, and the activation it belongs to. Done: whether there was one."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PutActivation:
    """Keep an activation and its schedule, in place of any of the same id. Done: an ``AcceptedActivation``."""

    activation: Activation


@dataclass(frozen=True, slots=True, kw_only=True)
class PutDocument:
    """Keep a document. Done: a ``Document`` with its new version.

    ``expected`` is the version it replaces: 0 = there must be none; None = whatever there is.
    """

    kind: str
    id: str
    body: JsonObject
    expected: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteDocument:
    """Forget a document. Done: whether there was one. ``expected`` as in ``PutDocument``."""

    kind: str
    id: str
    expected: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PutForecast:
    """Keep a forecast beside the older ones of its name. Done: its ``ForecastHead``."""

    forecast: IssuedForecast


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteForecast:
    """Forget all forecasts of a name. Done: whether there was one."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendLog:
    """Write a line into the logbook. Done: its ``LogRecord``."""

    entry: LogEntry


ScheduleChange: TypeAlias = PutSchedule | DeleteSchedule | PutActivation
"""The changes that the schedules' revision counts."""

Change: TypeAlias = ScheduleChange | PutDocument | DeleteDocument | PutForecast | DeleteForecast | AppendLog
Done: TypeAlias = AcceptedSchedule | AcceptedActivation | Document | ForecastHead | LogRecord | bool


class ChangeStore(Protocol):
    """Keeps changes for good: each commit wholly or not at all."""

    def commit(self, changes: Sequence[Change], *, timeout_s: float = PATIENCE_S) -> tuple[Done, ...]:
        """Make the changes, in order, as one; returns what came of each once that would survive a crash.

        Never returns much later than ``timeout_s``. From any thread but the ticker's.

        Raises:
            StoreUnavailable: the changes could not be made durable in time.
            VersionConflict: a document is not at the version expected; nothing was changed.
            Refused: a change cannot be kept as it is, such as a body that is no JSON; nothing was changed.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreState:
    """How the store is: for ``/readyz``, ``/metrics`` and the log.

    ``waiting`` records are not stored yet; ``dropped`` were given up, oldest first, since the start; ``trouble`` says
    in words what is wrong, or is empty. ``writer_is_alive`` says that somebody is there to store them. ``set_aside``
    names a broken file that was moved out of the way.
    """

    is_reachable: bool
    writer_is_alive: bool = True
    waiting: int = 0
    stored: int = 0
    dropped: int = 0
    trouble: str = ""
    set_aside: str = ""
    last_stored_at: datetime | None = None


class StoreWatch(Protocol):
    """Tells how the store is."""

    def state(self) -> StoreState:
        """The state now; never waits."""
        ...
