"""What all planning routes have in common: body in, worker, answer out with the planner's time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from fastapi import Request, Response

from energy_manager.application.planned import Planned
from energy_manager.application.ports.workers import Workers
from energy_manager.entrypoints.api.bodies import read_body
from energy_manager.entrypoints.api.errors import status_of
from energy_manager.entrypoints.documents.answers import answer

Options = TypeVar("Options")

GRACE_S = 2.0
"""A planner minds its own time limit; a worker that is silent this long after it is killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningDesk(Generic[Options]):
    """Takes planning requests and has a worker answer them.

    ``plan`` runs in a worker process: from the body's octets and the options to the answer's.
    """

    workers: Workers
    plan: Callable[[bytes, Options], Planned[bytes]]
    max_body_mb: float

    async def answer(self, request: Request, options: Options, *, time_limit_s: float) -> tuple[bytes, Response]:
        """The body that was sent, and the response to it."""
        body = await read_body(request, limit_mb=self.max_body_mb)
        answered = await self.workers.run(answer, self.plan, body, options, deadline_s=time_limit_s + GRACE_S)
        status = 200 if answered.failure is None else status_of(answered.failure)
        headers = {"Server-Timing": f"plan;dur={answered.plan_ms:.3f}"}
        return body, Response(answered.document, status, headers, media_type="application/json")
