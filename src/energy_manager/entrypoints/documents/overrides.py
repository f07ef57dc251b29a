"""Overrides, holds and their effects as JSON, and the requests for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from energy_manager.application.overrides import Effect, KeptOverride
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import Override
from energy_manager.domain.series import utc_text
from energy_manager.domain.site import PlanningSite
from energy_manager.entrypoints.command_line.time_arguments import read_end

ALL = "all"
_FIELDS = ("asset", "assets", "reason", "release", "target", "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRequest:
    """What was asked: for which assets, a target in power steps or None = released, until when and why."""

    assets: tuple[AssetId, ...]
    target: int | None
    until: datetime
    reason: str


def read_override(document: object, site: PlanningSite, *, now: datetime) -> OverrideRequest:
    """``{"asset": "asset_1", "target": 0, "until": …, "reason": …}``; ``assets`` for several, ``release: true``.

    Raises:
        Refused: with every fault by field.
    """
    return _read(document, site, now=now, default_reason=None)


def read_hold(document: object, site: PlanningSite, *, now: datetime) -> OverrideRequest:
    """The same; without ``assets`` all of them, without ``reason`` the emergency.

    Raises:
        Refused: with every fault by field.
    """
    return _read(document, site, now=now, default_reason="emergency stop")


def _read(document: object, site: PlanningSite, *, now: datetime, default_reason: str | None) -> OverrideRequest:
    if not isinstance(document, dict):
        raise Refused.at("body", "it is not a JSON object")
    faults = [
        Fault(field=str(name), message=f"there is no such field; there are {', '.join(_FIELDS)}")
        for name in document
        if name not in _FIELDS
    ]
    assets = _assets(document, site, faults, all_by_default=default_reason is not None)
    target = _target(document, faults)
    for asset_id in assets:
        _check_target(asset_id, target, site, faults)
    until = _until(document, faults, now)
    reason = document.get("reason", default_reason)
    if not isinstance(reason, str):
        faults.append(Fault(field="reason", message="is missing: why, in a few words"))
    if faults:
        raise Refused(faults)
    return OverrideRequest(assets=assets, target=target, until=until, reason=str(reason))


def _assets(
    document: Mapping[str, Any], site: PlanningSite, faults: list[Fault], *, all_by_default: bool
) -> tuple[AssetId, ...]:
    if "asset" in document and "assets" in document:
        faults.append(Fault(field="asset", message="either asset or assets, not both"))
    named = document.get("assets", [document["asset"]] if "asset" in document else None)
    if named == ALL or (named is None and all_by_default):
        return site.controllable
    if not isinstance(named, list) or not named or not all(isinstance(name, str) for name in named):
        faults.append(Fault(field="asset", message="is missing: the asset that this is for"))
        return ()
    assets = tuple(dict.fromkeys(named))
    strangers = [name for name in assets if name not in site.limits]
    faults.extend(Fault(field=f"asset {name[:200]}", message=site.about_stranger(name)) for name in strangers[:20])
    return tuple(name for name in assets if name in site.limits)


def _target(document: Mapping[str, Any], faults: list[Fault]) -> int | None:
    target, release = document.get("target"), document.get("release", False)
    if type(release) is not bool:
        faults.append(Fault(field="release", message=f"{release!r} is not true or false"))
        return None
    if release == (target is not None):
        faults.append(Fault(field="target", message="either a target or release=true"))
        return None
    if target is not None and type(target) is not int:
        faults.append(Fault(field="target", message=f"{str(target)[:40]!r} is not a whole number of power steps"))
        return None
    return target


def _check_target(asset_id: AssetId, target: int | None, site: PlanningSite, faults: list[Fault]) -> None:
    if target is None:
        return
    bounds = site.limits[asset_id]
    limit = bounds.within(target)
    if limit != target:
        which = "above" if target > limit else "below"
        message = (
            f"{target} {site.power_unit} is {which} {limit} {site.power_unit}, the limit of what {asset_id} can do"
        )
        faults.append(Fault(field="target", message=message))


def _until(document: Mapping[str, Any], faults: list[Fault], now: datetime) -> datetime:
    until = document.get("until")
    if not isinstance(until, str):
        message = "is missing: every override ends by itself; a time with its zone, or in how long, like 30min"
        faults.append(Fault(field="until", message=message))
        return now
    try:
        return read_end(until, field="until", now=now, without_zone="refused")
    except Refused as refused:
        faults.extend(refused.faults)
        return now


def override_document(kept: KeptOverride) -> dict[str, Any]:
    """One override or hold; ``ended_at`` is null while it is in force."""
    override = kept.override
    return {
        "id": override.id,
        "kind": "hold" if override.is_hold else "override",
        "assets": list(override.assets),
        "target": override.target,
        "release": override.target is None,
        "made_at": utc_text(override.made_at),
        "until": utc_text(override.until),
        "reason": override.reason,
        "who": override.who,
        "role": override.role,
        "ended_at": None if kept.ended_at is None else utc_text(kept.ended_at),
        "ended_by": kept.ended_by,
    }


def in_log(override: Override) -> dict[str, Any]:
    """An override as a line of the logbook has it."""
    return {"id": override.id, "target": override.target, "until": utc_text(override.until)}


def effect_document(effect: Effect, say: Callable[[datetime], str] = utc_text) -> dict[str, Any]:
    """What would change, and the version that its confirmation has to name (``If-Match``)."""
    return {
        "effect": list(effect.sentences),
        "series": [
            {
                "asset": span.asset_id,
                "start": say(span.start),
                "end": say(span.end),
                "before": span.before,
                "after": span.after,
            }
            for span in effect.series
        ],
        "version": effect.version,
    }
