"""Tell WebSocket clients about plans and ticks; who does not read is dropped and delays nobody."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from fastapi import APIRouter, Depends, HTTPException, WebSocket, WebSocketDisconnect

from energy_manager.entrypoints.api.http.errors import TooMuchAtOnce
from energy_manager.entrypoints.api.security.guard import Guard

MAX_WAITING = 16
"""Messages that may wait for a client; with one more it is dropped."""

MOST_CLIENTS = 100
"""Who comes when so many follow already is turned away."""

FAREWELL_S = 1.0
"""How long a dropped client has to take the word that it was."""

GONE = (WebSocketDisconnect, OSError, RuntimeError)
"""How sending to a client ends that has left, or that the server's keepalive has given up."""


class Broadcast:
    """Sends each message to everybody who has joined; for one event loop.

    ``longest``: messages of more characters are left out, so that clients that do not read hold little.
    """

    def __init__(self, *, longest: float = math.inf) -> None:
        self.longest = longest
        self._clients: dict[MemoryObjectSendStream[str], Callable[[], object]] = {}

    def publish(self, message: str) -> None:
        """Hand the message to all clients without waiting; a client with a full queue is dropped."""
        if len(message) > self.longest:
            return
        for client, when_dropped in tuple(self._clients.items()):
            try:
                client.send_nowait(message)
            except anyio.WouldBlock:
                del self._clients[client]
                when_dropped()

    @contextmanager
    def join(self, when_dropped: Callable[[], object]) -> Iterator[MemoryObjectReceiveStream[str]]:
        """All messages from now on, until the block is left or ``when_dropped`` is called."""
        client, messages = anyio.create_memory_object_stream[str](MAX_WAITING)
        self._clients[client] = when_dropped
        try:
            with client, messages:
                yield messages
        finally:
            self._clients.pop(client, None)

    def __len__(self) -> int:
        return len(self._clients)


async def send_messages(
    client: WebSocket, feed: Broadcast, *, greeting: Callable[[], str] | None = None, subprotocol: str | None = None
) -> None:
    """Accept the client and send it every message until it goes, or has to be dropped; the greeting comes first.

    Raises:
        TooMuchAtOnce: as many follow already as may.
    """
    if len(feed) >= MOST_CLIENTS:
        raise TooMuchAtOnce(f"{MOST_CLIENTS} clients follow already; try again later")
    was_dropped = False
    async with anyio.create_task_group() as until_gone:

        def drop() -> None:
            nonlocal was_dropped
            was_dropped = True
            until_gone.cancel_scope.cancel()

        async def notice_departure() -> None:
            while (await client.receive())["type"] != "websocket.disconnect":
                pass
            until_gone.cancel_scope.cancel()

        # Joined before it is accepted, so that it misses nothing afterwards.
        with feed.join(when_dropped=drop) as messages, suppress(*GONE):
            first = None if greeting is None else greeting()
            await client.accept(subprotocol=subprotocol)
            until_gone.start_soon(notice_departure)
            if first is not None:
                await client.send_text(first)
            async for message in messages:
                await client.send_text(message)
        until_gone.cancel_scope.cancel()
    if was_dropped:
        with anyio.move_on_after(FAREWELL_S), suppress(*GONE):
            await client.close(1013, "messages were not read in time")


async def only_by_websocket() -> None:
    """What a plain GET is told where there is a WebSocket."""
    raise HTTPException(426, "this is a WebSocket: connect with ws://", headers={"Upgrade": "websocket"})


def plan_feed_routes(feed: Broadcast, guard: Guard) -> APIRouter:
    """``WS /ws``: every plan of ``POST /productionplan``, as the powerplant coding challenge's community knows it."""
    routes = APIRouter()

    @routes.websocket("/ws", dependencies=[Depends(guard.want_token_where_one_is_set)])
    async def follow_plans(client: WebSocket) -> None:
        await send_messages(client, feed)

    routes.get("/ws", include_in_schema=False)(only_by_websocket)
    return routes
