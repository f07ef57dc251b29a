"""How a Modbus PDU is wrapped: with the MBAP header (Modbus TCP), or with unit and CRC (RTU).

MODBUS Messaging on TCP/IP Implementation Guide V1.0b, 3.1.3; MODBUS over Serial Line V1.02, 2.5.1.
"""

from __future__ import annotations

import struct
from typing import Protocol

from energy_manager.adapters.devices.links.errors import MalformedAnswer

LONGEST_PDU = 253
_EXCEPTION_PDU = 2
_WRITE_ANSWER_PDU = 5


class Framing(Protocol):
    """One way of wrapping."""

    knows_late_answers: bool
    """Whether a late answer to an earlier request can be told from the answer to this one."""

    def frame(self, unit: int, pdu: bytes) -> bytes:
        """The bytes of a request."""
        ...

    def missing_bytes(self, received: bytes) -> int:
        """How many bytes are missing at least until the answer is complete; 0 = it is.

        Raises:
            MalformedAnswer: these bytes do not begin any answer.
        """
        ...

    def first(self, received: bytes) -> bytes:
        """The first answer of what was received, where late ones may stand before this one's."""
        ...

    def unframe(self, unit: int, received: bytes) -> bytes:
        """The PDU of a complete answer to the last request.

        Raises:
            MalformedAnswer: it is of another unit or request, or damaged.
        """
        ...


class Mbap:
    """Modbus TCP: a transaction id, the length and the unit before the PDU."""

    knows_late_answers = True
    _HEADER = struct.Struct(">HHHB")

    def __init__(self) -> None:
        self._transaction = 0

    def frame(self, unit: int, pdu: bytes) -> bytes:
        self._transaction = self._transaction % 0xFFFF + 1
        return self._HEADER.pack(self._transaction, 0, len(pdu) + 1, unit) + pdu

    def missing_bytes(self, received: bytes) -> int:
        if len(received) < self._HEADER.size + 1:
            return self._HEADER.size + 1 - len(received)
        _, protocol, length, _ = self._HEADER.unpack_from(received)
        if protocol != 0 or not 2 <= length <= LONGEST_PDU + 1:
            raise MalformedAnswer(f"no Modbus TCP header: {received[:7].hex()}")
        return max(0, self._HEADER.size - 1 + int(length) - len(received))

    def first(self, received: bytes) -> bytes:
        return received  # whatever comes behind the answer makes it malformed

    def unframe(self, unit: int, received: bytes) -> bytes:
        transaction, _, length, answering = self._HEADER.unpack_from(received)
        if transaction != self._transaction:
            raise MalformedAnswer(f"transaction {transaction} was answered, {self._transaction} was asked")
        if answering != unit:
            raise MalformedAnswer(f"unit {answering} answered instead of unit {unit}")
        if len(received) != self._HEADER.size - 1 + length:
            raise MalformedAnswer(f"{len(received) - self._HEADER.size + 1 - length} bytes came behind the answer")
        return received[self._HEADER.size :]


class Rtu:
    """Modbus RTU, over a serial line or through TCP: the unit before and a CRC behind the PDU.

    Nothing in an answer says which request it belongs to: a late one to an earlier, like request looks right.
    """

    knows_late_answers = False

    def frame(self, unit: int, pdu: bytes) -> bytes:
        body = bytes([unit]) + pdu
        return body + struct.pack("<H", crc16(body))

    def missing_bytes(self, received: bytes) -> int:
        if len(received) < 3:
            return 3 - len(received)
        return max(0, self._length(received) - len(received))

    def first(self, received: bytes) -> bytes:
        return received[: self._length(received)]

    @staticmethod
    def _length(received: bytes) -> int:
        function = received[1]
        if function & 0x80:
            pdu = _EXCEPTION_PDU
        elif 1 <= function <= 4:
            pdu = 2 + received[2]
        elif function in {5, 6, 15, 16}:
            pdu = _WRITE_ANSWER_PDU
        else:
            raise MalformedAnswer(f"function {function} was answered, which is never asked for")
        return 1 + pdu + 2

    def unframe(self, unit: int, received: bytes) -> bytes:
        body, received_crc = received[:-2], received[-2:]
        if struct.pack("<H", crc16(body)) != received_crc:
            raise MalformedAnswer("the checksum of the answer is wrong")
        if body[0] != unit:
            raise MalformedAnswer(f"unit {body[0]} answered instead of unit {unit}")
        return body[1:]


def crc16(data: bytes) -> int:
    """CRC-16/MODBUS: polynomial 0x8005 reflected, begun with all ones."""
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc


def _crc_of_byte(byte: int) -> int:
    crc = byte
    for _ in range(8):
        crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


_CRC_TABLE = tuple(map(_crc_of_byte, range(256)))
