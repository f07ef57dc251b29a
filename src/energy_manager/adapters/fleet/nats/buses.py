"""The two ends of the bus over NATS."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import uuid4

from loguru import logger

from energy_manager.adapters.fleet import wire
from energy_manager.adapters.fleet.fields import Unreadable
from energy_manager.adapters.fleet.nats.link import NatsAccess, NatsLink
from energy_manager.application.ports.fleet_bus import (
    Downlink,
    HeardByCentre,
    HeardBySite,
    LinkChanged,
    NobodyThere,
    OrdersWritten,
    Uplink,
)
from energy_manager.domain.fleet import Order

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg

NO_RESPONDERS = "503"
"""What the server says in the header ``Status`` where nobody subscribes to a request's subject."""

FLUSH_S = 1


class NatsCentreBus:
    """The centre's end. That nobody is there comes back as the server's own word on a request without listeners."""

    def __init__(self, access: NatsAccess) -> None:
        self._gone = f"em.v1.centre.{uuid4().hex}.gone"
        self._hear: Callable[[HeardByCentre], None] = _unheard
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
        batch = [(wire.encode(message), message) for message in messages]

        async def publish(client: Client) -> None:
            for encoded, message in batch:
                reply = f"{self._gone}.{message.site}.{message.id}" if isinstance(message, Order) else ""
                await client.publish(encoded.subject, encoded.body, reply)
            orders = tuple(message.id for message in messages if isinstance(message, Order))
            if orders:
                with suppress(
                    TimeoutError
                ):  # a line that is slow has taken them all the same; one that is lost says so
                    await client.flush(timeout=FLUSH_S)
                self._hear(OrdersWritten(orders=orders))

        if batch:
            self._link.soon(publish)

    def _arrived(self, message: Msg) -> None:
        if message.subject.startswith(self._gone):
            if (message.headers or {}).get("Status") == NO_RESPONDERS:
                site, order = message.subject.split(".")[-2:]
                self._hear(NobodyThere(site=site, order=order))
            return
        try:
            heard = wire.decode_up(message.subject, message.data)
        except Unreadable as error:
            logger.warning("a site's message is left out: {}", error)
            return
        self._hear(heard)


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
        )

    def open(self, hear: Callable[[HeardBySite], None]) -> None:
        self._hear = hear
        self._link.open()

    def close(self) -> None:
        self._hear = _unheard
        self._link.close()

    def send(self, message: Uplink) -> None:
        self._link.soon(_publishing(wire.encode(message)))

    def _arrived(self, message: Msg) -> None:
        try:
            heard = wire.decode_down(message.subject, message.data)
        except Unreadable as error:
            logger.warning("the centre's message is left out: {}", error)
            return
        self._hear(heard)


def _publishing(encoded: wire.Encoded) -> Callable[[Client], Awaitable[None]]:
    async def publish(client: Client) -> None:
        await client.publish(encoded.subject, encoded.body)

    return publish


def _unheard(_: object) -> None:
    """Nobody listens."""
