"""Where in a TOML text a key stands, so that a fault can name its line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"""^\s*(?:"([^"]+)"|'([^']+)'|([A-Za-z0-9_-]+))\s*=""")

Place = tuple[str | int, ...]


def line_of(text: str, place: Sequence[str | int]) -> int | None:
    """The 1-based line of the innermost part of ``place`` that has a line of its own, or None.

    ``place`` is a path such as ``("assets", 2, "potential")``. What stands inside a value has the line of its key.
    """
    lines = _lines(text)
    for length in range(len(place), 0, -1):
        line = lines.get(tuple(place[:length]))
        if line is not None:
            return line
    return None


def _lines(text: str) -> dict[Place, int]:
    lines: dict[Place, int] = {}
    arrays: Counter[str] = Counter()
    table: Place = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            name = header[2]
            table = tuple(part.strip().strip("\"'") for part in name.split("."))
            for length in range(1, len(table)):
                lines.setdefault(table[:length], number)
            if header[1] == "[[":
                lines.setdefault(table, number)
                table = (*table, arrays[name])
                arrays[name] += 1
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, key[1] or key[2] or key[3]), number)
    return lines
