"""``POST /assets``, as the Flexcity test knows it, and the product's own plans with bound and proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response

from energy_manager.domain.flexibility import ENGINES
from energy_manager.domain.flexibility.selection import MAX_COST_CENTS
from energy_manager.entrypoints.api.activating import (
    Activate,
    ActivationDesk,
    Asked,
    ForMinutes,
    From,
    ScheduleName,
)
from energy_manager.entrypoints.api.planning import documented
from energy_manager.entrypoints.documents.flexibility import (
    FlexibilityOptions,
    activate_flexibility_document,
    plan_flexibility_document,
    select_assets_document,
)

_VOLUME = {"type": "integer", "minimum": 1, "maximum": 10**12, "description": "kW"}
_DATE = {"type": "string", "format": "date"}
_MONEY = {
    "type": "number",
    "minimum": 0,
    "multipleOf": 0.01,
    "maximum": MAX_COST_CENTS // 100,
    "description": "EUR",
}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A field that may be null, which means the same as leaving it out."""
    return {"anyOf": [schema, {"type": "null"}]}


_ACTIVATION: dict[str, Any] = {
    "type": "object",
    "required": ["date", "volume"],
    "properties": {"date": _DATE, "volume": _VOLUME},
}
_CHOSEN: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["code", "name", "price", "availability", "volume"],
        "properties": {
            "code": {"type": "string"},
            "name": {"type": "string"},
            "price": {"type": "number", "description": "activation cost, EUR"},
            "availability": {"type": "array", "items": _DATE},
            "volume": {"type": "integer", "description": "kW"},
        },
    },
}
_PLAN_REQUEST: dict[str, Any] = {
    "type": "object",
    "required": ["volume"],
    "additionalProperties": False,
    "properties": {
        "volume": _VOLUME,
        "date": _or_null(_DATE),
        "assets": _or_null(
            {
                "type": "array",
                "description": "instead of the registry's",
                "items": {
                    "type": "object",
                    "required": ["code", "volume", "activation_cost"],
                    "additionalProperties": False,
                    "properties": {
                        "code": {"type": "string", "minLength": 1},
                        "name": {"type": "string"},
                        "volume": _VOLUME,
                        "activation_cost": _MONEY,
                        "availability": {"type": "array", "items": _DATE},
                    },
                },
            }
        ),
        "engine": {"enum": [*ENGINES, None]},
        "time_limit_s": _or_null({"type": "number", "minimum": 0, "maximum": 1e6}),
    },
}
_PLAN: dict[str, Any] = {
    "type": "object",
    "required": ["volume", "cost", "lower_bound", "optimal", "engine", "assets"],
    "properties": {
        "volume": {"type": "integer", "description": "kW chosen"},
        "cost": {"type": "number", "description": "EUR"},
        "lower_bound": {"type": "number", "description": "EUR; no selection costs less"},
        "optimal": {"type": "boolean", "description": "whether the cost is proved to be the least"},
        "engine": {"enum": list(ENGINES)},
        "assets": {"type": "array", "items": {"type": "string"}, "description": "codes in the order of the offer"},
    },
}
_PLAN_EXAMPLE = {
    "volume": 100,
    "assets": [
        {"code": "A", "volume": 60, "activation_cost": 30.00},
        {"code": "B", "volume": 50, "activation_cost": 20.50},
        {"code": "C", "volume": 55, "activation_cost": 27.10},
    ],
}


def flexibility_routes(desk: ActivationDesk, options_now: Callable[[], FlexibilityOptions]) -> APIRouter:
    """The routes of job 4; ``options_now`` knows what day it is."""
    routes = APIRouter(tags=["flexibility"])

    @routes.post(
        "/assets",
        summary="The cheapest assets that reach a volume on a day",
        **documented(
            body=_ACTIVATION,
            example={"date": options_now().today.isoformat(), "volume": 100},
            reply=_CHOSEN,
            says="The chosen assets; each is taken whole",
        ),
    )
    async def select_assets(request: Request) -> Response:
        options = options_now()
        limit_s = options.time_limit_s
        return (await desk.desk.answer(request, select_assets_document, options, time_limit_s=limit_s))[1]

    @routes.post(
        "/api/v1/flexibility/plans",
        summary="The cheapest assets that reach a volume, with bound and proof",
        description="An activation holds for the date asked for (UTC), unless from or for_min say otherwise; "
        "then the assets get their schedules back.",
        **documented(
            body=_PLAN_REQUEST,
            example=_PLAN_EXAMPLE,
            reply=_PLAN,
            says="The selection and what it costs",
            may_activate=True,
        ),
    )
    async def plan_flexibility(
        request: Request,
        *,
        activate: Activate = False,
        schedule_id: ScheduleName = None,
        start: From = None,
        for_min: ForMinutes = None,
    ) -> Response:
        options = options_now()
        _, response = await desk.answer(
            request,
            plan_flexibility_document,
            activate_flexibility_document,
            replace(options, longest_s=options.time_limit_s),
            asked=Asked(activate=activate, schedule_id=schedule_id, start=start, minutes=for_min),
            time_limit_s=options.time_limit_s,
        )
        return response

    return routes
