"""Modbus requests as values: their bytes, and what counts as their answer.

MODBUS Application Protocol Specification V1.1b3, section 6: function codes 1 to 6, 15 and 16.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from energy_manager.adapters.devices.links.errors import MalformedAnswer, ModbusException
from energy_manager.domain.errors import Fault, Refused

MOST_READ_REGISTERS = 125
MOST_WRITTEN_REGISTERS = 123
MOST_READ_BITS = 2000
MOST_WRITTEN_BITS = 1968
_ADDRESSES = 1 << 16
_EXCEPTION = 0x80
_WIDEST_MORE = 12
_ECHO = struct.Struct(">BHH")


class Table(StrEnum):
    """The four tables of a Modbus device."""

    COIL = "coil"
    DISCRETE = "discrete"
    HOLDING = "holding"
    INPUT = "input"

    is_bits: bool
    """Whether its cells are bits; else they are registers of 16 bits."""
    is_read_only: bool
    read_function: int
    """The function code that reads it."""

    def __init__(self, name: str) -> None:
        self.read_function = ("coil", "discrete", "holding", "input").index(name) + 1
        self.is_bits = self.read_function in {1, 2}
        self.is_read_only = self.read_function in {2, 4}


@dataclass(frozen=True, slots=True)
class Read:
    """Ask for ``count`` cells from ``address`` (on the wire, from 0).

    Raises:
        Refused: the cells do not exist in the protocol or are too many for one request.
    """

    table: Table
    address: int
    count: int

    def __post_init__(self) -> None:
        _check_span(self.address, self.count, MOST_READ_BITS if self.table.is_bits else MOST_READ_REGISTERS)

    @property
    def function(self) -> int:
        """1 to 4."""
        return self.table.read_function

    @property
    def pdu(self) -> bytes:
        """The request from the function code on."""
        return _ECHO.pack(self.table.read_function, self.address, self.count)

    @property
    def answer_bytes(self) -> int:
        """How many data bytes the answer must carry."""
        return (self.count + 7) // 8 if self.table.is_bits else 2 * self.count

    def wider(self) -> Iterator[tuple[Read, int]]:
        """Reads of more cells, whose answers are longer, with the place of these cells in them."""
        most = MOST_READ_BITS if self.table.is_bits else MOST_READ_REGISTERS
        for more in range(1, _WIDEST_MORE + 1):
            cells = 8 * more if self.table.is_bits else more
            if self.count + cells <= most and self.address + self.count + cells <= _ADDRESSES:
                yield Read(self.table, self.address, self.count + cells), 0
            if self.count + cells <= most and self.address >= cells:
                yield Read(self.table, self.address - cells, self.count + cells), cells

    def values_of(self, answer: bytes) -> list[int]:
        """The cells from an answer's PDU: 0 or 1, or 0 to 65535.

        Raises:
            ModbusException: the device said no.
            MalformedAnswer: it is not the answer to this request.
        """
        _check_function(self.table.read_function, answer)
        data, wanted = answer[2:], self.answer_bytes
        if len(answer) < 2 or answer[1] != wanted or len(data) != wanted:
            raise MalformedAnswer(f"{len(data)} data bytes came, {wanted} were asked for")
        if not self.table.is_bits:
            return list(struct.unpack(f">{self.count}H", data))
        return [data[place // 8] >> place % 8 & 1 for place in range(self.count)]


@dataclass(frozen=True, slots=True)
class Write:
    """Set cells from ``address`` on; ``single`` = function 5 or 6, which sets one.

    ``pdu`` is the request from the function code on, whose first five bytes the answer repeats.

    Raises:
        Refused: the cells do not exist in the protocol, are too many, or a value does not fit.
    """

    table: Table
    address: int
    values: tuple[int, ...]
    single: bool = False
    pdu: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        is_bits, values = self.table.is_bits, self.values
        most = MOST_WRITTEN_BITS if is_bits else MOST_WRITTEN_REGISTERS
        _check_span(self.address, len(values), 1 if self.single else most)
        highest = 1 if is_bits else _ADDRESSES - 1
        if self.table.is_read_only:
            raise Refused([Fault(field="table", message=f"{self.table}: it can be read only")])
        for value in values:
            if not 0 <= value <= highest:
                raise Refused([Fault(field="values", message=f"{value} is not within 0 to {highest}")])
        if self.single:
            pdu = _ECHO.pack(self.function, self.address, values[0] * (0xFF00 if is_bits else 1))
        else:
            data = packed_bits(values) if is_bits else struct.pack(f">{len(values)}H", *values)
            pdu = _ECHO.pack(self.function, self.address, len(values)) + bytes((len(data),)) + data
        object.__setattr__(self, "pdu", pdu)

    @property
    def function(self) -> int:
        """5, 6, 15 or 16."""
        if self.table.is_bits:
            return 5 if self.single else 15
        return 6 if self.single else 16

    def check(self, answer: bytes) -> None:
        """Accept the answer's PDU.

        Raises:
            ModbusException: the device said no.
            MalformedAnswer: it is not the answer to this request.
        """
        echo = self.pdu[: _ECHO.size]
        if answer != echo:
            _check_function(self.function, answer)
            raise MalformedAnswer(f"a write of {echo.hex()} was acknowledged as {answer[:8].hex()}")


def packed_bits(bits: Sequence[int]) -> bytes:
    """Eight to a byte, the first as its lowest bit."""
    packed = bytearray((len(bits) + 7) // 8)
    for place, bit in enumerate(bits):
        packed[place // 8] |= bit << place % 8
    return bytes(packed)


def exception_pdu(function: int, code: int) -> bytes:
    """The answer that a device gives to what it will not do."""
    return bytes([function | _EXCEPTION, code])


def _check_function(function: int, answer: bytes) -> None:
    if not answer:
        raise MalformedAnswer("the answer is empty")
    if answer[0] == function | _EXCEPTION and len(answer) == 2:
        raise ModbusException(answer[1])
    if answer[0] != function:
        raise MalformedAnswer(f"function {answer[0]} was answered, {function} was asked for")


def _check_span(address: int, count: int, most: int) -> None:
    if not 1 <= count <= most:
        raise Refused([Fault(field="count", message=f"{count} cells in one request; 1 to {most} are possible")])
    if not 0 <= address <= _ADDRESSES - count:
        raise Refused([Fault(field="address", message=f"{address} and {count} cells from there leave 0 to 65535")])
