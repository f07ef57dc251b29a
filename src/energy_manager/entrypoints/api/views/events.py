"""``/api/v1/events``: active alarms, and the log of alarms, commands, plans and starts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from energy_manager.adapters.texts.json_text import read_json, write_json
from energy_manager.application.alarms import ActiveAlarm, AlarmBoard
from energy_manager.application.ports.records.logbook import Logbook, LogFilter, LogKind
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.domain.access import Permission
from energy_manager.domain.errors import Refused
from energy_manager.domain.series import utc_text
from energy_manager.entrypoints.api.commanding.commands import Commands
from energy_manager.entrypoints.api.http.answering import in_thread, json_answer, json_text
from energy_manager.entrypoints.api.http.bodies import read_body
from energy_manager.entrypoints.api.http.errors import NotFound
from energy_manager.entrypoints.api.http.openapi import asks, documented
from energy_manager.entrypoints.api.schemas import TEXT, TIME, TRUTH, WHOLE, Schema, an_object, listed, or_null
from energy_manager.entrypoints.api.security.access import LINE, Before, Limit, moment_of
from energy_manager.entrypoints.command_line.time_arguments import read_end
from energy_manager.entrypoints.documents.alarms import alarm_document
from energy_manager.entrypoints.documents.logbook import log_document

MAX_BODY_MB = 0.01

_ALARM = an_object(
    ["id", "subject", "priority", "what", "consequence", "done", "since", "acknowledged_at", "shelved"],
    id=TEXT,
    subject=TEXT | {"description": "an asset, or site, store, clock, schedules, planning"},
    priority={"enum": ["high", "medium", "low"]},
    what=TEXT,
    consequence=TEXT,
    done=TEXT | {"description": "what was done about it"},
    since=TIME,
    acknowledged_at=or_null(TEXT),
    acknowledged_by=TEXT,
    shelved=TRUTH | {"description": "put aside for a while; it is still active"},
    shelved_until=or_null(TEXT),
    shelved_by=TEXT,
)
_EVENTS = an_object(
    ["active", "log", "next"],
    active=listed(_ALARM) | {"description": "the most urgent first, then the newest"},
    log=listed(LINE) | {"description": "newest first"},
    next=or_null(WHOLE) | {"description": "what `before` is for the next page; null: there is none"},
    log_fault=TEXT | {"description": "why the log cannot be read now, or empty"},
)
_SHELVE: Schema = {
    "type": "object",
    "required": ["until"],
    "additionalProperties": False,
    "properties": {
        "until": TEXT | {"description": "a time with its zone, or in how long, like 2h; at most 24 h"},
        "reason": TEXT,
    },
}

AlarmId = Annotated[str, Path(max_length=300, description="from the list of active alarms")]


def events_routes(board: AlarmBoard, book: Logbook, commands: Commands, *, now: Callable[[], datetime]) -> APIRouter:
    """What needs somebody, and what happened."""
    routes = APIRouter(prefix="/api/v1/events")
    _add_list(routes, board, book, commands, now)
    _add_answers(routes, board, commands, now)
    return routes


def _add_list(
    routes: APIRouter, board: AlarmBoard, book: Logbook, commands: Commands, now: Callable[[], datetime]
) -> None:
    @routes.get(
        "",
        summary="Active alarms with their consequence, and the log, newest first, a page at a time",
        **documented(_EVENTS, "Alarms and log", 401, 403, 422),
        dependencies=[Depends(commands.guard)],
    )
    async def events(
        *,
        limit: Limit = 100,
        before: Before = None,
        kind: Annotated[list[LogKind] | None, Query(description="only these; may be repeated")] = None,
        subject: Annotated[str | None, Query(max_length=200, description="only about this")] = None,
        who: Annotated[str | None, Query(max_length=200, description="only this one's")] = None,
        since: Annotated[str | None, Query(alias="from", max_length=60, description="with its zone")] = None,
        until: Annotated[str | None, Query(alias="to", max_length=60, description="with its zone")] = None,
    ) -> Response:
        only = LogFilter(
            kinds=None if kind is None else frozenset(kind),
            subject=subject,
            who=who,
            since=moment_of(since, "from", now),
            until=moment_of(until, "to", now),
        )
        return json_text(await in_thread(lambda: _events(board, book, only, limit=limit, before=before, now=now())))


def _events(
    board: AlarmBoard, book: Logbook, only: LogFilter, *, limit: int, before: int | None, now: datetime
) -> bytes:
    """Alarms are told though the store that has the log is away."""
    try:
        found, fault = book.log_page(before=before, limit=limit + 1, only=only), ""
    except StoreUnavailable as error:
        found, fault = (), str(error)
    return write_json(
        {
            "active": [alarm_document(alarm, now) for alarm in board.active],
            "log": [log_document(record) for record in found[:limit]],
            "next": found[limit - 1].number if len(found) > limit else None,
            "log_fault": fault,
        }
    )


def _add_answers(routes: APIRouter, board: AlarmBoard, commands: Commands, now: Callable[[], datetime]) -> None:
    @routes.post(
        "/{alarm_id:path}/acknowledge",
        summary="A person has seen it; it stays on the board as long as it is active",
        **documented(_ALARM, "The alarm", 401, 403, 404, 422),
        dependencies=[Depends(commands.guard.needs(Permission.ACKNOWLEDGE))],
    )
    async def acknowledge(alarm_id: AlarmId, request: Request) -> Response:
        line = await commands.line(request, "alarm acknowledged", alarm_id)
        return _answer(await in_thread(lambda: board.acknowledge(alarm_id, line)), alarm_id, now())

    @routes.post(
        "/{alarm_id:path}/shelve",
        summary="Put it aside until a time; it stays active and comes back by itself",
        **documented(_ALARM, "The alarm", 400, 401, 403, 404, 413, 415, 422),
        openapi_extra=asks(_SHELVE, {"until": "2h", "reason": "known"}),
        dependencies=[Depends(commands.guard.needs(Permission.SHELVE))],
    )
    async def shelve(alarm_id: AlarmId, request: Request) -> Response:
        document = read_json(await read_body(request, limit_mb=MAX_BODY_MB))
        until, reason = _shelf(document, now())
        line = await commands.line(request, "alarm shelved", alarm_id, after={"until": utc_text(until)}, reason=reason)
        return _answer(await in_thread(lambda: board.shelve(alarm_id, until, line)), alarm_id, now())


def _shelf(document: object, now: datetime) -> tuple[datetime, str]:
    if not isinstance(document, dict) or document.keys() - {"until", "reason"}:
        raise Refused.at("body", "it is not an object with until and reason alone")
    until, reason = document.get("until"), document.get("reason", "")
    if not isinstance(until, str) or not isinstance(reason, str):
        raise Refused.at("until", "is missing: a time with its zone, or in how long, like 2h")
    return read_end(until, field="until", now=now, without_zone="refused"), reason[:200]


def _answer(alarm: ActiveAlarm | None, alarm_id: str, now: datetime) -> Response:
    if alarm is None:
        raise NotFound(f"there is no active alarm {alarm_id!r}")
    return json_answer(alarm_document(alarm, now))
