"""What each part of a centre's work costs, in one process: CPU, the least of some rounds, which other work hardly changes.

``python -m benchmarks.fleet.steps``: 10,000 sites, a fifth of them ordered, on the book in SQLite; the bus only encodes.
"""

from __future__ import annotations

import gc
import itertools
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from energy_manager.adapters.fleet import wire
from energy_manager.adapters.fleet.book.sql import SqlFleetBook
from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.storage import InMemoryStore
from energy_manager.application.fleet.at_centre.centre import Centre
from energy_manager.application.fleet.at_centre.centre_lease import CentreLease
from energy_manager.application.fleet.at_centre.connections import GridConnections
from energy_manager.application.fleet.at_centre.presence import Presence
from energy_manager.application.fleet.views.course import FleetCourse
from energy_manager.application.fleet.views.fleet_view import FleetView
from energy_manager.application.fleet.views.silences import SeenSilences
from energy_manager.application.ports.fleet.fleet_bus import Answer, Downlink, LinkChanged, OrdersWritten, SiteState
from energy_manager.domain.fleet import Direction, FleetActivation, Order, Room
from energy_manager.entrypoints.container.fleet.centre import cheapest

SITES = 10_000
ORDERED_KW = 20_000
ROOM_KW = 10
PIECES = 10
ROUNDS = 5


class EncodingBus:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[Downlink] = []

    def open(self, hear: Callable[[LinkChanged], None]) -> None:
        hear(LinkChanged(is_up=True))

    def send(self, messages: Sequence[Downlink]) -> None:
        for message in messages:
            wire.encode(message)
        self.sent += messages

    def close(self) -> None:
        pass


def now() -> datetime:
    return datetime.now(UTC)


def state(number: int, *orders: str) -> wire.Encoded:
    delivered = ROOM_KW if orders else 0
    room = Room(up_kw=ROOM_KW - delivered, down_kw=ROOM_KW, up_eur_per_mwh=50.0 + number * 61 % 997 % 100)
    told = SiteState(
        site=f"site-{number:05}",
        at=now(),
        room=room,
        tick=1,
        deliver_kw=float(delivered),
        import_kw=0.0,
        orders=orders,
    )
    return wire.encode(told)


def a_round(folder: Path) -> dict[str, float]:
    book, bus = SqlFleetBook(f"sqlite:///{folder}/centre.db"), EncodingBus()
    lease = CentreLease(holder="benchmark", book=book, elapsed_s=time.monotonic)
    connections = GridConnections(book=book, elapsed_s=time.monotonic)
    centre = Centre(
        bus=bus,
        book=book,
        lease=lease,
        presence=Presence(elapsed_s=time.monotonic, now=now, believes=connections.believed),
        select=cheapest,
        journal=InMemoryJournal(),
        now=now,
        elapsed_s=time.monotonic,
        one_at_a_time=threading.RLock(),
        replied=print,
        connections=connections,
    )
    centre.start()
    documents = InMemoryStore()
    documents.open()
    view = FleetView(centre=centre, book=book, silences=SeenSilences(documents=documents.repository, now=now))
    states = [state(number) for number in range(SITES)]
    wanted = FleetActivation(
        id="a",
        direction=Direction.UP,
        volume_kw=ORDERED_KW,
        start=now(),
        until=now() + timedelta(minutes=10),
        placed_at=now(),
    )
    took: dict[str, float] = {}

    def measure(name: str, do: Callable[[], object]) -> None:
        lease.look()
        gc.collect()
        begin_s = time.process_time()
        do()
        took[name] = 1e3 * (time.process_time() - begin_s)

    def hear(encoded: Iterable[wire.Encoded]) -> None:
        for one in encoded:
            centre.hear(wire.decode_up(*one))

    def in_pieces(encoded: Sequence[wire.Encoded]) -> None:
        size = -(-len(encoded) // PIECES)
        for first in range(0, len(encoded), size):
            hear(encoded[first : first + size])
            centre._look_at_s = 0.0  # noqa: SLF001 - the time is what is measured, not waited for
            lease.look()
            centre.turn(wait_s=0)

    measure("10,000 states decoded and kept", lambda: hear(states))
    centre.turn(wait_s=0)
    measure("a sample of the course", FleetCourse(view=view, now=now).look)
    measure("offers of all sites", lambda: centre.ordering.offers_for(wanted))
    measure("2,000 orders chosen, written, encoded", lambda: centre.activate(wanted))
    orders = [message for message in bus.sent if isinstance(message, Order)]
    centre.hear(OrdersWritten(orders=tuple(order.id for order in orders)))
    measure("2,000 orders sent", lambda: centre.turn(wait_s=0))
    yes = [wire.encode(Answer(site=order.site, order=order.id, is_accepted=True)) for order in orders]
    measure(f"2,000 answers in {PIECES} pieces", lambda: in_pieces(yes))
    numbers = (int(order.site.rpartition("-")[2]) for order in orders)
    seen = [state(number, order.id) for number, order in zip(numbers, orders, strict=True)]
    measure(f"2,000 orders seen in {PIECES} pieces", lambda: in_pieces(seen))
    placed = centre.portfolios["a"]
    assert (placed.confirmed_kw, placed.seen_kw(now())) == (ORDERED_KW, ORDERED_KW), "it is the whole of the work"
    book.close()
    return took


def main() -> None:
    rounds = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(prefix="em-fleet-") as folder:
            rounds.append(a_round(Path(folder)))
    least = {name: min(one[name] for one in rounds) for name in rounds[0]}
    for name, took_ms in least.items():
        print(f"{name:40} {took_ms:6.0f} ms")
    print(f"{'the activation':40} {sum(itertools.islice(least.values(), 2, None)):6.0f} ms")


if __name__ == "__main__":
    main()
