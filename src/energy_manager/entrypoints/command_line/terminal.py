"""What people see in a terminal: nothing that steers it, lines that break between words, tables, and local times."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import TextIOBase
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

LEAST_WIDTH = 20
GAP = "  "

# Where words may be parted: not between a number and its unit.
_WORDS = re.compile(r"(?<!\d) | (?!(?:[kM]?Wh?|m?s|min|h|ct|%)(?:\W|$))")


def printable(text: str) -> str:
    r"""The text on one line, with escapes such as ``\x1b`` for whatever is no printable character."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def width_of(stream: TextIO | TextIOBase | None) -> int | None:
    """How many columns the terminal behind the stream has; None where it is no terminal."""
    if stream is None or not stream.isatty():
        return None
    stated = os.environ.get("COLUMNS", "")
    return max(int(stated) if stated.isdecimal() else shutil.get_terminal_size().columns, LEAST_WIDTH)


def is_for_people() -> bool:
    """Whether standard output is a terminal."""
    return width_of(sys.stdout) is not None


def folded(line: str, width: int | None) -> list[str]:
    """The line in lines of at most ``width`` columns, further ones indented by two more; a longer word stays whole.

    It breaks where it has gaps first, then between words; a number and its unit stay together.
    """
    if width is None or len(line) <= width:
        return [line]
    begin = len(line) - len(line.lstrip(" "))
    indent = " " * (begin + len(GAP))
    lines = [""]
    for gap, piece in _pieces(line, width - len(indent)):
        if not lines[-1]:
            lines[-1] = " " * begin + piece
        elif len(lines[-1]) + len(gap) + len(piece) <= width:
            lines[-1] += gap + piece
        else:
            lines.append(indent + piece)
    return lines


def _pieces(line: str, room: int) -> Iterator[tuple[str, str]]:
    """What stays together, each with the blanks before it: what stands between two gaps, else words."""
    between = re.split("( {2,})", line.strip(" "))
    for gap, part in zip(["", *between[1::2]], between[::2], strict=True):
        first, *others = [part] if len(part) <= room else _WORDS.split(part)
        yield gap, first
        yield from ((" ", word) for word in others)


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, width: int | None) -> Iterator[str]:
    """Columns as wide as they need to be, the last one folded; where they have no room, an entry a row in lines."""
    cells = [list(header), *([printable(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    taken = sum(widths[:-1]) + len(GAP) * len(widths[:-1])
    room = None if width is None else width - taken
    if room is not None and room < min(LEAST_WIDTH, widths[-1]):
        yield from _entries(header, cells[1:], width)
        return
    for *first, last in cells:
        begin = "".join(f"{cell:<{size}}{GAP}" for cell, size in zip(first, widths, strict=False))
        for number, part in enumerate(folded(last, room)):
            yield f"{begin if number == 0 else ' ' * taken}{part}".rstrip()


def _entries(header: Sequence[str], rows: Sequence[Sequence[str]], width: int | None) -> Iterator[str]:
    """Of each row its first cell, and below it the others that say something, a line each with its name."""
    size = max(map(len, header[1:]), default=0)
    for name, *others in rows:
        yield from folded(name, width)
        for title, cell in zip(header[1:], others, strict=True):
            if cell:
                yield from folded(f"{GAP}{title:<{size}}{GAP}{cell}", width)


def local_time(at: datetime | None, zone: ZoneInfo | None = None) -> str:
    """``Mon 2 Mar 12:00:05`` on the clock of the zone, or of this machine; nothing for no time."""
    return "" if at is None else f"{at.astimezone(zone):%a %-d %b %H:%M:%S}"


def local_span(start: datetime, end: datetime, zone: ZoneInfo | None = None) -> str:
    """From when until when, on one clock; a day that is the same is said once."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    until = f"{last:%H:%M:%S}" if first.date() == last.date() else local_time(end, zone)
    return f"{local_time(start, zone)} to {until}"


def zoned_time(at: datetime | None, zone: ZoneInfo | None = None) -> str:
    """``Mon 2 Mar 12:00:05 CET``: with the name of the clock that it is told on; nothing for no time."""
    return "" if at is None else f"{local_time(at, zone)} {at.astimezone(zone):%Z}"


def zoned_span(start: datetime, end: datetime, zone: ZoneInfo | None = None) -> str:
    """As ``local_span``, with the name of the clock, or both where it is changed in between."""
    begins, ends = (f"{instant.astimezone(zone):%Z}" for instant in (start, end))
    if begins != ends:
        return f"{zoned_time(start, zone)} to {zoned_time(end, zone)}"
    return f"{local_span(start, end, zone)} {ends}"
