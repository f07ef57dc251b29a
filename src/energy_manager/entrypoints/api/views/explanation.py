"""``/api/v1/history`` and ``/api/v1/decisions``: what happened, and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import anyio
from fastapi import APIRouter, Depends, Query, Response

from energy_manager.application.explanation import Explain, TellSeries, fitting_step_s
from energy_manager.application.ports.records.history import History, Window
from energy_manager.application.ports.records.tick import Tick
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.api.http.answering import in_turn, json_answer, json_text
from energy_manager.entrypoints.api.http.openapi import documented
from energy_manager.entrypoints.api.schemas import NUMBER, TEXT, TIME, TRUTH, WHOLE, an_object, listed, or_null
from energy_manager.entrypoints.api.security.guard import Guard
from energy_manager.entrypoints.api.views.energy import POWER, Of, PowerDesk
from energy_manager.entrypoints.command_line.time_arguments import FORMS, read_moment
from energy_manager.entrypoints.documents.explanation import explanation_document, series_document, told_schema

USUALLY = timedelta(days=1)
"""How much history is told unless a request says."""

AssetName = Annotated[str, Query(min_length=1, max_length=1000, description="the asset's id")]

_POWERS = listed(or_null(NUMBER))
_STEPS = an_object(min=_POWERS, mean=_POWERS, max=_POWERS)
_SERIES = an_object(
    ["asset", "from", "to", "step_s", "power_unit", "scheduled", "target", "potential", "output"],
    asset=TEXT,
    from_=TIME,
    to=TIME | {"description": "where the last step ends"},
    step_s=WHOLE,
    power_unit=TEXT,
    **dict.fromkeys(("scheduled", "target", "potential", "output"), _STEPS),
)
_EXPLANATION = an_object(
    ["asset", "at", "tick", "scheduled", "decided_by", "potential", "target", "sentences"],
    asset=TEXT,
    at=TIME,
    tick=an_object(number=WHOLE, at=TIME),
    **told_schema(Tick),
    released=TRUTH | {"description": "it ran by itself"},
    sentences=listed(TEXT),
)

OneAsset = Annotated[str | None, Query(min_length=1, max_length=1000, description="the asset's id")]


_ERRORS = (401, 403, 404, 422, 503)


def explaining_routes(history: History, guard: Guard, desk: PowerDesk, *, now: Callable[[], datetime]) -> APIRouter:
    """What was recorded, for whoever may see the site."""
    # Reading a day by the tick keeps the interpreter busy for a while: not for many at once, beside the loop.
    one_at_a_time = anyio.CapacityLimiter(1)
    routes = APIRouter(prefix="/api/v1", dependencies=[Depends(guard)])
    _add_history(routes, TellSeries(history=history, assets=desk.all_assets), desk, one_at_a_time, now)
    explain = Explain(history=history, zone=ZoneInfo(desk.time_zone), assets=desk.all_assets)
    _add_decisions(routes, explain, one_at_a_time, now)
    return routes


def _add_history(
    routes: APIRouter,
    tell: TellSeries,
    desk: PowerDesk,
    one_at_a_time: anyio.CapacityLimiter,
    now: Callable[[], datetime],
) -> None:
    @routes.get(
        "/history",
        summary="What an asset was scheduled, told and able to deliver: least, mean and greatest by step",
        description="With `of`: power and energy of the site, the grid connection, a storage or an asset, with gaps.",
        **documented({"oneOf": [_SERIES, POWER]}, "The history; null where nothing is known", *_ERRORS),
    )
    async def tell_history(
        asset: OneAsset = None,
        of: Annotated[Of | None, Query(description="power and energy of this; else all that is known of asset")] = None,
        from_: Annotated[str, Query(alias="from", description=f"{FORMS}; a day before the end unless told")] = "",
        to: Annotated[str, Query(description=f"{FORMS}; now unless told")] = "",
        step: Annotated[
            int | None, Query(ge=1, le=31_536_000, description="s; unless told so that there are at most 1,500 steps")
        ] = None,
    ) -> Response:
        until = _moment(to or "now", "to", now())
        since = _moment(from_, "from", now()) if from_ else until - USUALLY
        window = Window.of(since, until, step or fitting_step_s(since, until))
        if of is not None:
            return json_text(await in_turn(one_at_a_time, desk.document, of, asset, window))
        if asset is None:
            raise Refused.at("asset", "is missing: of which asset, or with of=site")
        return json_answer(series_document(await in_turn(one_at_a_time, tell, asset, window)))


def _add_decisions(
    routes: APIRouter, explain: Explain, one_at_a_time: anyio.CapacityLimiter, now: Callable[[], datetime]
) -> None:
    @routes.get(
        "/decisions",
        summary="Why an asset was told its power target, in sentences",
        **documented(_EXPLANATION, "The decision that held at the time, and what it was made from", *_ERRORS),
    )
    async def explain_decision(
        asset: AssetName,
        at: Annotated[str, Query(description=f"{FORMS}; the latest decision unless told")] = "",
    ) -> Response:
        instant = _moment(at or "now", "at", now())
        return json_answer(explanation_document(await in_turn(one_at_a_time, explain, asset, at=instant)))


def _moment(text: str, field: str, now: datetime) -> datetime:
    return read_moment(text, field=field, now=now, without_zone="refused")
