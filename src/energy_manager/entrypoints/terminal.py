"""What people see in a terminal: lines that break between words, tables, and local times."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import TextIOBase
from typing import TYPE_CHECKING, TextIO

from energy_manager.entrypoints.plain_text import printable

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

LEAST_WIDTH = 20
GAP = "  "


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
    """The line in lines of at most ``width`` columns, further ones indented by two more; a longer word stays whole."""
    if width is None or len(line) <= width:
        return [line]
    indent = " " * (len(line) - len(line.lstrip(" ")) + len(GAP))
    return textwrap.wrap(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, width: int | None) -> Iterator[str]:
    """Columns as wide as they need to be; the last one is folded, or below, where a line would be too long."""
    cells = [list(header), *([printable(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    taken = sum(widths[:-1]) + len(GAP) * len(widths[:-1])
    room = None if width is None else width - taken
    is_narrow = room is not None and room < min(LEAST_WIDTH, widths[-1])
    for *first, last in cells:
        begin = "".join(f"{cell:<{size}}{GAP}" for cell, size in zip(first, widths, strict=False))
        if is_narrow:
            yield from folded(begin.rstrip(), width)
            yield from folded(f"{GAP}{GAP}{last}", width)
            continue
        for number, part in enumerate(folded(last, room)):
            yield f"{begin if number == 0 else ' ' * taken}{part}".rstrip()


def local_time(at: datetime | None, zone: ZoneInfo | None = None) -> str:
    """``Mon 2 Mar 12:00:05`` on the clock of the zone, or of this machine; nothing for no time."""
    return "" if at is None else f"{at.astimezone(zone):%a %-d %b %H:%M:%S}"


def local_span(start: datetime, end: datetime, zone: ZoneInfo | None = None) -> str:
    """From when until when, on one clock; a day that is the same is said once."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    until = f"{last:%H:%M:%S}" if first.date() == last.date() else local_time(end, zone)
    return f"{local_time(start, zone)} to {until}"
