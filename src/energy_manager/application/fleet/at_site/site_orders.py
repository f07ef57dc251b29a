"""The site's side of orders: an order is durable as an activation before it is answered, and ends by itself.

What a site has done with an order stays on record, so that the same order once more, late or after its cancellation, is
neither carried out twice nor begun again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from energy_manager.application.fleet.at_site.site_assets import FleetAssets
from energy_manager.application.ports.fleet.fleet_bus import Answer, Cancel, OrderList
from energy_manager.application.ports.records.logbook import Actor, LogEntry, LogKind
from energy_manager.application.ports.schedules.document_bodies import body_of, of_body
from energy_manager.application.ports.schedules.durability import (
    Activation,
    AppendLog,
    Change,
    DeleteDocument,
    DeleteSchedule,
    JsonObject,
    PutActivation,
    PutDocument,
    StoreUnavailable,
)
from energy_manager.application.ports.schedules.schedule_repository import DocumentRepository
from energy_manager.domain.errors import Refused
from energy_manager.domain.fleet import Order, split
from energy_manager.domain.schedule import Schedule, Source, TimeBlock

KIND = "fleet_order"
LINK_KIND = "fleet"
EPOCH_ID = "epoch"

REMEMBERED = timedelta(days=7)
"""An order that is over is kept this long: a quarter hour of it may still have to be reported."""

MOST_UNSEEN = 1_000
"""Orders that were withdrawn before they were heard of: they may still be on their way."""

NAMED = {"start": "from"}
"""A keyword is no field."""

CENTRE = Actor(who="centre", role="fleet", origin="fleet link")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptOrder:
    """An order as the site keeps it; ``ended_at`` is when it was withdrawn, None: it was not."""

    order: Order
    accepted_at: datetime
    ended_at: datetime | None = None

    @property
    def since(self) -> datetime:
        """When it begins, or began."""
        return max(self.order.start, self.accepted_at)

    @property
    def until(self) -> datetime:
        """When it ends, or ended."""
        return self.order.until if self.ended_at is None else min(self.ended_at, self.order.until)

    def holds(self, now: datetime) -> bool:
        """Whether it is carried out, or will be."""
        return now < self.until

    @property
    def body(self) -> JsonObject:
        """As a document."""
        return body_of(self, without={"id"}, named=NAMED)


def kept_order(order_id: str, body: Mapping[str, Any]) -> KeptOrder:
    """The order of a document."""
    return of_body(KeptOrder, body, named=NAMED, known={"id": order_id})


def schedule_id_of(order_id: str) -> str:
    """The activation's, and its schedule's."""
    return f"fleet-{order_id}"


@dataclass(slots=True, kw_only=True)
class SiteOrders:
    """All calls from one thread.

    Args:
        site: the site's name in the fleet.
        store: where orders and activations are durable.
        assets: what they are for.
        now: the time of day, UTC.
        may_command: whether this process is the site's master.
    """

    site: str
    store: DocumentRepository
    assets: FleetAssets
    now: Callable[[], datetime]
    may_command: Callable[[], bool]
    _kept: dict[str, KeptOrder] = field(default_factory=dict, init=False)
    _withdrawn_unseen: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_UNSEEN), init=False)
    _epoch: int = field(default=0, init=False)
    _is_loaded: bool = field(default=False, init=False)

    def take(self, order: Order) -> Answer | None:
        """Accept the order, or say why not; None: whether it is durable is not known, so that nothing is said."""
        try:
            self._load()
            reason = self._accept(order)
        except StoreUnavailable as error:
            if not error.is_undone:
                self._is_loaded = False
                return None
            reason = f"the site's store is not available: {error.reason}"
        except Refused as refused:
            reason = str(refused)
        return Answer(site=self.site, order=order.id, is_accepted=not reason, reason=reason[:500])

    def cancel(self, cancel: Cancel) -> None:
        """End the order, also one that has not been heard of yet.

        Raises:
            StoreUnavailable: it goes on; the centre says it again.
        """
        self._load()
        if cancel.epoch >= self._epoch:
            self._end([cancel.order], cancel.epoch)

    def reconcile(self, listed: OrderList) -> tuple[Answer, ...]:
        """Do as the centre's book says: take what is new, end what is not there any more.

        Raises:
            StoreUnavailable: what was to end goes on; the centre is asked again.
        """
        self._load()
        if listed.epoch < self._epoch:
            return ()
        wanted = {order.id for order in listed.orders}
        self._end([order_id for order_id in self.holding() if order_id not in wanted], listed.epoch)
        answers = [self.take(order) for order in listed.orders]
        return tuple(answer for answer in answers if answer is not None)

    def holding(self) -> tuple[str, ...]:
        """The orders that are carried out, or will be."""
        now = self.now()
        return tuple(order_id for order_id, kept in self._kept.items() if kept.holds(now))

    def held_in(self, start: datetime, until: datetime) -> tuple[KeptOrder, ...]:
        """The orders that held at some time of the span.

        Raises:
            StoreUnavailable: they could not be read yet.
        """
        self._load()
        return tuple(
            kept
            for kept in self._kept.values()
            if max(kept.order.start, kept.accepted_at) < until and kept.until > start
        )

    def _accept(self, order: Order) -> str:
        """Make it durable; why it is not taken, or empty."""
        reason = self._objection(order)
        if reason is not None:
            return reason
        now = self.now()
        rooms = self.assets.rooms(order.direction, now)
        wanted, there = order.volume_kw * self.assets.steps_per_kw, sum(rooms.values())
        if wanted > there:
            return f"the site's assets have {there / self.assets.steps_per_kw:g} kW {order.direction} now"
        targets = split(wanted * order.direction.sign, rooms)
        block = TimeBlock(start=max(order.start, now), end=order.until, targets=targets)
        schedule = Schedule(id=schedule_id_of(order.id), source=Source.FLEXIBILITY, blocks=(block,))
        kept = KeptOrder(order=order, accepted_at=now)
        activation = Activation(schedule=schedule, terms={"fleet_order": order.id, **kept.body})
        self._commit(order.epoch, PutActivation(activation=activation), self._line("fleet order", kept), kept=kept)
        return ""

    def _objection(self, order: Order) -> str | None:
        """Why it is not taken; empty: it is on record already; None: nothing speaks against it."""
        now, known = self.now(), self._kept.get(order.id)
        if order.epoch < self._epoch:
            return f"its centre has epoch {order.epoch}, and one of epoch {self._epoch} is known"
        if now >= order.until:
            return "its time has passed"
        if order.id in self._withdrawn_unseen or (known is not None and known.ended_at is not None):
            return "it was withdrawn"
        if known is not None:
            is_same = replace(order, epoch=known.order.epoch, reason=known.order.reason) == known.order
            return "" if is_same else "another order has this id"
        if not self.may_command():
            return "this process does not command the site"
        other = next((kept for kept in self._kept.values() if self._collides(kept, order, now)), None)
        return None if other is None else f"order {other.order.id} holds at that time"

    @staticmethod
    def _collides(kept: KeptOrder, order: Order, now: datetime) -> bool:
        return kept.holds(now) and kept.order.start < order.until and order.start < kept.until

    def _end(self, order_ids: list[str], epoch: int) -> None:
        now = self.now()
        for order_id in order_ids:
            kept = self._kept.get(order_id)
            if kept is None:
                self._withdrawn_unseen.append(order_id)
            elif kept.holds(now):
                ended = replace(kept, ended_at=now)
                deleting = DeleteSchedule(id=schedule_id_of(order_id))
                self._commit(epoch, deleting, self._line("fleet order withdrawn", ended), kept=ended)

    def _commit(self, epoch: int, *changes: Change, kept: KeptOrder) -> None:
        epoch = max(epoch, self._epoch)
        document = PutDocument(kind=KIND, id=kept.order.id, body=kept.body)
        noting = PutDocument(kind=LINK_KIND, id=EPOCH_ID, body={"epoch": epoch})
        forgotten = [order_id for order_id, old in self._kept.items() if self.now() - old.until > REMEMBERED]
        forgetting = [DeleteDocument(kind=KIND, id=order_id) for order_id in forgotten]
        self.store.commit([*changes, document, noting, *forgetting])
        self._epoch = epoch
        self._kept[kept.order.id] = kept
        for order_id in forgotten:
            del self._kept[order_id]

    def _line(self, action: str, kept: KeptOrder) -> AppendLog:
        entry = LogEntry(
            at=self.now(),
            kind=LogKind.COMMAND,
            actor=CENTRE,
            action=action,
            subject=kept.order.id,
            after=kept.body,
            reason=kept.order.reason,
        )
        return AppendLog(entry=entry)

    def _load(self) -> None:
        if self._is_loaded:
            return
        noted = self.store.document(LINK_KIND, EPOCH_ID)
        documents = self.store.documents(KIND)
        self._epoch = max(self._epoch, 0 if noted is None else noted.body["epoch"])
        self._kept |= {document.id: kept_order(document.id, document.body) for document in documents}
        self._is_loaded = True
