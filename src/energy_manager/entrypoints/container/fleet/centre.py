"""A centre, wired: bus, book, lease, the thread that orders, and the API."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from loguru import logger
from prometheus_client import CollectorRegistry

from energy_manager.adapters.fleet.book import InMemoryFleetBook
from energy_manager.adapters.fleet.nats import NatsCentreBus
from energy_manager.adapters.records.journals import LogJournal
from energy_manager.adapters.runtime.clocks import MachineClock, MonotonicClock, seconds_awake_and_asleep
from energy_manager.adapters.runtime.processes import LinuxProcesses
from energy_manager.adapters.runtime.threads import repeat
from energy_manager.adapters.storage import IN_MEMORY, Store
from energy_manager.application.access import TokenRegistry
from energy_manager.application.clock import SiteClock
from energy_manager.application.fleet.at_centre.centre import Centre
from energy_manager.application.fleet.at_centre.centre_lease import RENEWED_EVERY_S, CentreLease
from energy_manager.application.fleet.at_centre.connections import GridConnections
from energy_manager.application.fleet.at_centre.presence import Presence
from energy_manager.application.fleet.views.course import EVERY_S, FleetCourse
from energy_manager.application.fleet.views.fleet_view import FleetView
from energy_manager.application.fleet.views.questions import SiteQuestions
from energy_manager.application.fleet.views.silences import SeenSilences
from energy_manager.application.logbook import KeepLogbook
from energy_manager.application.ports.fleet.fleet_book import FleetBook
from energy_manager.application.ports.fleet.fleet_bus import CentreBus
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.domain.fleet import SiteOffer
from energy_manager.domain.flexibility import Offer, plan_activation
from energy_manager.entrypoints.api.app import create_app
from energy_manager.entrypoints.api.fleet.activations import activation_routes
from energy_manager.entrypoints.api.fleet.alarms import fleet_alarm_routes
from energy_manager.entrypoints.api.fleet.desk import FleetDesk
from energy_manager.entrypoints.api.fleet.health import centre_health_routes
from energy_manager.entrypoints.api.fleet.metrics import FleetCollector
from energy_manager.entrypoints.api.fleet.sites import fleet_routes
from energy_manager.entrypoints.api.http.documentation_page import documentation_routes
from energy_manager.entrypoints.api.operation.metrics import metrics_routes
from energy_manager.entrypoints.api.operation.serving import ApiServer
from energy_manager.entrypoints.api.security.access import access_routes
from energy_manager.entrypoints.api.views.dashboard import dashboard_routes
from energy_manager.entrypoints.container.fleet.access import access_of
from energy_manager.entrypoints.container.store.store import store_of
from energy_manager.entrypoints.container.store.store_place import url_of
from energy_manager.entrypoints.container.web.servers import commands_of, limits_of, server_of
from energy_manager.entrypoints.settings import Settings

STORE = "fleet centre"
"""The store and the book of a centre have this name where the settings name none."""

LOOK_S = 1.0
"""How often the clock and the logbook are looked after."""

CLOSE_S = 0.5
SELECTED_S = 0.2
"""A selection is for now: a dearer one in time is worth more than the cheapest too late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCentre:
    """A centre with its threads and its API."""

    centre: Centre
    lease: CentreLease
    bus: CentreBus
    book: FleetBook
    store: Store
    clock: SiteClock
    logbook: KeepLogbook
    journal: LogJournal
    course: FleetCourse
    api: ApiServer

    def start(self) -> None:
        """Open the store, connect, take the lease where it is free, serve; ends with the process."""
        self.store.open(timeout_s=LOOK_S)
        self._look_after_lease()
        if not self.lease.epoch:
            logger.info("this centre waits: another one is active, or the book is away")
        self.centre.start()
        repeat(self._look_after_lease, every_s=RENEWED_EVERY_S, name="fleet lease")
        repeat(partial(self.centre.turn, gather=time.sleep), every_s=0.0, name="fleet centre")
        repeat(self._look_after_time, every_s=LOOK_S, name="time")
        repeat(self.course.look, every_s=EVERY_S, name="fleet course")
        self.api.start()
        logger.info("the fleet on a page at {}/", self.api.url)
        logger.info("API and its documentation at {}/docs", self.api.url)

    def _look_after_lease(self) -> None:
        try:
            self.lease.look()
        except StoreUnavailable as error:
            logger.warning("the fleet's book: {}", error)

    def _look_after_time(self) -> None:
        jump = self.clock.look()
        if jump is not None:
            self.clock.adopt(jump)
            self.centre.clock_moved(jump)
            logger.warning("the clock has jumped by {:+.0f} s", jump.total_seconds())
        self.logbook.look()

    def close(self) -> None:
        """Give the lease back, so that the next centre need not wait, and disconnect."""
        self.lease.give_back()
        self.bus.close()
        self.store.close(timeout_s=CLOSE_S)
        self.journal.drain(until_s=time.monotonic() + CLOSE_S)


