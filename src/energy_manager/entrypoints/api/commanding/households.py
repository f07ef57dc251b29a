"""The live half of job 2 over HTTP: households and their appliances, runs and the timetable."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from energy_manager.application.appliances import ApplianceService
from energy_manager.application.appliances.building import Building
from energy_manager.application.appliances.views import (
    catalogue_answer,
    decided_answer,
    household_answer,
    installed_answer,
    profile_published,
    run_answer,
    timetable_answer,
)
from energy_manager.domain.access import Permission
from energy_manager.domain.appliances.units import LONGEST_NAME
from energy_manager.entrypoints.api.commanding import households_schema as schema
from energy_manager.entrypoints.api.commanding.commands import Commands
from energy_manager.entrypoints.api.http.answering import in_thread, json_answer
from energy_manager.entrypoints.api.http.bodies import read_body
from energy_manager.entrypoints.api.http.openapi import CHANGES, asks, documented
from energy_manager.entrypoints.api.schemas import listed
from energy_manager.entrypoints.documents.households import APPLIANCE, HOUSEHOLD, HOUSEHOLD_CHANGE, MOVE, RUN, VEHICLE
from energy_manager.entrypoints.jobs.exact import RequestModel, read_document

MAX_BODY_MB = 0.1
"""A week's forecast in quarter hours is a tenth of it; it is read in this process, in a millisecond or two."""

LONGEST_IN_LOG = 4_000
"""Bytes of a document in a line of the logbook."""

Answer = TypeVar("Answer")
Document = TypeVar("Document")

HouseholdId = Annotated[
    str, Path(min_length=1, max_length=LONGEST_NAME, description="a name that people choose", examples=["home"])
]
ApplianceName = Annotated[
    str, Path(min_length=1, max_length=LONGEST_NAME, description="unique in its household", examples=["Dishwasher"])
]
VehicleName = Annotated[str, Path(min_length=1, max_length=LONGEST_NAME, description="the appliance that charges it")]
RunId = Annotated[str, Path(max_length=40, description="from the answer to its request", examples=["1"])]
OneHousehold = Annotated[str | None, Query(max_length=LONGEST_NAME, description="only this household's")]


PageLength = Annotated[int, Query(ge=1, le=1_000, description="so many at most")]
AfterName = Annotated[str, Query(max_length=LONGEST_NAME, description="only those that come after this one")]


def homes_routes(live: ApplianceService, commands: Commands) -> APIRouter:
    """All of it; a change is durable before it is acknowledged. A resident sees and uses the own home alone."""
    routes = APIRouter(prefix="/api/v1")
    _add_households(routes, live, commands)
    _add_changes(routes, live, commands)
    _add_requests(routes, live, commands)
    _add_ends(routes, live, commands)
    _add_timetable(routes, live, commands)
    _add_profiles(routes, live, commands)
    return routes


async def _let_in(request: Request, household: str | None, permission: Permission, commands: Commands) -> None:
    """Let whoever may do this at this home (None: at all of them) pass."""
    await commands.guard.let_pass(request, permission)
    principal = await commands.guard.principal(request)
    await commands.guard.refuse_if(request, principal.why_not_home(household))


def _add_households(routes: APIRouter, live: ApplianceService, commands: Commands) -> None:
    @routes.get(
        "/households",
        summary="All households with their appliances, a page at a time; of a resident the own one",
        description="Where there are more, the header `Link` names the next page (rel=next).",
        **documented(listed(schema.HOUSEHOLD_ANSWER), "As they are now", 401, 403, 422, 503),
    )
    async def list_households(request: Request, limit: PageLength = 100, after: AfterName = "") -> Response:
        await commands.guard.let_pass(request, Permission.SEE_HOME)
        principal = await commands.guard.principal(request)
        building = await in_thread(live.look)
        own = [name for name in building.table.homes if not principal.why_not_home(name)]
        names = own[own.index(after) + 1 :] if after in own else [] if after else own
        response = json_answer([household_answer(building, name) for name in names[:limit]])
        if len(names) > limit:
            following = f"/api/v1/households?limit={limit}&after={quote(names[limit - 1])}"
            response.headers["Link"] = f'<{following}>; rel="next"'
        return response

    @routes.get(
        "/households/{household_id}",
        summary="One household with its appliances",
        **documented(schema.HOUSEHOLD_ANSWER, "As it is now", 401, 403, 404, 422, 503),
    )
    async def get_household(household_id: HouseholdId, request: Request) -> Response:
        await _let_in(request, household_id, Permission.SEE_HOME, commands)
        return json_answer(household_answer(await in_thread(live.look), household_id))


