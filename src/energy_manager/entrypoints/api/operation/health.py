"""Whether the loop ticks (the page answering is not enough), and whether everything is there that it builds on."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from energy_manager.application.dispatch import TickStatistics, WatchDevices
from energy_manager.application.mastership import Mastership
from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.schedules.durability import StoreWatch
from energy_manager.entrypoints.api.http.errors import described_errors, failed

HEALTHY_PERIODS = 2
"""A loop that has not ticked for this many periods is not well."""


def health_routes(
    statistics: TickStatistics,
    clock: Clock,
    watch: WatchDevices,
    store: StoreWatch,
    mastership: Mastership | None = None,
    *,
    period_s: float,
    is_logging: Callable[[], bool] = lambda: True,
    is_member: Callable[[Request], bool] = lambda _: True,
) -> APIRouter:
    """``/healthz`` and ``/readyz``; one dead device fails neither."""
    routes = APIRouter()

    @routes.get("/healthz", summary="200 while the dispatch loop ticks", responses=described_errors(503))
    async def healthz() -> JSONResponse:
        last_tick_s = statistics.last_tick_s
        if last_tick_s is None:
            return failed("not_ticking", "the dispatch loop has not ticked yet", 503)
        age_s = clock.now_s() - last_tick_s
        if age_s > HEALTHY_PERIODS * period_s:
            message = f"the dispatch loop ticked {age_s:.1f} s ago, its period is {period_s:g} s"
            return failed("not_ticking", message, 503)
        return JSONResponse({"status": "ok", "ticks": statistics.ticks, "last_tick_age_s": round(age_s, 3)})

    @routes.get(
        "/readyz",
        summary="200 once the first statuses are in, while the store can be reached",
        responses=described_errors(503),
    )
    async def readyz(request: Request) -> JSONResponse:
        state = store.state()
        missing = []
        if not watch.has_seen_a_round:
            missing.append("the first statuses are not in yet")
        if not state.is_reachable:
            why = f": {state.trouble}" if is_member(request) else ""  # it names hosts, files and users
            missing.append(f"the store is not available{why}")
        if mastership is not None and mastership.lost:
            missing.append(mastership.lost)
        if not state.writer_is_alive:
            missing.append("the store's writer has ended: restart the product")
        if not is_logging():
            missing.append("nothing is logged any more: restart the product")
        if missing:
            return failed("not_ready", "; ".join(missing), 503)
        return JSONResponse({"status": "ok"})

    return routes
