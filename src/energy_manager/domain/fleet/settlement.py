"""What was ordered and what was delivered, by quarter hour: what an activation is paid by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from energy_manager.domain.fleet.orders import OrderRecord, OrderState

QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def quarter_number(instant: datetime) -> int:
    """Which quarter hour since 1970 (UTC) an instant lies in."""
    return (instant - EPOCH) // QUARTER


def quarter_start(number: int) -> datetime:
    """When a quarter hour begins."""
    return EPOCH + number * QUARTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What a site measured of an order in a quarter hour.

    ``energy_kwh`` is positive in the order's direction; ``covered_s`` are the seconds that are known of the part of the
    quarter hour in which the order held.
    """

    site: str
    order: str
    quarter: int
    energy_kwh: float
    covered_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementRow:
    """One order in one quarter hour; both energies are positive in its direction. ``delivered_kwh`` None: not reported.

    ``ordered_s`` are the seconds of the quarter hour in which the order held, ``covered_s`` those that the site knows.
    """

    activation: str
    order: str
    site: str
    start: datetime
    ordered_kwh: float
    ordered_s: float
    delivered_kwh: float | None
    covered_s: float


def held(record: OrderRecord) -> tuple[datetime, datetime] | None:
    """From when until when the site owed delivery; None: never."""
    if record.accepted_at is None:
        return None
    start = max(record.order.start, record.accepted_at)
    is_ended = record.state in {OrderState.CANCELLED, OrderState.REFUSED, OrderState.OVER}
    until = min(record.order.until, record.since) if is_ended else record.order.until
    return (start, until) if start < until else None


def overlaps(start: datetime, until: datetime) -> Iterator[tuple[int, float]]:
    """The quarter hours that a span touches, each with the seconds of it that lie in the span."""
    number = quarter_number(start)
    while quarter_start(number) < until:
        begins = quarter_start(number)
        seconds = (min(until, begins + QUARTER) - max(start, begins)).total_seconds()
        yield number, seconds
        number += 1


def settle(
    records: Iterable[OrderRecord], delivered: Iterable[Delivered], *, now: datetime
) -> tuple[SettlementRow, ...]:
    """A row for each quarter hour that has begun, of each order that a site said yes to, by time and site."""
    told = {(entry.site, entry.order, entry.quarter): entry for entry in delivered}
    rows = [
        _row(record, number, seconds, told.get((record.order.site, record.id, number)))
        for record in records
        if (span := held(record)) is not None
        for number, seconds in overlaps(span[0], min(span[1], now))
    ]
    return tuple(sorted(rows, key=lambda row: (row.start, row.site, row.order)))


def _row(record: OrderRecord, number: int, seconds: float, told: Delivered | None) -> SettlementRow:
    return SettlementRow(
        activation=record.activation,
        order=record.id,
        site=record.order.site,
        start=quarter_start(number),
        ordered_kwh=record.order.volume_kw * timedelta(seconds=seconds) / HOUR,
        ordered_s=seconds,
        delivered_kwh=None if told is None else told.energy_kwh,
        covered_s=0.0 if told is None else told.covered_s,
    )
