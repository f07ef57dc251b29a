"""An asset as a device of Home Assistant: its entities, described as MQTT discovery wants them, and their states; pure.

One message an entity, which Home Assistant has taken in this form since 2017, and not one a device, which came with
2024.11 (documentation of the integration MQTT, "Discovery messages"). Powers are in the site's power unit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from energy_manager import __version__
from energy_manager.application.dispatch.site_view import AssetView
from energy_manager.domain.dispatch import AssetState
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.site import Asset, AssetKind, Bounds, PowerUnit, Site
from energy_manager.entrypoints.home_assistant.topics import Topics

EXPIRES_S = 60
"""A state that is not said again for so long is not known any more in Home Assistant."""

WIDEST = 1_000_000
"""Home Assistant wants both ends of a number's range: power steps where the site file says none."""

ONLINE, OFFLINE, PRESSED = "online", "offline", "release"

RELEASED = "released"
"""Decides where nobody speaks and the asset runs by itself."""
_WAYS = "(minus: takes)"
"""Behind the name of each power: graphs and automations want one number, and its name says what the sign means."""

_OF_CONTROLLED = {
    "target": f"Output target {_WAYS}",
    "lowest": f"Lowest output now {_WAYS}",
    "highest": f"Highest output now {_WAYS}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """An asset as it is shown; ``may_be_ordered``: a target may be asked of it, of these ``bounds`` in power steps."""

    asset: Asset
    power_unit: PowerUnit
    bounds: Bounds
    may_be_ordered: bool

    @property
    def id(self) -> AssetId:
        """The asset's id."""
        return self.asset.id

    @property
    def is_controlled(self) -> bool:
        """Whether it takes targets."""
        return self.asset.kind is not AssetKind.METER

    @property
    def capacity_wh(self) -> float | None:
        """What it holds, where that is known: without it there is no state of charge."""
        return self.asset.ratings.capacity_wh or None

    @property
    def range(self) -> tuple[int, int]:
        """The least and the most that may be asked of it, in power steps."""
        lowest = -WIDEST if self.bounds.lowest is None else self.bounds.lowest
        highest = WIDEST if self.bounds.highest is None else self.bounds.highest
        return lowest, highest


def exposed_assets(site: Site) -> Iterator[Exposed]:
    """The assets as Home Assistant is to see them; those that a household's plan switches take no orders."""
    of_homes = {role.asset for role in site.roles}
    planning = site.planning_site
    for asset in site.assets:
        may_be_ordered = asset.id in planning.limits and asset.id not in of_homes
        yield Exposed(
            asset=asset,
            power_unit=site.power_unit,
            bounds=planning.limits.get(asset.id, Bounds()),
            may_be_ordered=may_be_ordered,
        )


def descriptions(exposed: Exposed, topics: Topics) -> Iterator[tuple[str, dict[str, Any]]]:
    """The topic and the description of each entity of the asset."""
    for component, key, own in _entities(exposed, topics):
        topic = topics.config(component, exposed.id, key)
        described = own | {
            "unique_id": f"{topics.node}_{topic.split('/')[-2]}",
            "availability_topic": topics.availability,
            "device": _device(exposed, topics),
            "origin": {"name": "energy_manager", "sw_version": __version__},
        }
        yield topic, described


def _device(exposed: Exposed, topics: Topics) -> dict[str, Any]:
    whole = topics.state(exposed.id).split("/")[-2]
    return {
        "identifiers": [f"{topics.node}_{whole}"],
        "name": exposed.id,
        "manufacturer": "energy_manager",
        "model": f"{exposed.asset.kind or 'asset'} of {topics.site}",
        "sw_version": __version__,
    }


def _entities(exposed: Exposed, topics: Topics) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Component, key and own part of the description of each."""
    state_topic, unit = topics.state(exposed.id), exposed.power_unit

    def sensor(key: str, name: str, **more: object) -> tuple[str, str, dict[str, Any]]:
        said = {"name": name, "state_topic": state_topic, "value_template": f"{{{{ value_json.{key} }}}}"}
        return "sensor", key, said | {"expire_after": EXPIRES_S} | more

    measured = {"device_class": "power", "state_class": "measurement", "unit_of_measurement": unit}
    yield sensor("output", f"Output {_WAYS}", **measured)
    states = [str(state) for state in AssetState]
    yield sensor("state", "State", device_class="enum", options=states, entity_category="diagnostic")
    if exposed.capacity_wh is not None:
        of_charge = {"device_class": "battery", "state_class": "measurement", "unit_of_measurement": "%"}
        yield sensor("soc", "State of charge", suggested_display_precision=0, **of_charge)
    if not exposed.is_controlled:
        return
    for key, name in _OF_CONTROLLED.items():
        yield sensor(key, name, **measured)
    yield sensor("decided_by", "Decided by")
    if not exposed.may_be_ordered:
        return
    lowest, highest = exposed.range
    yield (
        "number",
        "order",
        {
            "name": f"Ordered output {_WAYS}",
            "state_topic": state_topic,
            "value_template": "{{ value_json.order }}",
            "command_topic": topics.command(exposed.id),
            "device_class": "power",
            "unit_of_measurement": unit,
            "min": lowest,
            "max": highest,
            "step": 1,
            "mode": "box",
        },
    )
    release = {"name": "Release", "command_topic": topics.release(exposed.id), "payload_press": PRESSED}
    yield "button", "release", release


def state_of(
    exposed: Exposed, view: AssetView, *, order: int | None, watts_per_step: int, max_age_s: float
) -> dict[str, Any]:
    """What its entities show now, as the JSON of its state topic; powers in the site's power unit, + = delivers.

    What is not known is null, and a status that is too old tells nothing. ``order`` is what Home
    Assistant has asked for, whether it is that which decides or not.
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
