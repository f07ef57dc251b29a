"""Simulated sites with a connection each, which speak the fleet's messages on the wire without a client library.

Nor do they use the product's own code for that: what they cost is the same before and after a change of it. A site's
number decides how it behaves: of 100 each so many go offline when they are told ``cut`` on standard input, refuse, or say
nothing. The others accept at once and deliver from their next tick on. ``count`` asks how many states were sent.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

STATE_EVERY_S = 4.0
PING_EVERY_S = 30.0
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

    states_sent: ClassVar[int] = 0

    def __init__(self, number: int, behaviour: str) -> None:
        self.name = name_of(number)
        self.behaviour = behaviour
        self._up = f"em.v1.site.{self.name}.up.".encode()
        self._price = 50.0 + number * 61 % 997 % 100
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._orders: dict[str, dict[str, Any]] = {}
        self._tick = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(CONNECT + b"SUB em.v1.site.%s.down.* 1\r\n" % self.name.encode())
        self._send(b"ask", b"{}")
        loop = asyncio.get_running_loop()
        loop.call_later(random.uniform(0, STATE_EVERY_S), self._beat)
        loop.call_later(random.uniform(0, PING_EVERY_S), self._ping)

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
            self._hear(words[1].rpartition(b".")[2], json.loads(body))

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None

    def cut(self) -> None:
        """Go, without a word."""
        assert self._transport is not None
        self._transport.abort()

    def _hear(self, kind: bytes, body: dict[str, Any]) -> None:
        if kind == b"orders":
            self._orders = {order["id"]: order for order in body["orders"]}
        elif kind == b"cancel":
            self._orders.pop(body["order"], None)
        elif kind == b"order" and self.behaviour != "silent":
            accepts = self.behaviour != "refusing"
            words = (b"true", b"") if accepts else (b"false", b"maintenance")
            self._send(b"answer", b'{"order":"%s","accepted":%s,"reason":"%s"}' % (body["id"].encode(), *words))
            if accepts:
                self._orders[body["id"]] = body
                asyncio.get_running_loop().call_later(random.uniform(0, TICK_S), self._tell_state)

    def _ping(self) -> None:
        """Whether the line is alive: as often as the product's sites ask."""
        if self._transport is not None:
            self._write(b"PING\r\n")
            asyncio.get_running_loop().call_later(PING_EVERY_S, self._ping)

    def _beat(self) -> None:
        if self._transport is not None:
            self._tell_state()
            asyncio.get_running_loop().call_later(STATE_EVERY_S, self._beat)

    def _tell_state(self) -> None:
        self._tick += 2
        now = datetime.now(UTC)
        delivered = sum(order["deliver_kw"] for order in self._orders.values() if holds(order, now))
        names = ",".join(f'"{name}"' for name in self._orders)
        body = (
            f'{{"at":"{now.isoformat()}","tick":{self._tick},"deliver_kw":{delivered:.1f},"import_kw":0.0,'
            f'"up_kw":{ROOM_KW - delivered},"down_kw":{ROOM_KW},"up_eur_per_mwh":{self._price},'
            f'"down_eur_per_mwh":null,"on_time":true,"alarms":0,"alarm":"","orders":[{names}]}}'
        )
        Site.states_sent += 1
        self._send(b"state", body.encode())

    def _send(self, kind: bytes, body: bytes) -> None:
        self._write(b"PUB %s%s %d\r\n%s\r\n" % (self._up, kind, len(body), body))

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)


def name_of(number: int) -> str:
    """Of the site with this number."""
    return f"site-{number:05}"


def holds(order: dict[str, Any], now: datetime) -> bool:
    """Whether the order is to be carried out at that moment."""
    return datetime.fromisoformat(order["from"]) <= now < datetime.fromisoformat(order["until"])


async def main(host: str, port: int, count: int, shares: Shares) -> None:
    loop = asyncio.get_running_loop()
    sites = [Site(number, shares.behaviour(number)) for number in range(count)]
    for first in range(0, count, CONNECTED_AT_ONCE):
        some = sites[first : first + CONNECTED_AT_ONCE]
        await asyncio.gather(*(loop.create_connection(lambda site=site: site, host, port) for site in some))
    print("connected", flush=True)
    while word := await loop.run_in_executor(None, sys.stdin.readline):
        if word == "cut\n":
            for site in sites:
                if site.behaviour == "offline":
                    site.cut()
            await asyncio.sleep(0)
        print(Site.states_sent, flush=True)


if __name__ == "__main__":
    _, host, port, count, offline, refusing, silent = sys.argv
    of_100 = Shares(offline=int(offline), refusing=int(refusing), silent=int(silent))
    asyncio.run(main(host, int(port), int(count), of_100))
