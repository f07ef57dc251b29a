"""The JSON of one asset with its device."""

from __future__ import annotations

from typing import Any

from energy_manager.adapters.texts.json_text import write_json
from energy_manager.application.dispatch.read_device import DeviceView
from energy_manager.entrypoints.documents.site import SiteFacts, asset_document


def device_document(view: DeviceView, facts: SiteFacts) -> bytes:
    """The asset as it stands in the site's document, and ``device`` beside it; ages and times in seconds."""
    return write_json(asset_document(view.asset, facts) | {"device": _device(view)})


def _device(view: DeviceView) -> dict[str, Any]:
    health = view.health
    return {
        "points": [
            {"name": point.name, "value": point.value, "unit": point.unit or None, "age_s": _rounded(point.age_s)}
            for point in view.points
        ],
        "only_read_for": health.only_read_for,
        "falls_back": health.falls_back,
        "falls_back_after_s": health.falls_back_after_s,
        "rests_for_s": _rounded(health.rests_for_s),
        "last_errors": [
            {
                "call": str(kind),
                "message": failed.sentence,
                "age_s": _rounded(view.failed_s_ago[kind]),
                "is_over": failed.is_over,
            }
            for kind, failed in health.last_failures.items()
        ],
        "calls": {
            str(kind): {"ok": counts.ok, "failed": counts.failed, "superseded": counts.superseded}
            for kind, counts in view.calls.items()
        },
        "missing_values": health.missing,
        "implausible_readings": health.implausible,
        "register_writes": health.writes,
        "refused_writes": health.refused_writes,
        "writes_left": health.writes_left,
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
