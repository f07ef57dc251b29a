"""How powers, times and lists are said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo

from energy_manager.domain import directions
from energy_manager.domain.errors import Refused
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import Decider, Source

LISTED = 8
"""So many assets are named in a sentence; the rest are summed up."""

_SOURCES = {
    Source.MANUAL: "the manual schedule",
    Source.PRODUCTION: "the production plan",
    Source.PEAK_SHAVING: "the peak shaving plan",
    Source.FLEXIBILITY: "the flexibility activation",
    Source.LEAST_COST: "the least cost plan",
    Source.APPLIANCES: "the appliances plan",
    Source.HOME_ASSISTANT: "the order from Home Assistant",
    Source.SHARED: "the site's base schedule",
    Source.OVERRIDE: "the override",
    Source.HOLD: "the hold",
}


def power(steps: int, unit: str) -> str:
    """``1,200 kW``; older records do not tell what a power step was."""
    return f"{steps:,} {unit or ('power step' if abs(steps) == 1 else 'power steps')}"


def to_do(steps: int, unit: str) -> str:
    """``to deliver 1,200 kW``, ``to take 800 W``: what an asset is told, or scheduled, in words."""
    return directions.to_do(steps, power(abs(steps), unit))


def doing(steps: int, unit: str) -> str:
    """``delivering 1,200 kW``, ``taking 800 W``."""
    return directions.doing(steps, power(abs(steps), unit))


def counted(count: int, what: str) -> str:
    """``1 tick``, ``10,000 ticks``."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def kilowatts(power_kw: float) -> str:
    """``52.1 kW``."""
    return f"{power_kw:,.1f} kW"


def moment(instant: datetime, zone: tzinfo = UTC) -> str:
    """``2026-03-02 12:00:00.900 UTC``, or as the clocks of another zone show it."""
    instant = instant.astimezone(zone)
    return f"{instant:%Y-%m-%d %H:%M:%S}.{instant.microsecond // 1000:03d} {instant:%Z}"


def listed(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def shares(powers: Mapping[AssetId, int], unit: str) -> str:
    """``asset_2 150 kW and asset_3 20 kW``, the greatest first; beyond ``LISTED`` the rest as one sum."""
    ordered = sorted(powers.items(), key=lambda entry: -entry[1])
    named, rest = ordered[:LISTED], ordered[LISTED:]
    if len(rest) == 1:
        named, rest = ordered, []
    words = [f"{asset_id} {power(steps, unit)}" for asset_id, steps in named]
    if rest:
        words.append(f"{len(rest)} others {power(sum(steps for _, steps in rest), unit)}")
    return listed(words)


def speaker(label: str) -> str:
    """Whose word a target was: ``the manual schedule 'x'``."""
    try:
        decider = Decider.from_label(label)
    except Refused:
        return f"{label!r}"
    named = _SOURCES[decider.source]
    return f"{named} {decider.schedule_id!r}" if decider.schedule_id else named