def cheapest(offers: Sequence[SiteOffer], volume_kw: int) -> Sequence[SiteOffer]:
    """The cheapest offers that reach the volume together, by job 4; all of them where they do not."""
    if sum(offer.volume_kw for offer in offers) <= volume_kw:
        return offers
    names = [offer.site for offer in offers]
    offer = Offer(
        codes=names,
        names=names,
        volumes_kw=np.array([offer.volume_kw for offer in offers], dtype=np.int64),
        costs_cents=np.array([offer.cost_cents for offer in offers], dtype=np.int64),
    )
    chosen = {asset.code for asset in plan_activation(offer, volume_kw, time_limit_s=SELECTED_S).assets}
    return [entry for entry in offers if entry.site in chosen]


def book_of(settings: Settings) -> FleetBook:
    """The book beside the store of the settings.

    Raises:
        Refused: its URL is not acceptable.
    """
    url = url_of(settings.store, STORE)
    if url == IN_MEMORY:
        return InMemoryFleetBook()
    from energy_manager.adapters.fleet.book.sql import SqlFleetBook  # noqa: PLC0415 - as ``store_at``

    return SqlFleetBook(url)


def running_centre(settings: Settings, *, new_bus: Callable[[], CentreBus] | None = None) -> RunningCentre:
    """A centre by the settings, which has begun nothing yet.

    Raises:
        Refused: a setting is not acceptable, or the API's address is taken.
    """
    store, book = store_of(settings.store, site=STORE), book_of(settings)
    bus = NatsCentreBus(access_of(settings.fleet)) if new_bus is None else new_bus()
    clock, journal = SiteClock(read=MachineClock()), LogJournal(power_unit="kW")
    this = LinuxProcesses().this()
    lease = CentreLease(holder=f"{this.in_words} ({this.id[:8]})", book=book, elapsed_s=seconds_awake_and_asleep)
    questions = SiteQuestions(bus=bus)
    connections = GridConnections(
        book=book, elapsed_s=seconds_awake_and_asleep, unregistered_kw=settings.fleet.unregistered_kw
    )
    presence = Presence(elapsed_s=seconds_awake_and_asleep, now=clock.now, believes=connections.believed)
    centre = Centre(
        bus=bus,
        book=book,
        lease=lease,
        presence=presence,
        select=cheapest,
        journal=journal,
        now=clock.now,
        elapsed_s=seconds_awake_and_asleep,
        one_at_a_time=threading.RLock(),
        replied=questions.replied,
        connections=connections,
    )
    silences = SeenSilences(documents=store.repository, now=clock.now)
    lease.is_linked = lambda: centre.is_linked
    view = FleetView(centre=centre, book=book, silences=silences)
    course = FleetCourse(view=view, now=clock.now)
    desk = FleetDesk(
        name=settings.fleet.name,
        centre=centre,
        view=view,
        course=course,
        book=book,
        questions=questions,
        select=cheapest,
        now=clock.now,
        wants_preview=settings.fleet.wants_preview,
    )
    logbook = KeepLogbook(store=store.repository, now=clock.now)
    return RunningCentre(
        centre=centre,
        lease=lease,
        bus=bus,
        book=book,
        store=store,
        clock=clock,
        logbook=logbook,
        journal=journal,
        course=course,
        api=_api(settings, store, desk, logbook, clock),
    )


def _api(settings: Settings, store: Store, desk: FleetDesk, logbook: KeepLogbook, clock: SiteClock) -> ApiServer:
    tokens = TokenRegistry(store=store.repository, now=clock.now, elapsed_s=MonotonicClock().now_s)
    commands = commands_of(settings.api, tokens, logbook)
    guard = commands.guard
    registry = CollectorRegistry()
    registry.register(FleetCollector(desk.view))
    routes = [
        fleet_routes(desk, commands),
        metrics_routes(registry, guard),
        activation_routes(desk, commands),
        fleet_alarm_routes(desk, commands),
        access_routes(store.repository, guard, now=clock.now),
        dashboard_routes(start="fleet.html"),
        documentation_routes(),
        centre_health_routes(desk, store),
    ]
    return server_of(create_app(routes, [], limits_of(settings.api, guard)), settings.api)
