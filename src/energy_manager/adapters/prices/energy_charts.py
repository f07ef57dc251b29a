"""Day-ahead prices from energy-charts: two lists, seconds since 1970 and EUR per MWh, with nulls among the prices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from energy_manager.adapters.prices.reading import (
    PER_MWH,
    finished,
    held_until_the_next,
    instant_of_seconds,
    interval,
    number,
    read_document,
)
from energy_manager.adapters.prices.web import ask
from energy_manager.application.ports.forecasts.price_source import PricesUnavailable
from energy_manager.domain.tariff import PriceInterval

URL = "https://api.energy-charts.info/price"


def read_energy_charts(text: bytes) -> Iterator[PriceInterval]:
    """The intervals of an answer; a price that is null is missing.

    Raises:
        PricesUnavailable: the answer cannot be read, or is not in EUR per MWh.
    """
    document = read_document(text)
    if not isinstance(document, dict):
        raise PricesUnavailable("the answer cannot be read: it is no object")
    unit = str(document.get("unit", "EUR/MWh")).replace(" ", "").upper()
    if unit != "EUR/MWH":
        raise PricesUnavailable(f"the prices are in {document['unit']}, not in EUR / MWh")
    seconds, prices = document.get("unix_seconds"), document.get("price")
    if not isinstance(seconds, list) or not isinstance(prices, list) or len(seconds) != len(prices):
        raise PricesUnavailable("the answer cannot be read: unix_seconds and price are no lists of one length")
    stated = sorted(zip(map(instant_of_seconds, seconds), prices, strict=True), key=lambda entry: entry[0])
    starts = [start for start, _ in stated]
    for (start, price), end in zip(stated, held_until_the_next(starts), strict=True):
        if price is not None:
            yield interval(start, end, number(price) / PER_MWH)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyChartsPrices:
    """Asks energy-charts for a bidding zone such as ``DE-LU``; no token is needed."""

    area: str
    url: str = URL
    name: str = "energy_charts"

    def fetch(self, since: datetime, until: datetime) -> tuple[PriceInterval, ...]:
        """As the port says."""
        start, end = (at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ") for at in (since, until))
        text = ask(self.url, query={"bzn": self.area, "start": start, "end": end})
        return finished(read_energy_charts(text), source="energy-charts")
