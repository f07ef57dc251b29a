"""The packets of MQTT 3.1.1 as bytes, as far as QoS 0 needs them, and back.

OASIS Standard MQTT Version 3.1.1, sections 2 and 3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST_TEXT = 0xFFFF
"""Bytes of a topic, a name or a password (1.5.3)."""

CONNACK, PUBLISH, SUBACK = 2, 3, 9
PING, GOODBYE = b"\xc0\x00", b"\xe0\x00"
REFUSED = 0x80
"""What a subscription that the broker does not grant is acknowledged with (3.9.3)."""

REASONS = {
    1: "it speaks another version of MQTT",
    2: "client identifier refused",
    3: "it is not available",
    4: "bad user name or password",
    5: "not authorized",
}
"""Why a connection is refused (3.2.2.3)."""


class MalformedPacket(ValueError):
    """These bytes are no MQTT."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is published; the broker keeps what is to be retained."""

    topic: str
    payload: str | bytes
    retain: bool = False

    @property
    def packet(self) -> bytes:
        """As it is sent (3.3).

        Raises:
            ValueError: no topic has so many bytes.
        """
        payload = self.payload.encode() if isinstance(self.payload, str) else self.payload
        return packet(0x31 if self.retain else 0x30, text(self.topic) + payload)


@dataclass(frozen=True, slots=True)
class Login:
    """Who we are. The broker publishes ``will`` when we are gone without a word."""

    client_id: str
    username: str | None = None
    password: str | None = None
    will: Message | None = None

    def packet(self, *, keep_alive_s: int) -> bytes:
        """The request for a connection without a memory of earlier ones (3.1)."""
        flags, said = 0x02, text(self.client_id)
        if self.will is not None:
            payload = self.will.payload.encode() if isinstance(self.will.payload, str) else self.will.payload
            flags |= 0x24 if self.will.retain else 0x04
            said += text(self.will.topic) + struct.pack(">H", len(payload)) + payload
        if self.username is not None:
            flags |= 0x80
            said += text(self.username)
            if self.password is not None:
                flags |= 0x40
                said += text(self.password)
        return packet(0x10, text("MQTT") + struct.pack(">BBH", 4, flags, keep_alive_s) + said)


def subscription(topic: str, number: int) -> bytes:
    """The request for a topic with QoS 0 (3.8); ``number`` comes back in its acknowledgement."""
    return packet(0x82, struct.pack(">H", number) + text(topic) + b"\x00")


def text(said: str) -> bytes:
    """A text with its length before it.

    Raises:
        ValueError: it is too long.
    """
    encoded = said.encode()
    if len(encoded) > LONGEST_TEXT:
        raise ValueError(f"{len(encoded)} bytes in one text; {LONGEST_TEXT} are possible")
    return struct.pack(">H", len(encoded)) + encoded


def packet(first: int, body: bytes) -> bytes:
    """With the fixed header before it (2.2)."""
    rest, length = len(body), bytearray((first,))
    while rest >= 0x80:
        length.append(rest & 0x7F | 0x80)
        rest >>= 7
    length.append(rest)
    return bytes(length) + body


@dataclass(frozen=True, slots=True)
class Packet:
    """A whole packet: its first byte and what stands behind the fixed header."""

    first: int
    body: bytes

    @property
    def kind(self) -> int:
        """Such as ``PUBLISH``."""
        return self.first >> 4

    def message(self) -> Message:
        """What was published, its payload as bytes.

        Raises:
            MalformedPacket: there is no topic in it.
        """
        end = 2 + int.from_bytes(self.body[:2], "big")
        begin = end + 2 if self.first & 0x06 else end
        if len(self.body) < max(2, begin):
            raise MalformedPacket("a message ends before its topic does")
        topic = self.body[2:end].decode("utf-8", errors="replace")
        return Message(topic, self.body[begin:], retain=bool(self.first & 0x01))


class Unpacking:
    """Finds packets in bytes that come in any pieces; what is longer than ``longest`` is left out as it comes."""

    def __init__(self, *, longest: int) -> None:
        self._longest = longest
        self._held = b""
        self._leaving_out = 0

    def packets(self, received: bytes) -> Iterator[Packet]:
        """The packets that are whole now.

        Raises:
            MalformedPacket: this is no MQTT.
        """
        data = self._held + received if self._held else received
        at = 0
        while True:
            if self._leaving_out:
                left_out = min(self._leaving_out, len(data) - at)
                at, self._leaving_out = at + left_out, self._leaving_out - left_out
            header = _fixed_header(data, at)
            if header is None:
                break
            begin, length = header
            if length > self._longest:
                at, self._leaving_out = begin, length
                continue
            if len(data) < begin + length:
                break
            first, body = data[at], data[begin : begin + length]
            at = begin + length
            yield Packet(first, body)
        self._held = data[at:]


def _fixed_header(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the body begins and how long it is; None where not all of the header is there."""
    length = 0
    for place in range(4):
        if at + 1 + place >= len(data):
            return None
        byte = data[at + 1 + place]
        length |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return at + 2 + place, length
    raise MalformedPacket(f"no MQTT: {data[at : at + 5].hex()}")
