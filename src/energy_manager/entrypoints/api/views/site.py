"""``GET /api/v1/site`` and ``WS /api/v1/live``: the site now, and at each tick."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import anyio
from fastapi import APIRouter, Depends, Request, Response, WebSocket

from energy_manager.application.dispatch.hold_grid_limit import RELEASED
from energy_manager.application.ports.records.tick import Tick
from energy_manager.domain.access import Permission
from energy_manager.domain.dispatch import AssetState
from energy_manager.domain.peak_shaving.grid_limit import Reason
from energy_manager.entrypoints.api.http.answering import json_text
from energy_manager.entrypoints.api.http.openapi import documented
from energy_manager.entrypoints.api.plans.broadcast import Broadcast, only_by_websocket, send_messages
from energy_manager.entrypoints.api.schemas import NUMBER, OBJECT, TEXT, TIME, TRUTH, WHOLE, an_object, listed, or_null
from energy_manager.entrypoints.api.security.guard import SUBPROTOCOL, Guard

LOOK_S = 0.05
"""How often a new tick is looked for. Looking costs the loop nothing, and no fault of this thread can reach it."""

_STEPS = WHOLE | {"description": "whole steps of the power unit, positive = production"}
_STEPS_OR_NULL = _STEPS | or_null(WHOLE)
_TICK = or_null(
    an_object(
        None,
        "the newest tick; null before the first",
        number=WHOLE,
        at=TIME,
        lag_ms=NUMBER | {"description": "how long after its grid point it began"},
        skipped=WHOLE | {"description": "ticks given up since the start"},
    )
)
ASSET = an_object(
    ["id", "scheduled", "target", "released", "output", "potential", "status_age_s", "state", "decided_by"],
    id=TEXT,
    kind=or_null(TEXT) | {"description": "what the site file says that it is"},
    reason=TEXT | {"description": "why it was told its target, in a few words"},
    scheduled=_STEPS_OR_NULL | {"description": "null: no schedule speaks for it, as for a meter"},
    target=_STEPS_OR_NULL | {"description": "null: it takes none, as a meter; or it is released; or no tick yet"},
    released=TRUTH | {"description": "no schedule covers it, and it runs by itself"},
    output=_STEPS_OR_NULL
    | {"description": "measured, below 0 while it takes power; null: not known, or too old to be believed"},
    output_w=or_null(NUMBER) | {"description": "the same in W, as fine as it is measured"},
    potential=_STEPS_OR_NULL
    | {"description": "what it counts as able to deliver; null: not known, or too old to be believed"},
    lowest=_STEPS_OR_NULL | {"description": "the least that it could be told now; null: not known"},
    highest=_STEPS_OR_NULL | {"description": "the most that it could be told now; null: not known"},
    stored_wh=or_null(NUMBER) | {"description": "what a storage holds, in Wh; null: not known"},
    capacity_wh=or_null(NUMBER) | {"description": "what a storage can hold, in Wh; null: not known, or none"},
    status_age_s=or_null(NUMBER)
    | {"description": "of its last good status; beyond status_max_age_s what it said is null"},
    state={
        "enum": [str(state) for state in AssetState],
        "description": "the first that is true: late (a call has not come back in time), absent (known to be "
        "away), failed (the last call that came back failed), absent (never a good status), stale (the last one is "
        "too old to be believed), disobeys (it does not do what it is told), ok",
    },
    trouble=or_null(TEXT) | {"description": "why its device is not there, or why its last call failed; null: neither"},
    decided_by=or_null(TEXT)
    | {"description": "source:id of the schedule, shared, or grid_limit; null: no schedule covers it"},
)
_PCC = or_null(
    an_object(
        (),
        "the grid connection at the newest tick; null where no limit is held",
        meter=TEXT,
        storage=TEXT,
        import_kw=or_null(NUMBER),
        import_limit_kw=NUMBER,
        export_limit_kw=NUMBER,
        stored_kwh=or_null(NUMBER),
        capacity_kwh=or_null(NUMBER),
        reason={"enum": [*get_args(Reason), RELEASED], "description": "what decided the storage's target"},
    )
)
_CLOCK = an_object(
    None,
    "whether the wall clock agrees with the newest record and the time that has passed",
    state={"enum": ["trusted", "doubtful"], "description": "by a doubtful clock nothing is deleted"},
    why=TEXT | {"description": "empty while it is trusted"},
)
_SITE = an_object(
    ["tick", "power_unit", "assets", "scheduled_total", "target_total", "shortfall"],
    site=TEXT,
    power_unit={"enum": ["kW", "W"]},
    time_zone=TEXT | {"description": "in which views show times; those of this document are in UTC"},
    period_s=NUMBER,
    status_max_age_s=NUMBER,
    offers=listed({"enum": ["grid", "homes", "savings", "simulation"]})
    | {"description": "routes beyond those of every site that have something to tell; simulation: so is time"},
    tick=_TICK,
    assets=listed(ASSET),
    scheduled_total=_STEPS,
    target_total=_STEPS,
    shortfall=_STEPS | {"description": "what no asset can deliver"},
    totals_by_kind={
        "type": "object",
        "description": "by kind: how many assets, how many of them measured, and these together in W (+ delivers)",
        "additionalProperties": OBJECT,
    },
    schedule_fault=TEXT | {"description": "why the schedule is not known, or empty"},
    failure=TEXT | {"description": "why the tick could not be decided and all got 0, or empty"},
    clock=_CLOCK,
    notices=listed(TEXT) | {"description": "what an operator should look after, a sentence each"},
    pcc=_PCC,
)


class Live:
    """Tells everybody who listens of each new tick: the same document as ``/api/v1/site``.

    The loop leaves its ticks with ``newest`` and never hears of this; it is all done in the event loop's thread.
    """

    def __init__(
        self,
        newest: Callable[[], Tick | None],
        document: Callable[[], bytes],
        totals: Callable[[], bytes] | None = None,
    ) -> None:
        self.feed = Broadcast()
        self._newest = newest
        self._document = document
        self._totals = totals or document
        self._told: Tick | None = None

    def look(self) -> None:
        """Tell of the newest tick if that was not done yet."""
        newest = self._newest()
        if newest is not self._told:
            self._told = newest
            if len(self.feed) > 0:
                self.feed.publish(self.now())

    def now(self) -> str:
        """The site now."""
        return self._document().decode()

    def totals(self) -> str:
        """The site now without its assets: what residents may see."""
        return self._totals().decode()

    async def keep_looking(self) -> None:
        """Look for new ticks until cancelled."""
        while True:
            self.look()
            await anyio.sleep(LOOK_S)


def site_routes(live: Live, guard: Guard) -> APIRouter:
    """The site for people and programs that watch it."""
    routes = APIRouter(prefix="/api/v1")

    @routes.get(
        "/site",
        summary="The site now: what each asset is scheduled, told and able to deliver, and how it stands",
        description="The same document comes over the WebSocket `/api/v1/live` at once and then at each tick.",
        **documented(_SITE, "The site", 401, 403),
        dependencies=[Depends(guard.needs(Permission.SEE_TOTALS))],
    )
    async def site(request: Request) -> Response:
        may_see_all = (await guard.principal(request)).may(Permission.SEE)
        return json_text(live.now() if may_see_all else live.totals())

    @routes.websocket("/live", dependencies=[Depends(guard)])
    async def follow_site(client: WebSocket) -> None:
        live.look()  # now, so that the others hear of the newest tick once and this client not twice
        offered = client.scope.get("subprotocols", [])
        await send_messages(
            client, live.feed, greeting=live.now, subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None
        )

    routes.get("/live", include_in_schema=False)(only_by_websocket)
    return routes
