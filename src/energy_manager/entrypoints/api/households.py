"""The live half of job 2 over HTTP: households and their appliances, runs and the timetable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import anyio
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import JSONResponse

from energy_manager.application.appliances import ApplianceService
from energy_manager.application.appliances.views import (
    catalogue_answer,
    decided_answer,
    household_answer,
    installed_answer,
    profile_published,
    run_answer,
    timetable_answer,
)
from energy_manager.domain.appliances.reading import LONGEST_NAME
from energy_manager.entrypoints.api import households_schema as schema
from energy_manager.entrypoints.api.bodies import read_body
from energy_manager.entrypoints.api.errors import described_errors
from energy_manager.entrypoints.api.guard import Guard
from energy_manager.entrypoints.documents.json_text import read_json, refuse_constants

MAX_BODY_MB = 0.1
"""A week's forecast in quarter hours is a tenth of it; it is read in this process, in a millisecond or two."""

Answer = TypeVar("Answer")

HouseholdId = Annotated[
    str, Path(min_length=1, max_length=LONGEST_NAME, description="a name that people choose", examples=["home"])
]
ApplianceName = Annotated[
    str, Path(min_length=1, max_length=LONGEST_NAME, description="unique in its household", examples=["Dishwasher"])
]
RunId = Annotated[str, Path(max_length=40, description="from the answer to its request", examples=["1"])]
OneHousehold = Annotated[str | None, Query(max_length=LONGEST_NAME, description="only this household's")]

_CHANGES = (400, 401, 403, 413, 415, 422, 503)


def homes_routes(live: ApplianceService, guard: Guard) -> APIRouter:
    """All of it; a change is durable before it is acknowledged."""
    routes = APIRouter(prefix="/api/v1", tags=["appliances"], dependencies=[Depends(guard)])
    _add_households(routes, live)
    _add_runs(routes, live)
    return routes


def _add_households(routes: APIRouter, live: ApplianceService) -> None:
    @routes.put(
        "/households/{household_id}",
        summary="Register a household, or change one into this",
        **_documented(schema.HOUSEHOLD_ANSWER, "The household", *_CHANGES),
        openapi_extra=_body(schema.HOUSEHOLD, schema.HOUSEHOLD_EXAMPLE),
    )
    async def put_household(household_id: HouseholdId, request: Request) -> JSONResponse:
        document = await _read(request)
        building = await _in_thread(lambda: live.put_household(household_id, document))
        return JSONResponse(household_answer(building, household_id))

    @routes.patch(
        "/households/{household_id}",
        summary="Another threshold, strategy or forecast from now on",
        **_documented(schema.HOUSEHOLD_ANSWER, "The household; alerts say what cannot be kept", 404, *_CHANGES),
        openapi_extra=_body(schema.HOUSEHOLD_CHANGE, schema.CHANGE_EXAMPLE),
    )
    async def change_household(household_id: HouseholdId, request: Request) -> JSONResponse:
        document = await _read(request)
        building = await _in_thread(lambda: live.change_household(household_id, document))
        return JSONResponse(household_answer(building, household_id))

    @routes.get(
        "/households",
        summary="All households with their appliances",
        **_documented({"type": "array", "items": schema.HOUSEHOLD_ANSWER}, "As they are now", 401, 403, 503),
    )
    async def list_households() -> JSONResponse:
        building = await _in_thread(live.look)
        return JSONResponse([household_answer(building, name) for name in building.table.homes])

    @routes.get(
        "/households/{household_id}",
        summary="One household with its appliances",
        **_documented(schema.HOUSEHOLD_ANSWER, "As it is now", 401, 403, 404, 422, 503),
    )
    async def get_household(household_id: HouseholdId) -> JSONResponse:
        return JSONResponse(household_answer(await _in_thread(live.look), household_id))

    @routes.put(
        "/households/{household_id}/appliances/{name}",
        summary="Register an appliance, or change one",
        **_documented(schema.APPLIANCE_ANSWER, "The appliance", 404, *_CHANGES),
        openapi_extra=_body(schema.APPLIANCE, schema.APPLIANCE_EXAMPLE),
    )
    async def put_appliance(household_id: HouseholdId, name: ApplianceName, request: Request) -> JSONResponse:
        document = await _read(request)
        return JSONResponse(
            installed_answer(await _in_thread(lambda: live.put_appliance(household_id, name, document)))
        )


def _add_runs(routes: APIRouter, live: ApplianceService) -> None:
    @routes.post(
        "/appliances/runs",
        summary="Ask for a run; the answer says when it may run, or why not and what would do",
        **_documented(schema.RUN_ANSWER, "Decided, and durable", *_CHANGES),
        openapi_extra=_body(schema.RUN, schema.RUN_EXAMPLE),
    )
    async def request_run(request: Request) -> JSONResponse:
        document = await _read(request)
        building, decision = await _in_thread(lambda: live.request(document))
        return JSONResponse(decided_answer(building, decision))

    @routes.post(
        "/appliances/runs/{run_id}/finish",
        summary="The run ended by itself; what waits is tried earlier",
        **_documented(schema.RUN_ANSWER, "The run", 401, 403, 404, 422, 503),
    )
    async def finish(run_id: RunId) -> JSONResponse:
        return JSONResponse(run_answer(await _in_thread(lambda: live.finish(run_id)), run_id))

    @routes.post(
        "/appliances/runs/{run_id}/cancel",
        summary="Give a run up; what waits is tried earlier",
        **_documented(schema.RUN_ANSWER, "The run", 401, 403, 404, 422, 503),
    )
    async def cancel(run_id: RunId) -> JSONResponse:
        return JSONResponse(run_answer(await _in_thread(lambda: live.cancel(run_id)), run_id))

    @routes.get(
        "/appliances/timetable",
        summary="Households, runs and alerts as they are now",
        **_documented(schema.TIMETABLE_ANSWER, "The timetable", 401, 403, 404, 422, 503),
    )
    async def timetable(household: OneHousehold = None) -> JSONResponse:
        building = await _in_thread(live.look)
        return JSONResponse(timetable_answer(building, household, neighbours=live.neighbours.troubles()))

    @routes.get(
        "/appliances/profile",
        summary="The booked net load of all homes here, for neighbours that share the building",
        **_documented(schema.PROFILE_PUBLISHED, "What holds from each instant to the next, W", 401, 403, 503),
    )
    async def profile() -> JSONResponse:
        return JSONResponse(profile_published(await _in_thread(live.look)))

    @routes.get(
        "/appliances/profiles",
        summary="The catalogue of common appliance profiles",
        **_documented({"type": "array", "items": schema.PROFILE}, "The catalogue", 401, 403),
    )
    async def profiles() -> JSONResponse:
        return JSONResponse(catalogue_answer())


def _documented(answer: dict[str, Any], says: str, *statuses: int) -> dict[str, Any]:
    answers: dict[int | str, dict[str, Any]] = {
        200: {"description": says, "content": {"application/json": {"schema": answer}}}
    }
    return {"response_class": JSONResponse, "responses": answers | described_errors(*statuses)}


def _body(body: dict[str, Any], example: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": body, "example": example}}}}


async def _read(request: Request) -> Any:  # noqa: ANN401 - whatever the JSON holds
    text = await read_body(request, limit_mb=MAX_BODY_MB)
    document = read_json(text)
    refuse_constants(text)
    return document


async def _in_thread(work: Callable[[], Answer]) -> Answer:
    """A decision and its commit take milliseconds, or seconds when the store does; others are answered meanwhile."""
    return await anyio.to_thread.run_sync(work, abandon_on_cancel=True)
