"""Let connections in one by one, as many as there is room for; the others wait in the kernel's queue."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from loguru import logger

from energy_manager.entrypoints.api.security.limits.connections import Connection, Connections
from energy_manager.entrypoints.running.logs import describe_failure

AT_ONCE = 32
"""Connections taken before others get their turn in the event loop."""

SWEEP_S = 0.25
TELL_AGAIN_S = 60.0
"""The same trouble is told no more often than this."""

RESPITE_S = 0.1
"""After an error of ``accept`` nothing is taken for this long."""

_GONE_BEFORE_IT_CAME = {errno.ECONNABORTED, errno.EPROTO, errno.EINTR, errno.EAGAIN}

Welcome = Callable[[socket.socket, Connection], Awaitable[object]]


class Door:
    """Accepts on a listening socket and hands each connection to ``welcome``; for one event loop.

    A descriptor is held in reserve: where the process has used up all others it is given away for a moment, so that
    who waits is turned away and does not hang.
    """

    def __init__(self, listener: socket.socket, connections: Connections, welcome: Welcome) -> None:
        self._listener = listener
        self._connections = connections
        self._welcome = welcome
        self._loop = asyncio.get_running_loop()
        self._reserve: int | None = None
        self._is_taking = False
        self._pause_until_s = 0.0
        self._told_s = -TELL_AGAIN_S
        self._turned_away = 0
        self._welcomes: set[asyncio.Task[None]] = set()
        connections.on_room = self._take_more

    def open(self) -> None:
        """Begin to take connections."""
        self._listener.setblocking(False)  # noqa: FBT003 - the socket's own parameter
        self._reserve = _descriptor()
        self._take_more()
        self._loop.call_later(SWEEP_S, self._sweep)

    def _take_more(self) -> None:
        if not self._is_taking and self._connections.has_room() and time.monotonic() >= self._pause_until_s:
            self._is_taking = True
            self._loop.add_reader(self._listener.fileno(), self._take)

    def _rest(self) -> None:
        if self._is_taking:
            self._is_taking = False
            self._loop.remove_reader(self._listener.fileno())

    def _take(self) -> None:
        for _ in range(AT_ONCE):
            if not self._connections.has_room():
                self._rest()
                return
            try:
                accepted, address = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno not in _GONE_BEFORE_IT_CAME:
                    self._turn_away(error)
                return
            self._let_in(accepted, str(address[0]))

    def _let_in(self, accepted: socket.socket, client: str) -> None:
        accepted.setblocking(False)  # noqa: FBT003
        if not self._connections.admits(client):
            self._connections.make_room_for(client)
            if not self._connections.admits(client):
                with suppress(OSError):
                    accepted.send(_TOO_MANY)
                accepted.close()
                return
        connection = self._connections.enter(client)
        task = self._loop.create_task(self._introduce(accepted, connection))
        self._welcomes.add(task)
        task.add_done_callback(self._welcomes.discard)

    async def _introduce(self, accepted: socket.socket, connection: Connection) -> None:
        try:
            await self._welcome(accepted, connection)
        except Exception:  # noqa: BLE001 - a handshake that fails is the client's affair
            accepted.close()
            self._connections.leave(connection)

    def _turn_away(self, error: OSError) -> None:
        """No descriptor or no memory is left: close who waits with the one in reserve, and tell of it once a minute."""
        if self._reserve is not None:
            os.close(self._reserve)
            with suppress(OSError):
                self._listener.accept()[0].close()
                self._turned_away += 1
            self._reserve = _descriptor()
        self._rest()
        now_s = time.monotonic()
        self._pause_until_s = now_s + RESPITE_S
        if now_s - self._told_s >= TELL_AGAIN_S:
            self._told_s = now_s
            reason = describe_failure(error)
            logger.error("connections cannot be accepted, {} were turned away: {}", self._turned_away, reason)

    def _sweep(self) -> None:
        self._loop.call_later(SWEEP_S, self._sweep)
        self._connections.sweep(is_wanted=not self._connections.has_room())
        if self._reserve is None:
            self._reserve = _descriptor()
        self._take_more()


def _descriptor() -> int | None:
    try:
        return os.open(os.devnull, os.O_RDONLY)
    except OSError:
        return None


_TOO_MANY_TEXT = b'{"error":"busy","message":"this client has too many connections","details":null}'
_TOO_MANY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_TOO_MANY_TEXT), _TOO_MANY_TEXT)
)
