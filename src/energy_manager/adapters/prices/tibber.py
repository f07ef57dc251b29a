"""What a home pays Tibber: today and tomorrow over GraphQL; ``total`` carries all taxes, ``energy`` is the spot price.

``tomorrow`` is empty until the market has closed, about 13:00.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from energy_manager.adapters.prices.reading import (
    finished,
    held_until_the_next,
    instant,
    interval,
    number,
    read_document,
)
from energy_manager.adapters.prices.web import ask
from energy_manager.application.ports.forecasts.price_source import PricesUnavailable
from energy_manager.domain.tariff import PriceInterval

URL = "https://api.tibber.com/v1-beta/gql"
QUERY = (
    "{ viewer { homes { currentSubscription { priceInfo(resolution: QUARTER_HOURLY) "
    "{ today { total energy startsAt currency } tomorrow { total energy startsAt currency } } } } } }"
)


def read_tibber(text: bytes, *, currency: str) -> Iterator[PriceInterval]:
    """The intervals of the first home that has a subscription.

    Raises:
        PricesUnavailable: Tibber says why not, or its answer cannot be read.
    """
    document = read_document(text)
    if not isinstance(document, dict):
        raise PricesUnavailable("the answer cannot be read: it is no object")
    for error in document.get("errors") or ():
        raise PricesUnavailable(f"Tibber: {error.get('message') if isinstance(error, dict) else error}")
    entries = [entry for day in ("today", "tomorrow") for entry in _price_info(document).get(day) or ()]
    starts = [instant(_field(entry, "startsAt")) for entry in entries]
    for entry, start, end in zip(entries, starts, held_until_the_next(starts), strict=True):
        stated = entry.get("currency") or currency
        if stated != currency:
            raise PricesUnavailable(f"the prices are in {stated}, the tariff is in {currency}")
        if entry.get("total") is not None:
            yield interval(start, end, number(_field(entry, "energy")), number(entry["total"]))


def _price_info(document: dict[str, Any]) -> dict[str, Any]:
    try:
        homes = document["data"]["viewer"]["homes"]
        subscriptions = [home["currentSubscription"] for home in homes]
        return next(each["priceInfo"] for each in subscriptions if each is not None and each.get("priceInfo"))
    except StopIteration:
        raise PricesUnavailable("Tibber knows no home with a subscription for this token") from None
    except (KeyError, TypeError, AttributeError):
        raise PricesUnavailable("the answer cannot be read: it has no viewer with homes") from None


def _field(entry: object, name: str) -> Any:  # noqa: ANN401 - whatever the JSON holds
    if not isinstance(entry, dict) or entry.get(name) is None:
        raise PricesUnavailable(f"the answer cannot be read: a price without {name}")
    return entry[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class TibberPrices:
    """Asks Tibber with the customer's access token."""

    token: str
    currency: str
    url: str = URL
    name: str = "tibber"

    def fetch(self, since: datetime, until: datetime) -> tuple[PriceInterval, ...]:  # noqa: ARG002 - two days, always
        """As the port says."""
        text = ask(self.url, json_body={"query": QUERY}, headers={"Authorization": f"Bearer {self.token}"})
        return finished(read_tibber(text, currency=self.currency), source="Tibber")
