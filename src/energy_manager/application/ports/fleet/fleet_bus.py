"""The link between a centre and its sites: orders go down, states, answers and reports come up.

Every message may be lost, and may come twice; what must not get lost has its row at both ends, and either can be asked
again. Messages of one sender to one site arrive in the order in which they were sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol, TypeAlias

from energy_manager.application.ports.schedules.durability import JsonObject
from energy_manager.domain.fleet import Order, Room

EVENTS = "events"
"""The stream of a site's logbook: ``sequence`` is the line's number."""

QUARTERS = "quarters"
"""The stream of a site's quarter hours: ``sequence`` counts them from 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderList:
    """All orders that a site has now, in answer to ``Ask``: what it has beside them is over."""

    site: str
    epoch: int
    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """The order is withdrawn; also where the site has not heard of it yet."""

    site: str
    order: str
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """The book has the site's reports of a stream up to and including ``through``."""

    site: str
    store: str
    stream: str
    through: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of one site alone; ``id`` comes back with the reply.

    ``about`` is ``history``, ``explain`` or ``alarms``, which only the site knows, or ``acknowledge`` of one of these.
    """

    site: str
    id: str
    about: str
    arguments: JsonObject = field(default_factory=dict)


Downlink: TypeAlias = Order | OrderList | Cancel | Acknowledged | Question


class SiteState(NamedTuple):
    """How a site stands, told every few seconds or on change: a tuple, as thousands are made every second.

    Args:
        site: whose.
        at: when, by the site's clock.
        tick: the number of its newest tick; None before the first.
        deliver_kw: what its assets for the fleet deliver together, positive = they deliver; None: not measured.
        import_kw: at the grid connection; None: not measured.
        room: what it can do beyond, and what that costs.
        is_on_time: whether the loop ticks.
        alarms: how many are active and not acknowledged.
        acknowledged: how many are active all the same, and somebody has seen them.
        alarm: the most important one, in words; one that is not acknowledged where there is one.
        orders: the orders that it carries out or will.
    """

    site: str
    at: datetime
    room: Room
    tick: int | None = None
    deliver_kw: float | None = None
    import_kw: float | None = None
    is_on_time: bool = True
    alarms: int = 0
    alarm: str = ""
    acknowledged: int = 0
    orders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A site's word on an order; an accepted one is durable at the site."""

    site: str
    order: str
    is_accepted: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A site that has (re)connected wants to know which orders are its own."""

    site: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One line of a stream; ``sequence`` only ever grows."""

    sequence: int
    at: datetime
    body: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """Lines of a stream from a site's store, in order; sent again until they are acknowledged.

    ``store`` is the id of the store that they come from: one that is begun anew counts from 1 again.
    """

    site: str
    store: str
    stream: str
    reports: tuple[Report, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A site's answer to a question: ``body``, or ``error`` in words."""

    site: str
    id: str
    body: JsonObject = field(default_factory=dict)
    error: str = ""


Uplink: TypeAlias = SiteState | Answer | Ask | Reports | Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChanged:
    """The link to the bus is there, or is not; ``why`` says so in words."""

    is_up: bool
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersWritten:
    """These orders were written to the socket, as one batch."""

    orders: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyThere:
    """Nobody listens at the site that the order was for."""

    site: str
    order: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A message of the site's was not taken; ``why`` in words. Told of a site once in a while, not of each message."""

    site: str
    why: str


HeardByCentre: TypeAlias = Uplink | LinkChanged | OrdersWritten | NobodyThere | LeftOut
HeardBySite: TypeAlias = Downlink | LinkChanged


class CentreBus(Protocol):
    """The centre's end. ``send`` never waits; what it is told is called back on the bus's own thread."""

    def open(self, hear: Callable[[HeardByCentre], None]) -> None:
        """Connect, and stay connected until ``close``; does not wait for the link."""
        ...

    def send(self, messages: Sequence[Downlink]) -> None:
        """Send, in this order. Each order is followed by ``OrdersWritten``, and by ``NobodyThere`` where that is so.

        Without a link nothing is sent: orders that were not written stay so, all else is lost.
        """
        ...

    def close(self) -> None:
        """End; nothing is called back afterwards."""
        ...


class SiteBus(Protocol):
    """A site's end; otherwise as ``CentreBus``."""

    def open(self, hear: Callable[[HeardBySite], None]) -> None:
        """Connect, and stay connected until ``close``; does not wait for the link."""
        ...

    def send(self, message: Uplink) -> None:
        """Send, at most once: without a link it is lost."""
        ...

    def close(self) -> None:
        """End; nothing is called back afterwards."""
        ...
