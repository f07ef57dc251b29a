"""The central system that chargers call: one listener for all of them, the path of the address says who calls.

Only chargers that the site has are let in, with the password where there is one. A charger that calls again is
believed: its earlier connection is often half dead. Listeners are a process's, as ports are.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import threading
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import unquote

from loguru import logger
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from energy_manager.adapters.devices.links.errors import Away, LinkError, NoAnswer
from energy_manager.adapters.devices.links.users import Users
from energy_manager.adapters.devices.ocpp.charge_point import Charger, ConnectedCharger
from energy_manager.adapters.devices.shared_links import SharedLinks
from energy_manager.adapters.runtime.service_loop import ServiceLoop, TookTooLong
from energy_manager.domain.errors import Fault, Refused

SUBPROTOCOL = Subprotocol("ocpp1.6")
LARGEST_MESSAGE = 64 * 1024
PING_S = 20.0
START_S = 5.0
MOST_STRANGERS = 20
"""So many unknown ids are named in the log; whoever tries more is not."""

Answer = TypeVar("Answer")
LISTENERS = SharedLinks()
"""The central systems of this process, by address."""


class CentralSystem:
    """A listener and the chargers that may call it; ``users`` begin and end it."""

    def __init__(self, host: str, port: int, *, password: str | None, loop: ServiceLoop) -> None:
        self._host, self._port = host, port
        self._password = password
        self._loop = loop
        self._chargers: dict[str, Charger] = {}
        self._strangers: set[str] = set()
        self._lock = threading.Lock()
        self._under_way: set[str] = set()
        self._server: Server | None = None
        self.port = port
        """The port it listens on; another than was asked for where that was 0."""
        self.users = Users(begin=self._begin, end=self._end)

    def charger(self, charger: Charger) -> Charger:
        """Let this charger call from now on; one of the same id takes the place of an earlier one."""
        with self._lock:
            before = self._chargers.get(charger.id)
            self._chargers[charger.id] = charger
        if before is not None and before.connected is not None:
            self._loop.keep(before.connected.hang_up, name=f"charger {charger.id}")
        return charger

    def ask(
        self, charger: Charger, what: Callable[[ConnectedCharger], Awaitable[Answer]], *, deadline_s: float
    ) -> Answer:
        """Have something done on the charger's connection, and wait for it.

        Raises:
            LinkError: it is not connected, or what it was asked for failed.
        """
        connected = charger.connected
        if connected is None:
            raise Away(f"charger {charger.id} is not connected to {self._host}:{self.port}")

        async def ask() -> Answer:
            return await what(connected)

        try:
            return self._loop.call(ask, deadline_s=deadline_s)
        except TookTooLong as error:
            raise NoAnswer(f"charger {charger.id}: {error}") from None

    def ask_without_waiting(self, charger: Charger, what: Callable[[ConnectedCharger], Awaitable[object]]) -> None:
        """Have something done on the charger's connection; one such thing at a time, and how it ends is nobody's."""
        connected = charger.connected
        if connected is None or charger.id in self._under_way:
            return
        self._under_way.add(charger.id)

        async def ask() -> None:
            try:
                await what(connected)
            except LinkError as error:
                logger.debug("{}", error)
            finally:
                self._under_way.discard(charger.id)

        self._loop.keep(ask, name=f"charger {charger.id}")

    def _begin(self) -> None:
        """Listen; raises ``Refused`` where the address cannot be had."""

        async def begin() -> None:
            self._server = await serve(
                self._welcome,
                self._host,
                self._port,
                process_request=self._judge,
                subprotocols=[SUBPROTOCOL],
                max_size=LARGEST_MESSAGE,
                max_queue=8,
                ping_interval=PING_S,
                ping_timeout=PING_S,
                compression=None,
                server_header=None,
                logger=None,
            )
            self.port = next(iter(self._server.sockets)).getsockname()[1]

        try:
            self._loop.call(begin, deadline_s=START_S)
        except OSError as error:
            reason = str(error.strerror).partition(" (while")[0]
            message = f"cannot listen for chargers on {self._host}:{self._port}: {reason}"
            raise Refused([Fault(field="connection", message=message)]) from None

    def _end(self) -> None:
        if self._server is not None:
            self._loop.post(self._server.close)

    def _judge(self, connection: ServerConnection, request: Request) -> Response | None:
        """Whether the caller is let in: None, or the answer that turns it away."""
        charger_id = _charger_id(request.path)
        if charger_id not in self._chargers:
            self._note_stranger(charger_id)
            return connection.respond(HTTPStatus.NOT_FOUND, "no such charge point\n")
        if self._password is not None and not _knows(request, charger_id, self._password):
            logger.warning("charger {}: wrong or no password; turned away", charger_id)
            answer = connection.respond(HTTPStatus.UNAUTHORIZED, "wrong or no password\n")
            answer.headers["WWW-Authenticate"] = 'Basic realm="OCPP"'
            return answer
        return None

    def _note_stranger(self, charger_id: str) -> None:
        if charger_id not in self._strangers and len(self._strangers) < MOST_STRANGERS:
            self._strangers.add(charger_id)
            logger.warning("a charger calls itself {!r}, and no asset does: turned away", charger_id[:80])

    async def _welcome(self, connection: ServerConnection) -> None:
        request = connection.request
        charger = None if request is None else self._chargers.get(_charger_id(request.path))
        if charger is None:
            return
        before, connected = charger.connected, ConnectedCharger(charger, connection)
        charger.state.serial = None
        charger.state.heard_at_s = charger.now_s()
        charger.connected, charger.connections = connected, charger.connections + 1
        logger.info("charger {} is connected", charger.id)
        if before is not None:
            self._loop.keep(before.hang_up, name=f"charger {charger.id}")
        try:
            await connected.serve()
        finally:
            if charger.connected is connected:
                charger.connected = None
                logger.info("charger {} has hung up", charger.id)


def _charger_id(path: str) -> str:
    """The last part of the path: many chargers append their id to whatever address they are given."""
    return unquote(path.partition("?")[0].rstrip("/").rpartition("/")[2])


def _knows(request: Request, charger_id: str, password: str) -> bool:
    """Whether the caller brings the password (OCPP security white paper: HTTP Basic, the user is the charge point)."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        user, _, said = base64.b64decode(encoded, validate=True).partition(b":")
    except binascii.Error:
        return False
    is_password = hmac.compare_digest(said, password.encode())
    return hmac.compare_digest(user, charger_id.encode()) and is_password
