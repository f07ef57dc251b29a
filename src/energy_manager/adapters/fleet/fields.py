"""The members of a message, each of the type and within the bounds that the rest of the fleet may rely on.

A site may lie: whatever it says, the centre's thread, its book and its page must be able to work with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

from energy_manager.domain.errors import shown
from energy_manager.domain.fleet.names import LONGEST_ID, id_fault

Kind = TypeVar("Kind")

LONGEST_TEXT = 1_000

LARGEST = 2**63 - 1
"""No database takes more."""

_NO_CHARACTER = re.compile("[\0\ud800-\udfff]")
"""JSON can say them; no database keeps them, and half a character cannot be written as UTF-8."""


class Unreadable(ValueError):
    """A message that is none of the fleet's; ``subject`` is where it came, empty: that is not known yet."""

    def __init__(self, why: str, *, subject: str = "") -> None:
        super().__init__(f"{subject}: {why}" if subject else why)
        self.why = why


def loaded(body: bytes) -> Any:  # noqa: ANN401 - JSON
    """The JSON value of a message; raises ``ValueError``, or ``RecursionError`` where it is nested too deeply."""
    text = body.decode()
    value = json.loads(text)
    if "\\u" in text and any(map(_NO_CHARACTER.search, _strings(value))):
        raise Unreadable("it has a character that is none")
    return value


def _strings(value: object) -> Iterator[str]:
    """Every string in a JSON value, names of members too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from _strings(member)


def checked_id(value: object, name: str, longest: int = LONGEST_ID) -> str:
    """The order's or store's id."""
    fault = id_fault(value, field=name)
    if fault is not None:
        raise Unreadable(f"{fault.field}: {fault.message}")
    assert isinstance(value, str)
    if len(value) > longest:
        raise Unreadable(f"{name}: {shown(value)} has {len(value)} characters, at most {longest}")
    return value


class Fields:
    """The members of a JSON object, each of the type that is asked for; thousands of states come every second."""

    __slots__ = ("_body",)

    def __init__(self, body: object) -> None:
        if not isinstance(body, dict):
            raise Unreadable(f"{shown(body)} is no object")
        self._body = body

    @property
    def body(self) -> dict[str, Any]:
        """All of them, as they came."""
        return self._body

    def _member(self, name: str, kind: type[Kind]) -> Kind:
        value = self._body.get(name)
        if type(value) is not kind:
            raise Unreadable(f"{name} is {shown(value)}")
        return value

    def text(self, name: str) -> str:
        value = self._member(name, str)
        if len(value) > LONGEST_TEXT:
            raise Unreadable(f"{name} has {len(value)} characters, at most {LONGEST_TEXT}")
        return value

    def id(self, name: str, *, longest: int = LONGEST_ID) -> str:
        return checked_id(self.text(name), name, longest)

    def whole(self, name: str, *, least: int = -LARGEST, most: int = LARGEST) -> int:
        value = self._member(name, int)
        if not least <= value <= most:
            raise Unreadable(f"{name} is {shown(value)}, not {least} to {most}")
        return value

    def number(self, name: str, *, most: int) -> float:
        value = self._member(name, int if type(self._body.get(name)) is int else float)
        if not abs(value) <= most:
            raise Unreadable(f"{name} is {shown(value)}, not {-most} to {most}")
        return float(value)

    def number_if_any(self, name: str, *, most: int) -> float | None:
        return None if self._body.get(name) is None else self.number(name, most=most)

    def whole_if_any(self, name: str, *, least: int = -LARGEST, most: int = LARGEST) -> int | None:
        return None if self._body.get(name) is None else self.whole(name, least=least, most=most)

    def flag(self, name: str) -> bool:
        return self._member(name, bool)

    def instant(self, name: str) -> datetime:
        text = self.text(name)
        try:
            instant = datetime.fromisoformat(text)
            is_zoned = instant.utcoffset() is not None
            instant = instant.astimezone(UTC)
        except (ValueError, OverflowError):
            raise Unreadable(f"{name} is {shown(text)}, no time") from None
        if not is_zoned:
            raise Unreadable(f"{name} has no time zone")
        return instant

    def object(self, name: str) -> dict[str, Any]:
        return self._member(name, dict)

    def list(self, name: str, *, most: int) -> list[Any]:
        value = self._member(name, list)
        if len(value) > most:
            raise Unreadable(f"{name} has {len(value)} entries, at most {most}")
        return value