def _add_changes(routes: APIRouter, live: ApplianceService, commands: Commands) -> None:
    may_change = [Depends(commands.guard.needs(Permission.CHANGE_HOMES)), Depends(commands.want_mastership)]

    async def change(
        request: Request,
        household_id: str,
        action: str,
        model: RequestModel[Document],
        work: Callable[[Document], Answer],
    ) -> Answer:
        """Do it, and write it down with what was there before."""
        document = await _read(request)

        def do() -> tuple[object, Answer]:
            building = live.look()
            before = household_answer(building, household_id) if household_id in building.table.homes else None
            return before, work(model.of_document(document))

        before, answer = await in_thread(do)
        await commands.done(request, action, household_id, before=_plain(before), after=_plain(document))
        return answer

    @routes.put(
        "/households/{household_id}",
        summary="Register a household, or change one into this",
        **documented(schema.HOUSEHOLD_ANSWER, "The household", *CHANGES),
        openapi_extra=asks(HOUSEHOLD.schema, schema.HOUSEHOLD_EXAMPLE),
        dependencies=may_change,
    )
    async def put_household(household_id: HouseholdId, request: Request) -> Response:
        put = partial(live.put_household, household_id)
        changed = await change(request, household_id, "household put", HOUSEHOLD, put)
        return json_answer(household_answer(changed, household_id))

    @routes.patch(
        "/households/{household_id}",
        summary="Another threshold, strategy or forecast from now on",
        **documented(schema.HOUSEHOLD_ANSWER, "The household; alerts say what cannot be kept", 404, *CHANGES),
        openapi_extra=asks(HOUSEHOLD_CHANGE.schema, schema.CHANGE_EXAMPLE),
        dependencies=may_change,
    )
    async def change_household(household_id: HouseholdId, request: Request) -> Response:
        put = partial(live.change_household, household_id)
        changed = await change(request, household_id, "household changed", HOUSEHOLD_CHANGE, put)
        return json_answer(household_answer(changed, household_id))

    @routes.put(
        "/households/{household_id}/appliances/{name}",
        summary="Register an appliance, or change one",
        **documented(schema.APPLIANCE_ANSWER, "The appliance", 404, *CHANGES),
        openapi_extra=asks(APPLIANCE.schema, schema.APPLIANCE_EXAMPLE),
        dependencies=may_change,
    )
    async def put_appliance(household_id: HouseholdId, name: ApplianceName, request: Request) -> Response:
        put = partial(live.put_appliance, household_id, name)
        changed = await change(request, household_id, f"appliance put: {name}"[:60], APPLIANCE, put)
        return json_answer(installed_answer(changed))


def _add_requests(routes: APIRouter, live: ApplianceService, commands: Commands) -> None:
    only_master = [Depends(commands.want_mastership)]

    @routes.post(
        "/appliances/runs",
        summary="Ask for a run; the answer says when it may run, or why not and what would do",
        **documented(schema.RUN_ANSWER, "Decided, and durable", *CHANGES),
        openapi_extra=asks(RUN.schema, schema.RUN_EXAMPLE),
        dependencies=only_master,
    )
    async def request_run(request: Request) -> Response:
        await commands.guard.let_pass(request, Permission.REQUEST_RUNS)
        run = RUN.of_document(await _read(request))
        household = run["household"]
        await _let_in(request, household, Permission.REQUEST_RUNS, commands)
        building, decision = await in_thread(lambda: live.request(run))
        answer = decided_answer(building, decision)
        await commands.done(request, "run requested", household, after=_plain(answer))
        return json_answer(answer)

    @routes.post(
        "/appliances/runs/{run_id}/move",
        summary="Ask anew for a run that has not begun, with another longest delay; without room it stays as it was",
        **documented(schema.RUN_ANSWER, "The run that takes its place, decided and durable", 404, *CHANGES),
        openapi_extra=asks(MOVE.schema, schema.MOVE_EXAMPLE),
        dependencies=only_master,
    )
    async def move(run_id: RunId, request: Request) -> Response:
        await commands.guard.let_pass(request, Permission.REQUEST_RUNS)
        wanted = MOVE.of_document(await _read(request))
        before = run_answer(await in_thread(live.look), run_id)
        await _let_in(request, str(before["household"]), Permission.REQUEST_RUNS, commands)
        building, decision = await in_thread(lambda: live.move(run_id, wanted))
        answer = decided_answer(building, decision)
        await commands.done(request, "run moved", run_id, before=_plain(before), after=_plain(answer))
        return json_answer(answer)

    @routes.put(
        "/households/{household_id}/vehicles/{name}",
        summary="Say by when a home's car must be charged with how much; what was planned for it gives way",
        **documented(schema.RUN_ANSWER, "The run of its charger, decided and durable", 404, *CHANGES),
        openapi_extra=asks(VEHICLE.schema, schema.VEHICLE_EXAMPLE),
        dependencies=only_master,
    )
    async def charge_vehicle(household_id: HouseholdId, name: VehicleName, request: Request) -> Response:
        await commands.guard.let_pass(request, Permission.REQUEST_RUNS)
        wanted = VEHICLE.of_document(await _read(request))
        await _let_in(request, household_id, Permission.REQUEST_RUNS, commands)
        building, decision = await in_thread(lambda: live.charge_vehicle(household_id, name, wanted))
        answer = decided_answer(building, decision)
        await commands.done(request, f"vehicle put: {name}"[:60], household_id, after=_plain(answer))
        return json_answer(answer)


