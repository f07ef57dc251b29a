"""The fleet as JSON, and what a portfolio activation is asked by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from energy_manager.application.fleet.at_centre.presence import SiteSeen, clock_in_words
from energy_manager.application.fleet.views.course import Sample
from energy_manager.application.fleet.views.fleet_view import FleetTotals
from energy_manager.application.fleet.views.previews import ActivationPreview
from energy_manager.domain.errors import Refused
from energy_manager.domain.fleet import (
    LIVE,
    Direction,
    FleetActivation,
    OrderRecord,
    Portfolio,
    RegisteredOffer,
    SettlementRow,
    SiteOffer,
)
from energy_manager.domain.flexibility.assets import euros
from energy_manager.domain.series import utc_text
from energy_manager.entrypoints.command_line.time_arguments import read_end, read_moment
from energy_manager.entrypoints.jobs.exact import Day, ExactModel, Number, RequestModel

MOST_KW = 10**9


class ActivationDocument(ExactModel):
    """What ``POST /api/v1/fleet/activations`` is asked."""

    volume: Annotated[int, Number(at_least=1, at_most=MOST_KW, description="kW")]
    direction: Annotated[
        Literal["up", "down"], Field(description="up: sites deliver more or take less; down: the other way")
    ] = "up"
    start: Annotated[str, Field(alias="from", max_length=60, description="a time with its zone; now unless told")] = ""
    until: Annotated[
        str, Field(max_length=60, description="a time with its zone, or in how long like 30min; at most a day later")
    ]
    reason: Annotated[str, Field(max_length=200)] = ""
    id: Annotated[str | None, Field(max_length=80, description="letters, digits, - and _; made up unless told")] = None


class OfferDocument(ExactModel):
    """What a site offers in a direction."""

    direction: Literal["up", "down"]
    volume: Annotated[int, Number(at_least=1, at_most=MOST_KW, description="kW")]
    activation_cost: Annotated[float, Number(at_least=0, at_most=10**10, description="EUR, each time")] = 0.0
    price_eur_per_mwh: Annotated[float, Number(at_least=0, at_most=10**6, description="of the energy")] = 0.0
    days: Annotated[list[Day] | None, Field(description="UTC; null: every day")] = None


class ConnectionDocument(ExactModel):
    """A site's grid connection."""

    kw: Annotated[int, Number(at_least=1, at_most=MOST_KW, description="what it carries, kW")]


CONNECTION: RequestModel[ConnectionDocument] = RequestModel(ConnectionDocument)
ACTIVATION: RequestModel[ActivationDocument] = RequestModel(ActivationDocument)
OFFER: RequestModel[OfferDocument] = RequestModel(OfferDocument, decimals=False)


def read_activation(text: bytes, *, now: datetime, asked_by: str, fresh_id: str) -> FleetActivation:
    """The activation that a document asks for.

    Raises:
        NotJson, Refused: it is none; every fault by field.
    """
    asked = ACTIVATION.read(text)
    start = read_moment(asked.start, field="from", now=now, without_zone="refused") if asked.start else now
    until = read_end(asked.until, field="until", now=now, without_zone="refused").replace(microsecond=0)
    if until <= now:
        raise Refused.at("until", f"{asked.until!r} has passed")
    return FleetActivation(
        id=asked.id or fresh_id,
        direction=Direction(asked.direction),
        volume_kw=asked.volume,
        start=max(start, now),
        until=until,
        placed_at=now,
        reason=asked.reason,
        asked_by=asked_by,
    )


def read_offer(text: bytes, site: str) -> RegisteredOffer:
    """The offer that a document registers; raises as ``read_activation``."""
    asked = OFFER.read(text)
    return RegisteredOffer(
        site=site,
        direction=Direction(asked.direction),
        volume_kw=asked.volume,
        activation_cents=round(asked.activation_cost * 100),
        price_eur_per_mwh=asked.price_eur_per_mwh,
        days=None if asked.days is None else tuple(asked.days),
    )


def totals_document(totals: FleetTotals) -> dict[str, Any]:
    """All sites together."""
    return {
        "sites": totals.sites,
        **{str(standing): count for standing, count in totals.standings.items()},
        "import_kw": round(totals.import_kw, 3),
        "import_unknown": totals.unknown,
        "deliver_kw": round(totals.deliver_kw, 3),
        "up_kw": totals.up_kw,
        "down_kw": totals.down_kw,
        "alarms": totals.alarms,
        "acknowledged": totals.acknowledged,
    }


def course_document(samples: Sequence[Sample]) -> dict[str, Any]:
    """The newest hour in columns."""
    columns = ("import_kw", "ordered_kw", "delivered_kw", "up_kw", "down_kw")
    values = {name: [round(getattr(sample, name), 3) for sample in samples] for name in columns}
    return {"times": [utc_text(sample.at) for sample in samples], **values}


