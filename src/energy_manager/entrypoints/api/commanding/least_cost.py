"""``/api/v1/vehicles`` and ``/api/v1/savings``: when cars must be ready, and what the plans have saved."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Annotated

import anyio
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from energy_manager.application.least_cost.savings import TellSavings
from energy_manager.application.least_cost.vehicles import Departures
from energy_manager.domain.access import Permission
from energy_manager.entrypoints.api.commanding.commands import Commands
from energy_manager.entrypoints.api.http.answering import in_thread, in_turn, json_answer
from energy_manager.entrypoints.api.http.errors import NotFound, described_errors
from energy_manager.entrypoints.api.http.openapi import CHANGES, answers, asks, documented
from energy_manager.entrypoints.api.plans.planning import PlanningService
from energy_manager.entrypoints.api.schemas import NUMBER, TEXT, TIME, WHOLE, an_object, listed
from energy_manager.entrypoints.api.security.guard import Guard
from energy_manager.entrypoints.command_line.time_arguments import FORMS, read_moment
from energy_manager.entrypoints.documents.least_cost import (
    DEPARTURE,
    departure_document,
    read_departure,
    savings_document,
)

EXAMPLE = {"ready_by": "2026-03-03T07:00:00+01:00", "energy_kwh": 40}
_DEPARTURE = an_object(
    vehicle=TEXT, ready_by=TIME, energy_kwh=NUMBER | {"description": "what it is to hold then"}, version=WHOLE
)
_MONEY = ("cost", "rule_cost", "foresight_cost", "saved", "possible")
_SAVINGS = an_object(
    currency=TEXT,
    days=listed(
        an_object(
            ["day", "hours", *_MONEY],
            day={"type": "string", "format": "date"},
            hours=NUMBER | {"description": "of the day that are on record"},
            **dict.fromkeys(_MONEY, NUMBER),
        )
    ),
    saved=NUMBER | {"description": "against the self-consumption rule"},
    possible=NUMBER | {"description": "what perfect foresight would have saved"},
)


def vehicles_routes(
    departures: Departures, vehicles: Collection[str], desk: PlanningService, guard: Guard, commands: Commands
) -> APIRouter:
    """When each car of ``[planning.least_cost]`` must be ready; durable before it is acknowledged."""
    routes = APIRouter(prefix="/api/v1/vehicles", dependencies=[Depends(guard)])

    def known(vehicle: str) -> str:
        if vehicle not in vehicles:
            there = ", ".join(vehicles) or "none"
            raise NotFound(f"there is no vehicle {vehicle!r} in [planning.least_cost]; there is {there}")
        return vehicle

    @routes.put(
        "/{vehicle}",
        summary="Say when a vehicle must be ready, and with how much energy; planned with at once",
        response_class=JSONResponse,
        responses=answers(_DEPARTURE, "Accepted, and durable") | described_errors(404, *CHANGES),
        openapi_extra=asks(DEPARTURE.schema, EXAMPLE),
        dependencies=[Depends(guard.needs(Permission.SCHEDULE))],
    )
    async def put_vehicle(vehicle: str, request: Request) -> JSONResponse:
        departure = await desk.read(request, read_departure, known(vehicle))
        version = await in_thread(departures.put, departure)
        document = departure_document(departure, version)
        await commands.done(request, "departure put", vehicle, after=document)
        return JSONResponse(document)

    @routes.get(
        "/{vehicle}",
        summary="When a vehicle must be ready, as it was said last",
        response_class=JSONResponse,
        responses=answers(_DEPARTURE, "The departure") | described_errors(401, 403, 404, 422, 503),
    )
    async def get_vehicle(vehicle: str) -> JSONResponse:
        found = await in_thread(departures.of, known(vehicle))
        if found is None:
            raise NotFound(f"no departure has been said of {vehicle!r}")
        return JSONResponse(departure_document(*found))

    return routes


def savings_routes(tell: TellSavings, guard: Guard, *, now: Callable[[], datetime]) -> APIRouter:
    """What was saved, from the record."""
    # To work out a day keeps the interpreter busy for a while: not for many at once, beside the loop.
    one_at_a_time = anyio.CapacityLimiter(1)
    routes = APIRouter(prefix="/api/v1/savings", dependencies=[Depends(guard)])

    @routes.get(
        "",
        summary="What was saved day by day, against the self-consumption rule and perfect foresight",
        **documented(_SAVINGS, "The days of which something is on record", 401, 403, 422, 503),
    )
    async def tell_savings(
        from_: Annotated[str, Query(alias="from", description=f"{FORMS}; at most 62 days are told")] = "-7d",
        to: Annotated[str, Query(description=f"{FORMS}; now unless told")] = "now",
    ) -> Response:
        since, until = (
            read_moment(text, field=field, now=now(), without_zone="refused")
            for text, field in ((from_, "from"), (to, "to"))
        )
        return json_answer(savings_document(await in_turn(one_at_a_time, tell, since, until)))

    return routes
