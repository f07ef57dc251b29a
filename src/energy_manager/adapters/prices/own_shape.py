"""Prices in a shape of our own: CSV ``start,end,price`` or JSON, per kWh before charges and VAT; a file or a URL."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from energy_manager.adapters.prices.reading import finished, instant, interval, number, read_document
from energy_manager.adapters.prices.web import ask
from energy_manager.adapters.texts.utf8_text import NotUtf8, decode_utf8, without_mark
from energy_manager.application.ports.forecasts.price_source import PricesUnavailable
from energy_manager.domain.tariff import PriceInterval

FIELDS = ("start", "end", "price")


def read_prices(text: bytes) -> Iterator[PriceInterval]:
    """Intervals from JSON (a list of objects, or ``{"intervals": […]}``) or CSV with a header, comma or semicolon.

    Beside semicolons a number may have a decimal comma.

    Raises:
        PricesUnavailable: with the row that cannot be read.
    """
    text = without_mark(text)
    rows = _json_rows(text) if text.lstrip()[:1] in {b"[", b"{"} else _csv_rows(text)
    for place, row in rows:
        if row["price"] in {None, ""}:
            continue  # an interval without a price is a gap
        try:
            yield interval(instant(row["start"]), instant(row["end"]), number(row["price"]))
        except PricesUnavailable as error:
            raise PricesUnavailable(f"{place}: {error}") from None


def _json_rows(text: bytes) -> Iterator[tuple[str, Mapping[str, Any]]]:
    document = read_document(text)
    if isinstance(document, dict):
        document = document.get("intervals")
    if not isinstance(document, list):
        raise PricesUnavailable("the prices are no list of intervals with start, end and price")
    for index, row in enumerate(document):
        yield f"intervals[{index}]", _with_all_fields(row, f"intervals[{index}]")


def _csv_rows(text: bytes) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        decoded = decode_utf8(text)
    except NotUtf8 as error:
        raise PricesUnavailable(f"the prices are not UTF-8: byte {error.start}") from None
    header = decoded.partition("\n")[0]
    delimiter = ";" if ";" in header else ","
    for number_of_line, row in enumerate(csv.DictReader(io.StringIO(decoded), delimiter=delimiter), 2):
        place = f"line {number_of_line}"
        fields = {str(name).strip().lower(): (value or "").strip() for name, value in row.items() if name is not None}
        if delimiter == ";":
            fields["price"] = fields.get("price", "").replace(",", ".")
        yield place, _with_all_fields(fields, place)


def _with_all_fields(row: object, place: str) -> Mapping[str, Any]:
    missing = [name for name in FIELDS if not isinstance(row, dict) or name not in row]
    if missing or not isinstance(row, dict):
        raise PricesUnavailable(f"{place}: {missing[0]} is missing; there must be start, end and price")
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePrices:
    """Prices from a file, read anew each time they are asked for."""

    path: Path
    name: str = "file"

    def fetch(self, since: datetime, until: datetime) -> tuple[PriceInterval, ...]:  # noqa: ARG002 - the file has all
        """As the port says."""
        try:
            text = self.path.read_bytes()
        except OSError as error:
            raise PricesUnavailable(f"{self.path} cannot be read: {error.strerror}") from None
        return finished(read_prices(text), source=str(self.path))


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpPrices:
    """Prices in our own shape from a URL, which is told the time as ``from`` and ``to``."""

    url: str
    token: str = ""
    name: str = "http"

    def fetch(self, since: datetime, until: datetime) -> tuple[PriceInterval, ...]:
        """As the port says."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else None
        text = ask(self.url, query={"from": since.isoformat(), "to": until.isoformat()}, headers=headers)
        return finished(read_prices(text), source=self.name)