def site_document(seen: SiteSeen) -> dict[str, Any]:
    """A site as it was last heard."""
    state = seen.state
    known: Mapping[str, Any] = (
        {}
        if state is None
        else {
            "at": utc_text(state.at),
            "tick": state.tick,
            "on_time": state.is_on_time,
            "deliver_kw": state.deliver_kw,
            "import_kw": state.import_kw,
            "up_kw": state.room.up_kw,
            "down_kw": state.room.down_kw,
            "up_eur_per_mwh": state.room.up_eur_per_mwh,
            "down_eur_per_mwh": state.room.down_eur_per_mwh,
            "alarms": state.alarms,
            "alarm": state.alarm,
            "acknowledged": state.acknowledged,
            "orders": list(state.orders),
        }
    )
    return {
        "site": seen.site,
        "standing": str(seen.standing),
        "age_s": None if seen.age_s is None else round(seen.age_s, 1),
        "clock": clock_in_words(seen),
        "doubt": seen.doubt,
        "is_acknowledged": seen.is_acknowledged,
        "acknowledged_by": seen.acknowledged_by,
        "acknowledged_at": None if seen.acknowledged_at is None else utc_text(seen.acknowledged_at),
        **known,
    }


def activation_document(portfolio: Portfolio, now: datetime) -> dict[str, Any]:
    """An activation with how far it has come."""
    activation, records = portfolio.activation, portfolio.records.values()
    return {
        "id": activation.id,
        "direction": str(activation.direction),
        "volume": activation.volume_kw,
        "from": utc_text(activation.start),
        "until": utc_text(activation.until),
        "placed_at": utc_text(activation.placed_at),
        "reason": activation.reason,
        "asked_by": activation.asked_by,
        "ended_at": None if activation.ended_at is None else utc_text(activation.ended_at),
        "ended_by": activation.ended_by,
        "is_over": activation.is_over(now),
        "expected_kw": round(portfolio.expected_kw, 3),
        "confirmed_kw": round(portfolio.confirmed_kw, 3),
        "seen_kw": round(portfolio.seen_kw(now), 3),
        "missing_kw": 0.0 if activation.is_over(now) else round(portfolio.missing_kw, 3),
        "cost": euros(sum(record.cost_cents for record in records if record.state in LIVE)),
        "orders": dict(Counter(str(record.state) for record in records)),
    }


def preview_document(preview: ActivationPreview) -> dict[str, Any]:
    """What would be ordered, and the version that its confirmation has to name (``If-Match``)."""
    return {
        "id": preview.activation.id,
        "volume": preview.volume_kw,
        "cost": euros(preview.cost_cents),
        "effect": list(preview.sentences()),
        "sites": chosen_document(preview.chosen, {}),
        "version": preview.version,
    }


def order_document(record: OrderRecord) -> dict[str, Any]:
    """An order with how far it has come."""
    order = record.order
    return {
        "id": order.id,
        "activation": record.activation,
        "site": order.site,
        "deliver_kw": order.deliver_kw,
        "from": utc_text(order.start),
        "until": utc_text(order.until),
        "epoch": order.epoch,
        "state": str(record.state),
        "since": utc_text(record.since),
        "placed_at": utc_text(record.placed_at),
        "accepted_at": None if record.accepted_at is None else utc_text(record.accepted_at),
        "note": record.note,
        "late": record.is_late,
        "measured_kw": round(record.measured_kw, 3),
        "cost": euros(record.cost_cents),
        "because": record.because,
    }


def settlement_document(rows: Iterable[SettlementRow]) -> list[dict[str, Any]]:
    """What was ordered and delivered, by quarter hour, order and site; null: not reported."""
    return [
        {
            "from": utc_text(row.start),
            "site": row.site,
            "order": row.order,
            "ordered_kwh": round(row.ordered_kwh, 6),
            "ordered_s": row.ordered_s,
            "delivered_kwh": None if row.delivered_kwh is None else round(row.delivered_kwh, 6),
            "covered_s": row.covered_s,
        }
        for row in rows
    ]


def offer_document(offer: RegisteredOffer) -> dict[str, Any]:
    """A registered offer."""
    return {
        "site": offer.site,
        "direction": str(offer.direction),
        "volume": offer.volume_kw,
        "activation_cost": euros(offer.activation_cents),
        "price_eur_per_mwh": offer.price_eur_per_mwh,
        "days": None if offer.days is None else [day.isoformat() for day in offer.days],
    }


def chosen_document(offers: Sequence[SiteOffer], days: Mapping[str, Sequence[str] | None]) -> list[dict[str, Any]]:
    """Chosen sites as the Flexcity test answers assets."""
    return [
        {
            "code": offer.site,
            "name": offer.site,
            "price": euros(offer.cost_cents),
            "availability": days.get(offer.site),
            "volume": offer.volume_kw,
        }
        for offer in offers
    ]
