"""uvicorn's protocols, which tell the book of connections when they are busy, quiet and gone."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from energy_manager.entrypoints.api.security.limits.connections import Connection, Connections


class _Booked(asyncio.Protocol):
    """A protocol on a connection that is in the book, and leaves it with the connection's end."""

    def __init__(self, *parts: Any, connection: Connection, connections: Connections, **more: Any) -> None:  # noqa: ANN401 - uvicorn's
        super().__init__(*parts, **more)
        self._connection = connection
        self._book = connections

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._book.leave(self._connection)


class BookedHttp(_Booked, H11Protocol):
    """HTTP/1.1 on a connection that is in the book."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in the base class
        self._connection.transport = transport
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._note()

    def on_response_complete(self) -> None:
        self._connection.is_answered()
        super().on_response_complete()
        self._note()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._connection.asks()
        booked = partial(BookedWebSocket, connection=self._connection, connections=self._book)
        self.ws_protocol_class = booked  # type: ignore[assignment] # it is only ever called
        super().handle_websocket_upgrade(event)

    def _note(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._connection.asks(is_complete=not self.cycle.more_body)


class BookedWebSocket(_Booked, WebSocketsSansIOProtocol):
    """A WebSocket on a connection that is in the book."""
