"""Where in a TOML text a key stands, so that a fault can name its line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]")
_PART = r"""(?:"[^"]+"|'[^']+'|[A-Za-z0-9_-]+)"""
_KEY = re.compile(rf"^\s*({_PART}(?:\s*\.\s*{_PART})*)\s*=")
_ONE_PART = re.compile(_PART)
_LEXEME = re.compile(r'"""|\'\'\'|"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*|[][{},]|[^][{},"\'#\s]+')

Place = tuple[str | int, ...]


def line_of(text: str, place: Sequence[str | int]) -> int | None:
    """The 1-based line of the innermost part of ``place`` that has a line of its own, or None.

    ``place`` is a path such as ``("assets", 2, "potential")``. Items of a list have lines of their own, what stands
    inside an inline table has the line of that table.
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
    numbered = iter(enumerate(text.splitlines(), 1))
    for number, line in numbered:
        if header := _HEADER.match(line):
            name = header[2]
            table = _parts(name)
            for length in range(1, len(table)):
                lines.setdefault(table[:length], number)
            if header[1] == "[[":
                lines.setdefault(table, number)
                table = (*table, arrays[name])
                arrays[name] += 1
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            place = (*table, *_parts(key[1]))
            for length in range(len(table) + 1, len(place) + 1):
                lines.setdefault(place[:length], number)
            for index, at in enumerate(_items(number, line[key.end() :], numbered)):
                lines.setdefault((*place, index), at)
    return lines


def _parts(dotted: str) -> Place:
    return tuple(part.strip("\"'") for part in _ONE_PART.findall(dotted))


def _items(number: int, rest: str, following: Iterator[tuple[int, str]]) -> Iterator[int]:
    """The lines on which the items of a list begin; takes the lines that the value goes on for."""
    depth, awaits_item, quotes = 0, False, ""
    while True:
        for lexeme in _LEXEME.findall(rest):
            if lexeme in {'"""', "'''"}:
                quotes = "" if quotes == lexeme else quotes or lexeme
            if quotes or lexeme.startswith("#"):
                continue
            if depth == 1 and awaits_item and lexeme not in {"]", ","}:
                yield number
                awaits_item = False
            if lexeme in {"[", "{"}:
                depth += 1
                awaits_item = awaits_item or (depth == 1 and lexeme == "[")
            elif lexeme in {"]", "}"}:
                depth -= 1
            elif lexeme == "," and depth == 1:
                awaits_item = True
        if depth <= 0 and not quotes:
            return
        try:
            number, rest = next(following)
        except StopIteration:
            return
