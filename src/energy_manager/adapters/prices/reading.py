"""What the readers of all price services share: times, numbers, and prices whose end nobody states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import zip_longest
from typing import Any

from energy_manager.adapters.texts.json_text import NotJson, read_json
from energy_manager.application.ports.forecasts.price_source import PricesUnavailable
from energy_manager.domain.errors import Refused
from energy_manager.domain.quantities import finite
from energy_manager.domain.tariff import PriceInterval, without_overlaps

PER_MWH = Decimal(1000)
"""Markets trade MWh, people buy kWh."""

LONGEST_STEP = timedelta(hours=1)
"""A price without a stated end holds for at most this long; the rest is missing."""


def read_document(text: bytes) -> Any:  # noqa: ANN401 - whatever the JSON holds
    """Parse a service's JSON.

    Raises:
        PricesUnavailable: it is none.
    """
    try:
        return read_json(text)
    except (NotJson, Refused) as error:
        raise PricesUnavailable(f"the answer cannot be read: {error}") from None


def instant(value: object) -> datetime:
    """An aware instant from ISO 8601 text.

    Raises:
        PricesUnavailable: it is none, or has no time zone.
    """
    try:
        read = datetime.fromisoformat(str(value))
    except ValueError:
        raise PricesUnavailable(f"the answer cannot be read: {value!r} is no time") from None
    if read.utcoffset() is None:
        raise PricesUnavailable(f"the answer cannot be read: {value!r} has no time zone")
    return read.astimezone(UTC)


def instant_of_seconds(value: object) -> datetime:
    """An instant from seconds since 1970.

    Raises:
        PricesUnavailable: it is no such number.
    """
    seconds = finite(value)
    try:
        if seconds is not None:
            return datetime.fromtimestamp(seconds, tz=UTC)
    except (ValueError, OverflowError, OSError):
        pass  # a number, but no time
    raise PricesUnavailable(f"the answer cannot be read: {value!r} is no time in seconds")


def number(value: object) -> Decimal:
    """An exact number, from a number or text.

    Raises:
        PricesUnavailable: it is none.
    """
    read: Decimal | None = None
    if isinstance(value, int | Decimal | str) and not isinstance(value, bool):
        with suppress(InvalidOperation):
            read = Decimal(value)
    if read is None or not read.is_finite():
        raise PricesUnavailable(f"the answer cannot be read: {value!r} is no price")
    return read


def held_until_the_next(starts: Sequence[datetime]) -> list[datetime]:
    """The end of each price that holds until the next begins; the last holds as long as the one before it.

    A longer pause than an hour is a gap: the price before it holds for the usual step, or an hour.
    """
    ends: list[datetime] = []
    usual = LONGEST_STEP
    for start, following in zip_longest(starts, starts[1:]):
        step = usual if following is None else following - start
        if timedelta() < step <= LONGEST_STEP:
            usual = step
        ends.append(start + min(step, usual) if step > timedelta() else start + usual)
    return ends


def finished(intervals: Iterable[PriceInterval], *, source: str) -> tuple[PriceInterval, ...]:
    """The intervals in order, if there are any.

    Raises:
        PricesUnavailable: there are none, or two contradict each other.
    """
    try:
        ordered = without_overlaps(intervals)
    except Refused as refused:
        raise PricesUnavailable(f"{source}: {refused}") from None
    if not ordered:
        raise PricesUnavailable(f"{source} has no price for this time")
    return ordered


def interval(start: datetime, end: datetime, spot: Decimal, final: Decimal | None = None) -> PriceInterval:
    """A price as the answer states it.

    Raises:
        PricesUnavailable: it cannot be.
    """
    try:
        return PriceInterval(start=start, end=end, spot_per_kwh=spot, final_per_kwh=final)
    except Refused as refused:
        raise PricesUnavailable(f"the answer cannot be right: {refused}") from None
