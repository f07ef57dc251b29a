"""``GET /api/v1/assets/{asset_id}``: one asset with its device, for the person who looks after it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from energy_manager.application.dispatch.read_device import ReadDevice
from energy_manager.application.ports.devices.device_gateway import CallKind
from energy_manager.domain.errors import near_miss
from energy_manager.entrypoints.api.http.answering import json_text
from energy_manager.entrypoints.api.http.errors import NotFound
from energy_manager.entrypoints.api.http.openapi import documented
from energy_manager.entrypoints.api.schemas import NUMBER, OBJECT, TEXT, TRUTH, WHOLE, an_object, listed, or_null
from energy_manager.entrypoints.api.security.guard import Guard
from energy_manager.entrypoints.api.views.site import ASSET
from energy_manager.entrypoints.documents.device import device_document
from energy_manager.entrypoints.documents.site import SiteFacts

_POINT = an_object(
    name=TEXT,
    value=or_null(NUMBER) | {"description": "null: missing, impossible or too old"},
    unit=or_null(TEXT),
    age_s=or_null(NUMBER) | {"description": "null: of unknown age"},
)
_ERROR = an_object(
    call={"enum": [str(kind) for kind in CallKind]},
    message=TEXT,
    age_s=NUMBER,
    is_over=TRUTH | {"description": "the next call of the kind succeeded"},
)
_DEVICE = an_object(
    (),
    "null stands for what the device's driver does not know",
    points=listed(_POINT),
    only_read_for=or_null(TEXT) | {"description": "why it cannot be controlled; null: it can"},
    falls_back=or_null(TRUTH) | {"description": "whether it runs by itself some time after it was told something last"},
    falls_back_after_s=or_null(NUMBER) | {"description": "null: that time is not known, or it never does"},
    rests_for_s=or_null(NUMBER) | {"description": "it failed and is left alone for so long; 0: it is not"},
    last_errors=listed(_ERROR) | {"description": "the last one of each kind of call"},
    calls=OBJECT | {"description": "by kind, how the calls since the start have ended"},
    missing_values=or_null(WHOLE),
    implausible_readings=WHOLE,
    register_writes=or_null(WHOLE),
    refused_writes=or_null(WHOLE) | {"description": "targets not written: stored registers bear no more"},
    writes_left=or_null(WHOLE) | {"description": "writes that stored registers bear now; null: no limit"},
)
_ASSET_WITH_DEVICE = ASSET | {
    "required": [*ASSET["required"], "device"],
    "properties": ASSET["properties"] | {"device": _DEVICE},
}


def assets_routes(read_device: ReadDevice, facts: SiteFacts, guard: Guard) -> APIRouter:
    """One asset with its device."""
    routes = APIRouter(prefix="/api/v1", tags=["site"], dependencies=[Depends(guard)])

    @routes.get(
        "/assets/{asset_id:path}",  # an id may have a slash
        summary="One asset with its device: points and their ages, last errors, what keeps it from being told",
        **documented(_ASSET_WITH_DEVICE, "The asset as in /api/v1/site, with its device", 401, 403, 404),
    )
    def asset(asset_id: Annotated[str, Path(max_length=200)]) -> Response:
        view = read_device(asset_id)
        if view is None:
            near = near_miss(asset_id, read_device.devices.asset_ids, quoted=True)
            raise NotFound(f"the site has no device {asset_id!r}{near}")
        return json_text(device_document(view, facts))

    return routes
