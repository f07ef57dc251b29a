"""The fleet's messages as JSON below ``em.v1.site.<site>.``, and back.

A site may publish below ``up`` and subscribe below ``down`` of its own name and nowhere else, so whose a message is
comes from its subject, never from what it says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from energy_manager.adapters.fleet.fields import Fields, Unreadable, loaded
from energy_manager.adapters.fleet.states import MOST_ORDERS, read_state, state_body
from energy_manager.application.ports.fleet.fleet_bus import (
    EVENTS,
    QUARTERS,
    Acknowledged,
    Answer,
    Ask,
    Cancel,
    Downlink,
    OrderList,
    Question,
    Reply,
    Report,
    Reports,
    SiteState,
    Uplink,
)
from energy_manager.domain.errors import Refused, shown
from energy_manager.domain.fleet import Order, site_fault

ROOT = "em.v1.site"
UP, DOWN = "up", "down"

MOST_REPORTS = 1_000
"""In one message."""

MOST_SUBJECTS = 200_000
"""Are remembered."""

LONGEST_STORE = 64
"""Characters of a store's id."""

_JSON = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


class Encoded(NamedTuple):
    """A message on its way."""

    subject: str
    body: bytes


def subjects_of(site: str, way: str) -> str:
    """Everything of a site (``*`` = of all) in one direction."""
    return f"{ROOT}.{site}.{way}.*"


def encode(message: Downlink | Uplink) -> Encoded:
    """The subject and the bytes of a message."""
    way, kind, body_of = _WRITERS[type(message)]
    return Encoded(f"{ROOT}.{message.site}.{way}.{kind}", _JSON.encode(body_of(message)).encode())


def decode_down(subject: str, body: bytes) -> Downlink:
    """A message for a site.

    Raises:
        Unreadable: it is none.
    """
    decoded: Downlink = _decode(subject, body, way=DOWN, readers=_DOWN)
    return decoded


def decode_up(subject: str, body: bytes) -> Uplink:
    """A message for the centre.

    Raises:
        Unreadable: it is none.
    """
    decoded: Uplink = _decode(subject, body, way=UP, readers=_UP)
    return decoded


def site_of(subject: str) -> str | None:
    """Whose message it is; None: it is no site's."""
    try:
        return _addressed(subject, UP)[0]
    except Unreadable:
        return None


def _decode(subject: str, body: bytes, *, way: str, readers: Mapping[str, Callable[[str, Fields], Any]]) -> Any:  # noqa: ANN401 - a message
    site, kind = _addressed(subject, way)
    if kind not in readers:
        raise _no_subject(subject)
    try:
        return readers[kind](site, Fields(loaded(body)))
    except Unreadable as error:
        raise Unreadable(error.why, subject=subject) from None
    except Refused as refused:
        raise Unreadable(str(refused), subject=subject) from None
    except (ValueError, RecursionError):
        raise Unreadable("it is no JSON", subject=subject) from None


@lru_cache(maxsize=MOST_SUBJECTS)
def _addressed(subject: str, way: str) -> tuple[str, str]:
    """The site and the kind of message; the same few subjects of each site come again every few seconds."""
    root, _, rest = subject.partition(f"{ROOT}.")
    site, _, kind = rest.partition(f".{way}.")
    if root or site_fault(site) is not None:
        raise _no_subject(subject)
    return site, kind


def _no_subject(subject: str) -> Unreadable:
    return Unreadable(f"{shown(subject)} is no subject of the fleet's")


def _order_body(order: Order) -> dict[str, Any]:
    return {
        "id": order.id,
        "epoch": order.epoch,
        "deliver_kw": order.deliver_kw,
        "from": order.start.isoformat(),
        "until": order.until.isoformat(),
        "reason": order.reason,
    }


def _order(site: str, fields: Fields) -> Order:
    return Order(
        id=fields.text("id"),
        epoch=fields.whole("epoch"),
        site=site,
        deliver_kw=fields.whole("deliver_kw"),
        start=fields.instant("from"),
        until=fields.instant("until"),
        reason=fields.text("reason"),
    )


def _order_list(site: str, fields: Fields) -> OrderList:
    orders = tuple(_order(site, Fields(body)) for body in fields.list("orders", most=MOST_ORDERS))
    return OrderList(site=site, epoch=fields.whole("epoch"), orders=orders)


def _reports(site: str, fields: Fields) -> Reports:
    reports = tuple(_report(Fields(body)) for body in fields.list("reports", most=MOST_REPORTS))
    stream = fields.text("stream")
    if stream not in {EVENTS, QUARTERS}:
        raise Unreadable(f"stream is {shown(stream)}, not {EVENTS} or {QUARTERS}")
    return Reports(site=site, store=fields.id("store", longest=LONGEST_STORE), stream=stream, reports=reports)


def _report(fields: Fields) -> Report:
    return Report(sequence=fields.whole("sequence", least=0), at=fields.instant("at"), body=fields.object("body"))


_DOWN: Mapping[str, Callable[[str, Fields], Downlink]] = {
    "order": _order,
    "orders": _order_list,
    "cancel": lambda site, fields: Cancel(site=site, order=fields.id("order"), epoch=fields.whole("epoch")),
    "ack": lambda site, fields: Acknowledged(
        site=site, store=fields.text("store"), stream=fields.text("stream"), through=fields.whole("through")
    ),
    "question": lambda site, fields: Question(
        site=site, id=fields.text("id"), about=fields.text("about"), arguments=fields.object("arguments")
    ),
}

_UP: Mapping[str, Callable[[str, Fields], Uplink]] = {
    "state": read_state,
    "answer": lambda site, fields: Answer(
        site=site, order=fields.id("order"), is_accepted=fields.flag("accepted"), reason=fields.text("reason")
    ),
    "ask": lambda site, _: Ask(site=site),
    "report": _reports,
    "reply": lambda site, fields: Reply(
        site=site, id=fields.text("id"), body=fields.object("body"), error=fields.text("error")
    ),
}


def _reports_body(message: Reports) -> dict[str, Any]:
    reports = [
        {"sequence": report.sequence, "at": report.at.isoformat(), "body": report.body} for report in message.reports
    ]
    return {"store": message.store, "stream": message.stream, "reports": reports}


_WRITERS: Mapping[type, tuple[str, str, Callable[[Any], Mapping[str, Any]]]] = {
    Order: (DOWN, "order", _order_body),
    OrderList: (
        DOWN,
        "orders",
        lambda message: {"epoch": message.epoch, "orders": [_order_body(order) for order in message.orders]},
    ),
    Cancel: (DOWN, "cancel", lambda message: {"order": message.order, "epoch": message.epoch}),
    Acknowledged: (
        DOWN,
        "ack",
        lambda message: {"store": message.store, "stream": message.stream, "through": message.through},
    ),
    Question: (
        DOWN,
        "question",
        lambda message: {"id": message.id, "about": message.about, "arguments": message.arguments},
    ),
    SiteState: (UP, "state", state_body),
    Answer: (
        UP,
        "answer",
        lambda message: {"order": message.order, "accepted": message.is_accepted, "reason": message.reason},
    ),
    Ask: (UP, "ask", lambda _: {}),
    Reports: (UP, "report", _reports_body),
    Reply: (UP, "reply", lambda message: {"id": message.id, "body": message.body, "error": message.error}),
}
