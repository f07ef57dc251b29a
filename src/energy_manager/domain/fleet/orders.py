"""An order to a site, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from energy_manager.domain.errors import Fault, faults_of, refuse
from energy_manager.domain.fleet.names import id_fault, site_fault

MOST_KW = 10**9
"""More than the power of any country."""

LONGEST = timedelta(days=1)
"""An order ends by itself; who wants more gives another one."""

LONGEST_REASON = 500


class Direction(StrEnum):
    """Which way power is wanted: ``up`` = sites deliver more or take less, ``down`` = the other way."""

    UP = "up"
    DOWN = "down"

    @property
    def sign(self) -> int:
        """Of ``deliver_kw``."""
        return 1 if self is Direction.UP else -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a site's assets for the fleet deliver together in ``[start, until)``.

    ``deliver_kw`` is absolute, positive = they deliver, negative = they take: the same order twice is one order, and it
    ends by itself. ``epoch`` is that of the centre that gave it; a site takes none of an older centre.

    Raises:
        Refused: every field that is not acceptable.
    """

    id: str
    epoch: int
    site: str
    deliver_kw: int
    start: datetime
    until: datetime
    reason: str = ""

    def __post_init__(self) -> None:
        named = filter(None, (id_fault(self.id), site_fault(self.site)))
        faults = {
            "epoch": None if self.epoch >= 1 else f"{self.epoch} is not at least 1",
            "deliver_kw": None
            if 1 <= self.volume_kw <= MOST_KW
            else f"{self.deliver_kw} kW is not 1 to {MOST_KW} kW, either way",
            "reason": reason_fault(self.reason),
        }
        refuse([*named, *faults_of(faults), *span_faults(self.start, self.until)])
        for name in ("start", "until"):
            instant = getattr(self, name)
            if instant.tzinfo is not UTC:
                object.__setattr__(self, name, instant.astimezone(UTC))

    @property
    def volume_kw(self) -> int:
        """The power, whichever way."""
        return abs(self.deliver_kw)

    @property
    def direction(self) -> Direction:
        """Which way."""
        return Direction.UP if self.deliver_kw > 0 else Direction.DOWN


def reason_fault(reason: str) -> str | None:
    """What is wrong with the reason of an order or activation."""
    return None if len(reason) <= LONGEST_REASON else f"{len(reason)} characters, at most {LONGEST_REASON}"


def span_faults(start: datetime, until: datetime) -> list[Fault]:
    """What is wrong with a span of time of an order or activation."""
    if start.tzinfo is None or until.tzinfo is None:
        return [
            Fault(field=name, message=f"{instant.isoformat()} has no time zone")
            for name, instant in (("from", start), ("until", until))
            if instant.tzinfo is None
        ]
    if until <= start:
        return [Fault(field="until", message=f"{until.isoformat()} is not after {start.isoformat()}")]
    if until - start > LONGEST:
        return [Fault(field="until", message=f"{until.isoformat()} is more than a day after {start.isoformat()}")]
    return []


class OrderState(StrEnum):
    """How far an order has come, as the centre knows it."""

    OPEN = "open"
    """In the book, not sent yet."""
    SENT = "sent"
    ACCEPTED = "accepted"
    """Durable at the site; nothing has been seen yet."""
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    """Nobody was there to take it."""
    SILENT = "silent"
    """No answer in time; it may come yet."""
    DELIVERING = "delivering"
    SHORT = "short"
    """Accepted, and less is measured."""
    OVER = "over"
    CANCELLED = "cancelled"


FOLLOWING: Mapping[OrderState, frozenset[OrderState]] = {
    state: frozenset(OrderState(word) for word in words.split())
    for state, words in {
        OrderState.OPEN: "sent unreachable accepted refused over cancelled",
        OrderState.SENT: "accepted refused unreachable silent over cancelled",
        OrderState.SILENT: "sent accepted refused unreachable over cancelled",
        OrderState.ACCEPTED: "delivering short refused over cancelled",
        OrderState.DELIVERING: "short refused over cancelled",
        OrderState.SHORT: "delivering refused over cancelled",
        OrderState.REFUSED: "",
        OrderState.UNREACHABLE: "",
        OrderState.OVER: "",
        OrderState.CANCELLED: "",
    }.items()
}
"""Which states may follow which. A site that drops an accepted order for reasons of its own refuses it late."""

LIVE = frozenset(state for state, following in FOLLOWING.items() if following)
"""In these a site may be carrying the order out, or may begin to."""

