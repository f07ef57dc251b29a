"""One Modbus link and the units behind it: turns, rests and pauses around the client."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

from energy_manager.adapters.devices.links.errors import LinkDown, LinkError, ModbusException, UnitRests
from energy_manager.adapters.devices.links.modbus.blocks import Block, SharedBlocks, Span, SpanReading
from energy_manager.adapters.devices.links.modbus.client import ModbusClient
from energy_manager.adapters.devices.links.modbus.pdu import Read, Write
from energy_manager.adapters.devices.links.rests import BACK_OFF_S, Quarantine, Rests
from energy_manager.adapters.devices.links.turns import Ticket, Turns
from energy_manager.adapters.devices.links.users import Users
from energy_manager.adapters.lanes.steps import Blocking, Steps, at_once, complete
from energy_manager.application.ports.clock import Clock

Answer = TypeVar("Answer")

_REFUSES_A_SPAN = {2, 3, 4}
"""What devices answer to a block with cells in it that they do not have."""


class ModbusLink:
    """One request at a time to all units behind one host and port or serial line.

    ``wait_s`` is how long a caller stands in line at most (0.9 of the dispatch period); ``pause_s`` is left between two
    requests. A refused link rests for 1, 2, 5 … 60 s, a unit that failed twice in a row for 5, 10 … 60 s.

    Calls are made in steps.
    """

    goes_in_steps = True

    def __init__(
        self,
        client: ModbusClient,
        *,
        clock: Clock,
        wait_s: float,
        pause_s: float = 0.0,
        quarantine: Quarantine | None = None,
    ) -> None:
        self.client = client
        self._clock = clock
        self._wait_s = wait_s
        self._pause_s = pause_s
        self._turns = Turns()
        self._quarantine = Quarantine() if quarantine is None else quarantine
        self._back_off = Rests(BACK_OFF_S)
        self._next_s = float("-inf")
        self._shared: dict[int, SharedBlocks] = {}
        self.urgent: Callable[[], Steps[None]] = lambda: at_once(None)
        """Calls that are made before the next block of a read."""
        self.users = Users(begin=lambda: None, end=self.close)

    @property
    def peer(self) -> str:
        """The other side, as the operator writes it."""
        return self.client.peer

    @property
    def connections(self) -> int:
        """How many connections there have been, the one now included."""
        return self.client.connections

    def rests_for_s(self, unit: int) -> float:
        """For how long the unit is left alone still; 0 = it may be asked."""
        now_s = self._clock.now_s()
        return max(self._back_off.left_s(now_s), self._quarantine.left_s(unit, now_s))

    def turn(self, unit: int, *, is_write: bool) -> Turn:
        """For a ``with`` block: have the link for its requests, which go out one after the other.

        What to send is best decided inside, so that it is the newest when it goes out.

        Raises:
            LinkBusy: others had the link all the time.
            LinkDown, UnitRests: it was not tried, since it failed a moment ago.
        """
        return Turn(self, unit, is_write=is_write)

    def taking(self, unit: int, *, is_write: bool) -> Steps[Ticket]:
        """Begin a turn, as ``turn`` does."""
        self._check_rests(unit)
        ticket = self._turns.take_at_once(is_write=is_write)
        if ticket is None:
            ticket = yield Blocking(partial(self._turns.take, is_write=is_write, wait_s=self._wait_s))
            try:
                self._check_rests(unit)
            except LinkError:
                self._turns.give_back(ticket)
                raise
        if is_write and unit in self._shared:
            self._shared[unit].forget()
        return ticket

    def give_back(self, ticket: Ticket) -> None:
        """End a turn."""
        self._turns.give_back(ticket)

    def connecting(self) -> Steps[int]:
        """As ``Turn.connecting``."""
        try:
            return (yield from self.client.connecting())
        except LinkDown:
            self._back_off.failed(self._clock.now_s())
            raise

    def asking(self, request: Steps[Answer], unit: int) -> Steps[Answer]:
        """Make a request of the client in a turn, and learn from how it ends."""
        if self._pause_s and self._clock.now_s() < self._next_s:
            yield Blocking(partial(self._clock.sleep_until, self._next_s))
        try:
            answer = yield from request
        except LinkDown:
            self._back_off.failed(self._clock.now_s())
            raise
        except LinkError as error:
            self._back_off.succeeded()
            if isinstance(error, ModbusException) and not error.is_from_gateway:
                self._quarantine.succeeded(unit)
            else:
                self._quarantine.failed(unit, self._clock.now_s())
            raise
        else:
            self._back_off.succeeded()
            self._quarantine.succeeded(unit)
            return answer
        finally:
            if self._pause_s:
                self._next_s = self._clock.now_s() + self._pause_s

    def reading(self, unit: int, spans: Iterable[Span]) -> Steps[dict[Span, SpanReading]]:
        """All spans in as few requests as may be, each in a turn of its own so that writes come between.

        What other readers of the unit have asked for is read along where it stands in the same blocks, and is theirs
        if they ask within ``SHARED_FOR_S``: assets of one unit, which are read at one moment, share their blocks.

        Raises:
            LinkError: some request had no good answer.
        """
        shared = self._shared.get(unit)
        if shared is None:
            shared = self._shared.setdefault(unit, SharedBlocks())
        wanted = frozenset(spans)
        readings = shared.take(wanted, now_s=self._clock.now_s())
        missing = wanted - readings.keys() if readings else wanted
        blocks = list(shared.blocks()) if missing else []
        while blocks:
            block = blocks.pop(0)
            if missing.isdisjoint(block.spans):
                continue
            yield from self.urgent()
            try:
                found = yield from self._reading_block(unit, block)
            except ModbusException as refusal:
                if len(block.spans) == 1 or refusal.exception_code not in _REFUSES_A_SPAN:
                    raise
                blocks = shared.without_others(block, missing) + blocks
            else:
                for span, reading in found.items():
                    if span in missing:
                        readings[span] = reading
                    elif span not in wanted:
                        shared.leave(span, reading)
        return readings

    def close(self) -> None:
        """Hang up; the next request connects again."""
        self.client.close()

    def _reading_block(self, unit: int, block: Block) -> Steps[dict[Span, SpanReading]]:
        ticket = yield from self.taking(unit, is_write=False)
        try:
            taken_at_s = self._clock.now_s()
            cells = yield from self.asking(self.client.reading(unit, block.request), unit)
        except ModbusException as refusal:
            if refusal.is_address_error and len(block.spans) == 1:
                return {block.spans[0]: SpanReading(None, taken_at_s)}
            raise
        finally:
            self._turns.give_back(ticket)
        return {span: SpanReading(block.cells_of(span, cells), taken_at_s) for span in block.spans}

    def _check_rests(self, unit: int) -> None:
        if not self._back_off.failures and not self._quarantine.knows(unit):
            return
        now_s = self._clock.now_s()
        if left_s := self._back_off.left_s(now_s):
            raise LinkDown(f"{self.peer} cannot be reached, next try in {left_s:.1f} s")
        if left_s := self._quarantine.left_s(unit, now_s):
            raise UnitRests(f"unit {unit} at {self.peer} failed, it is left alone for {left_s:.1f} s")


class Turn:
    """The requests that one caller may make while it has the link, from ``with`` to the end of the block.

    In steps: from ``beginning`` to ``end``.
    """

    __slots__ = ("_is_write", "_link", "_ticket", "_unit")

    def __init__(self, link: ModbusLink, unit: int, *, is_write: bool) -> None:
        self._link = link
        self._unit = unit
        self._is_write = is_write
        self._ticket: Ticket | None = None

    def __enter__(self) -> Turn:
        complete(self.beginning())
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def beginning(self) -> Steps[None]:
        """Have the link; raises as ``ModbusLink.turn``."""
        self._ticket = yield from self._link.taking(self._unit, is_write=self._is_write)

    def end(self) -> None:
        """Let others have it."""
        if self._ticket is not None:
            self._link.give_back(self._ticket)

    def connecting(self) -> Steps[int]:
        """Make sure that there is a connection; which one it is. What was known of the device belongs to the last one.

        Raises:
            LinkDown: there is none to be had.
        """
        return self._link.connecting()

    def reading(self, request: Read, *, on: int | None = None) -> Steps[list[int]]:
        """As ``ModbusClient.reading``."""
        return self._link.asking(self._link.client.reading(self._unit, request, on=on), self._unit)

    def writing(self, request: Write, *, on: int | None = None) -> Steps[None]:
        """As ``ModbusClient.writing``."""
        return self._link.asking(self._link.client.writing(self._unit, request, on=on), self._unit)
