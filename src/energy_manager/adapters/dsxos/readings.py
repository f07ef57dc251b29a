"""The readings of one prognosis, all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from energy_manager.adapters.dsxos.client import DsxosClient
from energy_manager.application.ports.forecasts.prognosis_platform import PlatformFailed
from energy_manager.domain.errors import shown
from energy_manager.domain.series import MOST_STEPS

PATH = "/prognosis-readings"
PAGE_SIZE = 1000


async def readings_of(client: DsxosClient, prognosis_id: object) -> list[Any]:
    """The readings of a prognosis as the platform has them, unchecked; read until a page brings nothing new.

    What says that it belongs to another prognosis is left out.

    Raises:
        PlatformFailed: a page could not be read, is no list, or there are more readings than any plan can use.
    """
    kept: list[Any] = []
    seen: set[str] = set()
    page = 0
    while True:
        parameters: dict[str, str | int] = {
            "datapointPrognosisId.equals": str(prognosis_id),
            "page": page,
            "size": PAGE_SIZE,
            "sort": "time,asc",
        }
        answer = await client.get(PATH, parameters)
        if not isinstance(answer, list):
            raise PlatformFailed(f"GET {PATH}: must be a list of readings, not {shown(answer)}")
        marks = [json.dumps(item, sort_keys=True, default=str) for item in answer]
        new = [item for item, mark in zip(answer, marks, strict=True) if mark not in seen]
        if not new:
            return [item for item in kept if _belongs_to(item, prognosis_id)]
        kept += new
        seen.update(marks)
        if len(kept) > MOST_STEPS:
            raise PlatformFailed(f"GET {PATH}: prognosis {prognosis_id} has more than {MOST_STEPS} readings")
        page += 1


def _belongs_to(item: object, prognosis_id: object) -> bool:
    owner = item.get("datapointPrognosisId") if isinstance(item, Mapping) else None
    return owner is None or str(owner) == str(prognosis_id)
