"""The newest mark of the clock, kept in the store by the running loop for the next start and for commands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from energy_manager.application.ports.schedules.document_bodies import body_of, of_body
from energy_manager.application.ports.schedules.durability import Document
from energy_manager.application.ports.schedules.schedule_repository import DocumentRepository
from energy_manager.domain.clock_trust import TRUSTED, ClockMark, ClockTrust, clock_trust
from energy_manager.domain.errors import EnergyManagerError

KIND = "clock"
DOCUMENT_ID = "clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRecord:
    """What the store knows of time: the newest mark, and the instant up to which time has certainly passed."""

    mark: ClockMark
    lived_until: datetime


def keep_clock(documents: DocumentRepository, record: ClockRecord) -> None:
    """Keep it in place of the one before.

    Raises:
        StoreUnavailable: the store cannot be written.
    """
    documents.put_document(KIND, DOCUMENT_ID, body_of(record))


def kept_clock(documents: DocumentRepository) -> ClockRecord | None:
    """What was kept last; None in a store that no loop has run on.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    kept = documents.document(KIND, DOCUMENT_ID)
    return None if kept is None else record_of(kept)


def record_of(kept: Document) -> ClockRecord:
    """What the document says."""
    return of_body(ClockRecord, kept.body)


class ClockDoubtful(EnergyManagerError):
    """Nothing is changed by a clock that disagrees with the store."""

    code = "clock_doubtful"

    def __init__(self, trust: ClockTrust) -> None:
        super().__init__(f"nothing is changed: {trust.why}; set this machine's clock")


def trust_of_store(documents: DocumentRepository, now: ClockMark) -> ClockTrust:
    """Whether this machine's clock agrees with the store: what a command asks before it changes anything by it.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    kept = kept_clock(documents)
    return TRUSTED if kept is None else clock_trust(kept.mark, now)
