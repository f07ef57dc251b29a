"""``/api/v1/forecasts``: what the storage of the site is planned from."""

from __future__ import annotations

import json
from functools import partial
from typing import Annotated, Any, Protocol

import anyio
from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import JSONResponse

from energy_manager.application.forecasts import (
    FORECASTS,
    ForecastName,
    forget_forecast,
    keep_forecast,
    kept_forecasts,
    readings_of,
)
from energy_manager.application.ports.durability import ChangeStore, Document
from energy_manager.application.ports.schedule_repository import DocumentRepository
from energy_manager.entrypoints.api.errors import NotFound, described_errors
from energy_manager.entrypoints.api.guard import Guard
from energy_manager.entrypoints.api.planning import PlanningService
from energy_manager.entrypoints.documents.forecasts import read_forecast_document

_TIME = {"type": "string", "format": "date-time"}
_READINGS: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "description": "kW, in any order; each holds until the next",
    "items": {
        "type": "object",
        "required": ["time", "value"],
        "properties": {"time": _TIME, "value": {"type": ["number", "null"]}},
    },
}
_WORDS: dict[str, Any] = {
    "type": "object",
    "required": ["name", "version", "count", "start", "end"],
    "properties": {
        "name": {"enum": list(FORECASTS)},
        "version": {"type": "integer", "description": "grows with each change"},
        "count": {"type": "integer", "description": "readings"},
        "start": _TIME | {"description": "of the first reading"},
        "end": _TIME | {"description": "of the last reading"},
    },
}
_WHOLE = _WORDS | {"properties": _WORDS["properties"] | {"readings": _READINGS}}
EXAMPLE = [{"time": "2026-03-02T12:00:00Z", "value": 41.5}, {"time": "2026-03-02T12:15:00Z", "value": 62.0}]

Name = Annotated[
    ForecastName,
    Path(
        examples=["load"],
        description="load and production of the site (at least 0), or the schedule of its storage (charging > 0)",
    ),
]


def _answers(schema: dict[str, Any], says: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": says, "content": {"application/json": {"schema": schema}}}}


class ForecastStore(ChangeStore, DocumentRepository, Protocol):
    """Where forecasts are kept."""


def forecasts_routes(state: ForecastStore, desk: PlanningService, guard: Guard) -> APIRouter:
    """Put, get, list and delete forecasts; a change is durable before it is acknowledged, and planned with at once."""
    routes = APIRouter(prefix="/api/v1/forecasts", tags=["forecasts"], dependencies=[Depends(guard)])

    @routes.get(
        "",
        summary="The forecasts that there are",
        response_class=JSONResponse,
        responses=_answers({"type": "array", "items": _WORDS}, "Each in a few words") | described_errors(401, 403, 503),
    )
    async def list_forecasts() -> JSONResponse:
        kept = await anyio.to_thread.run_sync(kept_forecasts, state, abandon_on_cancel=True)
        return JSONResponse([words_of(document) for document in kept])

    @routes.get(
        "/{name}",
        summary="A forecast with its readings",
        response_class=Response,
        responses=_answers(_WHOLE, "The forecast, in order of time") | described_errors(401, 403, 404, 422, 503),
    )
    async def get_forecast(name: Name) -> Response:
        kept = await anyio.to_thread.run_sync(kept_forecasts, state, abandon_on_cancel=True)
        readings = await anyio.to_thread.run_sync(readings_of, state, name, abandon_on_cancel=True)
        words = next((words_of(document) for document in kept if document.id == name), None)
        if words is None or readings is None:
            raise _unknown(name)
        return Response(f'{json.dumps(words)[:-1]}, "readings": {readings}}}', media_type="application/json")

    @routes.put(
        "/{name}",
        summary="Put a forecast, in place of the one of this name",
        response_class=JSONResponse,
        responses=_answers(_WORDS, "Accepted, and durable") | described_errors(400, 401, 403, 413, 415, 422, 503),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": _READINGS, "example": EXAMPLE}},
            }
        },
    )
    async def put_forecast(name: Name, request: Request) -> JSONResponse:
        forecast = await desk.read(request, read_forecast_document, name)
        kept = await anyio.to_thread.run_sync(partial(keep_forecast, state, forecast), abandon_on_cancel=True)
        return JSONResponse(words_of(kept))

    @routes.delete(
        "/{name}",
        status_code=204,
        summary="Forget a forecast",
        response_class=Response,
        responses=described_errors(401, 403, 404, 422, 503),
    )
    async def delete_forecast(name: Name) -> Response:
        if not await anyio.to_thread.run_sync(partial(forget_forecast, state, name), abandon_on_cancel=True):
            raise _unknown(name)
        return Response(status_code=204)

    return routes


def words_of(document: Document) -> dict[str, Any]:
    """What is told of a forecast without its readings."""
    return {**document.body, "version": document.version}


def _unknown(name: ForecastName) -> NotFound:
    return NotFound(f"there is no forecast {name!r}")
