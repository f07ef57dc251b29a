"""The application: all routes, one error shape, and what has to run beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from copy import copy
from typing import Any

import anyio
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, APIWebSocketRoute
from loguru import logger
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from energy_manager import __version__
from energy_manager.entrypoints.api.http.errors import handle_errors
from energy_manager.entrypoints.api.http.options import refuse_unknown_options
from energy_manager.entrypoints.running.logs import describe_failure

RESPITE_S = 1.0
"""Work beside the routes that has failed is begun again after this long, twice as long each time."""

LONGEST_RESPITE_S = 60.0

DESCRIPTION = """Plans what every energy asset should do.

Planning is arithmetic and open to all; with `?activate=true` a plan becomes a schedule, which devices follow. Routes
that show the site or change what its devices do want `Authorization: Bearer <token>` where `ENERGY_MANAGER_API__TOKEN`
is set, and it must be set to listen beyond loopback.

Errors are one shape: `{"error": code, "message": sentence, "details": …}`."""

PLAN = "plan"
GROUPS = {
    "read": "How the site stands, what happened and why. Nothing changes.",
    PLAN: "Arithmetic: a plan for what the request brings. With `activate=true` it becomes a schedule for devices.",
    "command": "What changes the site, its homes or what its devices do. Each is written into the logbook.",
}


def create_app(
    routes: Sequence[APIRouter],
    beside: Sequence[Callable[[], Coroutine[Any, Any, None]]],
    limits: Sequence[Callable[[ASGIApp], ASGIApp]] = (),
) -> FastAPI:
    """Put the routes together; what is to go on ``beside`` them runs until the server ends.

    ``limits`` are middleware, the outermost first.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            for task in beside:
                tasks.start_soon(_outlive, task)
            yield
            tasks.cancel_scope.cancel()

    app = FastAPI(
        title="energy_manager",
        version=__version__,
        description=DESCRIPTION,
        openapi_tags=[{"name": name, "description": says} for name, says in GROUPS.items()],
        docs_url=None,  # they load scripts from elsewhere; see documentation_page
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    handle_errors(app)
    for limit in reversed(limits):
        app.add_middleware(limit)
    for router in routes:
        _group(router)
        app.router.routes += [_with_known_options(route) for route in router.routes]
    return app


def _with_known_options(route: BaseRoute) -> BaseRoute:
    """The route behind ``refuse_unknown_options``.

    As a dependency of all that is included, FastAPI would make each route a second time when the first request comes.
    """
    if not isinstance(route, APIRoute | APIWebSocketRoute):
        return route
    found = copy(route)  # a router may be part of several applications

    async def refuse_first(scope: Scope, receive: Receive, send: Send) -> None:
        refuse_unknown_options(HTTPConnection(scope))
        await route.app(scope, receive, send)

    found.app = refuse_first
    return found


def _group(router: APIRouter) -> None:
    """Put each route into its group; planners' are told by their tag, the others by whether they change anything."""
    for route in router.routes:
        if isinstance(route, APIRoute) and route.tags != [PLAN]:
            route.tags = ["read" if "GET" in (route.methods or ()) else "command"]


async def _outlive(task: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do the work, and begin it again where it fails: one bad value must not end the service."""
    respite_s = RESPITE_S
    while True:
        began_s = anyio.current_time()
        try:
            await task()
        except Exception as error:  # noqa: BLE001 - see above
            if anyio.current_time() - began_s > LONGEST_RESPITE_S:
                respite_s = RESPITE_S
            logger.error("beside the API: {}", describe_failure(_first_of(error)))
            await anyio.sleep(respite_s)
            respite_s = min(LONGEST_RESPITE_S, 2 * respite_s)
        else:
            return


def _first_of(error: BaseException) -> BaseException:
    """What is behind an error of several tasks."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
