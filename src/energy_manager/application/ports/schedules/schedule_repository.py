"""Where schedules, activations and the documents of the jobs are kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from energy_manager.application.ports.forecasts.forecast_repository import ForecastRepository
from energy_manager.application.ports.records.logbook import Logbook
from energy_manager.application.ports.schedules.durability import (
    PATIENCE_S,
    AcceptedActivation,
    ChangeStore,
    Document,
    JsonObject,
    PutDocument,
    PutSchedule,
)
from energy_manager.domain.schedule import AcceptedSchedule, Schedule

NONE_KNOWN: Mapping[int, AcceptedSchedule] = {}


class ScheduleRepository(ChangeStore, Protocol):
    """The accepted schedules. Changes are durable when the call returns; see ``ChangeStore.commit`` for what it raises.

    Reading may take as long as the store takes, some seconds at worst, and raises ``StoreUnavailable``: not for the
    ticker's thread.
    """

    def put(self, schedule: Schedule, *, timeout_s: float = PATIENCE_S) -> AcceptedSchedule:
        """Accept a schedule, in place of any of the same id; it is the newest now."""
        (accepted,) = self.commit([PutSchedule(schedule=schedule)], timeout_s=timeout_s)
        assert isinstance(accepted, AcceptedSchedule)
        return accepted

    def get(self, schedule_id: str) -> AcceptedSchedule | None:
        """The schedule of that id, or None."""
        ...

    def all(self) -> tuple[AcceptedSchedule, ...]:
        """Every schedule, oldest acceptance first."""
        ...

    def page(self, *, after: int, limit: int) -> tuple[AcceptedSchedule, ...]:
        """The first ``limit`` schedules whose number is greater than ``after``, oldest acceptance first."""
        ...

    def active_at(self, instant: datetime) -> tuple[AcceptedSchedule, ...]:
        """Those of which a block covers the instant, oldest acceptance first."""
        ...

    def unfinished_at(
        self, instant: datetime, *, known: Mapping[int, AcceptedSchedule] = NONE_KNOWN
    ) -> tuple[AcceptedSchedule, ...]:
        """Those of which a block ends after the instant, oldest acceptance first: all that matter from then on.

        ``known`` are schedules by number that the caller has already: they are not read again.
        """
        ...

    def revision(self) -> int:
        """A number that changes with every change to the schedules, by whichever process; cheap to ask."""
        ...


class ActivationRepository(Protocol):
    """The activations, each with its schedule; promises as in ``ScheduleRepository``."""

    def activation(self, activation_id: str) -> AcceptedActivation | None:
        """The activation of that id, or None."""
        ...

    def activations(self) -> tuple[AcceptedActivation, ...]:
        """Every activation, oldest acceptance first."""
        ...


class DocumentRepository(ChangeStore, Protocol):
    """State that a job keeps between its decisions; promises as in ``ScheduleRepository``."""

    def put_document(
        self,
        kind: str,
        document_id: str,
        body: JsonObject,
        *,
        expected: int | None = None,
        timeout_s: float = PATIENCE_S,
    ) -> Document:
        """Keep a document; ``expected`` is the version it replaces (0 = none yet, None = whatever there is)."""
        change = PutDocument(kind=kind, id=document_id, body=body, expected=expected)
        (document,) = self.commit([change], timeout_s=timeout_s)
        assert isinstance(document, Document)
        return document

    def document(self, kind: str, document_id: str) -> Document | None:
        """The document, or None."""
        ...

    def documents(self, kind: str) -> tuple[Document, ...]:
        """Every document of a kind, in order of id."""
        ...


class StateRepository(
    ScheduleRepository, ActivationRepository, DocumentRepository, ForecastRepository, Logbook, Protocol
):
    """Everything that must not get lost."""
