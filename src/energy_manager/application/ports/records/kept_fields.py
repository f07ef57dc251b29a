"""The fields of a record, read off its dataclass: the one table by which it is kept, shown and read back.

A field is one line of the dataclass. Its type says how it is kept: store and recordings each have a table from types to
their forms. Its default is what records say that were kept before there was the field. ``shown`` says under which name
explanations, pages and logs tell it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, TypeVar, get_type_hints

_SHOWN = "shown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Under which name a field is told, and what it says there; a field by asset is told of the asset asked about.

    ``in_log`` puts the whole field into the log's JSON, ``on_page`` each asset's value beside the asset; ``if_said``
    leaves the name out for an asset that the field does not speak of.
    """

    name: str
    says: str = ""
    in_log: bool = False
    on_page: bool = False
    if_said: bool = False


def shown(
    name: str, says: str = "", *, in_log: bool = False, on_page: bool = False, if_said: bool = False
) -> dict[str, Any]:
    """The metadata of a field that is told."""
    return {_SHOWN: Shown(name=name, says=says, in_log=in_log, on_page=on_page, if_said=if_said)}


class KeptField:
    """A field of a record: its name, its type, and whether and how it is told."""

    def __init__(self, of: Field[Any], kind: object) -> None:
        self.name = of.name
        self.kind = kind
        self.shown: Shown | None = of.metadata.get(_SHOWN)
        self._of = of

    @property
    def is_required(self) -> bool:
        """Whether every record says it, from the first version on."""
        return self._of.default is MISSING and self._of.default_factory is MISSING

    def default(self) -> Any:  # noqa: ANN401 - as the field's
        """What a record says that was kept before there was this field."""
        return self._of.default if self._of.default_factory is MISSING else self._of.default_factory()


Table = TypeVar("Table")


def per_record(make: Callable[[type], Table]) -> Callable[[type], Table]:
    """Work something out once for each type of record."""
    tables: dict[type, Table] = {}

    def table_of(record: type) -> Table:
        if record not in tables:
            tables[record] = make(record)
        return tables[record]

    return table_of


@per_record
def kept_fields(record: type) -> tuple[KeptField, ...]:
    """The table of a record's fields, in their order."""
    kinds = get_type_hints(record)
    return tuple(KeptField(of, kinds[of.name]) for of in fields(record))


def told_of(record: object, asset_id: str) -> Iterator[tuple[Shown, Any]]:
    """What is told of a record, by the names it is told under; of fields by asset what they say of this one."""
    for field in kept_fields(type(record)):
        if field.shown is not None:
            value = getattr(record, field.name)
            said = value.get(asset_id) if isinstance(value, Mapping) else value
            if said is not None or not field.shown.if_said:
                yield field.shown, said
