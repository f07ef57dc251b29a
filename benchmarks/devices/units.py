"""Modbus TCP units in a process of their own: healthy ones, faulty ones, and gateways with dead units behind them.

``python -m benchmarks.devices.units PLAN`` prints its ports as one JSON line, and when its input ends, every write that
arrived as (unit, value, monotonic time) in another.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import sys
import time
from dataclasses import asdict, dataclass

FAULTS = ("silent", "late", "closing", "resetting", "half", "transaction", "busy")
UNITS_A_GATEWAY = 10
GATEWAY_REQUEST_S = 0.02
DEAD_UNIT_S = 1.0
TARGET_REGISTER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``own`` units on links of their own, of which ``faulty`` misbehave; ``gateways`` with ten units each, of which
    the first ``dead`` are silent in every gateway but each fourth."""

    own: int
    faulty: int
    gateways: int
    dead: int
    late_s: float

    def fault_of(self, index: int) -> str | None:
        """The fault of an own unit; faulty ones are spread evenly."""
        if not self.faulty or index % (self.own // self.faulty) or index // (self.own // self.faulty) >= self.faulty:
            return None
        return FAULTS[index // (self.own // self.faulty) % len(FAULTS)]

    def is_dead(self, gateway: int, unit: int) -> bool:
        """Whether a unit behind a gateway never answers."""
        return gateway % 4 != 3 and unit < self.dead

    def has_dead(self, gateway: int) -> bool:
        """Whether a gateway has dead units."""
        return self.dead > 0 and gateway % 4 != 3

    @property
    def text(self) -> str:
        """For the command line."""
        return json.dumps(asdict(self))


class Arrivals:
    """Every write, as it arrives."""

    def __init__(self) -> None:
        self.writes: list[tuple[str, int, float]] = []

    def note(self, name: str, pdu: bytes) -> None:
        if pdu[0] in {6, 16}:
            value = struct.unpack(">H", pdu[3:5] if pdu[0] == 6 else pdu[6:8])[0]
            self.writes.append((name, value, time.monotonic()))


def answer_of(frame: bytes) -> bytes:
    """A right answer: 0 in every register."""
    pdu = frame[7:]
    function = pdu[0]
    if function in {3, 4}:
        count = struct.unpack(">H", pdu[3:5])[0]
        answer = bytes([function, 2 * count]) + bytes(2 * count)
    else:
        answer = pdu[:5]
    return frame[:4] + struct.pack(">HB", len(answer) + 1, frame[6]) + answer


class Own(asyncio.Protocol):
    """One unit on a link of its own."""

    def __init__(self, name: str, fault: str | None, plan: Plan, arrivals: Arrivals) -> None:
        self.name, self.fault, self.plan, self.arrivals = name, fault, plan, arrivals
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while len(self.buffer) >= 8 and len(self.buffer) >= 6 + self.buffer[5]:
            frame, self.buffer = self.buffer[: 6 + self.buffer[5]], self.buffer[6 + self.buffer[5] :]
            self.arrivals.note(self.name, frame[7:])
            self.answer(frame)

    def answer(self, frame: bytes) -> None:
        answer = answer_of(frame)
        match self.fault:
            case None:
                self.transport.write(answer)
            case "late":
                asyncio.get_running_loop().call_later(self.plan.late_s, self.transport.write, answer)
            case "closing":
                self.transport.close()
            case "resetting":
                linger = struct.pack("ii", 1, 0)
                self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.transport.abort()
            case "half":
                self.transport.write(answer[: len(answer) // 2])
            case "transaction":
                self.transport.write(bytes([answer[0] ^ 1]) + answer[1:])
            case "busy":
                self.transport.write(frame[:4] + struct.pack(">HBBB", 3, frame[6], frame[7] | 0x80, 6))


class Gateway:
    """Ten units on one serial bus: one request after the other, and a dead one costs the bus a second."""

    def __init__(self, number: int, plan: Plan, arrivals: Arrivals) -> None:
        self.number, self.plan, self.arrivals = number, plan, arrivals
        self.bus = asyncio.Lock()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readexactly(6)
                frame = head + await reader.readexactly(head[5])
                async with self.bus:
                    unit = frame[6] - 1
                    if self.plan.is_dead(self.number, unit):
                        await asyncio.sleep(DEAD_UNIT_S)
                        continue
                    await asyncio.sleep(GATEWAY_REQUEST_S)
                    self.arrivals.note(f"g{self.number}.{unit}", frame[7:])
                writer.write(answer_of(frame))
        except (asyncio.IncompleteReadError, OSError):
            writer.close()


async def serve(plan: Plan) -> None:
    loop, arrivals = asyncio.get_running_loop(), Arrivals()
    ports: dict[str, int] = {}
    for index in range(plan.own):
        name = f"u{index}"
        fault = plan.fault_of(index)
        server = await loop.create_server(
            lambda name=name, fault=fault: Own(name, fault, plan, arrivals), "127.0.0.1", 0, backlog=16
        )
        ports[name] = server.sockets[0].getsockname()[1]
    gateways = [Gateway(number, plan, arrivals) for number in range(plan.gateways)]
    for gateway in gateways:
        server = await asyncio.start_server(gateway.serve, "127.0.0.1", 0, backlog=64)
        ports[f"g{gateway.number}"] = server.sockets[0].getsockname()[1]
    print(json.dumps(ports), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(json.dumps(arrivals.writes), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(Plan(**json.loads(sys.argv[1]))))
