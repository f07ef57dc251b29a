"""Between the book's rows and the values of the domain."""

from __future__ import annotations

import json
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from energy_manager.application.ports.fleet.fleet_book import EnrolledSite
from energy_manager.application.ports.fleet.fleet_bus import Report, Reports
from energy_manager.domain.fleet import (
    Delivered,
    Direction,
    FleetActivation,
    Order,
    OrderRecord,
    OrderState,
    RegisteredOffer,
)
from energy_manager.domain.series import microseconds, time_of


def _us(instant: datetime | None) -> int | None:
    return None if instant is None else microseconds(instant)


def _instant(instant_us: int | None) -> datetime | None:
    return None if instant_us is None else time_of(instant_us)


def _same(of: Any, names: tuple[str, ...]) -> dict[str, Any]:  # noqa: ANN401 - a value or its row
    """What has the same name in a value and in its row."""
    return dict(zip(names, attrgetter(*names)(of), strict=True))


_ACTIVATION = ("id", "volume_kw", "reason", "asked_by", "ended_by")
_ORDER = ("id", "epoch", "site", "deliver_kw", "reason")
_RECORD = ("activation", "cost_cents", "because", "is_late", "note", "measured_kw", "fell_short")
_DELIVERED = ("site", "quarter", "energy_kwh", "covered_s")
_OFFER = ("site", "volume_kw", "activation_cents", "price_eur_per_mwh")
_SITE = ("site", "public_key")


def row_of_activation(activation: FleetActivation) -> dict[str, Any]:
    """As it is kept."""
    return {
        **_same(activation, _ACTIVATION),
        "direction": str(activation.direction),
        "start_us": microseconds(activation.start),
        "until_us": microseconds(activation.until),
        "placed_us": microseconds(activation.placed_at),
        "ended_us": _us(activation.ended_at),
    }


def activation_of(row: Any) -> FleetActivation:  # noqa: ANN401 - a row
    """As it was kept."""
    return FleetActivation(
        **_same(row, _ACTIVATION),
        direction=Direction(row.direction),
        start=time_of(row.start_us),
        until=time_of(row.until_us),
        placed_at=time_of(row.placed_us),
        ended_at=_instant(row.ended_us),
    )


def row_of_record(record: OrderRecord) -> dict[str, Any]:
    """As it is kept; what was heard of it moment by moment is not. Sites wait while thousands are written."""
    order = record.order
    return {
        "id": order.id,
        "activation": record.activation,
        "number": int(order.id.rpartition("-")[2]),
        "site": order.site,
        "epoch": order.epoch,
        "deliver_kw": order.deliver_kw,
        "start_us": microseconds(order.start),
        "until_us": microseconds(order.until),
        "reason": order.reason,
        "state": str(record.state),
        "since_us": microseconds(record.since),
        "placed_us": microseconds(record.placed_at),
        "cost_cents": record.cost_cents,
        "because": record.because,
        "accepted_us": _us(record.accepted_at),
        "is_late": record.is_late,
        "note": record.note,
        "measured_kw": record.measured_kw,
        "fell_short": record.fell_short,
    }


def record_of(row: Any) -> OrderRecord:  # noqa: ANN401 - a row
    """As it was kept."""
    return OrderRecord(
        **_same(row, _RECORD),
        order=Order(**_same(row, _ORDER), start=time_of(row.start_us), until=time_of(row.until_us)),
        state=OrderState(row.state),
        since=time_of(row.since_us),
        placed_at=time_of(row.placed_us),
        accepted_at=_instant(row.accepted_us),
    )


def rows_of_reports(reports: Reports) -> list[dict[str, Any]]:
    """As they are kept."""
    return [
        {
            "site": reports.site,
            "store": reports.store,
            "stream": reports.stream,
            "sequence": report.sequence,
            "at_us": microseconds(report.at),
            "body": json.dumps(report.body, separators=(",", ":")),
        }
        for report in reports.reports
    ]


def report_of(row: Any) -> Report:  # noqa: ANN401 - a row
    """As it was kept."""
    return Report(sequence=row.sequence, at=time_of(row.at_us), body=json.loads(row.body))


def row_of_delivered(entry: Delivered) -> dict[str, Any]:
    """As it is kept."""
    return {**_same(entry, _DELIVERED), "order_id": entry.order}


def delivered_of(row: Any) -> Delivered:  # noqa: ANN401 - a row
    """As it was kept."""
    return Delivered(**_same(row, _DELIVERED), order=row.order_id)


def row_of_offer(offer: RegisteredOffer) -> dict[str, Any]:
    """As it is kept."""
    days = None if offer.days is None else json.dumps([day.isoformat() for day in offer.days])
    return {**_same(offer, _OFFER), "direction": str(offer.direction), "days": days}


def offer_of(row: Any) -> RegisteredOffer:  # noqa: ANN401 - a row
    """As it was kept."""
    days = None if row.days is None else tuple(date.fromisoformat(day) for day in json.loads(row.days))
    return RegisteredOffer(**_same(row, _OFFER), direction=Direction(row.direction), days=days)


def row_of_site(site: EnrolledSite) -> dict[str, Any]:
    """As it is kept."""
    return {**_same(site, _SITE), "enrolled_us": microseconds(site.enrolled_at), "revoked_us": _us(site.revoked_at)}


def site_of(row: Any) -> EnrolledSite:  # noqa: ANN401 - a row
    """As it was kept."""
    return EnrolledSite(**_same(row, _SITE), enrolled_at=time_of(row.enrolled_us), revoked_at=_instant(row.revoked_us))
