"""``GET /api/v1/plan``: what is scheduled and expected ahead, on one axis, and what the plan is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Query, Response

from energy_manager.application.dispatch.site_view import SiteView
from energy_manager.application.overrides import OverrideBook
from energy_manager.application.overrides.ahead import (
    courses,
    grid_kw,
    instants,
    next_events,
    on_grid,
    stored_kwh,
)
from energy_manager.application.peak_shaving import RollingPlanner
from energy_manager.application.ports.forecast_repository import ForecastRepository
from energy_manager.application.ports.schedule_repository import ScheduleRepository
from energy_manager.entrypoints.api.access import answers
from energy_manager.entrypoints.api.errors import described_errors
from energy_manager.entrypoints.api.guard import Guard
from energy_manager.entrypoints.api.overrides import in_thread
from energy_manager.entrypoints.documents.json_text import write_json
from energy_manager.entrypoints.documents.schedules import utc_text

SHOWN = ("load", "production", "price", "feed_in_price")

HORIZON_OF_EVENTS = timedelta(hours=24)
MOST_EVENTS = 10

_NUMBERS = {"type": ["array", "null"], "items": {"type": ["number", "null"]}}
_TIME_OR_NULL = {"type": ["string", "null"], "format": "date-time"}
_PLAN: dict[str, Any] = {
    "type": "object",
    "required": ["from", "step_s", "times", "assets", "forecasts", "stored_kwh", "grid_kw", "made_at", "next_at"],
    "properties": {
        "from": {"type": "string", "format": "date-time"},
        "step_s": {"type": "integer"},
        "times": {"type": "array", "items": {"type": "string"}, "description": "where each step begins"},
        "assets": {
            "type": "object",
            "description": "by asset: targets in power steps (null: no stored schedule), and whose word they are",
            "additionalProperties": {"type": "object"},
        },
        "forecasts": {
            "type": "object",
            "description": "by name: unit, issued_at and values",
            "additionalProperties": {"type": "object"},
        },
        "stored_kwh": _NUMBERS | {"description": "of the grid connection's storage, if it follows without losses"},
        "grid_kw": _NUMBERS | {"description": "import (+) to expect: load less production less what is scheduled"},
        "import_limit_kw": {"type": ["number", "null"]},
        "export_limit_kw": {"type": ["number", "null"]},
        "made_at": _TIME_OR_NULL | {"description": "of the last plan of the periodic planner; null: there is none"},
        "proof": {"type": "string", "description": "how good it is, in the planner's words"},
        "limited_by": {"type": "string", "description": "why there is no newer plan, or empty"},
        "next_at": _TIME_OR_NULL,
        "next_events": {"type": "array", "items": {"type": "object"}},
    },
}


class OutlookStore(ScheduleRepository, ForecastRepository, Protocol):
    """Schedules and forecasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What the route looks ahead with; ``planner`` plans the storage anew, where the site file asks for it."""

    store: OutlookStore
    book: OverrideBook
    site: Callable[[], SiteView]
    planner: RollingPlanner | None
    now: Callable[[], datetime]
    kw_per_step: float
    power_unit: str

    def document(self, *, hours: int, step_s: int) -> bytes:
        """From the begin of the step that holds now.

        Raises:
            StoreUnavailable: the store cannot be read now.
        """
        now = self.now()
        start = datetime.fromtimestamp(now.timestamp() // step_s * step_s, tz=now.tzinfo)
        times = instants(start, step_s, hours * 3600 // step_s)
        accepted, in_force = self.store.unfinished_at(now), self.book.going_on
        ahead = courses(times, accepted, in_force)
        found = {name: self.store.forecast(name, at=now) for name in SHOWN}
        expected = {name: on_grid(forecast, times) for name, forecast in found.items()}
        pcc, planner = self.site().pcc, self.planner
        of_storage = () if pcc is None or pcc.storage not in ahead else ahead[pcc.storage].targets
        events = next_events(now, accepted, in_force, horizon=HORIZON_OF_EVENTS, most=MOST_EVENTS, unit=self.power_unit)
        held = stored_kwh(
            None if pcc is None else pcc.stored_kwh,
            of_storage or (None,) * len(times),
            kw_per_step=self.kw_per_step,
            step_s=step_s,
        )
        return write_json(
            {
                "from": utc_text(start),
                "step_s": step_s,
                "power_unit": self.power_unit,
                "times": [utc_text(time) for time in times],
                "assets": {
                    asset_id: {"targets": list(course.targets), "decided_by": list(course.decided_by)}
                    for asset_id, course in ahead.items()
                },
                "forecasts": {
                    name: {
                        "unit": str(forecast.unit),
                        "issued_at": utc_text(forecast.issued_at),
                        "values": list(expected[name] or ()),
                    }
                    for name, forecast in found.items()
                    if forecast is not None
                },
                "stored_kwh": held,
                "grid_kw": grid_kw(expected["load"], expected["production"], ahead, kw_per_step=self.kw_per_step),
                "import_limit_kw": None if pcc is None else pcc.import_limit_kw,
                "export_limit_kw": None if pcc is None else pcc.export_limit_kw,
                "made_at": None if planner is None or planner.made_at is None else utc_text(planner.made_at),
                "proof": "" if planner is None else planner.proof,
                "limited_by": "" if planner is None else planner.trouble,
                "next_at": None if planner is None else utc_text(planner.next_at),
                "next_events": [
                    {
                        "at": utc_text(event.at),
                        "asset": event.asset_id,
                        "target": event.target,
                        "sentence": event.sentence,
                    }
                    for event in events
                ],
            }
        )


def outlook_routes(outlook: Outlook, guard: Guard) -> APIRouter:
    """What comes."""
    routes = APIRouter(prefix="/api/v1", dependencies=[Depends(guard)])

    @routes.get(
        "/plan",
        summary="What is scheduled and expected ahead: targets, forecasts, stored energy, grid, and what happens next",
        response_class=Response,
        responses=answers(_PLAN, "What comes") | described_errors(401, 403, 422, 503),
    )
    async def plan(
        *,
        hours: Annotated[int, Query(ge=1, le=72, description="so far ahead")] = 24,
        step_s: Annotated[int, Query(ge=60, le=3600, description="s")] = 900,
    ) -> Response:
        document = await in_thread(lambda: outlook.document(hours=hours, step_s=step_s))
        return Response(document, media_type="application/json")

    return routes
