"""Values as bodies of documents, and back, read off their dataclasses: each field under its name.

A value within a value puts its fields beside its own; numbers that are not whole stand as text, ``1/3``. What a body
lacks was kept before there was the field: its default holds.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import is_dataclass
from datetime import date
from enum import Enum
from fractions import Fraction
from typing import Any, TypeVar, get_args, get_origin

from energy_manager.application.ports.records.kept_fields import kept_fields

Value = TypeVar("Value")

NAMED: Mapping[str, str] = {}
"""Every field by its own name."""


def body_of(value: object, *, without: Collection[str] = (), named: Mapping[str, str] = NAMED) -> dict[str, Any]:
    """The fields of a value; ``named`` has the keys of those that stand under another name."""
    body: dict[str, Any] = {}
    for field in kept_fields(type(value)):
        said = getattr(value, field.name)
        if field.name in without:
            continue
        if is_dataclass(said):
            body |= body_of(said, without=without, named=named)
        else:
            body[named.get(field.name, field.name)] = _written(said)
    return body


def of_body(
    kind: type[Value], body: Mapping[str, Any], *, named: Mapping[str, str] = NAMED, known: Mapping[str, Any] = NAMED
) -> Value:
    """Read ``body_of`` back; ``known`` has the fields that the body was made without."""
    said = {}
    for field in kept_fields(kind):
        key = named.get(field.name, field.name)
        if field.name in known:
            said[field.name] = known[field.name]
        elif isinstance(field.kind, type) and is_dataclass(field.kind):
            said[field.name] = of_body(field.kind, body, named=named, known=known)
        elif key in body:
            said[field.name] = _read(field.kind, body[key])
    return kind(**said)


def _written(said: Any) -> Any:  # noqa: ANN401 - as the field's
    if isinstance(said, date):
        return said.isoformat()
    if isinstance(said, Enum):
        return said.value
    if isinstance(said, Fraction):
        return str(said)
    return list(said) if isinstance(said, tuple) else said


def _read(kind: Any, said: Any) -> Any:  # noqa: ANN401 - as the field's
    if get_origin(kind) is tuple:
        return tuple(said)
    for one in get_args(kind) or (kind,):
        if said is None or not isinstance(one, type):
            continue
        if issubclass(one, date):
            return one.fromisoformat(said)
        if issubclass(one, Enum) or (one is Fraction and isinstance(said, str)):
            return one(said)
    return said
