"""Beside the loop: the site's storage is planned anew on its period, and the plan is its schedule."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.forecast_repository import ForecastRepository
from energy_manager.application.ports.journal import Journal, Noticed
from energy_manager.application.ports.schedule_repository import ScheduleRepository
from energy_manager.application.ports.status_repository import StatusRepository
from energy_manager.domain.errors import EnergyManagerError, Fault, Refused
from energy_manager.domain.forecast import IssuedForecast
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import Schedule

FORECASTS = ("load", "production", "schedule")
"""What the storage is planned from, kW; the schedule is its own, positive = charging."""

RETRY = timedelta(seconds=10)
"""What failed may go well soon: a status comes in, a store is back."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A planning that was begun: when, with which versions of the forecasts, and whether it came to a schedule."""

    at: datetime
    versions: Mapping[str, int]
    went_well: bool


def is_due(last: Attempt | None, *, now: datetime, versions: Mapping[str, int], period: timedelta) -> bool:
    """Whether to plan now.

    At the start, when a forecast changed, in every period (counted since 1970) anew, and after a failure again soon.
    """
    if last is None or last.versions != versions:
        return True
    if (now - _EPOCH) // period != (last.at - _EPOCH) // period:
        return True
    return not last.went_well and abs(now - last.at) >= RETRY


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAnew:
    """The schedule that a plan became, and the plan in a few words."""

    schedule: Schedule
    sentence: str


@dataclass(slots=True, kw_only=True)
class RollingPlanner:
    """Looks whether it is time, plans elsewhere, and has the plan kept; a failure leaves the schedule as it is.

    ``plan`` turns a question into the storage's schedule, in another process.
    """

    storage: AssetId
    request: StorageRequest
    period: timedelta
    forecasts: ForecastRepository
    schedules: ScheduleRepository
    statuses: StatusRepository
    clock: Clock
    status_max_age_s: float
    now: Callable[[], datetime]
    plan: Callable[[StorageQuestion, datetime], Awaitable[PlannedAnew]]
    journal: Journal
    _last: Attempt | None = field(default=None, init=False)
    _trouble: object = field(default=None, init=False)

    async def look(self) -> None:
        """Plan if it is time to."""
        now = self.now()
        versions = self._last.versions if self._last is not None else {}
        try:
            heads = self.forecasts.forecasts(at=now)
            versions = {head.name: head.version for head in heads if head.name in FORECASTS}
            if not is_due(self._last, now=now, versions=versions, period=self.period):
                return
            planned = await self.plan(self._question(now), now)
            self.schedules.put(planned.schedule)
        except EnergyManagerError as error:
            self._last = Attempt(at=now, versions=versions, went_well=False)
            self._tell_of(error)
        else:
            self._last = Attempt(at=now, versions=versions, went_well=True)
            self._trouble = None
            self._notice(planned.sentence, is_good=True)

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

    def _tell_of(self, error: EnergyManagerError) -> None:
        """Say it once; it is another trouble when other fields are at fault, or it is of another kind."""
        fields = tuple(fault.field for fault in error.faults) if isinstance(error, Refused) else ()
        trouble = (type(error), fields)
        if trouble != self._trouble:
            self._trouble = trouble
            self._notice(f"there is no new plan, the schedule stays as it is: {error}", is_good=False)

    def _notice(self, sentence: str, *, is_good: bool) -> None:
        self.journal.record(Noticed(is_good=is_good, sentence=f"{self.storage}: {sentence}"))
