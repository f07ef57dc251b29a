"""The centre: activations become orders, what is heard moves them, what fails is ordered elsewhere, all of it durable.

One thread turns; whatever happens is first in the book and then on the bus. What was heard is kept in order until the
book has taken what follows from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from energy_manager.application.fleet.centre_lease import CentreLease
from energy_manager.application.fleet.connections import GridConnections
from energy_manager.application.fleet.hearing import Hearing
from energy_manager.application.fleet.offer_board import OfferBoard
from energy_manager.application.fleet.presence import Presence
from energy_manager.application.fleet.reported import delivered_in
from energy_manager.application.fleet.running import RunningPortfolios, news, withdrawn
from energy_manager.application.fleet.waiting import CentreWaits
from energy_manager.application.ports.durability import StoreUnavailable
from energy_manager.application.ports.fleet_book import Fenced, FleetBook
from energy_manager.application.ports.fleet_bus import (
    Acknowledged,
    Answer,
    Ask,
    Cancel,
    CentreBus,
    HeardByCentre,
    LeftOut,
    LinkChanged,
    NobodyThere,
    OrderList,
    OrdersWritten,
    Reply,
    Reports,
    SiteState,
)
from energy_manager.application.ports.journal import Journal, Noticed
from energy_manager.domain.fleet import (
    UNANSWERED,
    Answered,
    Choice,
    Delivered,
    FleetActivation,
    Measured,
    OrderRecord,
    Portfolio,
    Select,
    SiteOffer,
    Unreachable,
    Written,
    heard,
    next_moves,
    reasons,
    without_needless,
)

NO_TIME = timedelta(0)

LOOK_S = 0.25
"""Time alone moves orders this often."""

GATHER_S = 0.01
"""Once something was heard, so long is waited for more of it: many answers come at once, and one step is for all."""

LONGEST_GATHER_S = 0.05
"""Half as long as the last turn took, up to this: a step goes through all orders of an activation, so that of thousands
of answers more must be taken at once than of ten, and the bus needs time to bring them."""

COMES_BACK = timedelta(seconds=30)
"""A site that lost its link tries again after as long as it was away, and after this at the latest."""

MOST_STRAY = 20
"""Orders of a site that are withdrawn at once; a site tells those that it has every 4 s, and may make them up."""

SENT_AGAIN = timedelta(seconds=5)
"""Orders that were not written by then are sent again while there is a link."""


@dataclass(slots=True, kw_only=True)
class Centre:
    """``turn`` again and again in one thread; ``hear`` from the bus's; everything else from any thread.

    Args:
        select: the cheapest offers that reach a volume.
        now: the time of day, UTC.
        elapsed_s: monotonic seconds.
        one_at_a_time: a lock that the same thread may take twice.
        replied: is handed what sites reply to questions.
        connections: what is believed of sites.
    """

    bus: CentreBus
    book: FleetBook
    lease: CentreLease
    presence: Presence
    select: Select
    journal: Journal
    now: Callable[[], datetime]
    elapsed_s: Callable[[], float]
    one_at_a_time: AbstractContextManager[object]
    replied: Callable[[Reply], None]
    connections: GridConnections
    is_linked: bool = field(default=False, init=False)
    offers: OfferBoard = field(init=False)
    _hearing: Hearing = field(init=False)
    _hears: bool = field(default=True, init=False)
    _inbox: SimpleQueue[HeardByCentre] = field(default_factory=SimpleQueue, init=False)
    _running: RunningPortfolios = field(default_factory=RunningPortfolios, init=False)
    _states: dict[str, SiteState] = field(default_factory=dict, init=False)
    _look_at_s: float = field(default=0.0, init=False)
    _again_at_s: float = field(default=0.0, init=False)
    _epoch: int = field(default=0, init=False)
    _turned_at_s: float | None = field(default=None, init=False)
    _took_s: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.offers = OfferBoard(book=self.book, presence=self.presence, elapsed_s=self.elapsed_s)
        self._hearing = Hearing(elapsed_s=self.elapsed_s)

    # From the bus's thread.

    def hear(self, message: HeardByCentre) -> None:
        """Take what the bus brings; a state costs some microseconds, as thousands come every second."""
        if not isinstance(message, SiteState):
            self._inbox.put(message)
            return
        state = self.presence.heard(message)
        self._hearing.heard()
        if self._running.concerns(state.site) or state.orders:
            self._states[state.site] = state

    # From any thread.

    @property
    def portfolios(self) -> Mapping[str, Portfolio]:
        """The activations that are not over, with their orders."""
        return self._running.all

    @property
    def is_active(self) -> bool:
        """Whether this centre gives orders."""
        return bool(self._epoch) and self._epoch == self.lease.epoch

    @property
    def turned_s_ago(self) -> float | None:
        """How long ago ``turn`` last came round; None: it never did."""
        return None if self._turned_at_s is None else self.elapsed_s() - self._turned_at_s

    def activate(self, activation: FleetActivation) -> Portfolio:
        """Order what is wanted; the same activation once more is the one that is there.

        Raises:
            CentreWaits: this centre is not the active one.
            StoreUnavailable: the book cannot take it now; nothing was ordered.
        """
        with self.one_at_a_time:
            self._refuse_to_wait()
            there = self.portfolio(activation.id)
            if there is not None:
                return there
            self.book.keep(self._epoch, activations=[activation])
            self._running.add(Portfolio(activation=activation))
            self._step([activation.id])
            return self._running.of(activation.id) or Portfolio(activation=activation)

    def call_off(self, activation_id: str, *, by: str) -> Portfolio | None:
        """End an activation and withdraw its orders; None: there is none that is not over.

        Raises:
            CentreWaits: this centre is not the active one.
            StoreUnavailable: the book cannot take it now; it goes on.
        """
        with self.one_at_a_time:
            self._refuse_to_wait()
            portfolio = self._running.of(activation_id)
            if portfolio is None:
                return None
            ended = replace(portfolio.activation, ended_at=self.now(), ended_by=by)
            self.book.keep(self._epoch, activations=[ended])
            self._running.add(replace(portfolio, activation=ended))
            self._step([activation_id])
            return self.portfolio(activation_id)

    def portfolio(self, activation_id: str) -> Portfolio | None:
        """An activation with its orders, also one that is over; None: there is none.

        Raises:
            StoreUnavailable: the book cannot be read now.
        """
        running = self._running.of(activation_id)
        if running is not None:
            return running
        found = next((entry for entry in self.book.activations() if entry.id == activation_id), None)
        if found is None:
            return None
        records = self.book.records(activation_id)
        return Portfolio(activation=found, records={record.id: record for record in records})

    def offers_for(self, activation: FleetActivation, besides: Portfolio | None = None) -> tuple[SiteOffer, ...]:
        """What sites that are there offer for an activation, and no other activation has at that time."""
        taken = frozenset[str]() if besides is None else besides.unavailable_sites()
        return self.offers.offers_for(activation, taken=taken | self._running.busy(activation))

    def clock_moved(self, jump: timedelta) -> None:
        """The time of day is later by this: how long orders have been waited for does not change by it."""
        with self.one_at_a_time:
            self._running.clock_moved(jump, self.now())

    # From the centre's thread.

    def start(self) -> None:
        """Connect."""
        self.bus.open(self.hear)

    def turn(self, *, wait_s: float = LOOK_S, gather: Callable[[float], object] = lambda _: None) -> None:
        """Do what was heard, waiting for the first of it, and what time brings; ``gather`` waits for more of it."""
        messages: list[HeardByCentre] = []
        with suppress(Empty):
            messages.append(self._inbox.get(timeout=self._waits_s(wait_s)) if wait_s else self._inbox.get_nowait())
            gather(min(LONGEST_GATHER_S, max(GATHER_S, self._took_s / 2)))
            while True:
                messages.append(self._inbox.get_nowait())
        began_s = self.elapsed_s()
        with self.one_at_a_time:
            self._follow_the_lease()
            self._listen(messages)
            with suppress(StoreUnavailable):  # what was heard of orders waits, reports come again
                if self.is_active:
                    self._look_after_orders()  # first: nothing that sites report may hold them up
                self._keep([message for message in messages if isinstance(message, Reports)])
                self.connections.read_if_old()
        self._turned_at_s = self.elapsed_s()
        self._took_s = self._turned_at_s - began_s

    def _waits_s(self, most_s: float) -> float:
        """A site that is silent is replaced when its time has come, not with the next look."""
        return min(most_s, max(GATHER_S, self._running.due_in_s(self.now())))

    def _look_after_orders(self) -> None:
        now, now_s = self.now(), self.elapsed_s()
        self._hears, away = self._hearing.look()
        if away:
            self._running.heard_again(now, away=away, comes_back_within=min(away, COMES_BACK))
        if now_s >= self._look_at_s:
            self._look_at_s = now_s + LOOK_S
            states, self._states = self._states, {}
            for state in states.values():
                self._measured(state, now)
        self.offers.read_if_old()
        self._step(self._running.due(now))
        if self.is_linked and now_s >= self._again_at_s:
            self._again_at_s = now_s + SENT_AGAIN.total_seconds()
            overdue = (record for record in self._running.open() if now - record.since > SENT_AGAIN)
            self.bus.send([record.order for record in overdue])

    def _follow_the_lease(self) -> None:
        epoch = self.lease.epoch
        if epoch == self._epoch:
            return
        self._forget_all()
        if epoch:
            with suppress(StoreUnavailable, Fenced):  # tried again with the next turn
                self._take_over(epoch)
        else:
            self._note(is_good=False, words="this centre waits: another one is active, or the book is away")

    def _take_over(self, epoch: int) -> None:
        """Go on from the book: unanswered orders are given again under the new epoch, the others judged from now on."""
        now = self.now()
        for activation in self.book.activations(unfinished_at=now):
            records = [
                record.given_again(epoch, at=now)
                if record.state in UNANSWERED
                else record.heard_again(now, away=NO_TIME, comes_back_within=NO_TIME)
                for record in self.book.records(activation.id)
            ]
            self._running.add(Portfolio(activation=activation, records={record.id: record for record in records}))
        unanswered = self._running.open()
        self.book.keep(epoch, records=unanswered)
        self._epoch = epoch
        self.bus.send([record.order for record in unanswered])
        self._note(is_good=True, words=f"this centre is active, in epoch {epoch}")

    def _forget_all(self) -> None:
        self._epoch = 0
        self.offers.forget()
        self._running.clear()

    def _listen(self, messages: Sequence[HeardByCentre]) -> None:
        """Sort what was heard: facts to their portfolios, questions to the book, the rest to where it belongs."""
        now = self.now()
        for message in messages:
            match message:
                case LinkChanged():
                    self._link_changed(message)
                case Reply():
                    self.replied(message)
                case NobodyThere():
                    self.presence.nobody_there(message.site)
                    self._running.heard_of_order(message.order, Unreachable(order=message.order, at=now))
                case OrdersWritten():
                    for order in message.orders:
                        self._running.heard_of_order(order, Written(order=order, at=now, batch=len(message.orders)))
                case Answer():
                    self._answered(message, now)
                case Ask():
                    self._asked(message)
                case LeftOut():
                    self.presence.left_out(message.site, message.why)
                case _:
                    pass  # reports go to the book together, states are taken the newest of each site

    def _answered(self, answer: Answer, now: datetime) -> None:
        fact = Answered(
            order=answer.order, site=answer.site, is_accepted=answer.is_accepted, at=now, reason=answer.reason
        )
        self._running.heard_of_order(answer.order, fact)
        if answer.is_accepted:
            self._withdraw_unless_live(answer.site, [answer.order])

    def _measured(self, state: SiteState, now: datetime) -> None:
        if state.deliver_kw is not None:
            self._running.heard_of_site(state.site, Measured(site=state.site, deliver_kw=state.deliver_kw, at=now))
        self._withdraw_unless_live(state.site, state.orders)

    def _withdraw_unless_live(self, site: str, orders: Iterable[str]) -> None:
        """A site that carries out what the book does not know as live has missed a word: it is said again."""
        if not self.is_active:
            return
        stray = [order for order in orders if not self._running.is_live(order, site)][:MOST_STRAY]
        self.bus.send([self._cancel(site, order) for order in stray])

    def _asked(self, ask: Ask) -> None:
        if not self.is_active:
            return
        live = self._running.live_of(ask.site)
        orders = tuple(replace(record.order, epoch=self._epoch) for record in live)
        self.bus.send([OrderList(site=ask.site, epoch=self._epoch, orders=orders)])

    def _link_changed(self, changed: LinkChanged) -> None:
        self.is_linked = changed.is_up
        words = "the link to the sites is up" if changed.is_up else f"no link to the sites: {changed.why}"
        self._note(is_good=changed.is_up, words=words)
        if changed.is_up and self.is_active:
            self.bus.send([record.order for record in self._running.open()])

    def _keep(self, reports: Sequence[Reports]) -> None:
        if not reports or not self.is_active:
            return
        self.book.keep_reports(reports, self._delivered_in(reports))
        self.bus.send(
            [
                Acknowledged(
                    site=of_site.site,
                    store=of_site.store,
                    stream=of_site.stream,
                    through=max(report.sequence for report in of_site.reports),
                )
                for of_site in reports
                if of_site.reports
            ]
        )

    def _delivered_in(self, reports: Sequence[Reports]) -> list[Delivered]:
        return [
            entry
            for of_site in reports
            for entry in delivered_in(of_site, most_kw=self.connections.most_kw(of_site.site))
        ]

    def _step(self, activations: Iterable[str]) -> None:
        """Let what was heard and the time move the orders, and order what is missing.

        Raises:
            StoreUnavailable: nothing has moved; what was heard waits.
        """
        for activation in activations:
            before = self._running.of(activation)
            if before is None:
                continue
            now, facts = self.now(), self._running.facts(activation)
            after = heard(before, facts) if facts else before
            moves = next_moves(after, now, hears=self._hears)
            after = after.with_records(moves.records)
            placed = self._place(after, moves.order_kw, now) if moves.order_kw else ()
            after = after.with_records(placed)
            changed = news(before, after)
            if changed and not self._save(changed):
                return
            self._running.stepped(after, now)
            cancels = [self._cancel(record.order.site, record.id) for record in withdrawn(before, changed)]
            self.bus.send([*cancels, *(record.order for record in placed)])
            if after.activation.is_over(now):
                self._running.let_go(activation)

    def _cancel(self, site: str, order: str) -> Cancel:
        return Cancel(site=site, order=order, epoch=self._epoch)

    def _save(self, changed: Sequence[OrderRecord]) -> bool:
        """Whether this centre may still write."""
        try:
            self.book.keep(self._epoch, records=changed)
        except Fenced as error:
            self._note(is_good=False, words=str(error))
            self._forget_all()
            return False
        return True

    def _place(self, portfolio: Portfolio, order_kw: int, now: datetime) -> tuple[OrderRecord, ...]:
        offered = portfolio.prompt_first(self.offers_for(portfolio.activation, portfolio), order_kw)
        if not offered:
            return ()
        chosen = without_needless(self.select(offered, order_kw), order_kw)
        failed = [record.order.site for record in portfolio.records.values() if not record.expected_kw]
        choice = Choice(wanted_kw=order_kw, offered=offered, chosen=chosen, in_place_of=failed)
        return portfolio.placed(chosen, epoch=self._epoch, now=now, because=reasons(choice))

    def _refuse_to_wait(self) -> None:
        self._follow_the_lease()
        if not self.is_active:
            raise CentreWaits(self.book.lease().holder)

    def _note(self, *, is_good: bool, words: str) -> None:
        self.journal.record(Noticed(is_good=is_good, sentence=words))
