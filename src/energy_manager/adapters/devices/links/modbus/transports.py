"""Bytes to a Modbus peer and back, with a longest wait for every call.

Neither way uses ``select``, which knows no file descriptor above 1,023: a site of a thousand devices has more.
"""

from __future__ import annotations

from typing import Protocol

LONGEST_FRAME = 260


class Source(Protocol):
    """What has a file descriptor to wait at."""

    def fileno(self) -> int:
        """Its number."""
        ...


class Transport(Protocol):
    """One way to a peer; not for two threads at a time."""

    @property
    def peer(self) -> str:
        """The other side, as the operator writes it."""
        ...

    sends_at_once: bool
    """Whether sending a request takes no time, for there is room for it somewhere."""

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as is known without asking."""
        ...

    def open(self, *, timeout_s: float) -> None:
        """Connect.

        Raises:
            LinkDown: it cannot be reached.
        """
        ...

    def send(self, data: bytes, *, within_s: float) -> None:
        """Send everything.

        Raises:
            ConnectionLost: the other side has hung up.
            NoAnswer: it does not take the bytes in time.
        """
        ...

    def receive(self, *, within_s: float) -> bytes | None:
        """At least one byte and what came with it; None where nothing came in time. Within 0 s: never waits.

        Raises:
            ConnectionLost: the other side has hung up.
        """
        ...

    @property
    def source(self) -> Source:
        """What becomes readable when something has come, another one after each ``open``."""
        ...

    def discard(self) -> bool:
        """Throw away what has come already; whether the connection still stands. Never waits."""
        ...

    def close(self) -> None:
        """Hang up; what is under way is lost."""
        ...
