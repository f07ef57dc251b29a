"""``/api/v1/fleet/activations`` and ``POST /assets``: order from the portfolio, prove, explain, call off."""

from __future__ import annotations

import csv
import io
import secrets
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from energy_manager.adapters.texts.json_text import write_json
from energy_manager.application.fleet.views.previews import ActivationPreview
from energy_manager.domain.access import Permission
from energy_manager.domain.errors import Refused
from energy_manager.domain.fleet import FleetActivation, Portfolio
from energy_manager.domain.fleet.names import id_fault
from energy_manager.entrypoints.api.commanding.commands import Commands
from energy_manager.entrypoints.api.fleet.desk import FleetDesk
from energy_manager.entrypoints.api.http.answering import in_thread, json_answer, json_text
from energy_manager.entrypoints.api.http.bodies import read_body
from energy_manager.entrypoints.api.http.errors import NotFound
from energy_manager.entrypoints.api.http.openapi import CHANGES, asks, documented
from energy_manager.entrypoints.api.http.previews import IfMatch, named_version, refuse_outdated, with_version
from energy_manager.entrypoints.api.schemas import NUMBER, OBJECT, TEXT, WHOLE, an_object, listed
from energy_manager.entrypoints.documents.fleet import (
    ACTIVATION,
    activation_document,
    chosen_document,
    order_document,
    preview_document,
    read_activation,
    settlement_document,
)
from energy_manager.entrypoints.jobs.flexibility.request import ASSETS_REQUEST

MOST_LISTED = 50

ActivationId = Annotated[str, Path(max_length=100)]
Key = Annotated[str | None, Header(max_length=80, description="the same key again is the same command, done once")]
_PREVIEW = an_object(
    id=TEXT,
    volume=WHOLE | {"description": "kW that would be ordered"},
    cost=NUMBER | {"description": "EUR, by the offers"},
    effect=listed(TEXT) | {"description": "the same in sentences"},
    sites=listed(OBJECT),
    version=TEXT | {"description": "for If-Match"},
)
_EXAMPLE = {"volume": 400, "direction": "up", "until": "30min", "reason": "congestion at the substation"}


def activation_routes(desk: FleetDesk, commands: Commands) -> APIRouter:
    """What the portfolio is ordered, and what came of it."""
    routes = APIRouter()
    _add_selection(routes, desk)
    _add_list(routes, desk, commands)
    _add_activating(routes, desk, commands)
    _add_end(routes, desk, commands)
    _add_proof(routes, desk, commands)
    return routes


def _add_selection(routes: APIRouter, desk: FleetDesk) -> None:
    @routes.post(
        "/assets",
        summary="The cheapest sites that reach a volume on a day, by their registered offers",
        **documented(listed(OBJECT), "The chosen sites; each is taken whole", 400, 413, 415, 422, 503),
        openapi_extra=asks(ASSETS_REQUEST.schema, {"date": "2026-03-02", "volume": 100}),
    )
    async def assets(request: Request) -> Response:
        asked = ASSETS_REQUEST.read(await read_body(request))

        def choose() -> bytes:
            days = {
                offer.site: None if offer.days is None else [day.isoformat() for day in offer.days]
                for offer in desk.book.offers()
            }
            return write_json(chosen_document(desk.on_day(asked.date, asked.volume), days))

        return json_text(await in_thread(choose))


def _add_list(routes: APIRouter, desk: FleetDesk, commands: Commands) -> None:
    @routes.get(
        "/api/v1/fleet/activations",
        summary="Activations, those that are not over first, then the newest",
        **documented(listed(OBJECT), "Activations", 401, 403, 503),
        dependencies=[Depends(commands.guard)],
    )
    async def activations(limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 20) -> Response:
        def tell() -> bytes:
            return write_json([activation_document(found, desk.now()) for found in desk.view.portfolios(most=limit)])

        return json_text(await in_thread(tell))

    @routes.get(
        "/api/v1/fleet/activations/{activation}",
        summary="An activation with how far it has come",
        **documented(OBJECT, "The activation", 401, 403, 404, 503),
        dependencies=[Depends(commands.guard)],
    )
    async def activation_now(activation: ActivationId) -> Response:
        return _told(await in_thread(lambda: desk.portfolio(activation)), desk)


