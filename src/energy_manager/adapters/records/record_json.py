"""Records as JSON and back: a form for each type of field, read with care because people send recordings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from energy_manager.application.ports.records.history import StatusOf
from energy_manager.application.ports.records.kept_fields import kept_fields, per_record
from energy_manager.application.ports.records.tick import GridHold
from energy_manager.domain.site import Bounds


@dataclass(frozen=True, slots=True)
class Form:
    """How a type stands in JSON; ``read`` raises TypeError or ValueError for what is no such value."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def form_of(kind: object) -> Form:
    """The form of a field's type.

    Raises:
        TypeError: there is none; the type needs a line in ``_FORMS``.
    """
    if kind not in _FORMS:
        raise TypeError(f"no JSON form for a field of the type {kind}")
    return _FORMS[kind]


@per_record
def _forms_of(record: type) -> dict[str, Form]:
    """The form of each field of a record."""
    return {field.name: form_of(field.kind) for field in kept_fields(record)}


def in_json(record: object) -> dict[str, Any]:
    """Every field of the record, by name."""
    return {name: form.write(getattr(record, name)) for name, form in _forms_of(type(record)).items()}


def read_fields(record: type, said: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are said, read.

    Raises:
        UnknownField: one is no field of the record.
        WrongField: one is not what it should be.
    """
    forms, fields = _forms_of(record), {}
    for name, value in said.items():
        if name not in forms:
            raise UnknownField(name, value)
        try:
            fields[name] = forms[name].read(value)
        except (TypeError, ValueError):
            raise WrongField(name, value) from None
    return fields


class WrongField(ValueError):
    """A field whose value is not acceptable."""

    def __init__(self, name: str, value: object) -> None:
        super().__init__(f"{name}: {value!r}")
        self.name = name
        self.value = value


class UnknownField(WrongField):
    """A field that the record has not."""


def _as_it_is(value: Any) -> Any:  # noqa: ANN401 - of any type that JSON has
    return value


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError(value)
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    return float(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _or_none(read: Callable[[object], Any]) -> Callable[[object], Any]:
    return lambda value: None if value is None else read(value)


def _instant(value: object) -> datetime:
    instant = datetime.fromisoformat(_text(value))
    if instant.utcoffset() is None:
        raise ValueError(value)
    return instant.astimezone(UTC)


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(value)
    return tuple(map(_text, value))


def _by_asset(*kinds: type) -> Form:
    """An object whose values are all of these kinds; looked at together, because there are many."""

    def read(value: object) -> dict[str, Any]:
        if not isinstance(value, dict) or not set(map(type, value.values())) <= set(kinds):
            raise TypeError(value)
        return value

    return Form(dict, read)


def _read_bounds(value: object) -> dict[str, Bounds]:
    if not isinstance(value, dict):
        raise TypeError(value)
    bounds = {}
    for asset_id, own in value.items():
        lowest, highest = (None if bound is None else _whole(bound) for bound in own)
        bounds[asset_id] = Bounds(lowest=lowest, highest=highest)
    return bounds


def _read_part(value: object, *, part: type) -> Any:  # noqa: ANN401 - of the part's type
    if not isinstance(value, dict):
        raise TypeError(value)
    fields = read_fields(part, value)
    missing = [field.name for field in kept_fields(part) if field.is_required and field.name not in fields]
    if missing:
        raise TypeError(f"lacks {', '.join(missing)}")
    return part(**fields)


def _part_or_none(part: type) -> Form:
    return Form(lambda value: None if value is None else in_json(value), _or_none(partial(_read_part, part=part)))


def _parts_by_asset(part: type) -> Form:
    def read(value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise TypeError(value)
        return {asset_id: _read_part(own, part=part) for asset_id, own in value.items()}

    return Form(lambda parts: {asset_id: in_json(own) for asset_id, own in parts.items()}, read)


_FORMS: Final[Mapping[object, Form]] = {
    int: Form(_as_it_is, _whole),
    int | None: Form(_as_it_is, _or_none(_whole)),
    float: Form(_as_it_is, _number),
    float | None: Form(_as_it_is, _or_none(_number)),
    str: Form(_as_it_is, _text),
    datetime: Form(datetime.isoformat, _instant),
    tuple[str, ...]: Form(list, _names),
    Mapping[str, int]: _by_asset(int),
    Mapping[str, int | None]: _by_asset(int, type(None)),
    Mapping[str, float]: _by_asset(int, float),
    Mapping[str, float | None]: _by_asset(int, float, type(None)),
    Mapping[str, str]: _by_asset(str),
    Mapping[str, Bounds]: Form(
        lambda bounds: {asset_id: [own.lowest, own.highest] for asset_id, own in bounds.items()}, _read_bounds
    ),
    GridHold | None: _part_or_none(GridHold),
    Mapping[str, StatusOf]: _parts_by_asset(StatusOf),
}
