"""A fleet in one process on a clock that a test moves: the product's own sites and centres, all else in memory."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from energy_manager.adapters.fleet.book import InMemoryFleetBook
from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.storage import InMemoryStore
from energy_manager.application.alarms import AlarmBoard
from energy_manager.application.fleet.at_centre.centre import Centre
from energy_manager.application.fleet.at_centre.centre_lease import CentreLease
from energy_manager.application.fleet.at_centre.connections import GridConnections
from energy_manager.application.fleet.at_centre.presence import Presence
from energy_manager.application.fleet.at_site.site_assets import AssetNow, FleetAssets, SiteNow
from energy_manager.application.fleet.at_site.site_link import SiteLink
from energy_manager.application.fleet.at_site.site_orders import SiteOrders
from energy_manager.application.fleet.at_site.site_reports import SiteReports
from energy_manager.application.ports.records.history import StatusOf, StatusRecord
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.domain.fleet import Direction, FleetActivation, RegisteredOffer
from energy_manager.entrypoints.container.fleet.site_alarms import AnswerAboutAlarms, in_short
from tests.support.in_memory_fleet_bus import InMemoryFleetBus

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class FakeStore:
    """A store in memory that can be away, and lose the answer to a commit."""

    def __init__(self):
        self.store = InMemoryStore()
        self.store.open()
        self.is_away = False
        self.loses_answers = False

    def commit(self, changes, *, timeout_s=5.0):
        self._try()
        done = self.store.repository.commit(changes)
        if self.loses_answers:
            raise StoreUnavailable("the line broke", is_undone=False)
        return done

    def __getattr__(self, name):
        self._try()
        return getattr(self.store.repository, name)

    def put_document(self, *words, **more):
        self._try()
        return self.store.repository.put_document(*words, **more)

    def _try(self):
        if self.is_away:
            raise StoreUnavailable("the disk is full")


class FakeSite:
    """A site with one battery, that delivers what the activations of its store say unless told otherwise."""

    def __init__(self, world, name, kw, *, phase_s=0.0):
        self.world, self.name, self.kw, self.phase_s = world, name, kw, phase_s
        self.repository = FakeStore()
        self.delivers = None
        self.by_hand = ()
        self.plan_eur_per_mwh = None
        self.troubles = ()
        self.is_master = True
        self.started = 0
        self.start()

    def start(self):
        """Begin, or begin again as after a kill: what is not in the store is forgotten."""
        self.started += 1
        self.bus = self.world.bus.site(self.name)
        self.assets = FleetAssets(read=self.now, steps_per_kw=1, set_by_hand=lambda _: self.by_hand)
        self.orders = SiteOrders(
            site=self.name, store=self.repository, assets=self.assets, now=lambda: self.world.now,
            may_command=lambda: self.is_master,
        )  # fmt: skip
        self.reports = SiteReports(
            site=self.name, documents=self.repository, logbook=self.repository, history=self.repository.store.history,
            assets=("battery",), orders=self.orders, kw_per_step=1.0, now=lambda: self.world.now,
            elapsed_s=lambda: self.world.elapsed_s, spread=timedelta(0),
        )  # fmt: skip
        self.board = AlarmBoard(
            troubles=lambda: self.troubles, store=self.repository,
            now=lambda: self.world.now, elapsed_s=lambda: self.world.elapsed_s, one_at_a_time=threading.Lock(),
        )  # fmt: skip
        self.about_alarms = AnswerAboutAlarms(board=self.board, now=lambda: self.world.now)
        self.journal = InMemoryJournal()
        self.link = SiteLink(
            site=self.name, bus=self.bus, assets=self.assets, orders=self.orders, reports=self.reports,
            answer=self.answer, journal=self.journal, now=lambda: self.world.now,
            elapsed_s=lambda: self.world.elapsed_s, phase_s=self.phase_s,
        )  # fmt: skip
        self.link.start()

    def answer(self, question):
        if question.about == "alarms":
            return self.about_alarms.listed()
        if question.about == "acknowledge":
            return self.about_alarms.acknowledge(question)
        if question.about == "history":
            return {"ticks": 7}
        raise StoreUnavailable("it is busy")

    def targets(self):
        """What the site's schedules say, by authority: only activations in this world."""
        active = self.repository.store.repository.active_at(self.world.now)
        return {entry.schedule.id: dict(entry.schedule.block_at(self.world.now).targets) for entry in active}

    @property
    def output_kw(self):
        if self.delivers is not None:
            return self.delivers
        return sum(sum(targets.values()) for targets in self.targets().values())

    def now(self):
        battery = AssetNow(deliver_kw=self.output_kw, up=self.kw, down=self.kw)
        alarms = in_short(self.board.active, self.world.now)
        return SiteNow(
            assets={"battery": battery}, tick=1, up_eur_per_mwh=self.plan_eur_per_mwh,
            alarms=alarms.new, alarm=alarms.words, acknowledged=alarms.acknowledged,
        )  # fmt: skip

    def measure(self):
        status = StatusOf(output=self.output_kw, potential=self.kw, age_s=0.0)
        self.repository.store.recorder.record(StatusRecord(at=self.world.now, statuses={"battery": status}))


