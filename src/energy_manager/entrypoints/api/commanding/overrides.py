"""``/api/v1/overrides`` and ``…/hold``: targets that people set by hand; each ends by itself."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Request, Response

from energy_manager.adapters.texts.json_text import read_json
from energy_manager.application.overrides import Effect, KeptOverride, OverrideBook, effect_of, effect_of_schedule
from energy_manager.application.ports.records.tick import Tick
from energy_manager.application.ports.schedules.schedule_repository import ScheduleRepository
from energy_manager.domain.access import TECHNICIANS_LONGEST_OVERRIDE, Permission, Principal
from energy_manager.domain.schedule import BASE, Override, Schedule
from energy_manager.domain.site import PlanningSite
from energy_manager.entrypoints.api.commanding.commands import Commands
from energy_manager.entrypoints.api.http.answering import in_thread, json_answer
from energy_manager.entrypoints.api.http.bodies import read_body
from energy_manager.entrypoints.api.http.errors import NotFound, SameKeyForAnother, described_errors
from energy_manager.entrypoints.api.http.openapi import CHANGES, asks, documented
from energy_manager.entrypoints.api.http.previews import (
    PREVIEW,
    TARGET,
    IfMatch,
    PreviewOnly,
    previewed,
    refuse_outdated,
)
from energy_manager.entrypoints.api.schemas import TEXT, TRUTH, WHOLE, ZONED_TIME, Schema, an_object, listed, or_null
from energy_manager.entrypoints.documents.overrides import (
    OverrideRequest,
    in_log,
    override_document,
    read_hold,
    read_override,
)

LONGEST_KEY = 200

_OVERRIDE = an_object(
    ["id", "kind", "assets", "target", "release", "made_at", "until", "reason", "who", "role", "ended_at"],
    id=TEXT,
    kind={"enum": ["override", "hold"]},
    assets=listed(TEXT),
    target=TARGET,
    release=TRUTH,
    made_at=ZONED_TIME,
    until=ZONED_TIME,
    reason=TEXT,
    who=TEXT,
    role=TEXT,
    ended_at=or_null(TEXT) | {"description": "null while it is in force"},
    ended_by=TEXT,
)
_ASKED: Schema = {
    "type": "object",
    "required": ["until"],
    "additionalProperties": False,
    "properties": {
        "asset": TEXT,
        "assets": listed(TEXT) | {"minItems": 1},
        "target": WHOLE | {"description": "power steps, positive = production"},
        "release": TRUTH | {"description": "instead of a target: it runs by itself"},
        "until": TEXT | {"description": "a time with its zone, or in how long, like 30min; at most 24 h"},
        "reason": {"type": "string", "maxLength": 200},
    },
}

Key = Annotated[
    str | None,
    Header(max_length=LONGEST_KEY, description="the same key again is the same command, done once"),
]
OverrideId = Annotated[str, Path(max_length=LONGEST_KEY)]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideDesk:
    """What the routes work with, those of schedules too; ``limited_live``: whose grid limit is held at each tick."""

    book: OverrideBook
    schedules: ScheduleRepository
    site: PlanningSite
    newest: Callable[[], Tick | None]
    now: Callable[[], datetime]
    limited_live: str | None

    def effect(self, override: Override) -> Effect:
        """What it would do.

        Raises:
            StoreUnavailable: what is scheduled cannot be read now.
        """
        return effect_of(
            override,
            accepted=self.schedules.unfinished_at(override.made_at),
            in_force=self.book.going_on,
            base=self._base(),
            unit=self.site.power_unit,
            limited_live=self.limited_live,
        )

    def effect_of_schedule(self, schedule_id: str, schedule: Schedule | None) -> Effect:
        """What putting this schedule, or with None deleting the one of this id, would do.

        Raises:
            StoreUnavailable: what is scheduled cannot be read now.
        """
        now = self.now()
        return effect_of_schedule(
            schedule_id,
            schedule,
            accepted=self.schedules.unfinished_at(now),
            in_force=self.book.going_on,
            now=now,
            unit=self.site.power_unit,
        )

    def _base(self) -> dict[str, int]:
        """What the site's own schedule says now, as far as the newest tick tells."""
        tick = self.newest()
        if tick is None:
            return {}
        return {name: power for name, power in tick.scheduled.items() if tick.decided_by.get(name) == BASE.label}


def overrides_routes(desk: OverrideDesk, commands: Commands) -> APIRouter:
    """See, set and give back."""
    routes = APIRouter(prefix="/api/v1")
    _add_list(routes, desk, commands)
    _add_override(routes, desk, commands)
    _add_hold(routes, desk, commands)
    _add_end(routes, desk, commands)
    return routes


def _add_list(routes: APIRouter, desk: OverrideDesk, commands: Commands) -> None:
    @routes.get(
        "/overrides",
        summary="Overrides and holds in force, oldest first",
        **documented(listed(_OVERRIDE), "Done", 401, 403),
        dependencies=[Depends(commands.guard)],
    )
    async def list_overrides() -> Response:
        going_on = [override_document(KeptOverride(override=override)) for override in desk.book.going_on]
        return json_answer(going_on)


