"""A Modbus server for a map of cells: what ``devices simulate``, tests and benchmarks speak with."""

from __future__ import annotations

import asyncio
import struct
import threading
from collections.abc import Callable
from typing import Protocol

from energy_manager.adapters.devices.links.modbus.framing import crc16
from energy_manager.adapters.devices.links.modbus.pdu import MOST_READ_REGISTERS, Table, exception_pdu, packed_bits
from energy_manager.adapters.runtime.threads import start_daemon

_READS = {1: Table.COIL, 2: Table.DISCRETE, 3: Table.HOLDING, 4: Table.INPUT}
_SINGLE = {5: Table.COIL, 6: Table.HOLDING}
_MULTIPLE = {15: Table.COIL, 16: Table.HOLDING}
_ILLEGAL_FUNCTION, _ILLEGAL_ADDRESS, _ILLEGAL_VALUE = 1, 2, 3


class Cells(Protocol):
    """The cells of the units behind a server; calls come from its thread."""

    def read(self, unit: int, table: Table, address: int, count: int) -> list[int] | None:
        """The cells; None = the unit has not all of them."""
        ...

    def write(self, unit: int, table: Table, address: int, values: list[int]) -> bool:
        """Set cells; False = the unit has not all of them."""
        ...


def answer_to(pdu: bytes, unit: int, cells: Cells) -> bytes:
    """The answer to a request's PDU."""
    function = pdu[0]
    if function not in {*_READS, *_SINGLE, *_MULTIPLE} or len(pdu) < 5:
        return exception_pdu(function, _ILLEGAL_FUNCTION)
    address, number = struct.unpack_from(">HH", pdu, 1)
    if function in _READS:
        return _read(function, unit, cells, address, number)
    if function in _SINGLE:
        values = [number if function == 6 else int(number == 0xFF00)]
        is_set = cells.write(unit, _SINGLE[function], address, values)
        return pdu[:5] if is_set else exception_pdu(function, _ILLEGAL_ADDRESS)
    if len(pdu) < 6 or len(pdu) != 6 + pdu[5]:
        return exception_pdu(function, _ILLEGAL_VALUE)
    data = pdu[6:]
    if function == 15:
        values = [data[place // 8] >> place % 8 & 1 for place in range(min(number, 8 * len(data)))]
    else:
        values = list(struct.unpack(f">{len(data) // 2}H", data[: len(data) // 2 * 2]))
    if len(values) != number:
        return exception_pdu(function, _ILLEGAL_VALUE)
    is_set = cells.write(unit, _MULTIPLE[function], address, values)
    return pdu[:5] if is_set else exception_pdu(function, _ILLEGAL_ADDRESS)


def _read(function: int, unit: int, cells: Cells, address: int, count: int) -> bytes:
    if not 1 <= count <= (MOST_READ_REGISTERS if function in {3, 4} else 2000):
        return exception_pdu(function, _ILLEGAL_VALUE)
    values = cells.read(unit, _READS[function], address, count)
    if values is None:
        return exception_pdu(function, _ILLEGAL_ADDRESS)
    if function in {3, 4}:
        return struct.pack(f">BB{count}H", function, 2 * count, *values)
    packed = packed_bits(values)
    return bytes([function, len(packed)]) + packed


class ModbusServer:
    """Serves on one port, in a thread of its own; ``port`` 0 takes a free one."""

    def __init__(self, cells: Cells, *, host: str = "127.0.0.1", port: int = 0, rtu: bool = False) -> None:
        self._cells = cells
        self._host, self._wanted_port, self._rtu = host, port, rtu
        self._loop = asyncio.new_event_loop()
        self._ready, self._ended = threading.Event(), threading.Event()
        self._connections: set[asyncio.Transport] = set()
        self._server: asyncio.Server | None = None
        self._failure: OSError | None = None
        self.port = port

    def start(self) -> None:
        """Begin to listen.

        Raises:
            OSError: the port is not to be had.
        """
        start_daemon(self._run, name="modbus server")
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Hang up and listen no more."""
        self._on_loop(self._hang_up_and_stop)
        self._ended.wait(5)

    def hang_up(self) -> None:
        """Close all connections, as a device does that restarts; they are closed when this returns."""
        is_done = threading.Event()
        self._on_loop(self._close_connections)
        self._on_loop(lambda: self._loop.call_soon(is_done.set))
        is_done.wait(5)

    def _on_loop(self, call: Callable[[], object]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            listen = self._loop.create_server(
                lambda: _ServerProtocol(self._cells, self._connections, rtu=self._rtu),
                self._host,
                self._wanted_port,
                backlog=1024,
            )
            self._server = self._loop.run_until_complete(listen)
        except OSError as error:
            self._failure = error
            self._loop.close()
            self._ended.set()
            self._ready.set()
            return
        self.port = self._server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        self._loop.close()
        self._ended.set()

    def _close_connections(self) -> None:
        for connection in list(self._connections):
            connection.abort()

    def _hang_up_and_stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self._close_connections()
        self._loop.call_soon(self._loop.stop)


class _ServerProtocol(asyncio.Protocol):
    def __init__(self, cells: Cells, connections: set[asyncio.Transport], *, rtu: bool) -> None:
        self._cells = cells
        self._connections = connections
        self._rtu = rtu
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - however it ended
        if self._transport is not None:
            self._connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._buffer += data
        while frame := self._next_frame():
            answer = self._answer(frame)
            if answer:
                self._transport.write(answer)

    def _next_frame(self) -> bytes:
        length = self._rtu_length() if self._rtu else self._tcp_length()
        if not length or len(self._buffer) < length:
            return b""
        frame, self._buffer = self._buffer[:length], self._buffer[length:]
        return frame

    def _tcp_length(self) -> int:
        return 6 + int.from_bytes(self._buffer[4:6], "big") if len(self._buffer) >= 6 else 0

    def _rtu_length(self) -> int:
        if len(self._buffer) < 7:
            return 0
        return 9 + self._buffer[6] if self._buffer[1] in _MULTIPLE else 8

    def _answer(self, frame: bytes) -> bytes:
        if not self._rtu:
            if len(frame) < 8:
                return b""
            answer = answer_to(frame[7:], frame[6], self._cells)
            return frame[:4] + struct.pack(">HB", len(answer) + 1, frame[6]) + answer
        if struct.pack("<H", crc16(frame[:-2])) != frame[-2:]:
            return b""
        body = frame[:1] + answer_to(frame[1:-2], frame[0], self._cells)
        return body + struct.pack("<H", crc16(body))