class CountingBus(InMemoryFleetBus):
    """Knows how many messages went over it."""

    def __init__(self):
        super().__init__()
        self.carried = 0

    def to_centres(self, message):
        self.carried += 1
        super().to_centres(message)

    def to_site(self, message):
        self.carried += 1
        return super().to_site(message)


@dataclass
class FakeCentre:
    centre: Centre
    lease: CentreLease
    bus: object
    journal: InMemoryJournal
    replies: list


@dataclass
class FleetWorld:
    """``site`` and ``add_centre`` build it, ``step`` moves the time."""

    book: object = None
    bus: CountingBus = field(default_factory=CountingBus)
    elapsed_s: float = 0.0
    sites: dict = field(default_factory=dict)
    centres: list = field(default_factory=list)
    _now: tuple = (0.0, NOON)

    def __post_init__(self):
        self.book = self.book or InMemoryFleetBook(now_s=lambda: NOON.timestamp() + self.elapsed_s)

    @property
    def now(self):
        if self._now[0] != self.elapsed_s:
            self._now = self.elapsed_s, NOON + timedelta(seconds=self.elapsed_s)
        return self._now[1]

    @property
    def centre(self):
        return self.centres[0].centre

    def site(self, name, kw=50, *, price=80.0, phase_s=0.0, **offer):
        self.sites[name] = FakeSite(self, name, kw, phase_s=phase_s)
        words = {"direction": Direction.UP, "volume_kw": kw, "price_eur_per_mwh": price} | offer
        self.book.put_offers([RegisteredOffer(site=name, **words)])
        return self.sites[name]

    def add_centre(self, name="centre", *, book=None):
        book = book or self.book
        lease = CentreLease(holder=name, book=book, elapsed_s=lambda: self.elapsed_s)
        journal, bus, replies = InMemoryJournal(), self.bus.centre(), []
        connections = GridConnections(book=book, elapsed_s=lambda: self.elapsed_s)
        centre = Centre(
            bus=bus, book=book, lease=lease, select=cheapest,
            presence=Presence(
                elapsed_s=lambda: self.elapsed_s, now=lambda: self.now, believes=connections.believed
            ),
            journal=journal, now=lambda: self.now, elapsed_s=lambda: self.elapsed_s,
            one_at_a_time=threading.RLock(), replied=replies.append, connections=connections,
        )  # fmt: skip
        lease.is_linked = lambda: centre.is_linked
        self.centres.append(FakeCentre(centre=centre, lease=lease, bus=bus, journal=journal, replies=replies))
        centre.start()
        return self.centres[-1]

    def step(self, seconds=1.0, *, times=1):
        for _ in range(times):
            self.elapsed_s += seconds
            for one in self.centres:
                with suppress(StoreUnavailable):
                    one.lease.look()
            for _ in range(3):
                carried = self.bus.carried
                for site in self.sites.values():
                    site.board.look()
                    site.link.turn(wait_s=0)
                for one in self.centres:
                    one.centre.turn(wait_s=0)
                if self.bus.carried == carried:
                    break

    def activation(self, volume_kw=100, *, minutes=60, **other):
        words = {"id": "a", "direction": Direction.UP, "start": self.now, "placed_at": self.now}
        words |= {"until": words["start"] + timedelta(minutes=minutes), "reason": "congestion"}
        return FleetActivation(volume_kw=volume_kw, **(words | other))

    def states(self, activation="a"):
        return {record.order.site: str(record.state) for record in self.book.records(activation)}

    def delivered_kw(self):
        return sum(site.output_kw for site in self.sites.values())


def cheapest(offers, volume_kw):
    """The offers in order of price until the volume is reached."""
    chosen, sum_kw = [], 0
    for offer in sorted(offers, key=lambda offer: offer.cost_cents / offer.volume_kw):
        if sum_kw < volume_kw:
            chosen.append(offer)
            sum_kw += offer.volume_kw
    return chosen


def fleet(*sites_kw, **words):
    """A world of sites ``s1`` …, the cheapest first, and one active centre that has heard of all."""
    world = FleetWorld(**words)
    world.add_centre()
    for number, kw in enumerate(sites_kw, start=1):
        world.site(f"s{number}", kw, price=50.0 + number)
    world.step(0.5)
    world.step(4)
    return world
