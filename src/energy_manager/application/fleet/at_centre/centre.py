"""The centre: what is heard moves orders, what fails is ordered elsewhere, and of several centres one is active.

One thread turns; whatever happens is first in the book and then on the bus. What was heard is kept in order until the
book has taken what follows from it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from energy_manager.application.fleet.at_centre.centre_lease import CentreLease
from energy_manager.application.fleet.at_centre.connections import GridConnections
from energy_manager.application.fleet.at_centre.hearing import Hearing
from energy_manager.application.fleet.at_centre.offer_board import OfferBoard
from energy_manager.application.fleet.at_centre.ordering import Ordering
from energy_manager.application.fleet.at_centre.presence import Presence
from energy_manager.application.fleet.at_centre.reported import keep_reports
from energy_manager.application.ports.fleet.fleet_book import CentreWaits, Fenced, FleetBook
from energy_manager.application.ports.fleet.fleet_bus import (
    Answer,
    Ask,
    CentreBus,
    HeardByCentre,
    LeftOut,
    LinkChanged,
    NobodyThere,
    OrdersWritten,
    Reply,
    Reports,
    SiteState,
)
from energy_manager.application.ports.records.journal import Journal, Noticed
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.domain.fleet import (
    Answered,
    FleetActivation,
    Measured,
    Portfolio,
    Select,
    Unreachable,
    Written,
)

LOOK_S = 0.25
"""Time alone moves orders this often."""

GATHER_S = 0.01
"""Once something was heard, so long is waited for more of it: many answers come at once, and one step is for all."""

LONGEST_GATHER_S = 0.05
"""Half as long as the last turn took, up to this: a step goes through all orders of an activation, so that of thousands
of answers more must be taken at once than of ten, and the bus needs time to bring them."""

COMES_BACK = timedelta(seconds=30)
"""A site that lost its link tries again after as long as it was away, and after this at the latest."""


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
    ordering: Ordering = field(init=False)
    _hearing: Hearing = field(init=False)
    _hears: bool = field(default=True, init=False)
    _inbox: SimpleQueue[HeardByCentre] = field(default_factory=SimpleQueue, init=False)
    _states: dict[str, SiteState] = field(default_factory=dict, init=False)
    _look_at_s: float = field(default=0.0, init=False)
    _turned_at_s: float | None = field(default=None, init=False)
    _took_s: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.offers = OfferBoard(book=self.book, presence=self.presence, elapsed_s=self.elapsed_s)
        self.ordering = Ordering(
            bus=self.bus,
            book=self.book,
            offers=self.offers,
            select=self.select,
            now=self.now,
            elapsed_s=self.elapsed_s,
        )
        self._hearing = Hearing(elapsed_s=self.elapsed_s)

    # From the bus's thread.

    def hear(self, message: HeardByCentre) -> None:
        """Take what the bus brings; a state costs some microseconds, as thousands come every second."""
        if not isinstance(message, SiteState):
            self._inbox.put(message)
            return
        state = self.presence.heard(message)
        self._hearing.heard()
        if state.orders or self.ordering.running.concerns(state.site):
            self._states[state.site] = state

    # From any thread.

    @property
    def portfolios(self) -> Mapping[str, Portfolio]:
        """The activations that are not over, with their orders."""
        return self.ordering.running.all

    @property
    def is_active(self) -> bool:
        """Whether this centre gives orders."""
        return bool(self.ordering.epoch) and self.ordering.epoch == self.lease.epoch

    @property
    def turned_s_ago(self) -> float | None:
        """How long ago ``turn`` last came round; None: it never did."""
        return None if self._turned_at_s is None else self.elapsed_s() - self._turned_at_s

    def activate(self, activation: FleetActivation, *, confirmed: Collection[str] = ()) -> Portfolio:
        """Order what is wanted; the same activation once more is the one that is there.

        Sites that a person has ``confirmed`` are ordered first, though others may have become cheaper.

        Raises:
            CentreWaits: this centre is not the active one.
            StoreUnavailable: the book cannot take it now; nothing was ordered.
        """
        with self.one_at_a_time:
            self._refuse_to_wait()
            there = self.portfolio(activation.id)
            if there is not None:
                return there
            with self._noting_that_another_is_active():
                self.ordering.take_up(activation, hears=self._hears, confirmed=confirmed)
            return self.ordering.running.of(activation.id) or Portfolio(activation=activation)

    def call_off(self, activation_id: str, *, by: str) -> Portfolio | None:
        """End an activation and withdraw its orders; None: there is none that is not over.

        Raises:
            CentreWaits: this centre is not the active one.
            StoreUnavailable: the book cannot take it now; it goes on.
        """
        with self.one_at_a_time:
            self._refuse_to_wait()
            portfolio = self.ordering.running.of(activation_id)
            if portfolio is None:
                return None
            ended = replace(portfolio.activation, ended_at=self.now(), ended_by=by)
            with self._noting_that_another_is_active():
                self.ordering.take_up(ended, hears=self._hears)
            return self.portfolio(activation_id)

    def portfolio(self, activation_id: str) -> Portfolio | None:
        """An activation with its orders, also one that is over; None: there is none.

        Raises:
            StoreUnavailable: the book cannot be read now.
        """
        running = self.ordering.running.of(activation_id)
        if running is not None:
            return running
        found = next((entry for entry in self.book.activations() if entry.id == activation_id), None)
        if found is None:
            return None
        records = self.book.records(activation_id)
        return Portfolio(activation=found, records={record.id: record for record in records})

    def clock_moved(self, jump: timedelta) -> None:
        """The time of day is later by this: how long orders have been waited for does not change by it."""
        with self.one_at_a_time:
            self.ordering.running.clock_moved(jump, self.now())

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
                if self.is_active:
                    reports = [message for message in messages if isinstance(message, Reports)]
                    self.bus.send(keep_reports(reports, self.book, most_kw=self.connections.most_kw))
                self.connections.read_if_old()
        self._turned_at_s = self.elapsed_s()
        self._took_s = self._turned_at_s - began_s

    def _waits_s(self, most_s: float) -> float:
        """A site that is silent is replaced when its time has come, not with the next look."""
        return min(most_s, max(GATHER_S, self.ordering.running.due_in_s(self.now())))

    def _look_after_orders(self) -> None:
        running, now, now_s = self.ordering.running, self.now(), self.elapsed_s()
        self._hears, away = self._hearing.look()
        if away:
            running.heard_again(now, away=away, comes_back_within=min(away, COMES_BACK))
        if now_s >= self._look_at_s:
            self._look_at_s = now_s + LOOK_S
            states, self._states = self._states, {}
            for state in states.values():
                self._measured(state, now)
        self.offers.read_if_old()
        with suppress(Fenced), self._noting_that_another_is_active():
            self.ordering.step(running.due(now), hears=self._hears)
        if self.is_linked:
            self.ordering.send_overdue()

    def _follow_the_lease(self) -> None:
        epoch = self.lease.epoch
        if epoch == self.ordering.epoch:
            return
        self.ordering.forget_all()
        if epoch:
            with suppress(StoreUnavailable, Fenced):  # tried again with the next turn
                self.ordering.take_over(epoch)
                self._note(is_good=True, words=f"this centre is active, in epoch {epoch}")
        else:
            self._note(is_good=False, words="this centre waits: another one is active, or the book is away")

    @contextmanager
    def _noting_that_another_is_active(self) -> Iterator[None]:
        try:
            yield
        except Fenced as error:
            self._note(is_good=False, words=str(error))
            self.ordering.forget_all()
            raise

    def _listen(self, messages: Sequence[HeardByCentre]) -> None:
        """Sort what was heard: facts to their portfolios, questions to the book, the rest to where it belongs."""
        running, now = self.ordering.running, self.now()
        for message in messages:
            match message:
                case LinkChanged():
                    self._link_changed(message)
                case Reply():
                    self.replied(message)
                case NobodyThere():
                    self.presence.nobody_there(message.site)
                    running.heard_of_order(message.order, Unreachable(order=message.order, at=now))
                case OrdersWritten():
                    for order in message.orders:
                        running.heard_of_order(order, Written(order=order, at=now, batch=len(message.orders)))
                case Answer():
                    self._answered(message, now)
                case Ask():
                    if self.is_active:
                        self.ordering.tell_all_of(message.site)
                case LeftOut():
                    self.presence.left_out(message.site, message.why)
                case _:
                    pass  # reports go to the book together, states are taken the newest of each site

    def _answered(self, answer: Answer, now: datetime) -> None:
        fact = Answered(
            order=answer.order, site=answer.site, is_accepted=answer.is_accepted, at=now, reason=answer.reason
        )
        self.ordering.running.heard_of_order(answer.order, fact)
        if answer.is_accepted and self.is_active:
            self.ordering.withdraw_stray(answer.site, [answer.order])

    def _measured(self, state: SiteState, now: datetime) -> None:
        if state.deliver_kw is not None:
            measured = Measured(site=state.site, deliver_kw=state.deliver_kw, at=now)
            self.ordering.running.heard_of_site(state.site, measured)
        self.ordering.withdraw_stray(state.site, state.orders)

    def _link_changed(self, changed: LinkChanged) -> None:
        self.is_linked = changed.is_up
        words = "the link to the sites is up" if changed.is_up else f"no link to the sites: {changed.why}"
        self._note(is_good=changed.is_up, words=words)
        if changed.is_up and self.is_active:
            self.ordering.send_unwritten()

    def _refuse_to_wait(self) -> None:
        self._follow_the_lease()
        if not self.is_active:
            raise CentreWaits(self.book.lease().holder)

    def _note(self, *, is_good: bool, words: str) -> None:
        self.journal.record(Noticed(is_good=is_good, sentence=words))
