"""``WS /ws``: every plan of ``POST /productionplan``, as the powerplant coding challenge's community knows it."""

from __future__ import annotations

from fastapi import APIRouter, Depends, HTTPException, WebSocket

from energy_manager.entrypoints.api.plans.broadcast import Broadcast, send_messages
from energy_manager.entrypoints.api.security.guard import Guard


def plan_feed_routes(feed: Broadcast, guard: Guard) -> APIRouter:
    """The WebSocket, and what a plain GET is told."""
    routes = APIRouter()

    @routes.websocket("/ws", dependencies=[Depends(guard.want_token_where_one_is_set)])
    async def follow_plans(client: WebSocket) -> None:
        await send_messages(client, feed)

    @routes.get("/ws", include_in_schema=False)
    async def only_by_websocket() -> None:
        raise HTTPException(426, "this is a WebSocket: connect with ws://", headers={"Upgrade": "websocket"})

    return routes
