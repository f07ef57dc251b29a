"""Tell WebSocket clients about plans; who does not read is dropped and delays nobody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

MAX_WAITING = 16
"""Messages that may wait for a client; with one more it is dropped."""


class Feed:
    """Sends each message to everybody who has joined."""

    def __init__(self) -> None:
        self._clients: set[MemoryObjectSendStream[str]] = set()

    def publish(self, message: str) -> None:
        """Hand the message to all clients without waiting; a client with a full queue is dropped."""
        for client in tuple(self._clients):
            try:
                client.send_nowait(message)
            except (anyio.WouldBlock, anyio.BrokenResourceError):
                self._clients.discard(client)
                client.close()

    @contextmanager
    def join(self) -> Iterator[MemoryObjectReceiveStream[str]]:
        """All messages from now on; the stream ends when this client is dropped."""
        client, messages = anyio.create_memory_object_stream[str](MAX_WAITING)
        self._clients.add(client)
        try:
            with client, messages:
                yield messages
        finally:
            self._clients.discard(client)

    def __len__(self) -> int:
        return len(self._clients)
