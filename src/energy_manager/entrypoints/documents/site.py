"""The JSON of a site as it stands now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC
from typing import Any

from energy_manager.adapters.texts.json_text import write_json
from energy_manager.application.dispatch.site_view import AssetView, SiteView, TickView
from energy_manager.domain.clock_trust import TRUSTED, ClockTrust


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFacts:
    """What holds of a site for as long as it runs; times in seconds.

    ``offers`` says which routes beyond those of every site have something to tell: ``grid`` (a grid connection is
    measured), ``homes``, ``savings``; and ``simulation``, where the clock is a simulated one. ``capacities_wh`` is what
    storages can hold, as far as that is known.
    """

    name: str
    power_unit: str
    period_s: float
    status_max_age_s: float
    time_zone: str = "UTC"
    offers: tuple[str, ...] = ()
    capacities_wh: Mapping[str, float] = field(default_factory=dict)


def site_document(
    view: SiteView,
    facts: SiteFacts,
    *,
    clock: ClockTrust = TRUSTED,
    notices: Iterable[str] = (),
    with_assets: bool = True,
) -> bytes:
    """The site, its totals and its assets; powers in the site's unit, those of the grid connection in kW.

    Without the assets it is what a resident may see.
    """
    return write_json(
        {
            "site": facts.name,
            "power_unit": facts.power_unit,
            "time_zone": facts.time_zone,
            "period_s": facts.period_s,
            "status_max_age_s": facts.status_max_age_s,
            "offers": list(facts.offers),
            "tick": None if view.tick is None else _tick(view.tick),
            "assets": [asset_document(asset, facts) for asset in view.assets] if with_assets else [],
            "scheduled_total": view.scheduled_total,
            "target_total": view.target_total,
            "shortfall": view.shortfall,
            "totals_by_kind": _by_kind(view) if with_assets else {},
            "schedule_fault": view.schedule_fault,
            "failure": view.failure,
            "clock": {"state": "trusted" if clock.is_trusted else "doubtful", "why": clock.why},
            "notices": [*_doubts(clock), *filter(None, notices)],
            "pcc": None if view.pcc is None else asdict(view.pcc),
        }
    )


def _by_kind(view: SiteView) -> dict[str, dict[str, Any]]:
    """By kind of asset: how many there are, how many of them are measured, and their measured power together, in W."""
    totals: dict[str, dict[str, Any]] = {}
    for asset in view.assets:
        total = totals.setdefault(asset.kind or "unknown", {"assets": 0, "measured": 0, "output_w": 0.0})
        total["assets"] += 1
        if asset.output_w is not None:
            total["measured"] += 1
            total["output_w"] = round(total["output_w"] + asset.output_w, 3)
    return totals


def _doubts(clock: ClockTrust) -> Iterator[str]:
    if not clock.is_trusted:
        yield f"the clock is doubtful: {clock.why}"


def _tick(tick: TickView) -> dict[str, Any]:
    at = tick.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"number": tick.number, "at": at, "lag_ms": round(1e3 * tick.lag_s, 3), "skipped": tick.skipped}


def asset_document(asset: AssetView, facts: SiteFacts) -> dict[str, Any]:
    """One asset as it stands now; powers in the site's unit."""
    return {
        "id": asset.id,
        "kind": asset.kind or None,
        "reason": asset.reason,
        "scheduled": asset.scheduled,
        "target": asset.target,
        "released": asset.is_released,
        "output": asset.output,
        "output_w": asset.output_w,
        "potential": asset.potential,
        "lowest": asset.lowest,
        "highest": asset.highest,
        "stored_wh": asset.stored_wh,
        "capacity_wh": facts.capacities_wh.get(asset.id),
        "status_age_s": None if asset.status_age_s is None else round(asset.status_age_s, 3),
        "state": str(asset.state),
        "trouble": asset.trouble or None,
        "decided_by": asset.decided_by or None,
        **asset.more,
    }
