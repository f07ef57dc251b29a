"""The file ``.env``: which of its lines are ours, and what is wrong with those."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dotenv.parser import parse_stream

from energy_manager.adapters.texts.utf8_text import read_utf8_file
from energy_manager.domain.errors import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvLine:
    """A variable with the prefix, its line (from 1 on) and what it is set to."""

    name: str
    line: int
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvFile:
    """What a ``.env`` says to this product; lines without the prefix belong to other programs."""

    lines: tuple[EnvLine, ...] = ()
    faults: tuple[Fault, ...] = ()

    def place_of(self, name: str) -> str:
        """``.env:3: NAME`` for a variable that the file sets, else the name."""
        found = [line for line in self.lines if line.name.upper() == name.upper()]
        return f".env:{found[-1].line}: {name}" if found else name


def read_env_file(path: Path, *, prefix: str) -> EnvFile:
    """Look at the file, if there is one; no message quotes a value.

    Raises:
        Refused: it cannot be read, or is not UTF-8.
    """
    if not path.is_file():
        return EnvFile()
    # The settings' own reader complains of lines to the terminal, in other words and without the file.
    logging.getLogger("dotenv.main").setLevel(logging.ERROR)
    lines: list[EnvLine] = []
    faults: list[Fault] = []
    for name, line, value in _names(read_utf8_file(path), prefix):
        if value is None:
            faults.append(Fault(field=f"{path}:{line}", message=f"says nothing: a line is {name}=VALUE"))
            continue
        before = next((known for known in lines if known.name.upper() == name.upper()), None)
        if before is not None and before.value != value:
            message = f"{name} has another value than in line {before.line}: remove one of the two"
            faults.append(Fault(field=f"{path}:{line}", message=message))
        lines.append(EnvLine(name=name, line=line, value=value))
    return EnvFile(lines=tuple(lines), faults=tuple(faults))


def _names(text: str, prefix: str) -> Iterator[tuple[str, int, str | None]]:
    """Each name with the prefix, its line, and its value; None where the line sets nothing."""
    ours = re.compile(rf"\s*(?:export\s+)?['\"]?({re.escape(prefix)}\w*)", re.IGNORECASE)
    for binding in parse_stream(io.StringIO(text)):
        said = binding.original.string
        found = ours.match(said)
        if found is None:
            continue
        line = binding.original.line + said[: found.start(1)].count("\n")
        value = None if binding.error or binding.key is None else binding.value
        yield binding.key if binding.key and value is not None else found[1], line, value
