"""``/api/v1/fleet/sites/{site}/alarms``: what needs somebody there, and that somebody has seen it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from energy_manager.application.fleet.at_centre.presence import SiteSeen
from energy_manager.application.fleet.views.questions import SiteRefuses
from energy_manager.application.fleet.views.silences import SILENT
from energy_manager.application.ports.records.logbook import Actor
from energy_manager.application.ports.schedules.durability import JsonObject
from energy_manager.domain.access import Permission
from energy_manager.domain.errors import EnergyManagerError, Refused
from energy_manager.entrypoints.api.commanding.commands import Commands
from energy_manager.entrypoints.api.fleet.desk import FleetDesk
from energy_manager.entrypoints.api.http.answering import in_thread, json_answer
from energy_manager.entrypoints.api.http.openapi import documented
from energy_manager.entrypoints.api.schemas import OBJECT
from energy_manager.entrypoints.documents.fleet import site_document

SiteName = Annotated[str, Path(max_length=64)]
AlarmId = Annotated[str, Path(max_length=300, description="from the list of the site's alarms")]
ACTION = "alarm acknowledged"


def fleet_alarm_routes(desk: FleetDesk, commands: Commands) -> APIRouter:
    """Alarms live at their site, once for everybody: who acknowledges here does so there, under the same name."""
    routes = APIRouter(prefix="/api/v1/fleet/sites/{site}")
    may = [Depends(commands.guard.needs(Permission.ACKNOWLEDGE))]

    @routes.get(
        "/alarms",
        summary="The site's active alarms, the most urgent first, with who has acknowledged them",
        **documented(OBJECT, "The site's answer", 401, 403, 404, 422, 503),
        dependencies=[Depends(commands.guard)],
    )
    async def alarms(site: SiteName) -> Response:
        listed = await in_thread(lambda: _alarms(desk, desk.site(site)))
        return json_answer({"alarms": listed})

    @routes.post(
        "/alarms/{alarm:path}/acknowledge",
        summary="A person has seen the alarm; it stays as long as it is active",
        description="Durable at the site before it is answered, in the site's logbook and in this centre's audit.",
        **documented(OBJECT, "The alarm", 401, 403, 404, 422, 503),
        dependencies=may,
    )
    async def acknowledge_alarm(site: SiteName, alarm: AlarmId, request: Request) -> Response:
        seen, actor = await in_thread(lambda: desk.site(site)), await commands.actor(request)
        return await _noted(request, f"{site}: {alarm}", lambda: _acknowledge(desk, seen, alarm, actor))

    @routes.post(
        "/acknowledge",
        summary="A person has seen what is wrong with the site: that it is late or lost, or all its alarms",
        description="It stays so. That a site is late or lost counts as seen until the site is heard again.",
        **documented(OBJECT, "The site", 401, 403, 404, 422, 503),
        dependencies=may,
    )
    async def acknowledge_site(site: SiteName, request: Request) -> Response:
        seen, actor = await in_thread(lambda: desk.site(site)), await commands.actor(request)
        return await _noted(request, site, lambda: _acknowledge_all(desk, seen, actor))

    async def _noted(request: Request, subject: str, do: Callable[[], JsonObject]) -> Response:
        try:
            answer = await in_thread(do)
        except EnergyManagerError as error:
            await commands.done(request, ACTION, subject, outcome=f"failed: {error}")
            raise
        await commands.done(request, ACTION, subject, after=answer)
        return json_answer(answer)

    return routes


def _alarms(desk: FleetDesk, seen: SiteSeen) -> list[dict[str, Any]]:
    """What the site says, without what is no alarm: a site may lie."""
    listed = desk.questions.ask(seen.site, "alarms", {}).get("alarms")
    return [entry for entry in listed if _is_alarm(entry)] if isinstance(listed, list) else []


def _is_alarm(entry: object) -> bool:
    if not isinstance(entry, dict):
        return False
    texts = ("id", "subject", "priority", "what", "consequence", "done", "since", "acknowledged_by")
    return all(isinstance(entry.get(name), str) for name in texts) and "acknowledged_at" in entry


def _acknowledge(desk: FleetDesk, seen: SiteSeen, alarm: str, actor: Actor) -> JsonObject:
    answer = desk.questions.ask(seen.site, "acknowledge", {"alarm": alarm, "who": actor.who, "role": actor.role})
    if not _is_alarm(answer):
        raise SiteRefuses(f"site {seen.site!r} has not answered with the alarm")
    return answer


def _acknowledge_all(desk: FleetDesk, seen: SiteSeen, actor: Actor) -> JsonObject:
    """What is wrong with it, as the centre sees it.

    Raises:
        Refused: there is nothing that nobody has seen.
        OutOfTime, SiteRefuses: the site does not take it.
    """
    if seen.standing in SILENT:
        desk.view.silences.acknowledge(seen.site, actor.who)
        return site_document(desk.site(seen.site))
    new = [alarm["id"] for alarm in _alarms(desk, seen) if not alarm["acknowledged_at"]]
    if not new:
        raise Refused.at("site", f"nothing is wrong with {seen.site!r} that nobody has acknowledged")
    return {"site": seen.site, "alarms": [_acknowledge(desk, seen, alarm, actor) for alarm in new]}
