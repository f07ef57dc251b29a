"""Forecasts as the store keeps them: a few words about each, and its readings as one text.

The readings are a text that only workers read: to unpack the numbers of a year here would hold up the dispatch loop.
Words and readings change in one commit, so the words' version says whether the readings changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from energy_manager.application.ports.durability import ChangeStore, DeleteDocument, Document, PutDocument
from energy_manager.application.ports.schedule_repository import DocumentRepository

ForecastName: TypeAlias = Literal["load", "production", "schedule"]
FORECASTS: tuple[ForecastName, ...] = get_args(ForecastName)
"""Load and production of the site, and the schedule of its storage (positive = charging), all in kW."""

LEAST_KW: dict[ForecastName, float | None] = {"load": 0.0, "production": 0.0, "schedule": None}

_WORDS = "forecast"
_READINGS = "forecast_readings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Raw readings in kW as a JSON list of ``{"time", "value"}``, how many there are, and their first and last time."""

    name: ForecastName
    readings: str
    count: int
    start: str
    end: str

    @property
    def words(self) -> dict[str, Any]:
        """What is told of it without its readings."""
        return {"name": self.name, "count": self.count, "start": self.start, "end": self.end}


def keep_forecast(ledger: ChangeStore, forecast: Forecast) -> Document:
    """Keep a forecast in place of the one of its name; durable when this returns.

    Raises:
        StoreUnavailable: it could not be made durable.
    """
    words, _ = ledger.commit(
        [
            PutDocument(kind=_WORDS, id=forecast.name, body=forecast.words),
            PutDocument(kind=_READINGS, id=forecast.name, body={"text": forecast.readings}),
        ]
    )
    assert isinstance(words, Document)
    return words


def forget_forecast(ledger: ChangeStore, name: ForecastName) -> bool:
    """Forget a forecast; whether there was one."""
    was_there, _ = ledger.commit([DeleteDocument(kind=_WORDS, id=name), DeleteDocument(kind=_READINGS, id=name)])
    return was_there is True


def kept_forecasts(documents: DocumentRepository) -> tuple[Document, ...]:
    """A few words about each forecast that there is, with its version."""
    return documents.documents(_WORDS)


def readings_of(documents: DocumentRepository, name: ForecastName) -> str | None:
    """The readings of a forecast as JSON, or None where there is no such forecast."""
    kept = documents.document(_READINGS, name)
    return None if kept is None else str(kept.body["text"])
