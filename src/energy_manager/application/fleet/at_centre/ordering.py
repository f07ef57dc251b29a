"""Orders of activations that are not over: given, withdrawn, given elsewhere; first in the book, then on the bus."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from energy_manager.application.fleet.at_centre.offer_board import OfferBoard
from energy_manager.application.fleet.at_centre.running import RunningPortfolios, news, withdrawn
from energy_manager.application.ports.fleet.fleet_book import FleetBook
from energy_manager.application.ports.fleet.fleet_bus import Cancel, CentreBus, OrderList
from energy_manager.domain.fleet import (
    UNANSWERED,
    Choice,
    FleetActivation,
    OrderRecord,
    Portfolio,
    Select,
    SiteOffer,
    choice_of,
    heard,
    next_moves,
    reasons,
)

NO_TIME = timedelta(0)

MOST_STRAY = 20
"""Orders of a site that are withdrawn at once; a site tells those that it has every 4 s, and may make them up."""

SENT_AGAIN = timedelta(seconds=5)
"""Orders that were not written by then are sent again while there is a link."""


@dataclass(slots=True, kw_only=True)
class Ordering:
    """Used by one thread at a time; ``running`` and ``offers_for`` may be read by any.

    Args:
        select: the cheapest offers that reach a volume.
        now: the time of day, UTC.
        elapsed_s: monotonic seconds.
        epoch: under which orders are given; 0: this centre gives none.
    """

    bus: CentreBus
    book: FleetBook
    offers: OfferBoard
    select: Select
    now: Callable[[], datetime]
    elapsed_s: Callable[[], float]
    epoch: int = field(default=0, init=False)
    running: RunningPortfolios = field(default_factory=RunningPortfolios, init=False)
    _again_at_s: float = field(default=0.0, init=False)

    def take_over(self, epoch: int) -> None:
        """Go on from the book: unanswered orders are given again under the new epoch, the others judged from now on.

        Raises:
            StoreUnavailable, Fenced: no order is given.
        """
        now = self.now()
        for activation in self.book.activations(unfinished_at=now):
            records = [
                record.given_again(epoch, at=now)
                if record.state in UNANSWERED
                else record.heard_again(now, away=NO_TIME, comes_back_within=NO_TIME)
                for record in self.book.records(activation.id)
            ]
            self.running.add(Portfolio(activation=activation, records={record.id: record for record in records}))
        unanswered = self.running.open()
        self.book.keep(epoch, records=unanswered)
        self.epoch = epoch
        self.bus.send([record.order for record in unanswered])

    def forget_all(self) -> None:
        """Another centre gives the orders."""
        self.epoch = 0
        self.offers.forget()
        self.running.clear()

    def take_up(self, activation: FleetActivation, *, hears: bool, confirmed: Collection[str] = ()) -> None:
        """Order what a new activation wants, or withdraw all orders of one that was ended; raises as ``step``.

        Sites that a person has ``confirmed`` are ordered first, though others may have become cheaper.
        """
        running = self.running.of(activation.id) or Portfolio(activation=activation)
        moved = replace(running, activation=activation)
        self._move(moved, hears=hears, activations=[activation], confirmed=confirmed)

    def step(self, activations: Iterable[str], *, hears: bool) -> None:
        """Let what was heard and the time move the orders, and order what is missing.

        Raises:
            StoreUnavailable: nothing has moved; what was heard waits.
            Fenced: another centre is active.
        """
        for activation in activations:
            running = self.running.of(activation)
            if running is not None:
                self._move(running, hears=hears)

    def _move(
        self,
        before: Portfolio,
        *,
        hears: bool,
        activations: Sequence[FleetActivation] = (),
        confirmed: Collection[str] = (),
    ) -> None:
        """What is new of ``activations`` is kept with the orders that follow from it, all as one."""
        now, facts = self.now(), self.running.facts(before.activation.id)
        after = heard(before, facts) if facts else before
        moves = next_moves(after, now, hears=hears)
        after = after.with_records(moves.records)
        placed = self._place(after, moves.order_kw, now, confirmed) if moves.order_kw else ()
        after = after.with_records(placed)
        changed = news(before, after)
        if changed or activations:
            self.book.keep(self.epoch, activations=activations, records=changed)
        self.running.stepped(after, now)
        cancels = [self._cancel(record.order.site, record.id) for record in withdrawn(before, changed)]
        self.bus.send([*cancels, *(record.order for record in placed)])
        if after.activation.is_over(now):
            self.running.let_go(after.activation.id)

    def offers_for(self, activation: FleetActivation, besides: Portfolio | None = None) -> tuple[SiteOffer, ...]:
        """What sites that are there offer for an activation, and no other activation has at that time."""
        taken = frozenset[str]() if besides is None else besides.unavailable_sites()
        return self.offers.offers_for(activation, taken=taken | self.running.busy(activation))

    def _place(
        self, portfolio: Portfolio, order_kw: int, now: datetime, confirmed: Collection[str]
    ) -> tuple[OrderRecord, ...]:
        offered = portfolio.prompt_first(self.offers_for(portfolio.activation, portfolio), order_kw)
        if not offered:
            return ()
        chosen = choice_of(offered, order_kw, self.select, confirmed=confirmed)
        failed = [record.order.site for record in portfolio.records.values() if not record.expected_kw]
        choice = Choice(
            wanted_kw=order_kw, offered=offered, chosen=chosen, in_place_of=failed, is_confirmed=bool(confirmed)
        )
        return portfolio.placed(chosen, epoch=self.epoch, now=now, because=reasons(choice))

    def send_unwritten(self) -> None:
        """Send the orders that never got as far as the socket."""
        self.bus.send([record.order for record in self.running.open()])

    def send_overdue(self) -> None:
        """The same, once in a while, for those that should have got there long ago."""
        now, now_s = self.now(), self.elapsed_s()
        if now_s >= self._again_at_s:
            self._again_at_s = now_s + SENT_AGAIN.total_seconds()
            overdue = (record for record in self.running.open() if now - record.since > SENT_AGAIN)
            self.bus.send([record.order for record in overdue])

    def tell_all_of(self, site: str) -> None:
        """Tell a site which orders are its own."""
        live = self.running.live_of(site)
        orders = tuple(replace(record.order, epoch=self.epoch) for record in live)
        self.bus.send([OrderList(site=site, epoch=self.epoch, orders=orders)])

    def withdraw_stray(self, site: str, orders: Iterable[str]) -> None:
        """A site that carries out what the book does not know as live has missed a word: it is said again."""
        stray = [order for order in orders if not self.running.is_live(order, site)][:MOST_STRAY]
        self.bus.send([self._cancel(site, order) for order in stray])

    def _cancel(self, site: str, order: str) -> Cancel:
        return Cancel(site=site, order=order, epoch=self.epoch)
