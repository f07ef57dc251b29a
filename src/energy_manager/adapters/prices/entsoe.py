"""Day-ahead prices from the ENTSO-E transparency platform (document type A44), in XML.

What its documents have in store: 15 and 60 minute series side by side, several auctions of one bidding zone told apart
by a sequence number, curve type A03, which leaves out a value that repeats the one before, and days that are not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree as ET

from energy_manager.adapters.prices.reading import PER_MWH, finished, instant, interval, number
from energy_manager.adapters.prices.web import ask
from energy_manager.application.ports.forecasts.price_source import PricesUnavailable
from energy_manager.domain.tariff import PriceInterval

URL = "https://web-api.tp.entsoe.eu/api"
RESOLUTIONS = {"PT15M": timedelta(minutes=15), "PT30M": timedelta(minutes=30), "PT60M": timedelta(hours=1)}
SEQUENCE = "classificationSequence_AttributeInstanceComponent.position"
REPEATS = "A03"
"""Curve type: a position that is left out has the value of the one before it."""

MOST_POSITIONS = 366 * 96


def read_entsoe(text: bytes, *, sequence: int, currency: str) -> Iterator[PriceInterval]:
    """The intervals of one auction; a series that names no sequence belongs to each.

    Raises:
        PricesUnavailable: the document says that there is nothing, is in another currency, or cannot be read.
    """
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise PricesUnavailable("the answer cannot be read: it declares entities")
    try:
        document = ET.fromstring(text)  # noqa: S314 - without declarations there is nothing to expand
    except ET.ParseError as error:
        raise PricesUnavailable(f"the answer cannot be read: no XML ({error})") from None
    if _name(document) == "Acknowledgement_MarketDocument":
        raise PricesUnavailable(f"ENTSO-E has no prices: {_text(document, 'Reason/text') or 'no reason given'}")
    for series in _all(document, "TimeSeries"):
        stated = _text(series, SEQUENCE)
        if stated is None or stated == str(sequence):
            yield from _read_series(series, currency)


def _read_series(series: ET.Element, currency: str) -> Iterator[PriceInterval]:
    stated = _text(series, "currency_Unit.name") or currency
    if stated != currency:
        raise PricesUnavailable(f"the prices are in {stated}, the tariff is in {currency}")
    unit = _text(series, "price_Measure_Unit.name") or "MWH"
    if unit != "MWH":
        raise PricesUnavailable(f"the prices are per {unit}, not per MWH")
    does_repeat = _text(series, "curveType") == REPEATS
    for period in _all(series, "Period"):
        yield from _read_period(period, does_repeat=does_repeat)


def _read_period(period: ET.Element, *, does_repeat: bool) -> Iterator[PriceInterval]:
    start, end = instant(_text(period, "timeInterval/start")), instant(_text(period, "timeInterval/end"))
    resolution = _text(period, "resolution") or ""
    step = RESOLUTIONS.get(resolution)
    if step is None:
        raise PricesUnavailable(f"the answer cannot be read: {resolution!r} is no resolution of prices")
    positions = min((end - start) // step, MOST_POSITIONS)
    stated: dict[int, Decimal] = {}
    for point in _all(period, "Point"):
        position = _text(point, "position") or ""
        if not (position.isascii() and position.isdigit() and 1 <= int(position) <= positions):
            raise PricesUnavailable(f"the answer cannot be read: position {position!r} of 1 to {positions}")
        stated[int(position)] = number(_text(point, "price.amount")) / PER_MWH
    price: Decimal | None = None
    for place in range(positions):
        price = stated.get(place + 1, price if does_repeat else None)
        if price is not None:
            yield interval(start + place * step, start + (place + 1) * step, price)


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _all(element: ET.Element, name: str) -> Iterator[ET.Element]:
    return (child for child in element if _name(child) == name)


def _text(element: ET.Element, path: str) -> str | None:
    """The text at the end of a path of names, in whatever namespace; None where there is none."""
    found: ET.Element | None = element
    for name in path.split("/"):
        found = None if found is None else next(_all(found, name), None)
    return None if found is None or found.text is None else found.text.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class EntsoePrices:
    """Asks the transparency platform; it wants a security token, which its users get by e-mail."""

    area: str
    token: str
    currency: str
    sequence: int = 1
    url: str = URL
    name: str = "entsoe"

    def fetch(self, since: datetime, until: datetime) -> tuple[PriceInterval, ...]:
        """As the port says."""
        query = {
            "securityToken": self.token,
            "documentType": "A44",
            "in_Domain": self.area,
            "out_Domain": self.area,
            "periodStart": _minute(since),
            "periodEnd": _minute(until),
        }
        text = ask(self.url, query=query)
        return finished(read_entsoe(text, sequence=self.sequence, currency=self.currency), source="ENTSO-E")


def _minute(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%d%H%M")
