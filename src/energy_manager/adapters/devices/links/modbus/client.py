"""A Modbus client that never gives one register's value for another's.

One request at a time; whatever is not the answer to it ends the connection, so that nothing late can be taken for the
answer to the next. RTU answers carry no transaction id, so there a late one is waited out as well: after a time-out
nothing is sent for as long again, and what comes meanwhile, also on the new connection, is thrown away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from energy_manager.adapters.devices.links.errors import (
    ConnectionLost,
    LinkError,
    ModbusException,
    NoAnswer,
)
from energy_manager.adapters.devices.links.modbus.framing import Framing
from energy_manager.adapters.devices.links.modbus.pdu import Read, Write
from energy_manager.adapters.devices.links.modbus.transports import Transport
from energy_manager.application.ports.clock import Clock

Answer = TypeVar("Answer")


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
        self.connections = 0
        """How many there have been, the one now included."""

    @property
    def peer(self) -> str:
        """The other side, as the operator writes it."""
        return self._transport.peer

    def connect(self) -> int:
        """Make sure that there is a connection; which one it is, counted from 1.

        Raises:
            LinkDown: there is none to be had.
        """
        if self._transport.is_open and not self._transport.discard():
            self._transport.close()
        if not self._transport.is_open:
            self._transport.open(timeout_s=self._timeout_s)
            self.connections += 1
            if self._connect_pause_s:
                self._clock.sleep_until(self._clock.now_s() + self._connect_pause_s)
        return self.connections

    def read(self, unit: int, request: Read, *, on: int | None = None) -> list[int]:
        """The cells that were asked for. ``on``: only through this connection, as ``connect`` counts them.

        Raises:
            LinkError: there is no good answer; see its subclasses.
        """
        return self._exchange(unit, request.pdu, on, request.values_of)

    def write(self, unit: int, request: Write, *, on: int | None = None) -> None:
        """Set cells; sent once, whatever happens.

        Raises:
            LinkError: it is not acknowledged; see its subclasses.
        """
        self._exchange(unit, request.pdu, on, request.check)

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    def _exchange(self, unit: int, pdu: bytes, on: int | None, accept: Callable[[bytes], Answer]) -> Answer:
        connection = self.connect()
        if on not in {None, connection}:
            raise ConnectionLost(f"{self.peer} was connected anew, so another device may stand there now")
        self._wait_out_late_answers()
        try:
            return accept(self._ask(unit, pdu))
        except ModbusException:
            raise
        except LinkError:
            self._distrust()
            raise

    def _ask(self, unit: int, pdu: bytes) -> bytes:
        deadline_s = self._clock.now_s() + self._timeout_s
        self._transport.send(self._framing.frame(unit, pdu), within_s=self._timeout_s)
        received = b""
        while self._framing.missing_bytes(received):
            remaining_s = deadline_s - self._clock.now_s()
            if remaining_s <= 0:
                break
            try:
                received += self._transport.receive(within_s=remaining_s)
            except NoAnswer:
                break
        else:
            return self._framing.unframe(unit, received)
        part = f", only {len(received)} bytes of one" if received else ""
        raise NoAnswer(f"unit {unit} at {self.peer} gave no answer within {self._timeout_s:g} s{part}")

    def _distrust(self) -> None:
        """Hang up, and where a late answer cannot be told from the next one, be silent for a while."""
        self._transport.close()
        if not self._framing.knows_late_answers:
            self._silent_until_s = self._clock.now_s() + self._timeout_s

    def _wait_out_late_answers(self) -> None:
        if self._clock.now_s() >= self._silent_until_s:
            return
        self._clock.sleep_until(self._silent_until_s)
        if not self._transport.discard():
            self._transport.close()
            raise ConnectionLost(f"{self.peer} has hung up")
