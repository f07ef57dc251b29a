"""``POST /productionplan`` and ``WS /ws``, as the powerplant coding challenge's community knows them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response, WebSocket

from energy_manager.entrypoints.api.activating import (
    Activate,
    ActivationDesk,
    Asked,
    ForMinutes,
    From,
    ScheduleName,
)
from energy_manager.entrypoints.api.broadcast import Broadcast, send_messages
from energy_manager.entrypoints.api.guard import Guard
from energy_manager.entrypoints.api.planning import documented
from energy_manager.entrypoints.documents.production import (
    ProductionOptions,
    activate_production_document,
    plan_production_document,
)

EXAMPLE = {
    "load": 480,
    "fuels": {"gas(euro/MWh)": 13.4, "kerosine(euro/MWh)": 50.8, "co2(euro/ton)": 20, "wind(%)": 60},
    "powerplants": [
        {"name": "gasfiredbig1", "type": "gasfired", "efficiency": 0.53, "pmin": 100, "pmax": 460},
        {"name": "gasfiredbig2", "type": "gasfired", "efficiency": 0.53, "pmin": 100, "pmax": 460},
        {"name": "gasfiredsomewhatsmaller", "type": "gasfired", "efficiency": 0.37, "pmin": 40, "pmax": 210},
        {"name": "tj1", "type": "turbojet", "efficiency": 0.3, "pmin": 0, "pmax": 16},
        {"name": "windpark1", "type": "windturbine", "efficiency": 1, "pmin": 0, "pmax": 150},
        {"name": "windpark2", "type": "windturbine", "efficiency": 1, "pmin": 0, "pmax": 36},
    ],
}

_AMOUNT = {"type": "number", "minimum": 0, "maximum": 1e9}
_PLANT = {
    "type": "object",
    "required": ["name", "type", "efficiency", "pmin", "pmax"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "type": {"enum": ["gasfired", "turbojet", "windturbine"]},
        "efficiency": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        "pmin": _AMOUNT | {"description": "least power when running, MW"},
        "pmax": _AMOUNT | {"description": "greatest power, MW; not below pmin"},
    },
}
_REQUEST = {
    "type": "object",
    "required": ["load", "fuels", "powerplants"],
    "properties": {
        "load": _AMOUNT | {"description": "MW, a multiple of 0.1"},
        "fuels": {
            "type": "object",
            "properties": {
                "gas(euro/MWh)": _AMOUNT,
                "kerosine(euro/MWh)": _AMOUNT,
                "co2(euro/ton)": _AMOUNT,
                "wind(%)": {"type": "number", "minimum": 0, "maximum": 100},
            },
        },
        "powerplants": {"type": "array", "items": _PLANT, "maxItems": 100_000},
    },
}
_REPLY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "p"],
        "properties": {"name": {"type": "string"}, "p": {"type": "number", "description": "MW, a multiple of 0.1"}},
    },
}


def production_routes(desk: ActivationDesk, feed: Broadcast, guard: Guard, defaults: ProductionOptions) -> APIRouter:
    """The routes of job 5."""
    routes = APIRouter(tags=["production"])

    @routes.post(
        "/productionplan",
        summary="Which plants run, and at what power, for a load",
        **documented(
            body=_REQUEST,
            example=EXAMPLE,
            reply=_REPLY,
            says="Every plant once, in merit order; the powers add up to the load",
            may_activate=True,
        ),
    )
    async def production_plan(
        request: Request,
        *,
        co2: Annotated[bool, Query(description="whether burning gas pays for its CO2")] = defaults.co2,
        wind: Annotated[
            Literal["on_off", "curtail"], Query(description="wind parks run fully or not at all, or may be curtailed")
        ] = defaults.wind,
        activate: Activate = False,
        schedule_id: ScheduleName = None,
        start: From = None,
        for_min: ForMinutes = None,
    ) -> Response:
        options = ProductionOptions(co2=co2, wind=wind, time_limit_s=defaults.time_limit_s)
        body, response = await desk.answer(
            request,
            plan_production_document,
            activate_production_document,
            options,
            asked=Asked(activate=activate, schedule_id=schedule_id, start=start, minutes=for_min),
            time_limit_s=defaults.time_limit_s,
        )
        is_short = len(body) + len(response.body) < feed.longest
        # What the site does is for the guarded feed.
        if response.status_code == 200 and len(feed) > 0 and is_short and not activate:
            feed.publish(f'{{"request":{body.decode()},"response":{bytes(response.body).decode()}}}')
        return response

    @routes.websocket("/ws", dependencies=[Depends(guard.want_token_where_one_is_set)])
    async def follow_plans(client: WebSocket) -> None:
        await send_messages(client, feed)

    @routes.get("/ws", include_in_schema=False)
    async def only_by_websocket() -> None:
        raise HTTPException(426, "this is a WebSocket: connect with ws://", headers={"Upgrade": "websocket"})

    return routes
