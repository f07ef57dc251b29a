"""``GET /api/v1/plan``: what is scheduled and expected ahead, on one axis, and what the plan is worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Query, Response

from energy_manager.adapters.texts.json_text import write_json
from energy_manager.application.dispatch.site_view import SiteView
from energy_manager.application.overrides import OverrideBook
from energy_manager.application.overrides.ahead import (
    Course,
    StorageLimits,
    StoredCourse,
    courses,
    grid_kw,
    instants,
    next_events,
    on_grid,
    stored_course,
)
from energy_manager.application.ports.forecasts.forecast_repository import ForecastRepository
from energy_manager.application.ports.schedules.schedule_repository import ScheduleRepository
from energy_manager.application.rolling import RollingPlan
from energy_manager.domain.forecast import IssuedForecast
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.series import utc_text
from energy_manager.entrypoints.api.http.answering import in_thread, json_text
from energy_manager.entrypoints.api.http.openapi import documented
from energy_manager.entrypoints.api.schemas import NUMBER, OBJECT, TEXT, TIME, WHOLE, an_object, listed, or_null
from energy_manager.entrypoints.api.security.guard import Guard

if TYPE_CHECKING:
    from energy_manager.application.forecasting.quality import Quality

SHOWN = ("load", "production", "price", "feed_in_price")

HORIZON_OF_EVENTS = timedelta(hours=24)
MOST_EVENTS = 10

_NUMBERS = {"type": ["array", "null"], "items": or_null(NUMBER)}
_PLAN = an_object(
    ["from", "step_s", "times", "assets", "forecasts", "stored_kwh", "grid_kw", "made_at", "next_at"],
    from_=TIME,
    step_s=WHOLE,
    times=listed(TEXT) | {"description": "where each step begins"},
    assets={
        "type": "object",
        "description": "by asset: targets in power steps (null: no stored schedule), whose word they are, and of a "
        "storage what it will hold and lose, kWh",
        "additionalProperties": OBJECT,
    },
    forecasts={
        "type": "object",
        "description": "by name: unit, issued_at, values; low and high: four of five lie between, null: not known",
        "additionalProperties": OBJECT,
    },
    stored_kwh=_NUMBERS | {"description": "of the grid connection's storage, if it follows"},
    loss_kwh=_NUMBERS | {"description": "what it loses in each step"},
    grid_kw=_NUMBERS | {"description": "import (+) to expect: load less production less what is scheduled"},
    import_limit_kw=or_null(NUMBER),
    export_limit_kw=or_null(NUMBER),
    made_at=or_null(TIME) | {"description": "of the last plan of the periodic planner; null: there is none"},
    proof=TEXT | {"description": "how good it is, in the planner's words"},
    limited_by=TEXT | {"description": "why there is no newer plan, or empty"},
    next_at=or_null(TIME),
    next_events=listed(OBJECT),
)


class OutlookStore(ScheduleRepository, ForecastRepository, Protocol):
    """Schedules and forecasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What the route looks ahead with; ``planner`` plans the site anew, where the site file asks for it.

    ``limits`` are of storages, by asset; ``quality_of`` knows the band around a forecast.
    """

    store: OutlookStore
    book: OverrideBook
    site: Callable[[], SiteView]
    planner: RollingPlan | None
    quality_of: Callable[[str, datetime], Quality | None]
    now: Callable[[], datetime]
    kw_per_step: float
    power_unit: str
    limits: Mapping[AssetId, StorageLimits]

    def document(self, *, hours: int, step_s: int) -> bytes:
        """From the begin of the step that holds now.

        Raises:
            StoreUnavailable: the store cannot be read now.
        """
        now = self.now()
        start = datetime.fromtimestamp(now.timestamp() // step_s * step_s, tz=now.tzinfo)
        times = instants(start, step_s, hours * 3600 // step_s)
        looked_at = (now, *times[1:])  # what has begun in the first step holds for it
        accepted, in_force = self.store.unfinished_at(now), self.book.going_on
        ahead = courses(looked_at, accepted, in_force)
        found = self._expected(now)
        expected = {name: on_grid(forecast, looked_at) for name, forecast in found.items()}
        view = self.site()
        left_s = step_s - (now - start).total_seconds()
        stored = self._stored(view, ahead, len(times), step_s, left_s)
        own = None if view.pcc is None else stored.get(view.pcc.storage)
        events = next_events(now, accepted, in_force, horizon=HORIZON_OF_EVENTS, most=MOST_EVENTS, unit=self.power_unit)
        return write_json(
            {
                "from": utc_text(start),
                "step_s": step_s,
                "power_unit": self.power_unit,
                "times": [utc_text(time) for time in times],
                "assets": {
                    asset_id: {
                        "targets": list(course.targets),
                        "decided_by": list(course.decided_by),
                        "stored_kwh": stored[asset_id].stored_kwh if asset_id in stored else None,
                        "loss_kwh": stored[asset_id].loss_kwh if asset_id in stored else None,
                    }
                    for asset_id, course in ahead.items()
                },
                "forecasts": {
                    name: self._forecast(forecast, expected[name] or (), times, now) for name, forecast in found.items()
                },
                "stored_kwh": None if own is None else own.stored_kwh,
                "loss_kwh": None if own is None else own.loss_kwh,
                "grid_kw": grid_kw(
                    expected.get("load"), expected.get("production"), ahead, kw_per_step=self.kw_per_step
                ),
                "import_limit_kw": None if view.pcc is None else view.pcc.import_limit_kw,
                "export_limit_kw": None if view.pcc is None else view.pcc.export_limit_kw,
                **_of_planner(self.planner),
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

    def _expected(self, now: datetime) -> dict[str, IssuedForecast]:
        """What the plan was made from, else the newest forecasts, by name."""
        planned = {} if self.planner is None else {forecast.name: forecast for forecast in self.planner.expected}
        found = ((name, planned.get(name) or self.store.forecast(name, at=now)) for name in SHOWN)
        return {name: forecast for name, forecast in found if forecast is not None}

    def _stored(
        self, view: SiteView, ahead: Mapping[AssetId, Course], count: int, step_s: int, first_s: float
    ) -> dict[str, StoredCourse]:
        rests: tuple[int | None, ...] = (None,) * count
        return {
            asset.id: stored_course(
                asset.stored_wh / 1000,
                ahead[asset.id].targets if asset.id in ahead else rests,
                kw_per_step=self.kw_per_step,
                step_s=step_s,
                first_s=first_s,
                limits=self.limits.get(asset.id, StorageLimits()),
            )
            for asset in view.assets
            if asset.stored_wh is not None
        }

    def _forecast(
        self, forecast: IssuedForecast, values: Sequence[float | None], times: Sequence[datetime], now: datetime
    ) -> dict[str, Any]:
        quality = self.quality_of(forecast.name, now)
        band = None if quality is None or not quality.low_kw else quality
        return {
            "unit": str(forecast.unit),
            "issued_at": utc_text(forecast.issued_at),
            "values": [None if value is None else round(value, 6) for value in values],
            "low": None if band is None else [_at(band, band.low_kw, time) for time in times],
            "high": None if band is None else [_at(band, band.high_kw, time) for time in times],
        }


def _at(band: Quality, bounds: Sequence[float], time: datetime) -> float | None:
    """The bound that holds at the instant; None before and after what the band covers."""
    place = (time - band.start) // timedelta(seconds=band.step_s)
    return round(bounds[place], 4) if 0 <= place < len(bounds) else None


def _of_planner(planner: RollingPlan | None) -> dict[str, Any]:
    if planner is None:
        return {"made_at": None, "proof": "", "limited_by": "", "next_at": None}
    return {
        "made_at": None if planner.made_at is None else utc_text(planner.made_at),
        "proof": planner.proof,
        "limited_by": planner.trouble,
        "next_at": utc_text(planner.next_at),
    }


def outlook_routes(outlook: Outlook, guard: Guard) -> APIRouter:
    """What comes."""
    routes = APIRouter(prefix="/api/v1", dependencies=[Depends(guard)])

    @routes.get(
        "/plan",
        summary="What is scheduled and expected ahead: targets, forecasts, stored energy, grid, and what happens next",
        **documented(_PLAN, "What comes", 401, 403, 422, 503),
    )
    async def plan(
        *,
        hours: Annotated[int, Query(ge=1, le=72, description="so far ahead")] = 24,
        step_s: Annotated[int, Query(ge=60, le=3600, description="s")] = 900,
    ) -> Response:
        return json_text(await in_thread(lambda: outlook.document(hours=hours, step_s=step_s)))

    return routes
