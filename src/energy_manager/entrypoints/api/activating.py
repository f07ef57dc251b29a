"""``?activate=true``: a plan becomes a schedule that the loop follows, durable before it is acknowledged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Annotated, TypeVar
from urllib.parse import quote

import anyio
from fastapi import Query, Request, Response

from energy_manager.application.planner_result import Planned
from energy_manager.application.ports.durability import ChangeStore
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import LONGEST_ID, Schedule
from energy_manager.domain.site import PlanningSite
from energy_manager.entrypoints.api.guard import Guard
from energy_manager.entrypoints.api.planning import PlanningService, response_to
from energy_manager.entrypoints.documents.activation import PlanWithSchedule, Wish, schedule_of

Options = TypeVar("Options")

Activate = Annotated[
    bool, Query(description="store the plan as a schedule, which the site follows; needs its token where one is set")
]
ScheduleName = Annotated[
    str | None,
    Query(
        alias="id",
        min_length=1,
        max_length=LONGEST_ID,
        description="with activate: the schedule's name; a schedule of this name is replaced",
    ),
]
From = Annotated[
    datetime | None, Query(alias="from", description="with activate: when it begins, with its zone; otherwise now")
]
ForMinutes = Annotated[float | None, Query(description="with activate: how long it holds; otherwise 60 min")]
AssetName = Annotated[
    str | None,
    Query(
        min_length=1,
        description="with activate: the storage's asset, where the request gives it no id; otherwise that of [pcc]",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request says of its activation beside the plan; ``Wish`` has the same, for the planner."""

    activate: bool
    schedule_id: str | None = None
    start: datetime | None = None
    minutes: float | None = None
    asset: AssetId | None = None

    def refuse_without_effect(self) -> None:
        """What only an activation has is a mistake where none is asked for.

        Raises:
            Refused: something was said of it, but not ``activate=true``.
        """
        said = {"id": self.schedule_id, "from": self.start, "for_min": self.minutes, "asset": self.asset}
        faults = [
            Fault(field=name, message="has a meaning only with activate=true")
            for name, value in said.items()
            if value is not None and not self.activate
        ]
        if faults:
            raise Refused(faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationDesk:
    """Has plans made and, where that is asked for, stored as schedules of this site."""

    desk: PlanningService
    ledger: ChangeStore
    guard: Guard
    site: PlanningSite
    now: Callable[[], datetime]

    def of(self, job: str) -> ActivationDesk:
        """The same desk for one job."""
        return replace(self, desk=self.desk.of(job))

    async def answer(
        self,
        request: Request,
        plan: Callable[[bytes, Options], Planned[bytes]],
        activate: Callable[[bytes, Options, Wish], Planned[PlanWithSchedule]],
        options: Options,
        *,
        asked: Asked,
        time_limit_s: float,
    ) -> tuple[bytes, Response]:
        """The body that was sent, and the response to it; the plan is durable as a schedule if that was asked for.

        Raises:
            Unauthorized: an activation needs the site's token.
            Forbidden: nobody may activate plans here.
            Refused: something was asked that has no effect.
            StoreUnavailable: the schedule could not be made durable.
        """
        asked.refuse_without_effect()
        if not asked.activate:
            return await self.desk.answer(request, plan, options, time_limit_s=time_limit_s)
        await self.guard(request)
        wish = Wish(
            site=self.site,
            now=self.now(),
            schedule_id=asked.schedule_id,
            start=asked.start,
            minutes=asked.minutes,
            asset=asked.asset,
        )
        body, answered = await self.desk.activated(request, activate, options, wish, time_limit_s=time_limit_s)
        response = response_to(answered)
        if answered.change is not None:
            commit = partial(self.ledger.commit, [answered.change])
            await anyio.to_thread.run_sync(commit, abandon_on_cancel=True)
            response.headers["Location"] = _address(schedule_of(answered.change))
        return body, response


def _address(schedule: Schedule) -> str:
    return f"/api/v1/schedules/{quote(schedule.id, safe=':,')}"
