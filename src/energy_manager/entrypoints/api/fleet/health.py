"""Whether the centre works, and whether everything is there that it builds on."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from energy_manager.application.ports.schedules.durability import StoreWatch
from energy_manager.entrypoints.api.fleet.desk import FleetDesk
from energy_manager.entrypoints.api.http.errors import described_errors, failed

HEALTHY_S = 10.0
"""A centre whose thread has not come round for so long is not well."""


def centre_health_routes(desk: FleetDesk, store: StoreWatch) -> APIRouter:
    """``/healthz`` and ``/readyz``; a centre that waits is well, and ready unless the active one is asked for."""
    routes = APIRouter()

    @routes.get("/healthz", summary="200 while the centre's thread comes round", responses=described_errors(503))
    async def healthz() -> JSONResponse:
        age_s = desk.centre.turned_s_ago
        if age_s is None or age_s > HEALTHY_S:
            seen = "has not come round yet" if age_s is None else f"came round {age_s:.1f} s ago"
            return failed("not_turning", f"the centre's thread {seen}", 503)
        return JSONResponse({"status": "ok", "active": desk.centre.is_active})

    @routes.get("/readyz", summary="200 while bus and book can be reached", responses=described_errors(503))
    async def readyz(
        *, active: Annotated[bool, Query(description="a centre that waits is not ready: for load balancers")] = False
    ) -> JSONResponse:
        state = store.state()
        missing = [] if desk.centre.is_linked else ["there is no link to the sites"]
        if not state.is_reachable:
            missing.append(f"the store is not available: {state.trouble}")
        if active and not desk.centre.is_active:
            missing.append("this centre waits")
        if missing:
            return failed("not_ready", "; ".join(missing), 503)
        return JSONResponse({"status": "ready", "active": desk.centre.is_active})

    return routes
