"""Simulated sites with a connection each, which speak the fleet's messages on the wire without a client library.

A site's number decides how it behaves: of 100 each so many go offline when they are told ``cut`` on standard input,
refuse, or say nothing. The others accept at once and deliver from their next tick on.
"""

from __future__ import annotations

import asyncio
import random
import sys
from dataclasses import dataclass
from datetime import UTC, datetime

from energy_manager.adapters.fleet import wire
from energy_manager.application.ports.fleet_bus import Answer, Ask, Cancel, OrderList, SiteState
from energy_manager.domain.fleet import Order, Room

STATE_EVERY_S = 4.0
TICK_S = 2.0
ROOM_KW = 10
CONNECTED_AT_ONCE = 200

CONNECT = b'CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true,"protocol":1,"lang":"bench","version":"1"}\r\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How many of 100 sites behave in these ways."""

    offline: int = 5
    refusing: int = 3
    silent: int = 1

    def behaviour(self, number: int) -> str:
        """The same for a number each time, and mixed among the prices."""
        place = number * 37 % 100
        for name, share in (("offline", self.offline), ("refusing", self.refusing), ("silent", self.silent)):
            if place < share:
                return name
            place -= share
        return "healthy"


class Site(asyncio.Protocol):
    """One site on one connection."""

    def __init__(self, number: int, behaviour: str) -> None:
        self.name = f"site-{number:05}"
        self.behaviour = behaviour
        self._number = number
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._orders: dict[str, Order] = {}
        self._tick = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        subject = wire.subjects_of(self.name, wire.DOWN).encode()
        transport.write(CONNECT + b"SUB " + subject + b" 1\r\n")
        self._send(Ask(site=self.name))
        loop = asyncio.get_running_loop()
        loop.call_later(random.uniform(0, STATE_EVERY_S), self._beat)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n")) >= 0:
            words = self._buffer[:end].split(b" ")
            if words[0] != b"MSG":
                self._buffer = self._buffer[end + 2 :]
                if words[0] == b"PING":
                    self._write(b"PONG\r\n")
                elif words[0] == b"-ERR":
                    raise OSError(words)
                continue
            size = int(words[-1])
            if len(self._buffer) < end + 4 + size:
                return
            body, self._buffer = self._buffer[end + 2 : end + 2 + size], self._buffer[end + 4 + size :]
            self._hear(words[1].decode(), body)

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None

    def cut(self) -> None:
        """Go, without a word."""
        assert self._transport is not None
        self._transport.abort()

    def _hear(self, subject: str, body: bytes) -> None:
        message = wire.decode_down(subject, body)
        if isinstance(message, OrderList):
            self._orders = {order.id: order for order in message.orders}
        elif isinstance(message, Cancel):
            self._orders.pop(message.order, None)
        elif isinstance(message, Order) and self.behaviour != "silent":
            accepts = self.behaviour != "refusing"
            reason = "" if accepts else "maintenance"
            self._send(Answer(site=self.name, order=message.id, is_accepted=accepts, reason=reason))
            if accepts:
                self._orders[message.id] = message
                asyncio.get_running_loop().call_later(random.uniform(0, TICK_S), self._tell_state)

    def _beat(self) -> None:
        if self._transport is not None:
            self._tell_state()
            asyncio.get_running_loop().call_later(STATE_EVERY_S, self._beat)

    def _tell_state(self) -> None:
        self._tick += 2
        now = datetime.now(UTC)
        running = [order for order in self._orders.values() if order.start <= now < order.until]
        delivered = sum(order.deliver_kw for order in running)
        room = Room(up_kw=ROOM_KW - delivered, down_kw=ROOM_KW, up_eur_per_mwh=50.0 + self._number * 61 % 997 % 100)
        orders = tuple(self._orders)
        state = SiteState(
            site=self.name,
            at=now,
            room=room,
            tick=self._tick,
            deliver_kw=float(delivered),
            import_kw=0.0,
            orders=orders,
        )
        self._send(state)

    def _send(self, message: Answer | Ask | SiteState) -> None:
        encoded = wire.encode(message)
        self._write(b"PUB %s %d\r\n%s\r\n" % (encoded.subject.encode(), len(encoded.body), encoded.body))

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)


async def main(host: str, port: int, count: int, shares: Shares) -> None:
    loop = asyncio.get_running_loop()
    sites = [Site(number, shares.behaviour(number)) for number in range(count)]
    for first in range(0, count, CONNECTED_AT_ONCE):
        some = sites[first : first + CONNECTED_AT_ONCE]
        await asyncio.gather(*(loop.create_connection(lambda site=site: site, host, port) for site in some))
    print("connected", flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        for site in sites:
            if site.behaviour == "offline":
                site.cut()
        await asyncio.sleep(0)
        print("cut", flush=True)


if __name__ == "__main__":
    _, host, port, count, offline, refusing, silent = sys.argv
    of_100 = Shares(offline=int(offline), refusing=int(refusing), silent=int(silent))
    asyncio.run(main(host, int(port), int(count), of_100))