def _add_override(routes: APIRouter, desk: OverrideDesk, commands: Commands) -> None:
    @routes.post(
        "/overrides",
        summary="Set an asset's target by hand, until a time; first look at what it would do",
        description="`?preview=true` answers the effect and its version; the same request with that version as "
        "`If-Match` does it. Without it 428; if something it depends on has changed meanwhile, 412.",
        **documented({"oneOf": [_OVERRIDE, PREVIEW]}, "Done", 409, 412, 428, *CHANGES),
        openapi_extra=asks(
            _ASKED | {"required": ["until", "reason"]},
            {"asset": "asset_1", "target": 0, "until": "30min", "reason": "maintenance of the valve"},
        ),
        dependencies=[Depends(commands.guard.needs(Permission.OVERRIDE)), Depends(commands.want_mastership)],
    )
    async def set_override(
        request: Request, *, preview: PreviewOnly = False, if_match: IfMatch = None, idempotency_key: Key = None
    ) -> Response:
        now = desk.now()
        asked = read_override(read_json(await read_body(request)), desk.site, now=now)
        principal = await commands.guard.principal(request)
        await commands.guard.refuse_if(request, why_not(principal, asked, now))
        override = _made(asked, principal, now, key=idempotency_key, is_hold=False)
        effect = await in_thread(lambda: desk.effect(override))
        if preview:
            return previewed(effect)
        # After the effect: a first tap that was done meanwhile has changed it, and is answered here.
        if (there := await in_thread(lambda: desk.book.known(override.id))) is not None:
            return _the_same(there, override)
        refuse_outdated(if_match, effect.version, is_wanted=True)
        line = await commands.line(
            request,
            "override set",
            ", ".join(override.assets),
            before={"target": effect.series[0].before},
            after=in_log(override),
            reason=override.reason,
            key=idempotency_key or "",
        )
        return _the_same(await in_thread(lambda: desk.book.add(override, line)), override)


def _add_hold(routes: APIRouter, desk: OverrideDesk, commands: Commands) -> None:
    @routes.post(
        "/hold",
        summary="Emergency: hold all or some assets at a target, or release them, until a time",
        description="In force at the next tick, also while the store is full or away; above everything but the assets' "
        "own limits. `DELETE /api/v1/overrides/{id}` gives back.",
        **documented(_OVERRIDE, "Done", 409, *CHANGES),
        openapi_extra=asks(_ASKED, {"assets": ["asset_1"], "target": 0, "until": "1min"}),
        dependencies=[Depends(commands.guard.needs(Permission.HOLD)), Depends(commands.want_mastership)],
    )
    async def hold(request: Request, *, idempotency_key: Key = None) -> Response:
        now = desk.now()
        asked = read_hold(read_json(await read_body(request)), desk.site, now=now)
        override = _made(asked, await commands.guard.principal(request), now, key=idempotency_key, is_hold=True)
        line = await commands.line(
            request,
            "hold set",
            ", ".join(override.assets),
            after=in_log(override),
            reason=override.reason,
            key=idempotency_key or "",
        )
        return _the_same(await in_thread(lambda: desk.book.add(override, line)), override)


def _add_end(routes: APIRouter, desk: OverrideDesk, commands: Commands) -> None:
    @routes.delete(
        "/overrides/{override_id}",
        status_code=204,
        summary="Give back: the assets follow their schedules again from the next tick on",
        response_class=Response,
        responses=described_errors(401, 403, 404, 422, 503),
        dependencies=[Depends(commands.guard), Depends(commands.want_mastership)],
    )
    async def give_back(override_id: OverrideId, request: Request) -> Response:
        found = next((override for override in desk.book.going_on if override.id == override_id), None)
        if found is None:
            await commands.guard.let_pass(request, Permission.OVERRIDE)
            raise NotFound(f"no override {override_id!r} is in force")
        principal = await commands.guard.principal(request)
        own = Permission.OVERRIDE if found.who == principal.name else Permission.OVERRIDE_ANY
        await commands.guard.let_pass(request, Permission.HOLD if found.is_hold else own)
        action = "hold given back" if found.is_hold else "override given back"
        line = await commands.line(request, action, ", ".join(found.assets), before=in_log(found))
        await in_thread(lambda: desk.book.end(override_id, line))
        return Response(status_code=204)


def why_not(principal: Principal, asked: OverrideRequest, now: datetime) -> str:
    """A sentence where this override is more than the role may do; empty where it may."""
    is_small = len(asked.assets) == 1 and asked.until - now <= TECHNICIANS_LONGEST_OVERRIDE
    return "" if is_small else principal.why_not(Permission.OVERRIDE_ANY)


def _made(asked: OverrideRequest, principal: Principal, now: datetime, *, key: str | None, is_hold: bool) -> Override:
    """The override; one key of one person is one override."""
    seed = f"{principal.name}\n{key}" if key else secrets.token_hex(16)
    return Override(
        id=hashlib.sha256(seed.encode("utf-8", "backslashreplace")).hexdigest()[:12],
        assets=asked.assets,
        target=asked.target,
        made_at=now,
        until=asked.until,
        reason=asked.reason,
        who=principal.name,
        role=str(principal.role),
        is_hold=is_hold,
    )


def _the_same(kept: KeptOverride, asked: Override) -> Response:
    """The answer; a key that came with something else before is a mistake."""
    there = kept.override
    is_alike = (there.assets, there.target, there.is_hold) == (asked.assets, asked.target, asked.is_hold)
    # "30min" of a second tap ends later, and is the same word.
    lasts_alike = there.until - there.made_at == asked.until - asked.made_at
    if not (is_alike and (there.until == asked.until or lasts_alike)):
        raise SameKeyForAnother(f"the Idempotency-Key came with another command before, {there.label!r}")
    location = {"Location": f"/api/v1/overrides/{there.id}"}
    return json_answer(override_document(kept), location)
