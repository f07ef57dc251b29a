"""A Modbus transport that ends in memory: the whole stack from a device to its simulated registers, on a fake clock."""

from __future__ import annotations

import struct

from energy_manager.adapters.devices.links.errors import ConnectionLost
from energy_manager.adapters.devices.links.modbus import Mbap, ModbusClient, ModbusLink
from energy_manager.adapters.devices.links.modbus.server import Cells, answer_to
from energy_manager.adapters.runtime.clocks import FakeClock


class NoDescriptor:
    """Stands for the file descriptor that something in memory has not."""

    def fileno(self) -> int:
        return -1


class Loopback:
    """Answers from ``units``: the cells by unit; who is not there is silent."""

    peer = "loopback:502"
    source = NoDescriptor()
    sends_at_once = True

    def __init__(self, clock: FakeClock, units: dict[int, Cells]) -> None:
        self.clock = clock
        self.units = units
        self.is_open = False
        self.requests = 0
        self.refusing: set[int] = set()
        """Addresses whose writes are not answered."""
        self._answer = b""

    def open(self, *, timeout_s: float) -> None:
        self.is_open = True

    def send(self, data: bytes, *, within_s: float) -> None:
        if not self.is_open:
            raise ConnectionLost("closed")
        self.requests += 1
        cells = self.units.get(data[6])
        self._answer = b""
        is_refused = data[7] in {5, 6, 15, 16} and int.from_bytes(data[8:10], "big") in self.refusing
        if cells is not None and not is_refused:
            answer = answer_to(data[7:], data[6], cells)
            self._answer = data[:4] + struct.pack(">HB", len(answer) + 1, data[6]) + answer

    def receive(self, *, within_s: float) -> bytes | None:
        answer, self._answer = self._answer, b""
        if answer:
            return answer
        self.clock.sleep_until(self.clock.now_s() + within_s)
        return None

    def discard(self) -> bool:
        return self.is_open

    def close(self) -> None:
        self.is_open = False


def link_to(clock: FakeClock, units: dict[int, Cells], *, timeout_s: float = 0.5) -> tuple[ModbusLink, Loopback]:
    loopback = Loopback(clock, units)
    client = ModbusClient(loopback, Mbap(), clock=clock, timeout_s=timeout_s)
    return ModbusLink(client, clock=clock, wait_s=1.8), loopback
