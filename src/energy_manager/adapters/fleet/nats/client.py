"""nats-py's client without what it does for each message and nobody here needs.

Each message in a queue and a task of its subscription, each read as soon as a byte is there: at 2,500 messages a second
that is most of what a centre costs (docs/benchmarks/fleet.md). Connecting, encryption, keys, pings and errors stay the
library's. What is replaced has no public name there; the contract suite of the bus holds it against a real server.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

from nats.aio.client import DEFAULT_BUFFER_SIZE, Client
from nats.aio.transport import TcpTransport
from nats.errors import BadSubjectError, ConnectionClosedError, MaxPayloadError, ProtocolError
from nats.protocol.parser import Parser

GATHER_S = 0.01
"""After a read so long is waited with the next one: what comes meanwhile comes at once."""

END = b"\r\n"

_SUBJECT = re.compile(r"[!-~]+")
"""Printable characters without the blank, which parts the words of a line."""

NO_RESPONDERS = b"NATS/1.0 503"
"""What the server's answer to a request begins with where nobody subscribes to its subject."""


class Publication(NamedTuple):
    """A message to be sent; ``reply``: where its answer goes, empty: nowhere."""

    subject: str
    body: bytes
    reply: str = ""


class Arrived(NamedTuple):
    """A message; ``headers`` as the server has written them, empty: it has none."""

    subject: str
    body: bytes
    headers: bytes = b""


Take: TypeAlias = Callable[[Arrived], None]


class LeanClient(Client):
    """``take`` is called with each message of every subscription, in the order in which the server has sent them."""

    def __init__(self, take: Take) -> None:
        super().__init__()
        self._take = take
        self._ps = self.frames = FrameParser(self, take)

    async def publish_all(self, publications: Iterable[Publication]) -> None:
        """Send them as one piece.

        Raises:
            ConnectionClosedError, MaxPayloadError, BadSubjectError: none was sent.
        """
        if self.is_closed:
            raise ConnectionClosedError
        frames = []
        for subject, body, reply in publications:
            if len(body) > self.max_payload:
                raise MaxPayloadError
            if _SUBJECT.fullmatch(subject + reply) is None:
                raise BadSubjectError
            frames.append(f"PUB {subject} {reply} {len(body)}\r\n".encode() + body + END)
        await self._send_command(b"".join(frames))
        await self._flush_pending()
        await asyncio.sleep(0)  # the library writes from a task of its own

    async def _process_msg(self, _: int, subject: bytes, __: bytes, data: bytes, headers: bytes) -> None:
        self._take(Arrived(subject.decode(), data, headers or b""))

    async def abandon(self) -> None:
        """Let go of the socket and of the library's tasks, whatever it thinks of them."""
        for task in (self._reading_task, self._ping_interval_task, self._flusher_task):
            if task is not None:
                task.cancel()
        if self._transport is not None:
            self._transport.close()  # type: ignore[no-untyped-call]
        await asyncio.sleep(0)

    async def pause_reading(self) -> None:
        """Let messages come together in the socket for a moment: each wake-up costs more than a message."""
        transport = self._stream()
        if transport is None:
            return
        transport.pause_reading()
        await asyncio.sleep(GATHER_S)
        transport.resume_reading()

    @property
    def has_ended(self) -> bool:
        """Whether the line is closed, or closing; the library does not always say so."""
        transport = self._stream()
        return bool(self.is_closed) or transport is None or transport.is_closing()

    def end_when_unheard_for(self, seconds: int) -> bool:
        """Have the system end the line when the other machine has taken nothing of what was sent for so long.

        That costs no message. False: this system does not do it.
        """
        transport = self._stream()
        line = None if transport is None else transport.get_extra_info("socket")
        if line is None or not hasattr(socket, "TCP_USER_TIMEOUT"):
            return False
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * seconds)
        return True

    def _stream(self) -> asyncio.ReadTransport | None:
        writer = self._transport._io_writer if isinstance(self._transport, TcpTransport) else None  # noqa: SLF001
        transport: asyncio.ReadTransport | None = None if writer is None else writer.transport  # type: ignore[assignment]
        return transport


class FrameParser(Parser):
    """Messages without headers are taken here, every other frame by the library once it is whole."""

    def __init__(self, client: LeanClient, take: Take) -> None:
        super().__init__(client)
        self._client, self._take = client, take
        self._rest = b""

    def reset(self) -> None:
        super().reset()
        self._rest = b""

    async def parse(self, data: bytes = b"") -> None:
        is_all = len(data) < DEFAULT_BUFFER_SIZE
        data, at = self._rest + data, 0
        while (frame_end := _frame_end(data, at)) is not None:
            if data.startswith(b"MSG ", at):
                line = data.index(END, at)
                self._take(Arrived(data[at:line].split()[1].decode(), data[line + 2 : frame_end - 2]))
            else:
                await super().parse(data[at:frame_end])
            at = frame_end
        self._rest = data[at:]
        if is_all:
            await self._client.pause_reading()


def _frame_end(data: bytes, at: int) -> int | None:
    """Where the frame ends that begins there; None: it is not whole yet."""
    line = data.find(END, at)
    if line < 0:
        return None
    if not data.startswith((b"MSG ", b"HMSG "), at):
        return line + 2
    try:
        size = int(data[data.rindex(b" ", at, line) + 1 : line])
    except ValueError:
        raise ProtocolError from None
    ends = line + 2 + size + 2
    return ends if ends <= len(data) else None
