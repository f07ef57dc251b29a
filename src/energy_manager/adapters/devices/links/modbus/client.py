"""A Modbus client that never gives one register's value for another's.

One request at a time; whatever is not the answer to it ends the connection, so that nothing late can be taken for the
answer to the next. RTU answers carry no transaction id, so there two things are done beside that. After a time-out
nothing is sent for as long again, and what comes meanwhile, also on the new connection, is thrown away. And for a good
while no answer of the length is trusted that the missing one would have: more cells are asked for instead.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from energy_manager.adapters.devices.links.errors import ConnectionLost, LinkError, ModbusException, NoAnswer
from energy_manager.adapters.devices.links.modbus.framing import Framing
from energy_manager.adapters.devices.links.modbus.pdu import Read, Write
from energy_manager.adapters.devices.links.modbus.transports import Transport
from energy_manager.adapters.lanes.steps import Blocking, Steps
from energy_manager.application.ports.clock import Clock

Answer = TypeVar("Answer")
Shape = tuple[int, int, int]
"""What an RTU answer to a read shows of its request: unit, function, count of bytes."""

LATEST_ANSWER_TIMEOUTS = 20
"""For how many time-outs an answer may still come; loggers are known that take 18 s.

A read that fails takes two, so at most ten answers are waited for, and there are more lengths than that to choose from.
"""
_WIDER_TRIES = 2
JUST_NOW_S = 0.01
"""Within it a connection that was looked at, and not used since, is not looked at again."""


def _shape(unit: int, request: Read) -> Shape:
    return unit, request.function, request.answer_bytes


class ModbusClient:
    """Requests to the units behind one transport; not for two threads at a time.

    ``timeout_s`` bounds a whole exchange from its first byte sent to its last byte received, however slowly they come,
    and making a connection; ``connect_pause_s`` is left after it, which loggers of some makers need.
    """

    def __init__(
        self, transport: Transport, framing: Framing, *, clock: Clock, timeout_s: float, connect_pause_s: float = 0.0
    ) -> None:
        self._transport = transport
        self._framing = framing
        self._clock = clock
        self._timeout_s = timeout_s
        self._connect_pause_s = connect_pause_s
        self._silent_until_s = clock.now_s()
        self._missing_until_s: dict[Shape, float] = {}
        self._looked_at_s: float | None = None
        self.connections = 0
        """How many there have been, the one now included."""

    @property
    def peer(self) -> str:
        """The other side, as the operator writes it."""
        return self._transport.peer

    def connecting(self) -> Steps[int]:
        """Make sure that there is a connection; which one it is, counted from 1.

        Raises:
            LinkDown: there is none to be had.
        """
        if self._was_looked_at:
            return self.connections
        if self._transport.is_open and not self._transport.discard():
            self._transport.close()
        if not self._transport.is_open:
            yield Blocking(self._open)
        if self._framing.knows_late_answers:
            self._looked_at_s = self._clock.now_s()
        return self.connections

    def reading(self, unit: int, request: Read, *, on: int | None = None) -> Steps[list[int]]:
        """The cells that were asked for. ``on``: only through this connection, as ``connecting`` counts them.

        Raises:
            LinkError: there is no good answer; see its subclasses.
        """
        if self._framing.knows_late_answers or not self._may_come_late(_shape(unit, request)):
            return (yield from self._reading(unit, request, on))
        wider = [found for found in request.wider() if not self._may_come_late(_shape(unit, found[0]))]
        for longer, place in wider[:_WIDER_TRIES]:
            try:
                cells = yield from self._reading(unit, longer, on)
                return cells[place : place + request.count]
            except ModbusException as refusal:
                if not refusal.is_address_error:
                    raise
        raise NoAnswer(f"unit {unit} at {self.peer} may still answer an earlier request, which looks the same")

    def writing(self, unit: int, request: Write, *, on: int | None = None) -> Steps[None]:
        """Set cells; sent once, whatever happens.

        Raises:
            LinkError: it is not acknowledged; see its subclasses.
        """
        yield from self._exchange(unit, request.pdu, on, request.check, shape=None)

    def close(self) -> None:
        """Hang up."""
        self._looked_at_s = None
        self._transport.close()

    @property
    def _was_looked_at(self) -> bool:
        return self._looked_at_s is not None and self._clock.now_s() - self._looked_at_s < JUST_NOW_S

    def _open(self) -> None:
        self._transport.open(timeout_s=self._timeout_s)
        self.connections += 1
        if self._connect_pause_s:
            self._clock.sleep_until(self._clock.now_s() + self._connect_pause_s)

    def _reading(self, unit: int, request: Read, on: int | None) -> Steps[list[int]]:
        shape = None if self._framing.knows_late_answers else _shape(unit, request)
        return self._exchange(unit, request.pdu, on, request.values_of, shape=shape)

    def _exchange(
        self, unit: int, pdu: bytes, on: int | None, accept: Callable[[bytes], Answer], *, shape: Shape | None
    ) -> Steps[Answer]:
        connection = self.connections if self._was_looked_at else (yield from self.connecting())
        self._looked_at_s = None
        if on is not None and on != connection:
            raise ConnectionLost(f"{self.peer} was connected anew, so another device may stand there now")
        if not self._framing.knows_late_answers and self._clock.now_s() < self._silent_until_s:
            yield Blocking(self._wait_out_late_answers)
        try:
            return accept((yield from self._asking(unit, pdu, shape)))
        except ModbusException:
            raise
        except LinkError:
            self._distrust(shape)
            raise

    def _asking(self, unit: int, pdu: bytes, shape: Shape | None) -> Steps[bytes]:
        framing, transport = self._framing, self._transport
        until_s = self._clock.now_s() + self._timeout_s
        frame = framing.frame(unit, pdu)
        if transport.sends_at_once:
            transport.send(frame, within_s=self._timeout_s)
        else:
            yield Blocking(partial(transport.send, frame, within_s=self._timeout_s))
        received, remaining_s = b"", self._timeout_s
        while remaining_s > 0:
            part = yield _Answer(transport, until_s=until_s, within_s=remaining_s)
            if part is None:
                break
            received += part
            while not framing.missing_bytes(received):
                if framing.knows_late_answers:
                    return framing.unframe(unit, received)
                frame = framing.first(received)
                if not self._is_late(frame, shape):
                    return framing.unframe(unit, frame)
                received = received[len(frame) :]
            remaining_s = until_s - self._clock.now_s()
        part_of_it = f", only {len(received)} bytes of one" if received else ""
        raise NoAnswer(f"unit {unit} at {self.peer} gave no answer within {self._timeout_s:g} s{part_of_it}")

    def _may_come_late(self, shape: Shape) -> bool:
        return self._clock.now_s() < self._missing_until_s.get(shape, float("-inf"))

    def _is_late(self, frame: bytes, shape: Shape | None) -> bool:
        """Whether this is the answer that an earlier read did not get."""
        if not self._missing_until_s:
            return False
        found = (frame[0], frame[1], frame[2])
        return found != shape and self._may_come_late(found)

    def _distrust(self, shape: Shape | None) -> None:
        """Hang up, and where a late answer cannot be told from the next one, be silent and on the watch for a while."""
        self._transport.close()
        if self._framing.knows_late_answers:
            return
        now_s = self._clock.now_s()
        self._silent_until_s = now_s + self._timeout_s
        self._missing_until_s = {known: until_s for known, until_s in self._missing_until_s.items() if until_s > now_s}
        if shape is not None:
            self._missing_until_s[shape] = now_s + LATEST_ANSWER_TIMEOUTS * self._timeout_s

    def _wait_out_late_answers(self) -> None:
        self._clock.sleep_until(self._silent_until_s)
        if not self._transport.discard():
            self._transport.close()
            raise ConnectionLost(f"{self.peer} has hung up")


class _Answer:
    """Bytes of an answer; None where none came in time."""

    __slots__ = ("_transport", "_within_s", "fileno", "source", "until_s")

    def __init__(self, transport: Transport, *, until_s: float, within_s: float) -> None:
        self._transport = transport
        self._within_s = within_s
        self.until_s = until_s
        self.source = transport.source
        self.fileno = self.source.fileno()

    def wait(self) -> bytes | None:
        return self._transport.receive(within_s=self._within_s)

    def take(self) -> bytes | None:
        return self._transport.receive(within_s=0.0)
