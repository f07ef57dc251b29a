"""What all planning routes have in common: body in, worker, answer out with the planner's time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar, TypeVarTuple

import anyio
from fastapi import Request, Response

from energy_manager.application.planner_result import Planned
from energy_manager.application.ports.workers import Workers
from energy_manager.entrypoints.api.bodies import read_body
from energy_manager.entrypoints.api.errors import ERROR_RESPONSES, described_errors, status_of
from energy_manager.entrypoints.api.limits.turns import Turns
from energy_manager.entrypoints.documents.activation import PlanWithSchedule, Wish
from energy_manager.entrypoints.documents.answers import Answer, activated_answer, answer

Options = TypeVar("Options")
Read = TypeVar("Read")
Particulars = TypeVarTuple("Particulars")

GRACE_S = 2.0
"""A planner minds its own time limit; a worker that is silent this long after it is killed."""

SMALL_BYTES = 64_000
"""A body up to this is read in some milliseconds, which the dispatch loop does not notice."""

READING_S = 10.0
"""The largest body that may come is read in less."""


def documented(
    *, body: dict[str, Any], example: object, reply: dict[str, Any], says: str, may_activate: bool = False
) -> dict[str, Any]:
    """What OpenAPI is told of a planning route, whose body is read and checked in a worker and not by the framework.

    ``body`` and ``reply`` are JSON schemas; ``example`` is a request that works when it is tried out. Where plans may
    be activated, the answer may name the schedule, and the guard may have something against it.
    """
    content = {"application/json": {"schema": body, "example": example}}
    good: dict[str, Any] = {"description": says, "content": {"application/json": {"schema": reply}}}
    if may_activate:
        good["headers"] = {
            "Location": {
                "description": "with activate=true: where the schedule is, durable and named by its id",
                "schema": {"type": "string"},
            }
        }
    answers = {200: good} | (described_errors(401, 403) if may_activate else {})
    return {
        "response_class": Response,
        "responses": answers | ERROR_RESPONSES,
        "openapi_extra": {"requestBody": {"required": True, "content": content}},
    }


def response_to(answered: Answer) -> Response:
    """The answer as HTTP says it."""
    status = 200 if answered.failure is None else status_of(answered.failure)
    headers = {"Server-Timing": f"plan;dur={answered.plan_ms:.3f}"}
    return Response(answered.document, status, headers, media_type="application/json")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningService:
    """Takes planning requests and has a worker answer them; ``answered`` is told of each answer, with its job.

    ``own_workers`` do what is guarded: no crowd of plans of strangers can hold that up.
    """

    workers: Workers
    own_workers: Workers
    turns: Turns
    max_body_mb: float
    answered: Callable[[str, Answer], None] = lambda _job, _answer: None
    job: str = ""

    def of(self, job: str) -> PlanningService:
        """The same desk for one job."""
        return replace(self, job=job)

    async def answer(
        self,
        request: Request,
        plan: Callable[[bytes, Options], Planned[bytes]],
        options: Options,
        *,
        time_limit_s: float,
    ) -> tuple[bytes, Response]:
        """The body that was sent, and the response to it; ``plan`` runs in a worker process."""
        await self.turns.admit(request)
        body = await read_body(request, limit_mb=self.max_body_mb)
        async with self.turns.turn(request, options) as options_now:
            answered = await self.workers.run(answer, plan, body, options_now, deadline_s=time_limit_s + GRACE_S)
        self.answered(self.job, answered)
        return body, response_to(answered)

    async def activated(
        self,
        request: Request,
        plan: Callable[[bytes, Options, Wish], Planned[PlanWithSchedule]],
        options: Options,
        wish: Wish,
        *,
        time_limit_s: float,
    ) -> tuple[bytes, Answer]:
        """The body that was sent, and the answer to it with the change that would make it a schedule."""
        body = await read_body(request, limit_mb=self.max_body_mb)
        deadline_s = time_limit_s + GRACE_S
        answered = await self.own_workers.run(activated_answer, plan, body, options, wish, deadline_s=deadline_s)
        self.answered(self.job, answered)
        return body, answered

    async def read(
        self, request: Request, read: Callable[[bytes, *Particulars], Planned[Read]], *particulars: *Particulars
    ) -> Read:
        """What ``read`` makes of the body: in a thread if it is small, else in a worker process.

        Raises:
            EnergyManagerError: whatever it has against it.
        """
        body = await read_body(request, limit_mb=self.max_body_mb)
        if len(body) <= SMALL_BYTES:
            return (await anyio.to_thread.run_sync(read, body, *particulars, abandon_on_cancel=True)).unwrap()
        return (await self.own_workers.run(read, body, *particulars, deadline_s=READING_S)).unwrap()
