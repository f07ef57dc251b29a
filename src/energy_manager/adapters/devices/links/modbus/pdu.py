"""Modbus requests as values: their bytes, and what counts as their answer.

MODBUS Application Protocol Specification V1.1b3, section 6: function codes 1 to 6, 15 and 16.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
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


class Table(StrEnum):
    """The four tables of a Modbus device."""

    COIL = "coil"
    DISCRETE = "discrete"
    HOLDING = "holding"
    INPUT = "input"

    @property
    def is_bits(self) -> bool:
        """Whether its cells are bits; else they are registers of 16 bits."""
        return self in {Table.COIL, Table.DISCRETE}


_READ_FUNCTIONS = {Table.COIL: 1, Table.DISCRETE: 2, Table.HOLDING: 3, Table.INPUT: 4}


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
        return _READ_FUNCTIONS[self.table]

    @property
    def pdu(self) -> bytes:
        """The request from the function code on."""
        return struct.pack(">BHH", self.function, self.address, self.count)

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
        _check_function(self.function, answer)
        data = answer[2:]
        if len(answer) < 2 or answer[1] != self.answer_bytes or len(data) != self.answer_bytes:
            raise MalformedAnswer(f"{len(data)} data bytes came, {self.answer_bytes} were asked for")
        if not self.table.is_bits:
            return list(struct.unpack(f">{self.count}H", data))
        return [data[place // 8] >> place % 8 & 1 for place in range(self.count)]


@dataclass(frozen=True, slots=True)
class Write:
    """Set cells from ``address`` on; ``single`` = function 5 or 6, which sets one.

    Raises:
        Refused: the cells do not exist in the protocol, are too many, or a value does not fit.
    """

    table: Table
    address: int
    values: tuple[int, ...]
    single: bool = False

    def __post_init__(self) -> None:
        most = MOST_WRITTEN_BITS if self.table.is_bits else MOST_WRITTEN_REGISTERS
        _check_span(self.address, len(self.values), 1 if self.single else most)
        highest = 1 if self.table.is_bits else _ADDRESSES - 1
        if self.table in {Table.INPUT, Table.DISCRETE}:
            raise Refused([Fault(field="table", message=f"{self.table}: it can be read only")])
        for value in self.values:
            if not 0 <= value <= highest:
                raise Refused([Fault(field="values", message=f"{value} is not within 0 to {highest}")])

    @property
    def function(self) -> int:
        """5, 6, 15 or 16."""
        if self.table.is_bits:
            return 5 if self.single else 15
        return 6 if self.single else 16

    @property
    def pdu(self) -> bytes:
        """The request from the function code on."""
        if self.single:
            return self._echo
        return self._echo + bytes([len(self._data)]) + self._data

    @property
    def _data(self) -> bytes:
        if not self.table.is_bits:
            return struct.pack(f">{len(self.values)}H", *self.values)
        packed = bytearray((len(self.values) + 7) // 8)
        for place, bit in enumerate(self.values):
            packed[place // 8] |= bit << place % 8
        return bytes(packed)

    @property
    def _echo(self) -> bytes:
        """What the answer repeats: the address, then the value or how many cells were set."""
        last = len(self.values)
        if self.single:
            last = self.values[0] * (0xFF00 if self.table.is_bits else 1)
        return struct.pack(">BHH", self.function, self.address, last)

    def check(self, answer: bytes) -> None:
        """Accept the answer's PDU.

        Raises:
            ModbusException: the device said no.
            MalformedAnswer: it is not the answer to this request.
        """
        _check_function(self.function, answer)
        if answer != self._echo:
            raise MalformedAnswer(f"a write of {self._echo.hex()} was acknowledged as {answer[:8].hex()}")


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
