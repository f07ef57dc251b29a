"""Between the book's rows and the values of the domain."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from energy_manager.adapters.storage.sql.tables import from_us, in_us
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


def _us(instant: datetime | None) -> int | None:
    return None if instant is None else in_us(instant)


def _instant(instant_us: int | None) -> datetime | None:
    return None if instant_us is None else from_us(instant_us)


def row_of_activation(activation: FleetActivation) -> dict[str, Any]:
    """As it is kept."""
    return {
        "id": activation.id,
        "direction": str(activation.direction),
        "volume_kw": activation.volume_kw,
        "start_us": in_us(activation.start),
        "until_us": in_us(activation.until),
        "placed_us": in_us(activation.placed_at),
        "reason": activation.reason,
        "asked_by": activation.asked_by,
        "ended_us": _us(activation.ended_at),
        "ended_by": activation.ended_by,
    }


def activation_of(row: Any) -> FleetActivation:  # noqa: ANN401 - a row
    """As it was kept."""
    return FleetActivation(
        id=row.id,
        direction=Direction(row.direction),
        volume_kw=row.volume_kw,
        start=from_us(row.start_us),
        until=from_us(row.until_us),
        placed_at=from_us(row.placed_us),
        reason=row.reason,
        asked_by=row.asked_by,
        ended_at=_instant(row.ended_us),
        ended_by=row.ended_by,
    )


def row_of_record(record: OrderRecord) -> dict[str, Any]:
    """As it is kept; what was heard of it moment by moment is not."""
    order = record.order
    return {
        "id": order.id,
        "activation": record.activation,
        "number": int(order.id.rpartition("-")[2]),
        "site": order.site,
        "epoch": order.epoch,
        "deliver_kw": order.deliver_kw,
        "start_us": in_us(order.start),
        "until_us": in_us(order.until),
        "reason": order.reason,
        "state": str(record.state),
        "since_us": in_us(record.since),
        "placed_us": in_us(record.placed_at),
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
    order = Order(
        id=row.id,
        epoch=row.epoch,
        site=row.site,
        deliver_kw=row.deliver_kw,
        start=from_us(row.start_us),
        until=from_us(row.until_us),
        reason=row.reason,
    )
    return OrderRecord(
        order=order,
        activation=row.activation,
        state=OrderState(row.state),
        since=from_us(row.since_us),
        placed_at=from_us(row.placed_us),
        cost_cents=row.cost_cents,
        because=row.because,
        accepted_at=_instant(row.accepted_us),
        is_late=row.is_late,
        note=row.note,
        measured_kw=row.measured_kw,
        fell_short=row.fell_short,
    )


def rows_of_reports(reports: Reports) -> list[dict[str, Any]]:
    """As they are kept."""
    return [
        {
            "site": reports.site,
            "store": reports.store,
            "stream": reports.stream,
            "sequence": report.sequence,
            "at_us": in_us(report.at),
            "body": json.dumps(report.body, separators=(",", ":")),
        }
        for report in reports.reports
    ]


def report_of(row: Any) -> Report:  # noqa: ANN401 - a row
    """As it was kept."""
    return Report(sequence=row.sequence, at=from_us(row.at_us), body=json.loads(row.body))


def row_of_delivered(entry: Delivered) -> dict[str, Any]:
    """As it is kept."""
    return {
        "site": entry.site,
        "order_id": entry.order,
        "quarter": entry.quarter,
        "energy_kwh": entry.energy_kwh,
        "covered_s": entry.covered_s,
    }


def delivered_of(row: Any) -> Delivered:  # noqa: ANN401 - a row
    """As it was kept."""
    return Delivered(
        site=row.site, order=row.order_id, quarter=row.quarter, energy_kwh=row.energy_kwh, covered_s=row.covered_s
    )


def row_of_offer(offer: RegisteredOffer) -> dict[str, Any]:
    """As it is kept."""
    return {
        "site": offer.site,
        "direction": str(offer.direction),
        "volume_kw": offer.volume_kw,
        "activation_cents": offer.activation_cents,
        "price_eur_per_mwh": offer.price_eur_per_mwh,
        "days": None if offer.days is None else json.dumps([day.isoformat() for day in offer.days]),
    }


def offer_of(row: Any) -> RegisteredOffer:  # noqa: ANN401 - a row
    """As it was kept."""
    days = None if row.days is None else tuple(date.fromisoformat(day) for day in json.loads(row.days))
    return RegisteredOffer(
        site=row.site,
        direction=Direction(row.direction),
        volume_kw=row.volume_kw,
        activation_cents=row.activation_cents,
        price_eur_per_mwh=row.price_eur_per_mwh,
        days=days,
    )


def row_of_site(site: EnrolledSite) -> dict[str, Any]:
    """As it is kept."""
    return {
        "site": site.site,
        "public_key": site.public_key,
        "enrolled_us": in_us(site.enrolled_at),
        "revoked_us": _us(site.revoked_at),
    }


def site_of(row: Any) -> EnrolledSite:  # noqa: ANN401 - a row
    """As it was kept."""
    return EnrolledSite(
        site=row.site,
        public_key=row.public_key,
        enrolled_at=from_us(row.enrolled_us),
        revoked_at=_instant(row.revoked_us),
    )