def _add_ends(routes: APIRouter, live: ApplianceService, commands: Commands) -> None:
    only_master = [Depends(commands.want_mastership)]

    async def end(request: Request, run_id: str, action: str, work: Callable[[str], Building]) -> Response:
        await commands.guard.let_pass(request, Permission.REQUEST_RUNS)
        before = run_answer(await in_thread(live.look), run_id)
        await _let_in(request, str(before["household"]), Permission.REQUEST_RUNS, commands)
        answer = run_answer(await in_thread(lambda: work(run_id)), run_id)
        await commands.done(request, action, run_id, before=_plain(before), after=_plain(answer))
        return json_answer(answer)

    @routes.post(
        "/appliances/runs/{run_id}/finish",
        summary="The run ended by itself; what waits is tried earlier",
        **documented(schema.RUN_ANSWER, "The run", 401, 403, 404, 422, 503),
        dependencies=only_master,
    )
    async def finish(run_id: RunId, request: Request) -> Response:
        return await end(request, run_id, "run finished", live.finish)

    @routes.post(
        "/appliances/runs/{run_id}/cancel",
        summary="Give a run up; what waits is tried earlier",
        **documented(schema.RUN_ANSWER, "The run", 401, 403, 404, 422, 503),
        dependencies=only_master,
    )
    async def cancel(run_id: RunId, request: Request) -> Response:
        return await end(request, run_id, "run cancelled", live.cancel)


def _add_timetable(routes: APIRouter, live: ApplianceService, commands: Commands) -> None:
    @routes.get(
        "/appliances/timetable",
        summary="Households, runs and alerts as they are now; of a resident those of the own home",
        **documented(schema.TIMETABLE_ANSWER, "The timetable", 401, 403, 404, 422, 503),
    )
    async def timetable(request: Request, household: OneHousehold = None) -> Response:
        wanted = household if household is not None else (await commands.guard.principal(request)).household
        await _let_in(request, wanted, Permission.SEE_HOME, commands)
        building = await in_thread(live.look)
        return json_answer(timetable_answer(building, wanted, neighbours=live.neighbours.troubles()))


def _add_profiles(routes: APIRouter, live: ApplianceService, commands: Commands) -> None:
    @routes.get(
        "/appliances/profile",
        summary="The booked net load of all homes here, for neighbours that share the building",
        **documented(schema.PROFILE_PUBLISHED, "What holds from each instant to the next, W", 401, 403, 503),
        dependencies=[Depends(commands.guard)],
    )
    async def profile() -> Response:
        return json_answer(profile_published(await in_thread(live.look)))

    @routes.get(
        "/appliances/profiles",
        summary="The catalogue of common appliance profiles",
        **documented(listed(schema.PROFILE), "The catalogue", 401, 403),
        dependencies=[Depends(commands.guard.needs(Permission.SEE_HOME))],
    )
    async def profiles() -> Response:
        return json_answer(catalogue_answer())


def _plain(document: object) -> Any:  # noqa: ANN401 - as JSON is read
    """The document as plain JSON, exact decimals as numbers, for the logbook; a long one by its size."""
    text = json.dumps(document, default=float)
    if len(text) > LONGEST_IN_LOG:
        return {"bytes": len(text)}
    return json.loads(text)


async def _read(request: Request) -> Any:  # noqa: ANN401 - whatever the JSON holds
    return read_document(await read_body(request, limit_mb=MAX_BODY_MB))
