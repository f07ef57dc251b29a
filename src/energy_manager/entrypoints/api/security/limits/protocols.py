"""uvicorn's protocols, which tell the book of connections when they are busy, quiet and gone."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from energy_manager.entrypoints.api.security.limits.connections import Connection, Connections


class BookedHttp(H11Protocol):
    """HTTP/1.1 on a connection that is in the book."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        *,
        connection: Connection,
        connections: Connections,
    ) -> None:
        super().__init__(config, server_state, app_state)
        self._connection = connection
        self._book = connections

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

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._book.leave(self._connection)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._connection.asks()
        connection, book = self._connection, self._book

        def booked(**parts: Any) -> BookedWebSocket:  # noqa: ANN401 - passed on as they are
            return BookedWebSocket(**parts, connection=connection, connections=book)

        self.ws_protocol_class = booked  # type: ignore[assignment] # it is only ever called
        super().handle_websocket_upgrade(event)

    def _note(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._connection.asks(is_complete=not self.cycle.more_body)


class BookedWebSocket(WebSocketsSansIOProtocol):
    """A WebSocket on a connection that is in the book."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        *,
        connection: Connection,
        connections: Connections,
    ) -> None:
        super().__init__(config, server_state, app_state)
        self._connection = connection
        self._book = connections

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._book.leave(self._connection)
