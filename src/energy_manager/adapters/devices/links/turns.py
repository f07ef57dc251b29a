"""Who may use a link next: one at a time, writes before reads, first come first served, and nobody waits for ever."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from energy_manager.adapters.devices.links.errors import LinkBusy


@dataclass(eq=False, slots=True)
class Ticket:
    """A place in the queue; ``bell``, for those that have to wait, opens when it is this one's turn."""

    is_write: bool
    has_turn: bool = False
    bell: threading.Lock | None = None


class TurnQueue:
    """The order, without threads: who has the turn and who is next."""

    def __init__(self) -> None:
        self._holder: Ticket | None = None
        self._writes: deque[Ticket] = deque()
        self._reads: deque[Ticket] = deque()

    @property
    def is_held(self) -> bool:
        """Whether somebody has the turn."""
        return self._holder is not None

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._writes) + len(self._reads)

    def ask(self, *, is_write: bool) -> Ticket:
        """Stand in line; the ticket has the turn at once when nobody else is there."""
        ticket = Ticket(is_write)
        if self._holder is None:
            self._holder, ticket.has_turn = ticket, True
        else:
            (self._writes if is_write else self._reads).append(ticket)
        return ticket

    def leave(self, ticket: Ticket) -> Ticket | None:
        """Give the turn back, or give up waiting for it; the ticket whose turn it is thereby, if any."""
        if self._holder is ticket:
            return self._pass_on()
        (self._writes if ticket.is_write else self._reads).remove(ticket)
        return None

    def _pass_on(self) -> Ticket | None:
        line = self._writes or self._reads
        self._holder = line.popleft() if line else None
        if self._holder is not None:
            self._holder.has_turn = True
        return self._holder


class Turns:
    """The queue for threads."""

    def __init__(self) -> None:
        self._queue = TurnQueue()
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many threads wait."""
        with self._lock:
            return self._queue.waiting

    @contextmanager
    def turn(self, *, is_write: bool, wait_s: float) -> Iterator[None]:
        """Hold the link for the block.

        Raises:
            LinkBusy: it was not this one's turn within ``wait_s``; it stands in line no more.
        """
        ticket = self.take(is_write=is_write, wait_s=wait_s)
        try:
            yield
        finally:
            self.give_back(ticket)

    def take(self, *, is_write: bool, wait_s: float) -> Ticket:
        """Wait for the link and hold it until it is given back.

        Raises:
            LinkBusy: it was not this one's turn within ``wait_s``; it stands in line no more.
        """
        with self._lock:
            ticket = self._queue.ask(is_write=is_write)
            if ticket.has_turn:
                return ticket
            bell = ticket.bell = threading.Lock()
            bell.acquire()
        if not bell.acquire(timeout=max(0.0, wait_s)):
            self.give_back(ticket)
            raise LinkBusy(f"others had the link for {wait_s:g} s")
        return ticket

    def take_at_once(self, *, is_write: bool) -> Ticket | None:
        """Hold the link until it is given back; None where that would take waiting."""
        with self._lock:
            return None if self._queue.is_held else self._queue.ask(is_write=is_write)

    def give_back(self, ticket: Ticket) -> None:
        """Let the next one have the link, or stand in line no more."""
        with self._lock:
            successor = self._queue.leave(ticket)
        if successor is not None and successor.bell is not None:
            successor.bell.release()
