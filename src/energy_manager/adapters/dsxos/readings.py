"""The readings of one prognosis, all of them."""

from __future__ import annotations

import json
from typing import Any

from energy_manager.adapters.dsxos.client import DsxosClient
from energy_manager.application.ports.prognosis_platform import PlatformFailed
from energy_manager.domain.peak_shaving.problem import MOST_STEPS
from energy_manager.domain.peak_shaving.request.fields import described

PATH = "/prognosis-readings"
PAGE_SIZE = 1000


async def readings_of(client: DsxosClient, prognosis_id: object) -> list[Any]:
    """The readings of a prognosis as the platform has them, unchecked; read until a page brings nothing new.

    Raises:
        PlatformFailed: a page could not be read, is no list, or there are more readings than any plan can use.
    """
    kept: dict[str, Any] = {}
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
            raise PlatformFailed(f"GET {PATH}: must be a list of readings, not {described(answer)}")
        known = len(kept)
        for item in answer:
            kept.setdefault(json.dumps(item, sort_keys=True, default=str), item)
        if len(kept) == known:
            return list(kept.values())
        if len(kept) > MOST_STEPS:
            raise PlatformFailed(f"GET {PATH}: prognosis {prognosis_id} has more than {MOST_STEPS} readings")
        page += 1
