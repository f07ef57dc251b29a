"""``/api/v1/schedules``: the stored schedules that the loop follows over the site's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from energy_manager.adapters.texts.json_text import write_json
from energy_manager.application.ports.schedules.durability import (
    AppendLog,
    DeleteSchedule,
    PutSchedule,
    StoreUnavailable,
)
from energy_manager.application.ports.schedules.schedule_repository import ScheduleRepository
from energy_manager.domain.access import Permission
from energy_manager.domain.schedule import LONGEST_ID, AcceptedSchedule, Schedule
from energy_manager.entrypoints.api.commanding.commands import Commands
from energy_manager.entrypoints.api.commanding.overrides import OverrideDesk
from energy_manager.entrypoints.api.http.answering import in_thread, json_answer, json_text
from energy_manager.entrypoints.api.http.errors import NotFound
from energy_manager.entrypoints.api.http.openapi import CHANGES, asks, documented
from energy_manager.entrypoints.api.http.previews import PREVIEW, IfMatch, PreviewOnly, previewed, refuse_outdated
from energy_manager.entrypoints.api.plans.planning import PlanningService
from energy_manager.entrypoints.api.schemas import TEXT, TIME, WHOLE, ZONED_TIME, an_object, listed, or_null
from energy_manager.entrypoints.documents.logbook import in_brief, kept_in_brief
from energy_manager.entrypoints.documents.schedules.answer import full_document, summary
from energy_manager.entrypoints.documents.schedules.request import SCHEDULE, read_schedule_document

_FIELDS = SCHEDULE.schema["properties"]
_SUMMARY = an_object(
    id=TEXT,
    source=_FIELDS["source"],
    accepted_at=ZONED_TIME,
    number=WHOLE | {"description": "grows with each acceptance: the newer of two is the greater"},
    start=or_null(TIME),
    end=or_null(TIME),
    assets=listed(TEXT),
)
_FULL = _SUMMARY | {"properties": _SUMMARY["properties"] | {"blocks": _FIELDS["blocks"]}}
EXAMPLE = {
    "source": "manual",
    "blocks": [
        {"start": "2026-03-02T12:00:00Z", "end": "2026-03-02T13:00:00Z", "targets": {"asset_1": 120, "asset_2": 80}}
    ],
}

MAX_BODY_MB = 4.0
"""A year of quarter hours for a dozen assets."""

PageLength = Annotated[int, Query(ge=1, le=1_000, description="so many at most")]
AfterNumber = Annotated[int, Query(ge=0, lt=2**63, description="only those of a greater number")]
ScheduleId = Annotated[str, Path(max_length=LONGEST_ID, description="a name that people choose")]


Reason = Annotated[str, Query(max_length=200, description="why, for the logbook")]


def schedules_routes(
    schedules: ScheduleRepository, desk: PlanningService, commands: Commands, overrides: OverrideDesk
) -> APIRouter:
    """Put, get, list and delete schedules; a change is durable before it is acknowledged."""
    routes = APIRouter(prefix="/api/v1/schedules", dependencies=[Depends(commands.guard)])
    desk = replace(desk, max_body_mb=min(desk.max_body_mb, MAX_BODY_MB))
    _add_reading(routes, schedules)
    _add_put(routes, schedules, desk, commands, overrides)
    _add_delete(routes, schedules, commands, overrides)
    return routes


def _add_reading(routes: APIRouter, schedules: ScheduleRepository) -> None:
    @routes.get(
        "",
        summary="The stored schedules, oldest acceptance first, a page at a time",
        description="Where there are more, the header `Link` names the next page (rel=next).",
        **documented(listed(_SUMMARY), "Each in a few words", 401, 403, 422, 503),
    )
    async def list_schedules(limit: PageLength = 100, after: AfterNumber = 0) -> Response:
        def page() -> tuple[bytes, int | None]:
            found = schedules.page(after=after, limit=limit + 1)
            following = found[limit - 1].number if len(found) > limit else None
            return write_json([summary(entry) for entry in found[:limit]]), following

        document, following = await in_thread(page)
        headers = {}
        if following is not None:
            headers["Link"] = f'</api/v1/schedules?limit={limit}&after={following}>; rel="next"'
        return json_text(document, headers)

    @routes.get(
        "/{schedule_id}",
        summary="One stored schedule with its blocks",
        **documented(_FULL, "The schedule", 401, 403, 404, 422, 503),
    )
    async def get_schedule(schedule_id: ScheduleId) -> Response:
        accepted = await _known(schedules, schedule_id)
        return json_text(await in_thread(lambda: write_json(full_document(accepted))))


def _add_put(
    routes: APIRouter, schedules: ScheduleRepository, desk: PlanningService, commands: Commands, overrides: OverrideDesk
) -> None:
    may_change = [Depends(commands.guard.needs(Permission.SCHEDULE))]

    @routes.put(
        "/{schedule_id}",
        summary="Put a schedule, in place of any of the same id; followed from the second tick on at the latest",
        **documented(
            {"oneOf": [_SUMMARY, PREVIEW]},
            "Accepted, and durable; or with preview=true what it would do",
            412,
            *CHANGES,
        ),
        openapi_extra=asks(SCHEDULE.schema, EXAMPLE),
        dependencies=may_change,
    )
    async def put_schedule(
        schedule_id: ScheduleId,
        request: Request,
        *,
        reason: Reason = "",
        preview: PreviewOnly = False,
        if_match: IfMatch = None,
    ) -> Response:
        schedule = await desk.read(request, read_schedule_document, schedule_id, overrides.site)
        if (
            looked := await _looked_at(overrides, schedule_id, schedule, preview=preview, if_match=if_match)
        ) is not None:
            return looked
        actor = await commands.actor(request)

        def put() -> AcceptedSchedule:
            before, after = kept_in_brief(schedules.get(schedule_id)), in_brief(schedule)
            line = commands.logbook.command(
                actor, "schedule put", schedule_id, before=before, after=after, reason=reason
            )
            accepted, _ = schedules.commit([PutSchedule(schedule=schedule), AppendLog(entry=line)])
            assert isinstance(accepted, AcceptedSchedule)
            return accepted

        accepted = await in_thread(put)
        return json_answer(summary(accepted))


def _add_delete(routes: APIRouter, schedules: ScheduleRepository, commands: Commands, overrides: OverrideDesk) -> None:
    may_change = [Depends(commands.guard.needs(Permission.SCHEDULE))]

    @routes.delete(
        "/{schedule_id}",
        status_code=204,
        summary="Forget a schedule; its assets get what the other schedules say",
        **documented(PREVIEW, "With preview=true: what it would do", 401, 403, 404, 412, 422, 503),
        dependencies=may_change,
    )
    async def delete_schedule(
        schedule_id: ScheduleId,
        request: Request,
        *,
        reason: Reason = "",
        preview: PreviewOnly = False,
        if_match: IfMatch = None,
    ) -> Response:
        if preview or if_match is not None:
            await _known(schedules, schedule_id)
        looked = await _looked_at(overrides, schedule_id, None, preview=preview, if_match=if_match)
        if looked is not None:
            return looked
        actor = await commands.actor(request)

        def delete() -> bool:
            before = kept_in_brief(schedules.get(schedule_id))
            if before is None:
                return False
            line = commands.logbook.command(actor, "schedule deleted", schedule_id, before=before, reason=reason)
            was_there, _ = schedules.commit([DeleteSchedule(id=schedule_id), AppendLog(entry=line)])
            return was_there is True

        try:
            was_there = await in_thread(delete)
        except StoreUnavailable as error:
            without = f"{error.reason}; POST /api/v1/hold stops assets without the store"
            raise StoreUnavailable(without, is_undone=error.is_undone) from None
        if not was_there:
            raise _unknown(schedule_id)
        return Response(status_code=204)


async def _looked_at(
    overrides: OverrideDesk, schedule_id: str, schedule: Schedule | None, *, preview: bool, if_match: str | None
) -> Response | None:
    """The preview, where only that is wanted; else it is made sure that what is confirmed is what was looked at.

    Raises:
        PreviewOutdated: it is not.
    """
    if not preview and if_match is None:
        return None
    effect = await in_thread(lambda: overrides.effect_of_schedule(schedule_id, schedule))
    if preview:
        return previewed(effect)
    refuse_outdated(if_match, effect.version, is_wanted=False)
    return None


async def _known(schedules: ScheduleRepository, schedule_id: str) -> AcceptedSchedule:
    found = await in_thread(schedules.get, schedule_id)
    if found is None:
        raise _unknown(schedule_id)
    return found


def _unknown(schedule_id: str) -> NotFound:
    return NotFound(f"there is no schedule {schedule_id!r}")
