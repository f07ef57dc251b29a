"""``POST /api/v1/peak-shaving/plans``."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from energy_manager.entrypoints.api.activating import Activate, ActivationDesk, Asked, AssetName, ScheduleName
from energy_manager.entrypoints.api.planning import documented
from energy_manager.entrypoints.documents.peak_shaving import (
    PeakShavingOptions,
    activate_peak_shaving_document,
    plan_peak_shaving_document,
)

_NUMBERS: dict[str, Any] = {"type": "array", "items": {"type": "number"}}
_READINGS: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["time", "value"],
        "properties": {"time": {"type": "string", "format": "date-time"}, "value": {"type": ["number", "null"]}},
    },
}
_SERIES = {"oneOf": [_NUMBERS, _READINGS], "description": "one value a step, or raw readings"}
_LEVEL = {"oneOf": [{"type": "number"}, _NUMBERS], "description": "one value, or one a step"}

_STORAGE: dict[str, Any] = {
    "type": "object",
    "required": ["capacity_kwh", "stored_kwh", "max_charge_kw", "max_discharge_kw"],
    "properties": {
        "id": {"type": "string", "description": "the storage's asset, for activation"},
        "capacity_kwh": _LEVEL,
        "stored_kwh": {"type": "number", "description": "at the first instant"},
        "min_kwh": _LEVEL,
        "max_charge_kw": _LEVEL,
        "max_discharge_kw": _LEVEL,
        "charge_efficiency": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        "discharge_efficiency": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        "end_min_kwh": {"type": ["number", "null"]},
        "ramp_kw_per_step": {"type": ["number", "null"]},
    },
}
_REQUEST: dict[str, Any] = {
    "type": "object",
    "required": ["start", "step_s", "load_kw", "pcc"],
    "properties": {
        "start": {"type": "string", "format": "date-time"},
        "step_s": {"type": "integer", "minimum": 1, "maximum": 86_400},
        "load_kw": _SERIES,
        "production_kw": _SERIES,
        "schedule": {"type": "object", "properties": {"charge_kw": _SERIES}},
        "pcc": {"type": "object", "properties": {"import_limit_kw": _LEVEL, "export_limit_kw": _LEVEL}},
        "storage": _STORAGE,
        "storages": {"type": "array", "items": _STORAGE, "description": "instead of storage, each with its schedule"},
        "minimise": {"enum": ["energy", "peak"]},
        "prefer": {"enum": ["late", "early"]},
        "min_period_s": {"type": ["number", "null"]},
        "horizon_h": {"type": ["number", "null"]},
    },
}
_ANSWER: dict[str, Any] = {
    "type": "object",
    "required": [
        *("start", "step_s", "charge_kw", "pcc_import_kw", "stored_kwh"),
        *("violation_kwh", "violations", "change_kwh", "optimal", "method", "limited_by"),
    ],
    "properties": {
        "start": {"type": "string", "format": "date-time"},
        "step_s": {"type": "integer"},
        "charge_kw": _NUMBERS,
        "pcc_import_kw": _NUMBERS,
        "stored_kwh": _NUMBERS | {"description": "after each step"},
        "violation_kwh": {"type": "number"},
        "violations": {"type": "array", "items": {"type": "object"}},
        "change_kwh": {"type": "number"},
        "optimal": {"type": "boolean"},
        "method": {"enum": ["exact", "lp"]},
        "limited_by": {"type": ["string", "null"]},
    },
}
EXAMPLE = {
    "start": "2026-03-02T00:00:00Z",
    "step_s": 900,
    "load_kw": [40.0, 80.0],
    "production_kw": [0.0, 12.5],
    "schedule": {"charge_kw": [0.0, 5.0]},
    "pcc": {"import_limit_kw": 50.0, "export_limit_kw": 1000.0},
    "storage": {"capacity_kwh": 284, "stored_kwh": 120, "min_kwh": 0, "max_charge_kw": 175, "max_discharge_kw": 175},
}


def peak_shaving_routes(desk: ActivationDesk, options: PeakShavingOptions) -> APIRouter:
    """The routes of job 3."""
    routes = APIRouter(tags=["peak shaving"])

    @routes.post(
        "/api/v1/peak-shaving/plans",
        summary="Change storage schedules least, so that the grid connection stays inside its limits",
        **documented(
            body=_REQUEST, example=EXAMPLE, reply=_ANSWER, says="The plan; there is always one", may_activate=True
        ),
    )
    async def plan_peak_shaving(
        request: Request, *, activate: Activate = False, schedule_id: ScheduleName = None, asset: AssetName = None
    ) -> Response:
        _, response = await desk.answer(
            request,
            plan_peak_shaving_document,
            activate_peak_shaving_document,
            options,
            asked=Asked(activate=activate, schedule_id=schedule_id, asset=asset),
            time_limit_s=options.time_limit_s,
        )
        return response

    return routes
