"""Who is connected, and who has to go: half-open, idle and stalled connections make room for others.

The idea: a connection is quiet while it has no request under way, that is from its beginning to the end of its first
head, and from each answer to the next head. Quiet ones are closed after ``HEAD_S``, and earlier, oldest first, where
there is no room; after them those whose body does not come. Who takes its answer too slowly is cut off. Busy
connections are bounded by what they ask for.

Programs of this machine and a reverse proxy speak for many clients from one address: of theirs only half-open
connections and unfinished bodies are counted against what one client may have.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

HEAD_S = 10.0
"""A request's head must be complete this long after the connection began or the last answer ended."""

STALLED_S = 30.0
"""Who takes nothing of what is sent for this long is cut off."""

GRACE_S = 0.5
"""Nobody is sent away to make room in the first moments."""

BODY_GRACE_S = 2.0
"""A body that is not there after this long holds no place that others wait for."""

MOST_UNSENT_BYTES = 64_000_000
"""Answers that were not taken yet, of all connections together; beyond it the largest are cut off."""

UNSENT_GRACE_S = 2.0
"""But not before nothing of them has been taken for this long."""


@dataclass(slots=True, kw_only=True, eq=False)
class Connection:
    """One connection: since when it has been quiet (None while it is busy), and what it has not taken yet.

    ``body_since_s`` is since when the body of its request has been coming; None while none is.
    """

    client: str
    quiet_since_s: float | None
    body_since_s: float | None = None
    has_asked: bool = False
    transport: asyncio.Transport | None = None
    unsent_bytes: int = 0
    unsent_since_s: float = 0.0

    def asks(self, *, is_complete: bool = True) -> None:
        """A request, or a WebSocket, is under way; whether its body is there."""
        self.quiet_since_s, self.has_asked = None, True
        if is_complete:
            self.body_since_s = None
        elif self.body_since_s is None:
            self.body_since_s = time.monotonic()

    def is_answered(self) -> None:
        """Nothing is under way any more."""
        self.quiet_since_s, self.body_since_s = time.monotonic(), None

    @property
    def is_waited_for(self) -> bool:
        """Whether it is the client who has to go on; not where the server has put off reading the rest."""
        return self.transport is None or self.transport.is_reading()

    def send_away(self) -> None:
        """End it at once, whatever was not sent."""
        if self.transport is not None:
            self.transport.abort()

    def stalled_s(self, now_s: float) -> float:
        """For how long nothing was taken of what is to be sent."""
        unsent = 0 if self.transport is None else self.transport.get_write_buffer_size()
        if unsent == 0 or unsent < self.unsent_bytes or self.unsent_bytes == 0:
            self.unsent_since_s = now_s
        self.unsent_bytes = unsent
        return now_s - self.unsent_since_s


@dataclass(slots=True, kw_only=True)
class Connections:
    """The connections of a server; for one event loop."""

    most: int
    most_of_a_client: int
    is_many_clients: Callable[[str], bool]
    _all: dict[Connection, None] = field(default_factory=dict, init=False)
    _by_client: Counter[str] = field(default_factory=Counter, init=False)
    on_room: Callable[[], object] = field(default=lambda: None, init=False)

    def __len__(self) -> int:
        return len(self._all)

    def has_room(self) -> bool:
        """Whether one more may come in."""
        return len(self._all) < self.most

    def admits(self, client: str) -> bool:
        """Whether this client may have one more."""
        return self._by_client[client] < self.most_of_a_client or self.is_many_clients(client)

    def enter(self, client: str) -> Connection:
        """One more connection."""
        connection = Connection(client=client, quiet_since_s=time.monotonic())
        self._all[connection] = None
        self._by_client[client] += 1
        return connection

    def leave(self, connection: Connection) -> None:
        """It has ended; may be said more than once."""
        if connection in self._all:
            del self._all[connection]
            self._by_client[connection.client] -= 1
            if not self._by_client[connection.client]:
                del self._by_client[connection.client]
            self.on_room()

    def sweep(self, *, is_wanted: bool) -> None:
        """Send away who is over time, and where somebody waits for a place (``is_wanted``) the quiet ones."""
        now_s = time.monotonic()
        for connection in list(self._over_time(now_s)):
            connection.send_away()
        half_open = [connection for connection in self._quiet(now_s, for_s=GRACE_S) if not connection.has_asked]
        unfinished = self._unfinished(now_s)
        for connection in [*self._beyond_a_clients_share(half_open), *self._beyond_a_clients_share(unfinished)]:
            connection.send_away()
        if is_wanted:
            dispensable = [*self._quiet(now_s, for_s=GRACE_S), *unfinished]
            for connection in dispensable[: max(1, self.most // 4)]:
                connection.send_away()

    def make_room_for(self, client: str) -> None:
        """Send away the quiet connection of this client that has been so for longest."""
        own = [connection for connection in self._quiet(time.monotonic(), for_s=0.0) if connection.client == client]
        if own:
            own[0].send_away()

    def _over_time(self, now_s: float) -> Iterator[Connection]:
        unsent_bytes, stalled = 0, []
        for connection in self._all:
            stalled_s = connection.stalled_s(now_s)
            unsent_bytes += connection.unsent_bytes
            if connection.quiet_since_s is not None and not connection.unsent_bytes:
                if now_s - connection.quiet_since_s > HEAD_S:
                    yield connection
            elif stalled_s > STALLED_S:
                yield connection
            elif stalled_s > UNSENT_GRACE_S:
                stalled.append(connection)
        stalled.sort(key=lambda connection: connection.unsent_bytes)
        while unsent_bytes > MOST_UNSENT_BYTES and stalled:
            connection = stalled.pop()
            unsent_bytes -= connection.unsent_bytes
            yield connection

    def _quiet(self, now_s: float, *, for_s: float) -> list[Connection]:
        """Those that have been quiet for so long, the longest first."""
        quiet = [
            (connection.quiet_since_s, place, connection)
            for place, connection in enumerate(self._all)
            if connection.quiet_since_s is not None
            and now_s - connection.quiet_since_s >= for_s
            and not connection.unsent_bytes
        ]
        return [connection for _, _, connection in sorted(quiet, key=lambda entry: entry[:2])]

    def _unfinished(self, now_s: float) -> list[Connection]:
        """Those whose body should be there by now, the oldest first."""
        coming = [
            (connection.body_since_s, place, connection)
            for place, connection in enumerate(self._all)
            if connection.body_since_s is not None
            and now_s - connection.body_since_s >= BODY_GRACE_S
            and connection.is_waited_for
        ]
        return [connection for _, _, connection in sorted(coming, key=lambda entry: entry[:2])]

    def _beyond_a_clients_share(self, connections: list[Connection]) -> Iterator[Connection]:
        """All but the newest of each client that make up its share."""
        of_client: Counter[str] = Counter()
        for connection in reversed(connections):
            of_client[connection.client] += 1
            if of_client[connection.client] > self.most_of_a_client:
                yield connection
