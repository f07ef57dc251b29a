"""The two ends of the bus over NATS."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import uuid4

from loguru import logger

from energy_manager.adapters.fleet import wire
from energy_manager.adapters.fleet.fields import Unreadable
from energy_manager.adapters.fleet.nats.access import NatsAccess
from energy_manager.adapters.fleet.nats.client import NO_RESPONDERS, Arrived, LeanClient, Publication
from energy_manager.adapters.fleet.nats.link import NatsLink
from energy_manager.application.ports.fleet.fleet_bus import (
    Downlink,
    HeardByCentre,
    HeardBySite,
    LeftOut,
    LinkChanged,
    NobodyThere,
    OrdersWritten,
    Uplink,
)
from energy_manager.domain.fleet import Order

FLUSH_S = 1

PIECE = 200
"""So many messages are on their way before the next ones are encoded."""


MOST_A_SECOND = 500
"""Messages of one kind; a site's state is due every 4 s, and 1,000 lines of its logbook fit into one."""

SAID_AGAIN_S = 10.0


@dataclass(slots=True)
class Floods:
    """No site may take the centre's time from the others: what of it is left out, and how often that is said.

    All calls from one thread; ``elapsed_s`` are monotonic seconds.
    """

    elapsed_s: Callable[[], float]
    _counts: dict[str, int] = field(default_factory=dict, init=False)
    _second_ends_s: float = field(default=0.0, init=False)
    _said_at_s: dict[str, float] = field(default_factory=dict, init=False)

    def is_too_much(self, subject: str) -> bool:
        """Whether more messages of this subject came in this second than are taken; counts this one."""
        now_s = self.elapsed_s()
        if now_s >= self._second_ends_s:
            self._counts.clear()
            self._second_ends_s = now_s + 1.0
        count = self._counts[subject] = self._counts.get(subject, 0) + 1
        return count > MOST_A_SECOND

    def is_to_be_said(self, site: str) -> bool:
        """Whether it is time to tell once more that something of the site's is left out."""
        now_s = self.elapsed_s()
        if now_s - self._said_at_s.get(site, -SAID_AGAIN_S) < SAID_AGAIN_S:
            return False
        self._said_at_s[site] = now_s
        return True


class NatsCentreBus:
    """The centre's end. That nobody is there comes back as the server's own word on a request without listeners."""

    def __init__(self, access: NatsAccess) -> None:
        self._gone = f"em.v1.centre.{uuid4().hex}.gone"
        self._hear: Callable[[HeardByCentre], None] = _unheard
        self._floods = Floods(time.monotonic)
        self._link = NatsLink(
            access,
            name="energy-manager centre",
            subscribe=(wire.subjects_of("*", wire.UP), f"{self._gone}.*.*"),
            arrived=self._arrived,
            changed=lambda is_up, why: self._hear(LinkChanged(is_up=is_up, why=why)),
        )

    def open(self, hear: Callable[[HeardByCentre], None]) -> None:
        self._hear = hear
        self._link.open()

    def close(self) -> None:
        self._hear = _unheard
        self._link.close()

    def send(self, messages: Sequence[Downlink]) -> None:
        if not messages:
            return
        orders = tuple(message.id for message in messages if isinstance(message, Order))

        async def publish(client: LeanClient) -> None:
            for first in range(0, len(messages), PIECE):
                await client.publish_all(map(self._publication, messages[first : first + PIECE]))
            if orders:
                with suppress(
                    TimeoutError
                ):  # a line that is slow has taken them all the same; one that is lost says so
                    await client.flush(timeout=FLUSH_S)
                self._hear(OrdersWritten(orders=orders))

        self._link.soon(publish)

    def _publication(self, message: Downlink) -> Publication:
        reply = f"{self._gone}.{message.site}.{message.id}" if isinstance(message, Order) else ""
        return Publication(*wire.encode(message), reply)

    def _arrived(self, message: Arrived) -> None:
        if message.subject.startswith(self._gone):
            if message.headers.startswith(NO_RESPONDERS):
                site, order = message.subject.split(".")[-2:]
                self._hear(NobodyThere(site=site, order=order))
            return
        if self._floods.is_too_much(message.subject):
            self._leave_out(message, f"more than {MOST_A_SECOND} messages of one kind in a second")
            return
        try:
            heard = wire.decode_up(message.subject, message.body)
        except Unreadable as error:
            self._leave_out(message, error.why)
            return
        self._hear(heard)

    def _leave_out(self, message: Arrived, why: str) -> None:
        """Say so; once in a while, as a site may send nonsense as fast as it can."""
        site = wire.site_of(message.subject)
        if site is None or not self._floods.is_to_be_said(site):
            return
        logger.warning("a site's message is left out: {}: {}", message.subject, why)
        self._hear(LeftOut(site=site, why=why))


class NatsSiteBus:
    """A site's end: one subscription, so that what the centre sends in order arrives in order."""

    def __init__(self, access: NatsAccess, site: str) -> None:
        self._hear: Callable[[HeardBySite], None] = _unheard
        self._link = NatsLink(
            access,
            name=f"energy-manager {site}",
            subscribe=(wire.subjects_of(site, wire.DOWN),),
            arrived=self._arrived,
            changed=lambda is_up, why: self._hear(LinkChanged(is_up=is_up, why=why)),
            sends_all_the_time=True,
        )

    def open(self, hear: Callable[[HeardBySite], None]) -> None:
        self._hear = hear
        self._link.open()

    def close(self) -> None:
        self._hear = _unheard
        self._link.close()

    def send(self, message: Uplink) -> None:
        self._link.soon(_publishing(wire.encode(message)))

    def _arrived(self, message: Arrived) -> None:
        try:
            heard = wire.decode_down(message.subject, message.body)
        except Unreadable as error:
            logger.warning("the centre's message is left out: {}", error)
            return
        self._hear(heard)


def _publishing(encoded: wire.Encoded) -> Callable[[LeanClient], Awaitable[None]]:
    async def publish(client: LeanClient) -> None:
        await client.publish_all([Publication(*encoded)])

    return publish


def _unheard(_: object) -> None:
    """Nobody listens."""
