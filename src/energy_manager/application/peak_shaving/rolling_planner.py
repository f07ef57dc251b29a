"""Beside the loop: the site's storage is planned anew on its period, and the plan is its schedule."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.devices.status_repository import StatusRepository
from energy_manager.application.ports.forecasts.forecast_repository import ForecastRepository
from energy_manager.application.rolling import PlannedAnew, RollingPlan
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.forecast import IssuedForecast
from energy_manager.domain.quantities import AssetId

FORECASTS = ("load", "production", "schedule")
"""What the storage is planned from, kW; the schedule is its own, positive = charging."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageRequest:
    """What does not change from plan to plan, as the fields of a planning request.

    ``storage`` lacks ``stored_kwh``, ``document`` lacks the storage, the start and the series.
    """

    document: Mapping[str, Any]
    storage: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageQuestion:
    """The planning request of a moment; another process writes it down, because a year of values takes a while."""

    request: StorageRequest
    start: datetime
    stored_kwh: float
    forecasts: Mapping[str, IssuedForecast]

    def text(self) -> bytes:
        """As a client would ask it."""
        document: dict[str, Any] = {
            **self.request.document,
            "start": self.start.isoformat(),
            "storage": {**self.request.storage, "stored_kwh": self.stored_kwh},
        }
        for name, forecast in self.forecasts.items():
            readings = [{"time": time.isoformat(), "value": value} for time, value in forecast.readings()]
            document |= {"schedule": {"charge_kw": readings}} if name == "schedule" else {f"{name}_kw": readings}
        return json.dumps(document).encode()


@dataclass(slots=True, kw_only=True)
class RollingPlanner(RollingPlan):
    """Plans the storage anew; ``plan`` turns a question into its schedule, in another process."""

    storage: AssetId
    request: StorageRequest
    forecasts: ForecastRepository
    statuses: StatusRepository
    clock: Clock
    status_max_age_s: float
    plan: Callable[[StorageQuestion, datetime], Awaitable[PlannedAnew]]

    @property
    def subject(self) -> str:
        return self.storage

    def versions(self, now: datetime) -> Mapping[str, int]:
        heads = self.forecasts.forecasts(at=now)
        return {head.name: head.version for head in heads if head.name in FORECASTS}

    async def make(self, now: datetime) -> PlannedAnew:
        return await self.plan(self._question(now), now)

    def _question(self, now: datetime) -> StorageQuestion:
        found = {name: self.forecasts.forecast(name, at=now) for name in FORECASTS}
        if found["load"] is None:
            raise Refused([Fault(field="load", message="there is no forecast of this name")])
        forecasts = {name: forecast for name, forecast in found.items() if forecast is not None}
        return StorageQuestion(request=self.request, start=now, stored_kwh=self._stored_kwh(), forecasts=forecasts)

    def _stored_kwh(self) -> float:
        status = self.statuses.latest_of(self.storage)
        is_known = status is not None and status.age_s(self.clock.now_s()) <= self.status_max_age_s
        if status is None or not is_known or status.stored_wh is None:
            raise Refused([Fault(field=self.storage, message="how much energy it holds is not known")])
        return status.stored_wh / 1000