UNANSWERED = frozenset({OrderState.OPEN, OrderState.SENT, OrderState.SILENT})
"""Nothing is known of the site's word."""

CONFIRMED = frozenset({OrderState.ACCEPTED, OrderState.DELIVERING, OrderState.SHORT})
"""The site has said yes."""

COUNTED = frozenset({OrderState.OPEN, OrderState.SENT, OrderState.ACCEPTED, OrderState.DELIVERING})
"""The whole volume is counted on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """An order as the centre keeps it.

    Args:
        order: what the site is told.
        activation: the id of the portfolio activation that it serves.
        state: how far it has come, ``since`` when.
        placed_at: when it was put into the book.
        cost_cents: what it costs by the offer.
        because: why this site, in words.
        due_at: until when an answer is waited for; None: it was not written to the socket yet.
        accepted_at: when the site said yes.
        is_late: the answer came after it had been given up.
        note: why it is in its state, in words; empty where the state says it all.
        measured_kw: what the site last measured in the order's direction, ``measured_at`` when it was heard.
        shown_at: when the whole volume was last seen.
        fell_short: less was measured the last time that its delivery was judged.
        judged_from: its delivery is judged from then on: before, the centre heard nothing for reasons of its own.
    """

    order: Order
    activation: str
    state: OrderState
    since: datetime
    placed_at: datetime
    cost_cents: int = 0
    because: str = ""
    due_at: datetime | None = None
    accepted_at: datetime | None = None
    is_late: bool = False
    note: str = ""
    measured_kw: float = 0.0
    measured_at: datetime | None = None
    shown_at: datetime | None = None
    fell_short: bool = False
    judged_from: datetime | None = None

    @property
    def id(self) -> str:
        """The order's."""
        return self.order.id

    @property
    def is_live(self) -> bool:
        """Whether a site may be carrying it out, or may begin to."""
        return self.state in LIVE

    @property
    def expected_kw(self) -> float:
        """What is counted on, kW: the whole volume, or what is measured where that is less."""
        if self.state in COUNTED:
            return self.order.volume_kw
        return min(self.order.volume_kw, max(0.0, self.measured_kw)) if self.state is OrderState.SHORT else 0.0

    @property
    def exposed_kw(self) -> float:
        """What may be delivered, kW: also by a site that has not answered."""
        return self.order.volume_kw if self.state is OrderState.SILENT else self.expected_kw

    @property
    def has_failed(self) -> bool:
        """Whether the site did not do what this order said, so that another one would be in vain."""
        if self.state is OrderState.CANCELLED:
            return self.fell_short or self.accepted_at is None
        return self.state is OrderState.REFUSED

    def given_again(self, epoch: int, *, at: datetime) -> OrderRecord:
        """An order without an answer, as the next centre gives it."""
        assert self.state in UNANSWERED, self.state
        return replace(
            self, order=replace(self.order, epoch=epoch), state=OrderState.OPEN, since=at, due_at=None, note=""
        )

    def heard_again(self, at: datetime, *, away: timedelta, comes_back_within: timedelta) -> OrderRecord:
        """The same record where the centre heard nobody for ``away`` until ``at``, which says nothing about the site.

        An answer is waited for as much longer; sites may come back within some time only, and are judged from then on.
        """
        if self.state in CONFIRMED:
            return replace(self, judged_from=at + comes_back_within)
        if self.state in {OrderState.SENT, OrderState.SILENT}:
            return replace(self, since=self.since + away, due_at=_later(self.due_at, away))
        return self

    def on_later_clock(self, jump: timedelta) -> OrderRecord:
        """The same record where the time of day has jumped: what it waits for it has waited for as long."""
        if not self.is_live:
            return self
        return replace(
            self,
            since=self.since + jump,
            due_at=_later(self.due_at, jump),
            measured_at=_later(self.measured_at, jump),
            shown_at=_later(self.shown_at, jump),
            judged_from=_later(self.judged_from, jump),
        )

    def moved(self, to: OrderState, *, at: datetime, note: str = "", **other: Any) -> OrderRecord:  # noqa: ANN401
        """The record in its next state; ``other`` fields change with it."""
        assert to in FOLLOWING[self.state], f"{self.state} > {to}"
        return replace(self, state=to, since=at, note=note, **other)


def _later(instant: datetime | None, jump: timedelta) -> datetime | None:
    return None if instant is None else instant + jump
