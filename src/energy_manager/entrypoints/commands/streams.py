"""How commands read requests and print documents: standard input and output that may be closed or full."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TypeVar

import typer

from energy_manager.adapters.texts.json_text import error_document, write_json
from energy_manager.adapters.texts.utf8_text import without_mark
from energy_manager.application.planner_result import PlannerResult
from energy_manager.domain.errors import Infeasible, OutOfTime, Refused
from energy_manager.entrypoints.command_line.terminal import folded, printable, width_of

Answer = TypeVar("Answer")


def read_request(file: str) -> bytes:
    """The octets of a file, or of standard input for ``-``, without a byte order mark.

    Raises:
        Refused: it cannot be read.
    """
    if file == "-":
        if sys.stdin is None:
            raise Refused.at("standard input", "is closed")
        file, read = "standard input", sys.stdin.buffer.read
    else:
        read = Path(file).read_bytes
    try:
        return without_mark(read())
    except OSError as error:
        raise Refused.at(file, f"cannot be read: {error.strerror}") from None


def is_csv(text: bytes, file: str) -> bool:
    """Whether a request is CSV: by the file's name, or because it begins like no JSON."""
    return Path(file).suffix.lower() == ".csv" or without_mark(text).lstrip()[:1] not in {b"{", b"["}


def write_file(path: Path, content: bytes) -> None:
    """Write a file in place of what is there. A new one is its owner's alone: it tells of a site.

    Raises:
        Refused: it cannot be written.
    """
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
    except OSError as error:
        raise Refused.at(str(path), f"cannot be written: {error.strerror}") from None


def print_document(document: bytes) -> None:
    """Write to standard output, unbuffered: what cannot be written is told here and not when Python ends.

    Raises:
        Refused: standard output is closed, or takes no more.
    """
    if sys.stdout is None:
        raise Refused.at("standard output", "is closed")
    width = width_of(sys.stdout)
    if width is not None and document[:1] in {b"[", b"{"}:
        document = "\n".join(folded_json(document.decode("utf-8", "backslashreplace"), width)).encode()
    unwritten = memoryview(document + b"\n")
    try:
        while unwritten:
            unwritten = unwritten[os.write(sys.stdout.fileno(), unwritten) :]
    except OSError as error:
        raise Refused.at("standard output", f"cannot be written: {error.strerror}") from None


def folded_json(text: str, width: int) -> list[str]:
    """JSON, or text in lines, as lines of at most ``width`` columns, parted behind commas: it is the same JSON still.

    Objects and lists within a list stay together where they can; a string is never parted.
    """
    lines: list[str] = []
    for line in text.split("\n"):
        lines.extend([line] if len(line) <= width else _parted(line, width))
    return lines


_COMMA = re.compile(r'"(?:[^"\\]|\\.)*"|([\[{])|([\]}])|(,)')
DEEP = 99


def _parted(line: str, width: int) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip(" ")) + 1)
    lines = [""]
    for part in _elements(line, depth=2):
        pieces = [part] if len(indent) + len(part) <= width else _elements(part, depth=DEEP)
        for piece in pieces:
            if lines[-1] and len(lines[-1]) + len(piece) > width:
                lines[-1] = lines[-1].rstrip(" ")
                lines.append(indent + piece.lstrip(" "))
            else:
                lines[-1] += piece
    return lines


def _elements(text: str, *, depth: int) -> list[str]:
    """The text parted behind each comma that stands in at most so many brackets, and outside of strings."""
    parts, begin, inside = [], 0, 0
    for found in _COMMA.finditer(text):
        opens, closes, comma = found.groups()
        inside += bool(opens) - bool(closes)
        if comma and inside <= depth:
            parts.append(text[begin : found.end()])
            begin = found.end()
    return [*parts, text[begin:]]


def print_line(text: str, *, to_stderr: bool = False) -> None:
    """Write a line for people; names in it that came from outside cannot steer the terminal, whose width it keeps."""
    for line in folded(printable(text), width_of(sys.stderr if to_stderr else sys.stdout)):
        typer.echo(line, err=to_stderr)


def print_command(command: str) -> None:
    """Write a command that people copy: where a terminal is too narrow, in lines that a shell reads as one."""
    for line in continued(printable(command), width_of(sys.stdout)):
        typer.echo(line)


def continued(command: str, width: int | None) -> list[str]:
    """The command, indented; each line but the last one ends with the backslash of a shell, never within quotes."""
    words = re.findall(r"""(?:[^\s'"]|'[^']*'|"[^"]*")+""", command)
    lines = [f"  {words[0]}"]
    for word in words[1:]:
        if width is None or len(lines[-1]) + len(word) + len("  \\") <= width:
            lines[-1] += f" {word}"
        else:
            lines[-1] += " \\"
            lines.append(f"    {word}")
    return lines


def unwrap(planned: PlannerResult[Answer]) -> Answer:
    """The planner's answer; where there is no plan, print why as JSON and let the command end with the error's code."""
    if isinstance(planned.error, Infeasible | OutOfTime):
        print_document(write_json(error_document(planned.error)))
    return planned.unwrap()
