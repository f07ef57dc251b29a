"""``GET /api/v1/setup``: how the site is set up, and how store and planner are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from energy_manager import __version__
from energy_manager.adapters.texts.json_text import write_json
from energy_manager.application.mastership import Mastership
from energy_manager.application.ports.schedules.durability import StoreWatch
from energy_manager.application.rolling import RollingPlan
from energy_manager.domain.access import Permission
from energy_manager.domain.clock_trust import ClockTrust
from energy_manager.domain.series import utc_text
from energy_manager.entrypoints.api.http.answering import json_text
from energy_manager.entrypoints.api.http.openapi import documented
from energy_manager.entrypoints.api.schemas import OBJECT, TEXT, TIME, TRUTH, WHOLE, an_object, or_null
from energy_manager.entrypoints.api.security.guard import Guard
from energy_manager.entrypoints.documents.setup import settings_document, site_file_document
from energy_manager.entrypoints.settings import Settings
from energy_manager.entrypoints.site_file import SiteFile

_SETUP = an_object(
    version=TEXT,
    started_at=TIME,
    site_file=OBJECT | {"description": "as it was read, without secrets"},
    settings={
        "type": ["array", "null"],
        "description": "by the name of the variable; null: it takes an admin to see them",
        "items": an_object(name=TEXT, value={"type": ["string", "number", "boolean", "null"]}, is_default=TRUTH),
    },
    store=an_object(
        (),
        is_reachable=TRUTH,
        trouble=TEXT | {"description": "what is wrong, or empty"},
        waiting=WHOLE | {"description": "records that are not stored yet"},
        dropped=WHOLE | {"description": "records that were given up since the start"},
        last_stored_at=or_null(TIME),
    ),
    planner=or_null(
        an_object(
            (),
            "the one beside the loop; null: the site file has none",
            subject=TEXT,
            made_at=or_null(TIME),
            next_at=or_null(TIME),
            proof=TEXT,
            trouble=TEXT,
        )
    ),
    master=an_object((), epoch=WHOLE, lost=TEXT | {"description": "why it commands no more"}),
    clock=an_object((), is_trusted=TRUTH, why=TEXT),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the route tells of; ``started_at`` is when this process began."""

    settings: Settings
    site: SiteFile
    store: StoreWatch
    planner: RollingPlan | None
    mastership: Mastership
    trust: Callable[[], ClockTrust]
    started_at: datetime

    def document(self, *, with_settings: bool) -> bytes:
        """As it is now."""
        store, trust = self.store.state(), self.trust()
        return write_json(
            {
                "version": __version__,
                "started_at": utc_text(self.started_at),
                "site_file": site_file_document(self.site),
                "settings": settings_document(self.settings) if with_settings else None,
                "store": {
                    "is_reachable": store.is_reachable,
                    "trouble": store.trouble,
                    "waiting": store.waiting,
                    "dropped": store.dropped,
                    "last_stored_at": _time(store.last_stored_at),
                },
                "planner": None if self.planner is None else _planner(self.planner),
                "master": {"epoch": self.mastership.epoch, "lost": self.mastership.lost},
                "clock": {"is_trusted": trust.is_trusted, "why": trust.why},
            }
        )


def _planner(planner: RollingPlan) -> dict[str, Any]:
    return {
        "subject": planner.subject,
        "made_at": _time(planner.made_at),
        "next_at": utc_text(planner.next_at),
        "proof": planner.proof,
        "trouble": planner.trouble,
    }


def _time(instant: datetime | None) -> str | None:
    return None if instant is None else utc_text(instant)


def setup_routes(setup: Setup, guard: Guard) -> APIRouter:
    """How all is set up; the settings for admins alone."""
    routes = APIRouter(prefix="/api/v1")

    @routes.get(
        "/setup",
        summary="Version, site file as read, settings without secrets, and how store and planner are",
        **documented(_SETUP, "How it is set up", 401, 403),
        dependencies=[Depends(guard)],
    )
    async def tell_setup(request: Request) -> Response:
        is_admin = (await guard.principal(request)).may(Permission.MANAGE_TOKENS)
        return json_text(setup.document(with_settings=is_admin))

    return routes
