"""The words of JSON schemas that routes describe their answers with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeAlias

Schema: TypeAlias = dict[str, Any]
OBJECT: Final[Schema] = {"type": "object"}
TEXT: Final[Schema] = {"type": "string"}
NUMBER: Final[Schema] = {"type": "number"}
WHOLE: Final[Schema] = {"type": "integer"}
TRUTH: Final[Schema] = {"type": "boolean"}
TIME: Final[Schema] = {"type": "string", "format": "date-time"}
ZONED_TIME: Final[Schema] = TIME | {"description": "with its zone"}


def or_null(schema: Schema) -> Schema:
    """The schema of a value that may be null."""
    return schema | {"type": [schema["type"], "null"]}


def listed(schema: Schema) -> Schema:
    """A list of such values."""
    return {"type": "array", "items": schema}


def an_object(required: Iterable[str] | None = None, says: str = "", /, **fields: Schema) -> Schema:
    """An object of these fields (``from_``: from); ``required`` are those that are always there, None: all of them."""
    named = {name.rstrip("_"): schema for name, schema in fields.items()}
    said = {"description": says, "required": [*(named if required is None else required)]}
    return OBJECT | {key: value for key, value in said.items() if value} | {"properties": named}
