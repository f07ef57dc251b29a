"""The fleet's messages as JSON below ``em.v1.site.<site>.``, and back.

A site may publish below ``up`` and subscribe below ``down`` of its own name and nowhere else, so whose a message is
comes from its subject, never from what it says.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from energy_manager.application.ports.fleet_bus import (
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
from energy_manager.domain.fleet import Order, Room, site_fault

ROOT = "em.v1.site"
UP, DOWN = "up", "down"

MOST_REPORTS = 1_000
"""In one message."""

MOST_ORDERS = 1_000
"""Of one site."""

LONGEST_TEXT = 1_000


class Unreadable(ValueError):
    """A message that is none of the fleet's."""


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
    text = json.dumps(body_of(message), separators=(",", ":"), allow_nan=False)
    return Encoded(f"{ROOT}.{message.site}.{way}.{kind}", text.encode())


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


def _decode(subject: str, body: bytes, *, way: str, readers: Mapping[str, Callable[[str, _Fields], Any]]) -> Any:  # noqa: ANN401 - a message
    root, _, rest = subject.partition(f"{ROOT}.")
    site, _, kind = rest.partition(f".{way}.")
    if root or site_fault(site) is not None or kind not in readers:
        raise Unreadable(f"{shown(subject)} is no subject of the fleet's")
    try:
        return readers[kind](site, _Fields(json.loads(body)))
    except Unreadable as error:
        raise Unreadable(f"{subject}: {error}") from None
    except Refused as refused:
        raise Unreadable(f"{subject}: {refused}") from None
    except (ValueError, RecursionError):
        raise Unreadable(f"{subject}: it is no JSON") from None


class _Fields:
    """The members of a JSON object, each of the type that is asked for."""

    def __init__(self, body: object) -> None:
        if not isinstance(body, dict):
            raise Unreadable(f"{shown(body)} is no object")
        self._body = body

    def _of(self, name: str, kinds: type | tuple[type, ...]) -> Any:  # noqa: ANN401 - of the kind asked for
        value = self._body.get(name)
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            raise Unreadable(f"{name} is {shown(value)}")
        return value

    def text(self, name: str) -> str:
        value: str = self._of(name, str)
        if len(value) > LONGEST_TEXT:
            raise Unreadable(f"{name} has {len(value)} characters, at most {LONGEST_TEXT}")
        return value

    def whole(self, name: str) -> int:
        value: int = self._of(name, int)
        if value.bit_length() > 63:
            raise Unreadable(f"{name} is {shown(value)}")  # more than a database takes
        return value

    def number(self, name: str) -> float:
        value = float(self._of(name, (int, float)))
        if not math.isfinite(value):
            raise Unreadable(f"{name} is {shown(value)}")
        return value

    def number_if_any(self, name: str) -> float | None:
        return None if self._body.get(name) is None else self.number(name)

    def whole_if_any(self, name: str) -> int | None:
        return None if self._body.get(name) is None else self.whole(name)

    def flag(self, name: str) -> bool:
        return bool(self._of(name, bool))

    def instant(self, name: str) -> datetime:
        instant = datetime.fromisoformat(self.text(name))
        if instant.utcoffset() is None:
            raise Unreadable(f"{name} has no time zone")
        return instant

    def object(self, name: str) -> dict[str, Any]:
        value: dict[str, Any] = self._of(name, dict)
        return value

    def list(self, name: str, *, most: int) -> list[Any]:
        value: list[Any] = self._of(name, list)
        if len(value) > most:
            raise Unreadable(f"{name} has {len(value)} entries, at most {most}")
        return value


def _order_body(order: Order) -> dict[str, Any]:
    return {
        "id": order.id,
        "epoch": order.epoch,
        "deliver_kw": order.deliver_kw,
        "from": order.start.isoformat(),
        "until": order.until.isoformat(),
        "reason": order.reason,
    }


def _order(site: str, fields: _Fields) -> Order:
    return Order(
        id=fields.text("id"),
        epoch=fields.whole("epoch"),
        site=site,
        deliver_kw=fields.whole("deliver_kw"),
        start=fields.instant("from"),
        until=fields.instant("until"),
        reason=fields.text("reason"),
    )


