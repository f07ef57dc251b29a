"""Unit rates of Octopus Energy (Agile and others): newest first, in pages, in pence; some have no end yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import urljoin, urlsplit

from energy_manager.adapters.prices.reading import finished, instant, interval, number, read_document
from energy_manager.adapters.prices.web import ask
from energy_manager.application.ports.forecasts.price_source import PricesUnavailable
from energy_manager.domain.tariff import PriceInterval

URL = "https://api.octopus.energy"
PENCE = Decimal(100)
MOST_PAGES = 40
"""A page has 100 half hours unless asked for more; these are a year of pages of 1,500."""


def read_octopus(text: bytes, *, until: datetime) -> tuple[list[PriceInterval], str | None]:
    """The intervals of a page, and where the next one is; a rate without an end holds until ``until``.

    Raises:
        PricesUnavailable: the answer cannot be read.
    """
    document = read_document(text)
    results = document.get("results") if isinstance(document, dict) else None
    if not isinstance(results, list):
        raise PricesUnavailable("the answer cannot be read: it has no list results")
    rates = [rate for rate in results if _is_by_direct_debit(rate)]
    return list(_intervals(rates, until)), document.get("next")


def _is_by_direct_debit(rate: object) -> bool:
    """Some tariffs say each rate twice, once for people who pay otherwise."""
    if not isinstance(rate, dict):
        raise PricesUnavailable("the answer cannot be read: an entry of results is no object")
    return rate.get("payment_method") in {None, "DIRECT_DEBIT"}


def _intervals(rates: list[dict[str, object]], until: datetime) -> Iterator[PriceInterval]:
    for rate in rates:
        start = instant(rate.get("valid_from"))
        end = until.astimezone(UTC) if rate.get("valid_to") is None else instant(rate["valid_to"])
        if start < end:
            spot, final = (number(rate.get(name)) / PENCE for name in ("value_exc_vat", "value_inc_vat"))
            yield interval(start, end, spot, final)


@dataclass(frozen=True, slots=True, kw_only=True)
class OctopusPrices:
    """Asks for the standard unit rates of a product in a region such as ``C``; no token is needed."""

    product: str
    region: str
    url: str = URL
    name: str = "octopus"

    def fetch(self, since: datetime, until: datetime) -> tuple[PriceInterval, ...]:
        """As the port says."""
        tariff = f"E-1R-{self.product}-{self.region}"
        page: str | None = urljoin(
            self.url.rstrip("/") + "/",
            f"v1/products/{self.product}/electricity-tariffs/{tariff}/standard-unit-rates/",
        )
        query: dict[str, str] | None = {
            "period_from": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ"),
            "period_to": until.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ"),
            "page_size": "1500",
        }
        intervals: list[PriceInterval] = []
        for _ in range(MOST_PAGES):
            if page is None:
                break
            if urlsplit(page).netloc != urlsplit(self.url).netloc:
                raise PricesUnavailable(f"the next page is on another host: {urlsplit(page).netloc}")
            found, page = read_octopus(ask(page, query=query), until=until)
            intervals += found
            query = None  # the address of the next page has it
        return finished(intervals, source="Octopus")
