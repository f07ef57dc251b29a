"""Refuse a request or a WebSocket before the application has seen it, in the one shape of errors."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from energy_manager.domain.errors import EnergyManagerError
from energy_manager.entrypoints.api.http.errors import error_response


async def refuse(error: EnergyManagerError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the error and close the connection: what is left of the body is not read."""
    response = error_response(error)
    response.headers["Connection"] = "close"
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": error.code})
        return
    await response(scope, receive, send)