def _order_list(site: str, fields: _Fields) -> OrderList:
    orders = tuple(_order(site, _Fields(body)) for body in fields.list("orders", most=MOST_ORDERS))
    return OrderList(site=site, epoch=fields.whole("epoch"), orders=orders)


def _cancel(site: str, fields: _Fields) -> Cancel:
    return Cancel(site=site, order=fields.text("order"), epoch=fields.whole("epoch"))


def _acknowledged(site: str, fields: _Fields) -> Acknowledged:
    return Acknowledged(
        site=site, store=fields.text("store"), stream=fields.text("stream"), through=fields.whole("through")
    )


def _question(site: str, fields: _Fields) -> Question:
    return Question(site=site, id=fields.text("id"), about=fields.text("about"), arguments=fields.object("arguments"))


def _state_body(state: SiteState) -> dict[str, Any]:
    return {
        "at": state.at.isoformat(),
        "tick": state.tick,
        "deliver_kw": state.deliver_kw,
        "import_kw": state.import_kw,
        "up_kw": state.room.up_kw,
        "down_kw": state.room.down_kw,
        "up_eur_per_mwh": state.room.up_eur_per_mwh,
        "down_eur_per_mwh": state.room.down_eur_per_mwh,
        "on_time": state.is_on_time,
        "alarms": state.alarms,
        "alarm": state.alarm,
        "orders": state.orders,
    }


def _state(site: str, fields: _Fields) -> SiteState:
    room = Room(
        up_kw=max(0, fields.whole("up_kw")),
        down_kw=max(0, fields.whole("down_kw")),
        up_eur_per_mwh=fields.number_if_any("up_eur_per_mwh"),
        down_eur_per_mwh=fields.number_if_any("down_eur_per_mwh"),
    )
    return SiteState(
        site=site,
        at=fields.instant("at"),
        room=room,
        tick=fields.whole_if_any("tick"),
        deliver_kw=fields.number_if_any("deliver_kw"),
        import_kw=fields.number_if_any("import_kw"),
        is_on_time=fields.flag("on_time"),
        alarms=fields.whole("alarms"),
        alarm=fields.text("alarm"),
        orders=tuple(str(order) for order in fields.list("orders", most=MOST_ORDERS)),
    )


def _answer(site: str, fields: _Fields) -> Answer:
    return Answer(
        site=site, order=fields.text("order"), is_accepted=fields.flag("accepted"), reason=fields.text("reason")
    )


def _ask(site: str, _: _Fields) -> Ask:
    return Ask(site=site)


def _reports(site: str, fields: _Fields) -> Reports:
    reports = tuple(_report(_Fields(body)) for body in fields.list("reports", most=MOST_REPORTS))
    return Reports(site=site, store=fields.text("store"), stream=fields.text("stream"), reports=reports)


def _report(fields: _Fields) -> Report:
    return Report(sequence=fields.whole("sequence"), at=fields.instant("at"), body=fields.object("body"))


def _reply(site: str, fields: _Fields) -> Reply:
    return Reply(site=site, id=fields.text("id"), body=fields.object("body"), error=fields.text("error"))


_DOWN: Mapping[str, Callable[[str, _Fields], Downlink]] = {
    "order": _order,
    "orders": _order_list,
    "cancel": _cancel,
    "ack": _acknowledged,
    "question": _question,
}

_UP: Mapping[str, Callable[[str, _Fields], Uplink]] = {
    "state": _state,
    "answer": _answer,
    "ask": _ask,
    "report": _reports,
    "reply": _reply,
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
    SiteState: (UP, "state", _state_body),
    Answer: (
        UP,
        "answer",
        lambda message: {"order": message.order, "accepted": message.is_accepted, "reason": message.reason},
    ),
    Ask: (UP, "ask", lambda _: {}),
    Reports: (UP, "report", _reports_body),
    Reply: (UP, "reply", lambda message: {"id": message.id, "body": message.body, "error": message.error}),
}
