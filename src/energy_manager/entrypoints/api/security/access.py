"""``/api/v1/me``, ``…/audit`` and ``…/tokens``: who somebody is, who did what, and who may come in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from energy_manager.adapters.texts.json_text import write_json
from energy_manager.application.access import tokens_of
from energy_manager.application.ports.records.logbook import Logbook, LogFilter, LogKind
from energy_manager.application.ports.schedules.schedule_repository import DocumentRepository
from energy_manager.domain.access import IN_WORDS, Permission, Role
from energy_manager.entrypoints.api.http.answering import in_thread, json_text
from energy_manager.entrypoints.api.http.errors import described_errors
from energy_manager.entrypoints.api.http.openapi import answers, documented
from energy_manager.entrypoints.api.schemas import TEXT, TIME, TRUTH, WHOLE, an_object, listed, or_null
from energy_manager.entrypoints.api.security.guard import Guard
from energy_manager.entrypoints.command_line.time_arguments import read_moment
from energy_manager.entrypoints.documents.logbook import log_document

_ME = an_object(
    name=TEXT,
    role={"enum": [str(role) for role in Role]},
    household=or_null(TEXT) | {"description": "the one home of a resident"},
    may={
        "type": "object",
        "description": "by what can be done: whether this token may, and in a sentence why not",
        "properties": {
            str(permission): an_object(["allowed", "why"], allowed=TRUTH, why=TEXT, what=TEXT)
            for permission in Permission
        },
    },
)
LINE = an_object(
    ["number", "at", "kind", "who", "role", "from", "action", "subject", "before", "after", "outcome"],
    number=WHOLE | {"description": "grows with each line"},
    at=TIME,
    kind={"enum": [str(kind) for kind in LogKind]},
    who=TEXT | {"description": "the token's name, or the user of the command line"},
    role=TEXT,
    from_=TEXT | {"description": "the address it came from, or command line"},
    action=TEXT,
    subject=TEXT | {"description": "what it was about: a schedule, an asset, a home"},
    before={"description": "what was there before; null: nothing"},
    after={"description": "what is there since; null: nothing"},
    reason=TEXT,
    outcome=TEXT | {"description": "done, or why not"},
)
_TOKEN = an_object(
    name=TEXT,
    role={"enum": [str(role) for role in Role]},
    household=or_null(TEXT),
    created_at=TEXT,
    created_by=TEXT,
    expires_at=or_null(TEXT),
)
Limit = Annotated[int, Query(ge=1, le=1_000, description="so many at most")]
Before = Annotated[int | None, Query(ge=1, lt=2**63, description="only those of a smaller number")]


class AccessStore(DocumentRepository, Logbook, Protocol):
    """Where tokens are, and the logbook."""


def access_routes(store: AccessStore, guard: Guard, *, now: Callable[[], datetime]) -> APIRouter:
    """Who one is, the audit, and the tokens of others."""
    routes = APIRouter(prefix="/api/v1")
    _add_me(routes, guard)
    _add_audit(routes, store, guard, now)
    _add_tokens(routes, store, guard)
    return routes


def _add_me(routes: APIRouter, guard: Guard) -> None:
    @routes.get(
        "/me",
        summary="Who this token is, what it may do, and why not",
        response_class=JSONResponse,
        responses=answers(_ME, "Who asks") | described_errors(401, 403),
    )
    async def me(request: Request) -> JSONResponse:
        principal = await guard.principal(request)
        may = {
            str(permission): {
                "allowed": principal.may(permission),
                "why": principal.why_not(permission),
                "what": IN_WORDS[permission],
            }
            for permission in Permission
        }
        whose = {"name": principal.name, "role": str(principal.role), "household": principal.household}
        return JSONResponse(whose | {"may": may})


def _add_audit(routes: APIRouter, store: Logbook, guard: Guard, now: Callable[[], datetime]) -> None:
    @routes.get(
        "/audit",
        summary="Who changed what, newest first, a page at a time",
        description="Where there are more, the header `Link` names the next page (rel=next). Lines are never changed.",
        **documented(listed(LINE), "The lines", 401, 403, 422, 503),
        dependencies=[Depends(guard)],
    )
    async def audit(
        *,
        limit: Limit = 100,
        before: Before = None,
        who: Annotated[str | None, Query(max_length=200, description="only this one's")] = None,
        subject: Annotated[str | None, Query(max_length=200, description="only about this")] = None,
        since: Annotated[str | None, Query(alias="from", max_length=60, description="with its zone")] = None,
        until: Annotated[str | None, Query(alias="to", max_length=60, description="with its zone")] = None,
    ) -> Response:
        only = LogFilter(
            kinds=frozenset({LogKind.COMMAND}),
            subject=subject,
            who=who,
            since=moment_of(since, "from", now),
            until=moment_of(until, "to", now),
        )
        return await page_of(store, only, limit=limit, before=before, path="/api/v1/audit")


def moment_of(text: str | None, field: str, now: Callable[[], datetime]) -> datetime | None:
    """The instant that a query names; None where it names none."""
    return None if text is None else read_moment(text, field=field, now=now(), without_zone="refused")


async def page_of(store: Logbook, only: LogFilter, *, limit: int, before: int | None, path: str) -> Response:
    """A page of the logbook, and where the next one is."""

    def read() -> tuple[bytes, int | None]:
        found = store.log_page(before=before, limit=limit + 1, only=only)
        following = found[limit - 1].number if len(found) > limit else None
        return write_json([log_document(record) for record in found[:limit]]), following

    document, following = await in_thread(read)
    headers = {} if following is None else {"Link": f'<{path}?limit={limit}&before={following}>; rel="next"'}
    return json_text(document, headers)


def _add_tokens(routes: APIRouter, store: DocumentRepository, guard: Guard) -> None:
    @routes.get(
        "/tokens",
        summary="The named tokens, without their secrets; the command line adds and revokes them",
        **documented(listed(_TOKEN), "The tokens", 401, 403, 503),
        dependencies=[Depends(guard.needs(Permission.MANAGE_TOKENS))],
    )
    async def list_tokens() -> Response:
        def read() -> bytes:
            return write_json([token.public for token in tokens_of(store)])

        return json_text(await in_thread(read))
