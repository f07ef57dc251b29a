"""What routes say of themselves in the OpenAPI document, and the words that their schemas share."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from fastapi import Response

from energy_manager.entrypoints.api.http.errors import described_errors

Schema: TypeAlias = dict[str, Any]

ANY_OBJECT: Final[Schema] = {"type": "object"}
TEXT: Final[Schema] = {"type": "string"}
NUMBER: Final[Schema] = {"type": "number"}
WHOLE: Final[Schema] = {"type": "integer"}
TRUTH: Final[Schema] = {"type": "boolean"}
TIME: Final[Schema] = {"type": "string", "format": "date-time"}

CHANGES: Final = (400, 401, 403, 413, 415, 422, 503)
"""The statuses of the errors of a route that reads a document and changes the site."""


def or_null(schema: Schema) -> Schema:
    """The schema of a value that may be null."""
    return schema | {"type": [schema["type"], "null"]}


def listed(schema: Schema) -> Schema:
    """A list of such values."""
    return {"type": "array", "items": schema}


def answers(schema: Schema, says: str) -> dict[int | str, dict[str, Any]]:
    """What a route answers when all is well."""
    return {200: {"description": says, "content": {"application/json": {"schema": schema}}}}


def documented(schema: Schema, says: str, *errors: int) -> dict[str, Any]:
    """For a route that writes its JSON itself: what it answers when all is well, and the statuses of its errors."""
    return {"response_class": Response, "responses": answers(schema, says) | described_errors(*errors)}


def asks(schema: Schema, example: object) -> dict[str, Any]:
    """What a route wants as its body."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}}
