"""What an asset's entities show, as the JSON of its state topic; what is not known is null; pure."""

from __future__ import annotations

from typing import Any

from energy_manager.application.dispatch.site_view import AssetView
from energy_manager.entrypoints.home_assistant.entities import Exposed

RELEASED = "released"
"""Decides where nobody speaks and the asset runs by itself."""


def state_of(
    exposed: Exposed, view: AssetView, *, order: int | None, watts_per_step: int, max_age_s: float
) -> dict[str, Any]:
    """The asset now; powers in the site's power unit, + = delivers. A status that is too old tells nothing.

    ``order`` is what Home Assistant has asked for, whether it is that which decides or not.
    """
    is_fresh = view.status_age_s is not None and view.status_age_s <= max_age_s
    said: dict[str, Any] = {
        "output": 0.0 + round(view.output_w / watts_per_step, 3) if is_fresh and view.output_w is not None else None,
        "state": str(view.state),
    }
    if exposed.capacity_wh is not None:
        is_known = is_fresh and view.stored_wh is not None
        said["soc"] = round(100 * (view.stored_wh or 0.0) / exposed.capacity_wh, 1) if is_known else None
    if exposed.is_controlled:
        said |= {
            "target": view.target,
            "lowest": view.lowest if is_fresh else None,
            "highest": view.highest if is_fresh else None,
            "decided_by": RELEASED if view.is_released else view.decided_by or None,
        }
    if exposed.may_be_ordered:
        said["order"] = order
    return said
