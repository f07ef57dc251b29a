"""What all planning routes have in common: body in, worker, answer out with the planner's time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, TypeVarTuple

from fastapi import Request, Response

from energy_manager.application.planner_result import PlannerResult
from energy_manager.application.ports.planning.workers import Workers
from energy_manager.entrypoints.api.http.answering import in_thread
from energy_manager.entrypoints.api.http.bodies import read_body
from energy_manager.entrypoints.api.http.errors import status_of
from energy_manager.entrypoints.api.security.limits.turns import Turns
from energy_manager.entrypoints.jobs.definition.activation import ActivationOptions
from energy_manager.entrypoints.jobs.definition.answering import Answer, answer
from energy_manager.entrypoints.jobs.definition.planning_job import AnyJob, PlannerOptions

Read = TypeVar("Read")
Particulars = TypeVarTuple("Particulars")

GRACE_S = 2.0
"""A planner minds its own time limit; a worker that is silent this long after it is killed."""

SMALL_BYTES = 64_000
"""A body up to this is read in some milliseconds, which the dispatch loop does not notice."""

READING_S = 10.0
"""The largest body that may come is read in less."""


def response_to(answered: Answer) -> Response:
    """The answer as HTTP says it."""
    status = 200 if answered.failure is None else status_of(answered.failure)
    headers = {"Server-Timing": f"plan;dur={answered.plan_ms:.3f}"}
    return Response(answered.document, status, headers, media_type="application/json")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningService:
    """Takes requests and has workers answer them; ``answered`` is told of each plan's answer, with its job.

    ``own_workers`` do what is guarded: no crowd of plans of strangers can hold that up.
    """

    workers: Workers
    own_workers: Workers
    turns: Turns
    max_body_mb: float
    answered: Callable[[str, Answer], None] = lambda _job, _answer: None

    async def plan(
        self,
        request: Request,
        job: AnyJob,
        options: PlannerOptions,
        *,
        path: str,
        activation: ActivationOptions | None = None,
    ) -> tuple[bytes, Answer]:
        """The body that was sent, and the answer to it, in the form of a path of the job.

        Raises:
            Unauthorized, Forbidden: planning needs the token.
            TooMuchAtOnce: too many plans of this client are waiting.
        """
        deadline_s = options.time_limit_s + GRACE_S
        if activation is not None:
            body = await read_body(request, limit_mb=self.max_body_mb)
            answered = await self.own_workers.run(answer, job, path, body, options, activation, deadline_s=deadline_s)
        else:
            await self.turns.admit(request)
            body = await read_body(request, limit_mb=self.max_body_mb)
            async with self.turns.turn(request, options) as options_now:
                answered = await self.workers.run(answer, job, path, body, options_now, None, deadline_s=deadline_s)
        self.answered(job.name, answered)
        return body, answered

    async def read(
        self, request: Request, read: Callable[[bytes, *Particulars], PlannerResult[Read]], *particulars: *Particulars
    ) -> Read:
        """What ``read`` makes of the body: in a thread if it is small, else in a worker process.

        Raises:
            EnergyManagerError: whatever it has against it.
        """
        body = await read_body(request, limit_mb=self.max_body_mb)
        if len(body) <= SMALL_BYTES:
            return (await in_thread(read, body, *particulars)).unwrap()
        return (await self.own_workers.run(read, body, *particulars, deadline_s=READING_S)).unwrap()
