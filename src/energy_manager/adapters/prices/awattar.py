"""Day-ahead prices from aWATTar: milliseconds since 1970 with both ends, EUR per MWh."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from energy_manager.adapters.prices.reading import (
    PER_MWH,
    finished,
    instant_of_seconds,
    interval,
    number,
    read_document,
)
from energy_manager.adapters.prices.web import ask
from energy_manager.application.ports.forecasts.price_source import PricesUnavailable
from energy_manager.domain.tariff import PriceInterval

URLS = {"de": "https://api.awattar.de/v1/marketdata", "at": "https://api.awattar.at/v1/marketdata"}


def read_awattar(text: bytes) -> Iterator[PriceInterval]:
    """The intervals of an answer.

    Raises:
        PricesUnavailable: the answer cannot be read, or is not in EUR per MWh.
    """
    document = read_document(text)
    entries = document.get("data") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise PricesUnavailable("the answer cannot be read: it has no list data")
    for entry in entries:
        if not isinstance(entry, dict):
            raise PricesUnavailable("the answer cannot be read: an entry of data is no object")
        unit = str(entry.get("unit", "Eur/MWh"))
        if unit.lower() != "eur/mwh":
            raise PricesUnavailable(f"the prices are in {unit}, not in Eur/MWh")
        if entry.get("marketprice") is not None:
            start, end = (_of_ms(entry.get(name)) for name in ("start_timestamp", "end_timestamp"))
            yield interval(start, end, number(entry["marketprice"]) / PER_MWH)


def _of_ms(value: object) -> datetime:
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return instant_of_seconds(Decimal(value) / 1000 if is_number else value)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class AwattarPrices:
    """Asks aWATTar for ``de`` or ``at``; no token is needed."""

    area: str
    url: str = ""
    name: str = "awattar"

    def fetch(self, since: datetime, until: datetime) -> tuple[PriceInterval, ...]:
        """As the port says."""
        start, end = (str(round(1000 * at.timestamp())) for at in (since, until))
        text = ask(self.url or URLS[self.area], query={"start": start, "end": end})
        return finished(read_awattar(text), source="aWATTar")
