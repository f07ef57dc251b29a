"""``/api/v1/forecasts``: what the storage of the site is planned from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from energy_manager.application.ports.forecasts.forecast_repository import ForecastRepository
from energy_manager.domain.access import Permission
from energy_manager.domain.errors import near_miss
from energy_manager.domain.forecast import KNOWN, LONGEST_NAME, Unit
from energy_manager.entrypoints.api.commanding.commands import Commands
from energy_manager.entrypoints.api.http.answering import in_thread, json_text
from energy_manager.entrypoints.api.http.errors import NotFound, described_errors
from energy_manager.entrypoints.api.http.openapi import CHANGES, answers, asks, documented
from energy_manager.entrypoints.api.plans.planning import PlanningService
from energy_manager.entrypoints.api.schemas import NUMBER, TEXT, TIME, WHOLE, an_object, listed, or_null
from energy_manager.entrypoints.documents.forecasts.answer import forecast_document, head_document, quality_document
from energy_manager.entrypoints.documents.forecasts.request import BODY, READINGS, read_forecast_document

if TYPE_CHECKING:
    from energy_manager.application.forecasting.quality import Quality

WRITING_S = 20.0
"""Writing down the values of years takes at most this long."""

_WORDS = an_object(
    ["name", "unit", "version", "issued_at", "count", "start", "end"],
    name=TEXT,
    unit={"enum": [str(unit) for unit in Unit]},
    issued_at=TIME | {"description": "when it was expected so; of a name the last issue counts"},
    version=WHOLE | {"description": "grows with each change"},
    count=WHOLE | {"description": "readings"},
    start=TIME | {"description": "of the first reading"},
    end=TIME | {"description": "of the last reading"},
)
_QUALITY: dict[str, Any] = {
    "past_error": or_null(
        an_object(
            (),
            "of forecasts made at about this time of day in the last 14 days; null: not known",
            days=WHOLE,
            mean_error=NUMBER | {"description": "forecast - measured"},
            mean_absolute_error=NUMBER,
            relative=or_null(NUMBER) | {"description": "the size of the error over the mean that was measured"},
        )
    ),
    "band": or_null(
        an_object(
            (),
            "by past errors, four of five values of the day ahead lie in it; null: too little is known",
            start=TIME,
            step_s=WHOLE,
            low=listed(NUMBER),
            high=listed(NUMBER),
        )
    ),
}
_WORDS_WITH_QUALITY = _WORDS | {"properties": _WORDS["properties"] | _QUALITY}
_WHOLE = _WORDS | {"properties": _WORDS["properties"] | {"readings": READINGS}}
EXAMPLE = [{"time": "2026-03-02T12:00:00Z", "value": 41.5}, {"time": "2026-03-02T12:15:00Z", "value": 62.0}]

Name = Annotated[
    str,
    Path(
        max_length=LONGEST_NAME,
        examples=["load"],
        description=f"{', '.join(KNOWN)}, or another that says its unit; load and production are at least 0, schedule "
        "is that of the site's storage (charging > 0)",
    ),
]


PageLength = Annotated[int, Query(ge=1, le=1_000, description="so many at most")]
AfterName = Annotated[str, Query(max_length=LONGEST_NAME, description="only those whose names come after this one")]


def forecasts_routes(
    forecasts: ForecastRepository,
    desk: PlanningService,
    commands: Commands,
    *,
    now: Callable[[], datetime],
    quality_of: Callable[[str, datetime], Quality | None],
) -> APIRouter:
    """Put, get, list and delete forecasts; a change is durable before it is acknowledged, and planned with at once."""
    routes = APIRouter(prefix="/api/v1/forecasts", dependencies=[Depends(commands.guard)])
    _add_reading(routes, forecasts, desk, now=now, quality_of=quality_of)
    _add_changing(routes, forecasts, desk, commands, now=now)
    return routes


def _add_reading(
    routes: APIRouter,
    forecasts: ForecastRepository,
    desk: PlanningService,
    *,
    now: Callable[[], datetime],
    quality_of: Callable[[str, datetime], Quality | None],
) -> None:
    @routes.get(
        "",
        summary="The forecasts that count now, in order of name, a page at a time",
        description="Where there are more, the header `Link` names the next page (rel=next).",
        response_class=JSONResponse,
        responses=answers(listed(_WORDS_WITH_QUALITY), "Each in a few words") | described_errors(401, 403, 422, 503),
    )
    async def list_forecasts(limit: PageLength = 100, after: AfterName = "") -> JSONResponse:
        heads = await in_thread(forecasts.forecasts, at=now())
        found = [head for head in heads if head.name > after]
        link = {}
        if len(found) > limit:
            link["Link"] = f'</api/v1/forecasts?limit={limit}&after={quote(found[limit - 1].name)}>; rel="next"'
        at = now()

        def described() -> list[dict[str, Any]]:
            return [head_document(head) | quality_document(quality_of(head.name, at)) for head in found[:limit]]

        return JSONResponse(await in_thread(described), headers=link)

    @routes.get(
        "/{name}",
        summary="A forecast with its readings: the one that was issued last",
        **documented(_WHOLE, "The forecast, in order of time", 401, 403, 404, 422, 503),
    )
    async def get_forecast(name: Name) -> Response:
        at = now()
        heads = await in_thread(forecasts.forecasts, at=at)
        found = await in_thread(forecasts.forecast, name, at=at)
        head = next((head for head in heads if head.name == name), None)
        if found is None or head is None:
            raise _unknown(name, (head.name for head in heads))
        written = await desk.own_workers.run(forecast_document, found, head, deadline_s=WRITING_S)
        return json_text(written.unwrap())


def _add_changing(
    routes: APIRouter,
    forecasts: ForecastRepository,
    desk: PlanningService,
    commands: Commands,
    *,
    now: Callable[[], datetime],
) -> None:
    may_change = [Depends(commands.guard.needs(Permission.CHANGE_FORECASTS))]

    def in_force(name: str) -> dict[str, Any] | None:
        heads = forecasts.forecasts(at=now())
        return next((head_document(head) for head in heads if head.name == name), None)

    @routes.put(
        "/{name}",
        summary="Put a forecast; it counts from now on, the older ones stay as they were issued",
        response_class=JSONResponse,
        responses=answers(_WORDS, "Accepted, and durable") | described_errors(*CHANGES),
        openapi_extra=asks(BODY, EXAMPLE),
        dependencies=may_change,
    )
    async def put_forecast(name: Name, request: Request) -> JSONResponse:
        forecast = await desk.read(request, read_forecast_document, name, now())
        before = await in_thread(in_force, name)
        head = await in_thread(forecasts.put_forecast, forecast)
        await commands.done(request, "forecast put", name, before=before, after=head_document(head))
        return JSONResponse(head_document(head))

    @routes.delete(
        "/{name}",
        status_code=204,
        summary="Forget all forecasts of a name",
        response_class=Response,
        responses=described_errors(401, 403, 404, 422, 503),
        dependencies=may_change,
    )
    async def delete_forecast(name: Name, request: Request) -> Response:
        before = await in_thread(in_force, name)
        if not await in_thread(forecasts.forget_forecast, name):
            raise _unknown(name, ())
        await commands.done(request, "forecasts deleted", name, before=before)
        return Response(status_code=204)


def _unknown(name: str, known: Iterable[str]) -> NotFound:
    return NotFound(f"there is no forecast {name!r}{near_miss(name, known, quoted=True)}")
