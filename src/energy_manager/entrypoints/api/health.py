"""Whether the loop ticks: the page answering is not enough."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from energy_manager.application.dispatch import TickStatistics
from energy_manager.application.ports.clock import Clock

HEALTHY_PERIODS = 2
"""A loop that has not ticked for this many periods is not well."""


def health_routes(statistics: TickStatistics, clock: Clock, *, period_s: float) -> APIRouter:
    """``/healthz``."""
    routes = APIRouter(tags=["operation"])

    @routes.get(
        "/healthz",
        summary="200 while the dispatch loop ticks",
        responses={503: {"description": "The loop has not ticked within two periods"}},
    )
    async def healthz() -> JSONResponse:
        last_tick_s = statistics.last_tick_s
        if last_tick_s is None:
            return JSONResponse(
                {"error": "not_ticking", "message": "the dispatch loop has not ticked yet", "details": None}, 503
            )
        age_s = clock.now_s() - last_tick_s
        if age_s > HEALTHY_PERIODS * period_s:
            message = f"the dispatch loop ticked {age_s:.1f} s ago, its period is {period_s:g} s"
            return JSONResponse({"error": "not_ticking", "message": message, "details": None}, 503)
        return JSONResponse({"status": "ok", "ticks": statistics.ticks, "last_tick_age_s": round(age_s, 3)})

    return routes
