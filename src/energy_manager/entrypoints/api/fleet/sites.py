"""``/api/v1/fleet`` and its sites: how they stand, what they offer, what they reported, what only they know."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from energy_manager.adapters.texts.json_text import write_json
from energy_manager.application.ports.fleet.fleet_bus import EVENTS, QUARTERS
from energy_manager.domain.access import Permission
from energy_manager.domain.fleet import checked_site
from energy_manager.domain.series import utc_text
from energy_manager.entrypoints.api.commanding.commands import Commands
from energy_manager.entrypoints.api.fleet.desk import FleetDesk
from energy_manager.entrypoints.api.http.answering import in_thread, json_answer, json_text
from energy_manager.entrypoints.api.http.bodies import read_body
from energy_manager.entrypoints.api.http.openapi import CHANGES, asks, documented
from energy_manager.entrypoints.api.schemas import OBJECT, listed
from energy_manager.entrypoints.documents.fleet import (
    CONNECTION,
    OFFER,
    activation_document,
    course_document,
    offer_document,
    order_document,
    read_offer,
    site_document,
    totals_document,
)

MOST_ACTIVATIONS = 5

SiteName = Annotated[str, Path(max_length=64)]
_OFFER_EXAMPLE = {"direction": "up", "volume": 50, "activation_cost": 5.0, "price_eur_per_mwh": 80.0}


def fleet_routes(desk: FleetDesk, commands: Commands) -> APIRouter:
    """The fleet, for whoever may see it."""
    routes = APIRouter(prefix="/api/v1/fleet")
    _add_overview(routes, desk, commands)
    _add_sites(routes, desk, commands)
    _add_offers(routes, desk, commands)
    _add_connections(routes, desk, commands)
    return routes


def _add_overview(routes: APIRouter, desk: FleetDesk, commands: Commands) -> None:
    @routes.get(
        "",
        summary="The fleet now: sites by how they stand, room up and down, activations, who is the active centre",
        **documented(OBJECT, "The fleet", 401, 403, 503),
        dependencies=[Depends(commands.guard)],
    )
    async def fleet() -> Response:
        return json_text(await in_thread(lambda: _overview(desk)))

    @routes.get(
        "/course",
        summary="The newest hour: import, ordered against delivered, room up and down",
        **documented(OBJECT, "By name a list of values, one for each time", 401, 403, 503),
        dependencies=[Depends(commands.guard)],
    )
    async def course() -> Response:
        return json_answer(course_document(desk.course.samples))

    @routes.get(
        "/orders",
        summary="Every order that a site may be carrying out",
        **documented(listed(OBJECT), "The orders", 401, 403, 503),
        dependencies=[Depends(commands.guard)],
    )
    async def orders() -> Response:
        return json_answer([order_document(record) for record in desk.view.live_orders()])


def _overview(desk: FleetDesk) -> bytes:
    now, centre = desk.now(), desk.centre
    lease = desk.book.lease()
    activations = [activation_document(found, now) for found in desk.view.portfolios(most=MOST_ACTIVATIONS)]
    return write_json(
        {
            "name": desk.name,
            "at": utc_text(now),
            "centre": {
                "active": centre.is_active,
                "holder": lease.holder,
                "epoch": lease.epoch,
                "linked": centre.is_linked,
            },
            "totals": totals_document(desk.view.totals()),
            "activations": activations,
        }
    )


def _add_sites(routes: APIRouter, desk: FleetDesk, commands: Commands) -> None:
    seen = [Depends(commands.guard)]

    @routes.get(
        "/sites",
        summary="The sites, the worst first",
        **documented(listed(OBJECT), "The sites", 401, 403, 503),
        dependencies=seen,
    )
    async def sites(limit: Annotated[int, Query(ge=1, le=100_000)] = 1_000) -> Response:
        def tell() -> bytes:
            return write_json([site_document(site) for site in desk.view.sites()[:limit]])

        return json_text(await in_thread(tell))

    @routes.get(
        "/sites/{site}",
        summary="A site: how it stands, and its newest reports",
        **documented(OBJECT, "The site", 401, 403, 404, 503),
        dependencies=seen,
    )
    async def site_now(site: SiteName, limit: Annotated[int, Query(ge=1, le=1_000)] = 50) -> Response:
        return json_text(await in_thread(lambda: _site(desk, site, limit)))

    @routes.get(
        "/sites/{site}/ask",
        summary="What only the site knows: an asset's history there, or why it was told its target",
        **documented(OBJECT, "The site's answer", 401, 403, 404, 422, 503),
        dependencies=seen,
    )
    async def ask(
        *,
        site: SiteName,
        about: Literal["explain", "history"],
        asset: Annotated[str, Query(max_length=1000)],
        at: Annotated[str, Query(max_length=60, description="explain: when; now unless told")] = "now",
        from_: Annotated[str, Query(alias="from", max_length=60, description="history: since when")] = "-1h",
        to: Annotated[str, Query(max_length=60, description="history: until when")] = "now",
    ) -> Response:
        arguments = {"asset": asset} | ({"at": at} if about == "explain" else {"from": from_, "to": to})
        answer = await in_thread(lambda: desk.questions.ask(desk.site(site).site, about, arguments))
        return json_answer(answer)


def _site(desk: FleetDesk, name: str, limit: int) -> bytes:
    seen = desk.site(name)
    reports = {
        stream: [
            {"sequence": report.sequence, "at": utc_text(report.at), **report.body}
            for report in desk.book.reports(name, stream, limit=limit)
        ]
        for stream in (EVENTS, QUARTERS)
    }
    offers = [offer_document(offer) for offer in desk.book.offers() if offer.site == name]
    connection = {"connection_kw": desk.book.connections().get(name)}
    return write_json({**site_document(seen), **connection, "offers": offers, **reports})


def _add_connections(routes: APIRouter, desk: FleetDesk, commands: Commands) -> None:
    @routes.put(
        "/sites/{site}/connection",
        summary="Register what a site's grid connection carries: nothing that the site says beyond that is believed",
        **documented(OBJECT, "The connection", *CHANGES),
        openapi_extra=asks(CONNECTION.schema, {"kw": 60}),
        dependencies=[Depends(commands.guard.needs(Permission.SCHEDULE))],
    )
    async def put_connection(site: SiteName, request: Request) -> Response:
        name, asked = checked_site(site), CONNECTION.read(await read_body(request))

        def register() -> None:
            desk.book.put_connection(name, asked.kw)
            desk.centre.connections.read()

        await in_thread(register)
        document = {"site": name, "kw": asked.kw}
        await commands.done(request, "fleet connection", name, after=document)
        return json_answer(document)


def _add_offers(routes: APIRouter, desk: FleetDesk, commands: Commands) -> None:
    @routes.get(
        "/offers",
        summary="What sites have agreed to, by site and direction",
        **documented(listed(OBJECT), "The registered offers", 401, 403, 503),
        dependencies=[Depends(commands.guard)],
    )
    async def offers() -> Response:
        return json_text(await in_thread(lambda: write_json([offer_document(offer) for offer in desk.book.offers()])))

    @routes.put(
        "/sites/{site}/offer",
        summary="Register what a site offers in a direction, in place of what it did",
        **documented(OBJECT, "The offer", *CHANGES),
        openapi_extra=asks(OFFER.schema, _OFFER_EXAMPLE),
        dependencies=[Depends(commands.guard.needs(Permission.SCHEDULE))],
    )
    async def put_offer(site: SiteName, request: Request) -> Response:
        offer = read_offer(await read_body(request), checked_site(site))

        def register() -> None:
            desk.book.put_offers([offer])
            desk.centre.offers.read()

        await in_thread(register)
        document = offer_document(offer)
        await commands.done(request, "fleet offer", site, after=document)
        return json_answer(document)
