"""The site's side of the link, in a thread of its own: the ticker never knows of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue

from energy_manager.application.fleet.at_site.site_assets import FleetAssets, SiteNow
from energy_manager.application.fleet.at_site.site_orders import SiteOrders
from energy_manager.application.fleet.at_site.site_reports import SiteReports
from energy_manager.application.ports.fleet.fleet_bus import (
    Acknowledged,
    Ask,
    Cancel,
    HeardBySite,
    LinkChanged,
    OrderList,
    Question,
    Reply,
    SiteBus,
    SiteState,
)
from energy_manager.application.ports.records.journal import Journal, Noticed
from energy_manager.application.ports.schedules.durability import JsonObject, StoreUnavailable
from energy_manager.domain.errors import EnergyManagerError
from energy_manager.domain.fleet import BEAT, Direction, Order, Room

LOOK_S = 1.0
"""How often it is looked whether the site has changed."""

ASK_AGAIN_S = 10.0
"""Which orders are its own is asked again until there is an answer."""

CHANGED_KW = 1.0
"""So much is a change that is told at once."""


@dataclass(slots=True, kw_only=True)
class SiteLink:
    """``turn`` again and again in one thread; ``hear`` from the bus's.

    Args:
        site: the site's name in the fleet.
        answer: answers a question of the centre's about this site; raises ``EnergyManagerError`` where it cannot.
        now: the time of day, UTC.
        elapsed_s: monotonic seconds.
        phase_s: when in the first beat the state is told, so that not all sites speak at once.
    """

    site: str
    bus: SiteBus
    assets: FleetAssets
    orders: SiteOrders
    reports: SiteReports
    answer: Callable[[Question], JsonObject]
    journal: Journal
    now: Callable[[], datetime]
    elapsed_s: Callable[[], float]
    phase_s: float = 0.0
    is_up: bool = field(default=False, init=False)
    _inbox: SimpleQueue[HeardBySite] = field(default_factory=SimpleQueue, init=False)
    _told: SiteState | None = field(default=None, init=False)
    _tell_at_s: float = field(default=0.0, init=False)
    _ask_at_s: float | None = field(default=None, init=False)

    def start(self) -> None:
        """Connect."""
        self._tell_at_s = self.elapsed_s() + self.phase_s
        self.bus.open(self.hear)

    def hear(self, message: HeardBySite) -> None:
        """Take what the bus brings; costs a microsecond."""
        self._inbox.put(message)

    def turn(self, *, wait_s: float = LOOK_S) -> None:
        """Do what was heard, waiting for the first of it, then what is due."""
        with suppress(Empty):
            self._do(self._inbox.get(timeout=wait_s) if wait_s else self._inbox.get_nowait())
            while True:
                self._do(self._inbox.get_nowait())
        if not self.is_up:
            return
        now_s = self.elapsed_s()
        if self._ask_at_s is not None and now_s >= self._ask_at_s:
            self._ask_at_s = now_s + ASK_AGAIN_S
            self.bus.send(Ask(site=self.site))
        self._tell(now_s)
        with suppress(StoreUnavailable):  # told by the store; they stay due
            for reports in self.reports.due():
                self.bus.send(reports)

    def _do(self, message: HeardBySite) -> None:
        try:
            self._carry_out(message)
        except StoreUnavailable:
            # Told by the store. What the centre said stays undone, and it is asked again.
            self._ask_at_s = self.elapsed_s() + ASK_AGAIN_S
        except EnergyManagerError as error:
            self.journal.record(Noticed(is_good=False, sentence=f"the centre's message is left out: {error}"))

    def _carry_out(self, message: HeardBySite) -> None:
        match message:
            case Order():
                answer = self.orders.take(message)
                if answer is not None:
                    self.bus.send(answer)
            case Cancel():
                self.orders.cancel(message)
            case OrderList():
                for answer in self.orders.reconcile(message):
                    self.bus.send(answer)
                self._ask_at_s = None
            case Acknowledged():
                self.reports.acknowledged(message)
            case Question():
                self.bus.send(self._reply(message))
            case LinkChanged():
                self._link_changed(message)

    def _link_changed(self, changed: LinkChanged) -> None:
        if changed.is_up is not self.is_up or changed.why:
            words = "the link to the centre is up" if changed.is_up else f"no link to the centre: {changed.why}"
            self.journal.record(Noticed(is_good=changed.is_up, sentence=words))
        self.is_up = changed.is_up
        self.reports.link_changed()
        self._told = None
        self._ask_at_s = self.elapsed_s() if changed.is_up else None

    def _reply(self, question: Question) -> Reply:
        try:
            return Reply(site=self.site, id=question.id, body=self.answer(question))
        except EnergyManagerError as error:
            return Reply(site=self.site, id=question.id, error=str(error))

    def _tell(self, now_s: float) -> None:
        state = self._state()
        is_news = self._told is not None and _has_changed(self._told, state)
        if now_s < self._tell_at_s and not is_news:
            return
        if now_s >= self._tell_at_s:
            self._tell_at_s += BEAT.total_seconds()
            self._tell_at_s = max(self._tell_at_s, now_s)  # the machine slept
        self._told = state
        self.bus.send(state)

    def _state(self) -> SiteState:
        now, seen = self.now(), self.assets.read()
        return SiteState(
            site=self.site,
            at=now,
            room=self._room(now, seen),
            tick=seen.tick,
            deliver_kw=seen.deliver_kw,
            import_kw=seen.import_kw,
            is_on_time=seen.is_on_time,
            alarms=seen.alarms,
            alarm=seen.alarm[:200],
            acknowledged=seen.acknowledged,
            orders=self.orders.holding(),
        )

    def _room(self, now: datetime, seen: SiteNow) -> Room:
        return Room(
            up_kw=self.assets.room_kw(Direction.UP, now, seen),
            down_kw=self.assets.room_kw(Direction.DOWN, now, seen),
            up_eur_per_mwh=seen.up_eur_per_mwh,
            down_eur_per_mwh=seen.down_eur_per_mwh,
        )


def _has_changed(told: SiteState, now: SiteState) -> bool:
    """Whether the centre wants to know before the next beat."""
    if told.deliver_kw is None or now.deliver_kw is None:
        has_moved = told.deliver_kw is not now.deliver_kw
    else:
        has_moved = abs(now.deliver_kw - told.deliver_kw) >= max(CHANGED_KW, 0.02 * abs(told.deliver_kw))
    return has_moved or _words(told) != _words(now)


def _words(state: SiteState) -> tuple[object, ...]:
    return (state.orders, state.is_on_time, state.alarms, state.acknowledged, state.alarm)
