"""The everyday calls of the repositories, each a commit of one change."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from energy_manager.application.ports.schedules.durability import (
    PATIENCE_S,
    AcceptedActivation,
    Activation,
    Change,
    DeleteForecast,
    DeleteSchedule,
    Document,
    Done,
    JsonObject,
    PutActivation,
    PutDocument,
    PutForecast,
    PutSchedule,
)
from energy_manager.domain.forecast import ForecastHead, IssuedForecast
from energy_manager.domain.schedule import AcceptedSchedule, Schedule


class OneChangeAtATime(ABC):
    """Puts and deletes over ``commit``."""

    @abstractmethod
    def commit(self, changes: Sequence[Change], *, timeout_s: float = PATIENCE_S) -> tuple[Done, ...]:
        """As the port ``ChangeStore`` says."""

    def put(self, schedule: Schedule, *, timeout_s: float = PATIENCE_S) -> AcceptedSchedule:
        """Accept a schedule."""
        (accepted,) = self.commit([PutSchedule(schedule=schedule)], timeout_s=timeout_s)
        assert isinstance(accepted, AcceptedSchedule)
        return accepted

    def delete(self, schedule_id: str, *, timeout_s: float = PATIENCE_S) -> bool:
        """Forget a schedule."""
        (was_there,) = self.commit([DeleteSchedule(id=schedule_id)], timeout_s=timeout_s)
        return was_there is True

    def activate(self, activation: Activation, *, timeout_s: float = PATIENCE_S) -> AcceptedActivation:
        """Accept an activation and its schedule."""
        (accepted,) = self.commit([PutActivation(activation=activation)], timeout_s=timeout_s)
        assert isinstance(accepted, AcceptedActivation)
        return accepted

    def put_forecast(self, forecast: IssuedForecast, *, timeout_s: float = PATIENCE_S) -> ForecastHead:
        """Keep a forecast."""
        (head,) = self.commit([PutForecast(forecast=forecast)], timeout_s=timeout_s)
        assert isinstance(head, ForecastHead)
        return head

    def forget_forecast(self, name: str, *, timeout_s: float = PATIENCE_S) -> bool:
        """Forget all forecasts of a name."""
        (was_there,) = self.commit([DeleteForecast(name=name)], timeout_s=timeout_s)
        return was_there is True

    def put_document(
        self,
        kind: str,
        document_id: str,
        body: JsonObject,
        *,
        expected: int | None = None,
        timeout_s: float = PATIENCE_S,
    ) -> Document:
        """Keep a document."""
        change = PutDocument(kind=kind, id=document_id, body=body, expected=expected)
        (document,) = self.commit([change], timeout_s=timeout_s)
        assert isinstance(document, Document)
        return document