def _add_activating(routes: APIRouter, desk: FleetDesk, commands: Commands) -> None:
    @routes.post(
        "/api/v1/fleet/activations",
        summary="Order a volume from the cheapest sites; what fails is ordered elsewhere",
        description="`?preview=true` orders nothing and answers which sites would be ordered, how much and for how "
        "much, with a version. The same request with that version as `If-Match` orders it from those sites; if they "
        "have not as much any more, or it would be dearer, 412. Without it 428 where the centre wants a preview "
        "(`ENERGY_MANAGER_FLEET__WANTS_PREVIEW`).",
        **documented(
            {"oneOf": [OBJECT, _PREVIEW]},
            "The activation, or the preview",
            409,
            412,
            428,
            *CHANGES,
        ),
        openapi_extra=asks(ACTIVATION.schema, _EXAMPLE),
        dependencies=[Depends(commands.guard.needs(Permission.SCHEDULE))],
    )
    async def activate(
        request: Request,
        *,
        preview: Annotated[
            bool, Query(description="only say what would be ordered, and the version for If-Match")
        ] = False,
        partial: Annotated[bool, Query(description="order what there is, though it is less")] = False,
        if_match: IfMatch = None,
        idempotency_key: Key = None,
    ) -> Response:
        actor = await commands.actor(request)
        fresh = _id_of(idempotency_key) if idempotency_key else f"act-{desk.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        text = await read_body(request)
        asked = read_activation(text, now=desk.now(), asked_by=actor.who, fresh_id=fresh)
        if preview:
            effect = await in_thread(lambda: desk.preview(asked, partial=partial))
            desk.previews.add(effect)
            return with_version(preview_document(effect))
        shown = None if if_match is None else desk.previews.shown(named_version(if_match))
        if if_match is not None or desk.wants_preview:
            version = await in_thread(lambda: _version_of(desk, asked, shown))
            # After the version: a first tap that was done meanwhile has changed it, and is answered here.
            if (there := await in_thread(lambda: desk.there(asked))) is not None:
                return _told(there, desk)
            refuse_outdated(if_match, version, is_wanted=desk.wants_preview)
        confirmed = frozenset[str]() if shown is None else shown.sites
        portfolio = await in_thread(lambda: desk.activate(asked, partial=partial, confirmed=confirmed))
        document = activation_document(portfolio, desk.now())
        await commands.done(request, "fleet activation", asked.id, after=document, reason=asked.reason)
        return json_answer(document)


def _add_end(routes: APIRouter, desk: FleetDesk, commands: Commands) -> None:
    @routes.delete(
        "/api/v1/fleet/activations/{activation}",
        summary="Call an activation off: its orders are withdrawn at once",
        **documented(OBJECT, "The activation", 401, 403, 404, 503),
        dependencies=[Depends(commands.guard.needs(Permission.SCHEDULE))],
    )
    async def call_off(activation: ActivationId, request: Request) -> Response:
        actor = await commands.actor(request)
        portfolio = await in_thread(lambda: desk.centre.call_off(activation, by=actor.who))
        if portfolio is None:
            raise NotFound(f"there is no activation {activation!r} that is not over")
        await commands.done(request, "fleet activation called off", activation)
        return _told(portfolio, desk)


def _add_proof(routes: APIRouter, desk: FleetDesk, commands: Commands) -> None:
    place = "/api/v1/fleet/activations/{activation}"
    seen = [Depends(commands.guard)]

    @routes.get(
        f"{place}/orders",
        summary="The orders of an activation, each with why this site",
        **documented(listed(OBJECT), "The orders", 401, 403, 404, 503),
        dependencies=seen,
    )
    async def orders(activation: ActivationId) -> Response:
        portfolio = await in_thread(lambda: desk.portfolio(activation))
        return json_answer([order_document(record) for record in portfolio.records.values()])

    @routes.get(
        f"{place}/settlement",
        summary="What was ordered and what was delivered, by quarter hour, site and order",
        **documented(listed(OBJECT), "The rows; null: not reported yet", 401, 403, 404, 503),
        dependencies=seen,
    )
    async def settlement(
        activation: ActivationId, as_: Annotated[Literal["json", "csv"], Query(alias="format")] = "json"
    ) -> Response:
        rows = await in_thread(lambda: settlement_document(desk.view.settlement(desk.portfolio(activation))))
        if as_ == "json":
            return json_answer(rows)
        text = io.StringIO()
        writer = csv.DictWriter(
            text, ["from", "site", "order", "ordered_kwh", "ordered_s", "delivered_kwh", "covered_s"]
        )
        writer.writeheader()
        writer.writerows(rows)
        return Response(text.getvalue(), media_type="text/csv")

    @routes.get(
        f"{place}/explain",
        summary="Why a site has an order of the activation, or has none, in sentences",
        **documented(OBJECT, "The sentences", 401, 403, 404, 503),
        dependencies=seen,
    )
    async def explain(activation: ActivationId, site: Annotated[str, Query(max_length=64)]) -> Response:
        sentences = await in_thread(lambda: desk.view.why(desk.portfolio(activation), desk.site(site)))
        document = {"activation": activation, "site": site, "sentences": list(sentences)}
        return json_answer(document)


def _version_of(desk: FleetDesk, asked: FleetActivation, shown: ActivationPreview | None) -> str:
    """The version of what would be ordered now: that of what was shown as long as it holds."""
    if shown is None:
        return desk.preview(asked, partial=True).version
    now = desk.preview(asked, partial=True, confirmed=shown.sites)
    return shown.version if now.is_as_shown(shown) else now.version


def _id_of(key: str) -> str:
    fault = id_fault(key, field="Idempotency-Key")
    if fault is not None:
        raise Refused.at(fault.field, fault.message)
    return key


def _told(portfolio: Portfolio, desk: FleetDesk) -> Response:
    return json_answer(activation_document(portfolio, desk.now()))
