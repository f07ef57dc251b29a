"""Text of files and bodies: UTF-8, with or without a byte order mark; anything else is refused with its place."""

from __future__ import annotations

import codecs
from pathlib import Path

from energy_manager.domain.errors import Fault, Refused

_OTHERS = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}


class NotUtf8(ValueError):
    """The octets are no UTF-8: in words, in which line (from 1 on), and from which byte on (from 0 on)."""

    def __init__(self, words: str, *, line: int, start: int) -> None:
        super().__init__(words)
        self.line = line
        self.start = start


def without_mark(octets: bytes) -> bytes:
    """The octets without a byte order mark of UTF-8, which some editors put first."""
    return octets.removeprefix(codecs.BOM_UTF8)


def decode_utf8(octets: bytes) -> str:
    """The text.

    Raises:
        NotUtf8: it is none.
    """
    octets = without_mark(octets)
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError as error:
        before = octets[: error.start]
        line, column = before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1) + 1
        other = _OTHERS.get(octets[:2])
        words = (
            f"is {other} text, not UTF-8"
            if other
            else f"is not UTF-8 text: byte {octets[error.start]:#04x} in line {line}, column {column}"
        )
        raise NotUtf8(words, line=line, start=error.start) from None


def read_utf8_file(path: Path) -> str:
    """The text of a file.

    Raises:
        Refused: it cannot be read or is not UTF-8, with its line.
    """
    try:
        return decode_utf8(path.read_bytes())
    except OSError as error:
        raise Refused([Fault(field=str(path), message=f"cannot be read: {error.strerror}")]) from None
    except NotUtf8 as error:
        message = f"{error}; save it as UTF-8"
        raise Refused([Fault(field=f"{path}:{error.line}", message=message)]) from None
