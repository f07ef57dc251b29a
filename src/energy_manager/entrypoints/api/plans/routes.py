"""The routes of all planners: ``POST /api/v1/<job>/plans`` and the drop-in ones, as ``JOBS`` defines them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response

from energy_manager.application.ports.schedules.durability import AppendLog, ChangeStore
from energy_manager.domain.access import Permission
from energy_manager.domain.schedule import LONGEST_ID, Schedule
from energy_manager.domain.site import PlanningSite
from energy_manager.entrypoints.api.app import PLAN
from energy_manager.entrypoints.api.commanding.commands import Commands
from energy_manager.entrypoints.api.commanding.overrides import OverrideDesk
from energy_manager.entrypoints.api.http.answering import in_thread
from energy_manager.entrypoints.api.http.errors import described_errors
from energy_manager.entrypoints.api.http.previews import previewed, refuse_outdated
from energy_manager.entrypoints.api.plans.broadcast import Broadcast
from energy_manager.entrypoints.api.plans.planning import PlanningService, response_to
from energy_manager.entrypoints.api.schemas import TEXT
from energy_manager.entrypoints.api.security.guard import Guard
from energy_manager.entrypoints.documents.logbook import in_brief
from energy_manager.entrypoints.jobs import planning_jobs
from energy_manager.entrypoints.jobs.definition.activation import ActivationOptions, refuse_without_effect, schedule_of
from energy_manager.entrypoints.jobs.definition.planning_job import AnyForm, AnyJob
from energy_manager.entrypoints.jobs.exact.request_model import json_schema
from energy_manager.entrypoints.settings import Settings

_ACTIVATE = Annotated[
    bool, Query(description="store the plan as a schedule, which the site follows; needs its token where one is set")
]
_PREVIEW = Annotated[
    bool,
    Query(description="with activate: only say what that would do, and the version to confirm it with (If-Match)"),
]
_ACTIVATION: Mapping[str, Any] = {
    "schedule_id": Annotated[
        str | None,
        Query(
            alias="id",
            min_length=1,
            max_length=LONGEST_ID,
            description="with activate: the schedule's name; a schedule of this name is replaced",
        ),
    ],
    "start": Annotated[
        datetime | None, Query(alias="from", description="with activate: when it begins, with its zone; otherwise now")
    ],
    "minutes": Annotated[
        float | None, Query(alias="for_min", description="with activate: how long it holds; otherwise 60 min")
    ],
    "asset": Annotated[
        str | None,
        Query(
            min_length=1,
            description="with activate: the storage's asset, where the request gives it no id; otherwise that of [pcc]",
        ),
    ],
}
"""What may be said of an activation; see ``ActivationOptions``."""

_NAMES = {"schedule_id": "id", "start": "from", "minutes": "for_min", "asset": "asset"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRoutes:
    """Makes the routes: plans are made by the service and, where that is asked for, become schedules of this site."""

    service: PlanningService
    settings: Settings
    changes: ChangeStore
    guard: Guard
    commands: Commands
    overrides: OverrideDesk
    site: PlanningSite
    now: Callable[[], datetime]
    feed: Broadcast

    def all(self) -> list[APIRouter]:
        """A router for each job."""
        return [self._of(job) for job in planning_jobs()]

    def _of(self, job: AnyJob) -> APIRouter:
        routes = APIRouter(tags=[PLAN])
        for form in job.forms:
            endpoint = self._endpoint(job, form)
            said = _documented(job, form)
            routes.post(form.path, summary=form.summary, name=f"plan_{job.name}", **said)(endpoint)
            if form is not job.own_form:  # clients of others' interfaces write a slash at the end, too
                routes.post(f"{form.path}/", include_in_schema=False)(endpoint)
        return routes

    def _endpoint(self, job: AnyJob, form: AnyForm) -> Callable[..., Any]:
        async def plan(request: Request, **said: Any) -> Response:  # noqa: ANN401 - the job's arguments
            is_activated, is_preview = said.pop("activate", False), said.pop("preview", False)
            of_activation: dict[str, Any] = {name: said.pop(name) for name in job.activation if name in said}
            arguments = job.arguments(**said)
            activation = await self._activation(request, of_activation) if is_activated else None
            if not is_activated:
                refuse_without_effect(
                    {_NAMES[name]: value for name, value in of_activation.items()}, needed="activate=true"
                )
            options = job.within_deadline(job.options_of(self.settings, arguments))
            body, answered = await self.service.plan(request, job, options, path=form.path, activation=activation)
            response = response_to(answered)
            if answered.change is not None:
                schedule = schedule_of(answered.change)
                if_match = request.headers.get("if-match")
                if is_preview or if_match is not None:
                    effect = await in_thread(lambda: self.overrides.effect_of_schedule(schedule.id, schedule))
                    if is_preview:
                        return previewed(effect)
                    refuse_outdated(if_match, effect.version, is_wanted=False)
                line = await self.commands.line(request, "plan activated", schedule.id, after=in_brief(schedule))
                await in_thread(self.changes.commit, [answered.change, AppendLog(entry=line)])
                response.headers["Location"] = _address(schedule)
            # What the site does is for the guarded feed.
            if form.is_fed and answered.failure is None and not is_activated:
                self._tell_followers(body, answered.document)
            return response

        plan.__signature__ = _signature(job, form)  # type: ignore[attr-defined]  # what FastAPI reads
        return plan

    def _tell_followers(self, request: bytes, answer: bytes) -> None:
        if len(self.feed) > 0 and len(request) + len(answer) < self.feed.longest:
            self.feed.publish(f'{{"request":{request.decode()},"response":{answer.decode()}}}')

    async def _activation(self, request: Request, said: Mapping[str, Any]) -> ActivationOptions:
        """How the plan is to be activated.

        Raises:
            Unauthorized: an activation needs the site's token.
            Forbidden: nobody may activate plans here.
        """
        await self.guard.let_pass(request, Permission.SCHEDULE)
        return ActivationOptions(site=self.site, now=self.now(), **said)


def _signature(job: AnyJob, form: AnyForm) -> inspect.Signature:
    """The route's parameters: the request, the job's arguments, and those of an activation."""
    arguments: list[tuple[str, Any, Any]] = [
        (name, Annotated[field.annotation, Query(description=field.description)], None)
        for name, field in job.arguments.model_fields.items()
    ]
    if form.may_activate:
        arguments.append(("activate", _ACTIVATE, False))
        arguments.append(("preview", _PREVIEW, False))
        arguments += [(name, _ACTIVATION[name], None) for name in job.activation]
    parameters = [inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request)]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, annotation, default in arguments
    ]
    return inspect.Signature(parameters, return_annotation=Response)


def _documented(job: AnyJob, form: AnyForm) -> dict[str, Any]:
    """What OpenAPI is told: the body is read and checked in a worker and not by the framework."""
    request = {"schema": form.request.schema, "example": form.example()}
    answer = {"schema": json_schema(form.answer, mode="serialization")}
    good: dict[str, Any] = {"description": form.answer_is, "content": {"application/json": answer}}
    answers: dict[int | str, Any] = {200: good, **described_errors(400, 413, 415, 422, 503)}
    if job.no_plan is not None:
        refused = answers[422]
        answers[422] = refused | {"description": f"Refused, with every fault by field; or {job.no_plan}"}
    if form.may_activate:
        good["headers"] = {
            "Location": {
                "description": "with activate=true: where the schedule is, durable and named by its id",
                "schema": TEXT,
            }
        }
        answers |= described_errors(401, 403, 412)
    return {
        "description": job.activation_is if form.may_activate else "",
        "response_class": Response,
        "responses": answers,
        "openapi_extra": {"requestBody": {"required": True, "content": {"application/json": request}}},
    }


def _address(schedule: Schedule) -> str:
    return f"/api/v1/schedules/{quote(schedule.id, safe=':,')}"
