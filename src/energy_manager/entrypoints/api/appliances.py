"""``POST /api/v1/appliances/plans``."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from energy_manager.entrypoints.api.activating import Activate, ActivationDesk, Asked, ScheduleName
from energy_manager.entrypoints.api.planning import documented
from energy_manager.entrypoints.documents.appliances import (
    AppliancesOptions,
    activate_appliances_document,
    plan_appliances_document,
)

_NUMBER: dict[str, Any] = {"type": "number"}
_WATTS = _NUMBER | {"exclusiveMinimum": 0}
_LISTED: dict[str, Any] = {"type": "array", "items": {"type": "object"}}
_HOUSEHOLD: dict[str, Any] = {
    "type": "object",
    "required": ["id", "threshold_w"],
    "properties": {
        "id": {"type": "string"},
        "threshold_w": _WATTS,
        "pv_w": {"type": ["object", "null"]},
        "battery": {"type": ["object", "null"], "description": "its asset, where it names one, is told when activated"},
        "follows_aggregator": {"type": "boolean"},
    },
}
_RUN_REQUEST: dict[str, Any] = {
    "type": "object",
    "required": ["household", "appliance", "power_w", "at_min"],
    "properties": {
        "household": {"type": "string"},
        "appliance": {"type": "string"},
        "power_w": _WATTS,
        "duration_min": {"type": ["number", "null"], "description": "null = endless"},
        "max_delay_min": {"type": ["number", "null"], "description": "null = unlimited"},
        "interruptible": {"type": "boolean"},
        "priority": {"enum": ["urgent", "normal", "low"]},
        "at_min": _NUMBER | {"description": "minutes from midnight"},
    },
}
_REQUEST: dict[str, Any] = {
    "type": "object",
    "required": ["day", "households", "requests"],
    "properties": {
        "day": {"type": "string", "format": "date"},
        "time_zone": {"type": "string"},
        "strategy": {"enum": ["earliest", "flat", "target_peak", "cost"]},
        "target_peak_w": {"type": ["number", "null"]},
        "price_eur_per_mwh": {"type": ["array", "null"], "items": _NUMBER, "minItems": 24, "maxItems": 24},
        "building_limit_w": {"type": ["number", "null"]},
        "offline": {"type": "boolean"},
        "time_limit_s": _NUMBER,
        "window_min": {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2},
        "households": {"type": "array", "items": _HOUSEHOLD},
        "requests": {"type": "array", "items": _RUN_REQUEST},
        "events": _LISTED,
    },
}
_ANSWER: dict[str, Any] = {
    "type": "object",
    "required": ["runs", "households", "total", "alerts"],
    "properties": {"runs": _LISTED, "households": _LISTED, "total": {"type": "object"}, "alerts": _LISTED},
}
EXAMPLE = {
    "day": "2026-06-15",
    "time_zone": "UTC",
    "strategy": "earliest",
    "households": [{"id": "1", "threshold_w": 3105}],
    "requests": [
        {
            "household": "1",
            "appliance": "Oven",
            "power_w": 2400,
            "duration_min": 45,
            "max_delay_min": 30,
            "interruptible": False,
            "priority": "normal",
            "at_min": 1080,
        },
        {
            "household": "1",
            "appliance": "Dishwasher",
            "power_w": 1200,
            "duration_min": 180,
            "max_delay_min": 720,
            "interruptible": False,
            "priority": "low",
            "at_min": 1090,
        },
    ],
}


def appliances_routes(desk: ActivationDesk, options: AppliancesOptions) -> APIRouter:
    """The planning routes of job 2."""
    routes = APIRouter(tags=["appliances"])

    @routes.post(
        "/api/v1/appliances/plans",
        summary="When each appliance of a day may run",
        **documented(body=_REQUEST, example=EXAMPLE, reply=_ANSWER, says="Runs, figures and alerts", may_activate=True),
    )
    async def plan_appliances(
        request: Request, *, activate: Activate = False, schedule_id: ScheduleName = None
    ) -> Response:
        _, response = await desk.answer(
            request,
            plan_appliances_document,
            activate_appliances_document,
            options,
            asked=Asked(activate=activate, schedule_id=schedule_id),
            time_limit_s=options.longest_s,
        )
        return response

    return routes
