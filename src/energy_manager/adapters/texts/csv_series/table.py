"""The cells of a CSV text, whatever separates them; numbers with a decimal point or comma."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from energy_manager.adapters.texts.utf8_text import NotUtf8, decode_utf8
from energy_manager.domain.errors import Fault, Refused

_SEPARATORS = (";", "\t", ",")
_LOOKED_AT = 50
"""So many lines show what separates the cells."""

_NOTHING = frozenset({"", "-", "null", "none", "nan", "n/a"})
"""What stands where nothing was measured."""

_PLAIN = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The cells of a line, without the blanks around them; ``number`` counts from 1."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvTable:
    """The lines that are not empty; ``label`` is the text's name in faults, if it has one."""

    label: str
    separator: str
    lines: tuple[Line, ...]

    def place(self, line: Line) -> str:
        """Where a line stands, as faults say it."""
        return place_of(self.label, line.number)


def place_of(label: str, number: int) -> str:
    """``load.csv:7``; ``line 7`` in a text without a name."""
    return f"{label}:{number}" if label else f"line {number}"


def read_table(octets: bytes, *, label: str) -> CsvTable:
    """The lines of a CSV text in UTF-8, with or without a byte order mark; cells between ``;``, tabs or commas.

    Excel's first line ``sep=;`` is understood.

    Raises:
        Refused: the text is not UTF-8 or no CSV, with its line.
    """
    try:
        text = decode_utf8(octets)
    except NotUtf8 as error:
        raise Refused([Fault(field=place_of(label, error.line), message=f"{error}; save it as UTF-8")]) from None
    separator = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    lines = []
    try:
        for cells in reader:
            stripped = tuple(cell.strip() for cell in cells)
            if any(stripped) and not (reader.line_num == 1 and stripped[0].lower() == "sep="):
                lines.append(Line(number=reader.line_num, cells=stripped))
    except csv.Error as error:
        raise Refused([Fault(field=place_of(label, reader.line_num), message=f"is no CSV: {error}")]) from None
    return CsvTable(label=label, separator=separator, lines=tuple(lines))


def _separator(text: str) -> str:
    """What most of the first lines contain; a comma that may be a decimal one comes last."""
    first = text.split("\n", _LOOKED_AT)[:_LOOKED_AT]
    if first[0].startswith("sep=") and len(first[0].strip()) == len("sep=;"):
        return first[0].strip()[-1]
    return max(_SEPARATORS, key=lambda separator: sum(separator in line for line in first))


def has_decimal_comma(cells: Sequence[str]) -> bool:
    """Whether the numbers of a column have a decimal comma; one cell with a comma shows it for all."""
    return any("," in cell for cell in cells)


def number_of(cell: str, *, decimal_comma: bool) -> float | str | None:
    """The number in a cell, what is wrong with it, or None where there is nothing."""
    if cell.lower() in _NOTHING:
        return None
    if decimal_comma and _GROUPED.fullmatch(cell):
        return float(cell.replace(".", "").replace(",", "."))
    if _PLAIN.fullmatch(cell) and not (decimal_comma and "." in cell):
        return float(cell.replace(",", "."))
    return f"must be a number, not {cell[:40]!r}"
