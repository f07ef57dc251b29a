"""What routes say of themselves in the OpenAPI document."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Response

from energy_manager.entrypoints.api.http.errors import described_errors
from energy_manager.entrypoints.api.schemas import Schema

CHANGES: Final = (400, 401, 403, 413, 415, 422, 503)
"""The statuses of the errors of a route that reads a document and changes the site."""


def answers(schema: Schema, says: str) -> dict[int | str, dict[str, Any]]:
    """What a route answers when all is well."""
    return {200: {"description": says, "content": {"application/json": {"schema": schema}}}}


def documented(schema: Schema, says: str, *errors: int) -> dict[str, Any]:
    """For a route that writes its JSON itself: what it answers when all is well, and the statuses of its errors."""
    return {"response_class": Response, "responses": answers(schema, says) | described_errors(*errors)}


def asks(schema: Schema, example: object) -> dict[str, Any]:
    """What a route wants as its body."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}}
