"""Recordings: ticks in a file, to be replayed elsewhere.

JSON lines in UTF-8. The first line is ``{"recording": "energy_manager", "version": 1}``; each further line is a tick
with the fields of ``Tick`` (``at`` in ISO 8601). ``number`` and ``at`` stand in every line, any other field only where
it is not as in the line before, which makes a recording a fraction as long. A field that no line says has its default:
the recording was made before there was the field.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

from energy_manager.adapters.records.record_json import UnknownField, WrongField, in_json, read_fields
from energy_manager.application.ports.records.kept_fields import kept_fields
from energy_manager.application.ports.records.tick import Tick
from energy_manager.domain.errors import Fault, Refused

HEAD: Final = {"recording": "energy_manager", "version": 1}

ALWAYS: Final = frozenset({"number", "at"})
"""What every line says."""

_SHOWN = 60


def write_recording(path: Path, ticks: Iterable[Tick]) -> int:
    """Write the ticks to a file, in place of what is there once all are written; how many they were.

    The file is its owner's alone, as the store is.

    Raises:
        Refused: the file cannot be written; nothing was changed.
    """
    beside = path.parent / f"{path.name}.part"
    count = 0
    try:
        with open(beside, "w", encoding="utf-8", opener=_for_its_owner) as file:
            file.write(_line(HEAD))
            before: dict[str, Any] = {}
            for tick in ticks:
                said = in_json(tick)
                news = {
                    name: value for name, value in said.items() if name in ALWAYS or not _is_as(before, name, value)
                }
                file.write(_line(news))
                before = said
                count += 1
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise Refused([Fault(field=str(path), message=f"cannot be written: {error.strerror}")]) from None
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return count


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":")) + "\n"


def _is_as(before: Mapping[str, Any], name: str, value: object) -> bool:
    """Whether the line before said the same; the order of a schedule matters."""
    said = before.get(name)
    return name in before and said == value and (not isinstance(value, dict) or list(said or {}) == list(value))


def read_recording(path: Path, record: type[Tick] = Tick) -> Iterator[Tick]:
    """The ticks of a recording, one by one.

    Raises:
        Refused: the file cannot be read, or is no recording; with the line.
    """
    number = 1
    try:
        with path.open("rb") as file:
            _check_head(file.readline())
            fields: dict[str, Any] = {}
            for number, line in enumerate(file, start=2):  # noqa: B007 - told when something is wrong
                fields = {**fields, **_fields(_parsed(line), record)}
                yield _tick(fields, record)
    except OSError as error:
        raise Refused([Fault(field=str(path), message=f"cannot be read: {error.strerror}")]) from None
    except _Wrong as error:
        raise Refused([Fault(field=f"{path}:{number}", message=str(error))]) from None


class _Wrong(Exception):
    """A line that is not as it should be."""


def _parsed(line: bytes) -> Any:  # noqa: ANN401 - whatever the JSON holds
    """Without the care that texts of people need: a recording has millions of numbers."""
    try:
        return json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise _Wrong(f"this is no JSON: {error}") from None


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")


def _check_head(line: bytes) -> None:
    if _parsed(line) != HEAD:
        raise _Wrong(f"this is no recording of this version, which begins with {_line(HEAD).strip()}")


def _fields(said: object, record: type[Tick]) -> dict[str, Any]:
    """What a line says, read.

    Raises:
        _Wrong: it is no tick.
    """
    if not isinstance(said, dict) or not said.keys() >= ALWAYS:
        raise _Wrong("is no tick, which is an object with number and at")
    try:
        return read_fields(record, said)
    except UnknownField as error:
        raise _Wrong(f"{error.name[:_SHOWN]!r} is no field of a tick") from None
    except WrongField as error:
        raise _Wrong(f"{error.name}: {str(error.value)[:_SHOWN]!r} is not acceptable") from None


def _tick(fields: dict[str, Any], record: type[Tick]) -> Tick:
    missing = [field.name for field in kept_fields(record) if field.is_required and field.name not in fields]
    if missing:
        raise _Wrong(f"lacks {', '.join(missing)}, and so do the lines before")
    return record(**fields)
