"""What routes say of themselves in the OpenAPI document."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def answers(schema: Schema, says: str) -> dict[int | str, dict[str, Any]]:
    """What a route answers when all is well."""
    return {200: {"description": says, "content": {"application/json": {"schema": schema}}}}


def asks(schema: Schema, example: object) -> dict[str, Any]:
    """What a route wants as its body."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}}
