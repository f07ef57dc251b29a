"""The application: all routes, one error shape, workers kept warm beside."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio
from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline

from energy_manager import __version__
from energy_manager.adapters.workers import ProcessWorkers
from energy_manager.entrypoints.api.errors import handle_errors

DESCRIPTION = """Plans what every energy asset should do.

Planning is arithmetic and changes nothing; with `?activate=true` a plan becomes a schedule, which devices follow.

Errors are one shape: `{"error": code, "message": sentence, "details": …}`."""


def create_app(routes: Sequence[APIRouter], workers: ProcessWorkers) -> FastAPI:
    """Put the routes together."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with anyio.create_task_group() as beside:
            beside.start_soon(workers.keep_warm)
            yield
            beside.cancel_scope.cancel()

    # The documentation page must show without the internet: its scripts come from an installed package.
    app = FastAPIOffline(title="energy_manager", version=__version__, description=DESCRIPTION, lifespan=lifespan)
    handle_errors(app)
    for router in routes:
        app.include_router(router)
    return app
