"""What stands on the screen: the documents of the API as lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from energy_manager.entrypoints.command_line.terminal import folded, local_time, printable, table

HEADER = ("asset", "kind", "is told", "measures", "age", "state", "why")
FINE = "ok"
NOTHING = "-"
WATTS = {"W": 1, "kW": 1000}
KILO, MEGA = 1_000, 1_000_000
_DECIDERS = {"grid_limit": "grid limit", "least_cost": "least cost"}


def screen(site: Mapping[str, Any], alarms: Sequence[Mapping[str, Any]] | None, *, width: int | None) -> list[str]:
    """The site in lines of at most ``width`` columns, what is abnormal first."""
    zone = _zone(site["time_zone"])
    lines = [_heading(site, zone), *_limits(site), *_troubles(site), *_alarms(alarms, zone), ""]
    short = [part for line in lines for part in folded(printable(line), width)]
    assets = sorted(site["assets"], key=lambda asset: asset["state"] == FINE)
    unit = WATTS.get(site["power_unit"], 1)
    return [*short, *table(HEADER, [_row(asset, unit) for asset in assets], width=width)]


def _heading(site: Mapping[str, Any], zone: ZoneInfo | None) -> str:
    tick = site["tick"]
    if tick is None:
        return f"{site['site']}: no tick yet"
    at = datetime.fromisoformat(tick["at"])
    skipped = f", {tick['skipped']} skipped" if tick["skipped"] else ""
    clock = f"{local_time(at, zone)} {at.astimezone(zone):%Z}"
    return f"{site['site']}: tick {tick['number']} at {clock}, {tick['lag_ms']:.1f} ms late{skipped}"


def _limits(site: Mapping[str, Any]) -> Iterator[str]:
    pcc = site["pcc"]
    if pcc is not None:
        power_kw = pcc["import_kw"]
        now = "not measured" if power_kw is None else _flow(power_kw * KILO, taken="import", given="export")
        yield f"grid: {now}; import at most {pcc['import_limit_kw']:g} kW, export at most {pcc['export_limit_kw']:g} kW"
    if site["shortfall"]:
        yield f"shortfall: {site['shortfall']} {site['power_unit']} of the schedule is delivered by nobody"


def _troubles(site: Mapping[str, Any]) -> Iterator[str]:
    for trouble in (site["schedule_fault"], site["failure"], *site["notices"]):
        if trouble:
            yield f"! {trouble}"


def _alarms(alarms: Sequence[Mapping[str, Any]] | None, zone: ZoneInfo | None) -> Iterator[str]:
    if alarms is None:
        yield "alarms: not shown to this token"
        return
    for alarm in alarms:
        since = local_time(datetime.fromisoformat(alarm["since"]), zone)
        seen = "" if alarm["acknowledged_at"] is None else f", acknowledged by {alarm['acknowledged_by']}"
        what = f"{alarm['subject']}: {_sentences(alarm['what'], alarm['consequence'])}"
        yield f"! {alarm['priority']}: {what} (since {since}{seen})"
    if not alarms:
        yield "alarms: none"


def _sentences(*sentences: str) -> str:
    """Sentences one after the other, each with its full stop."""
    return " ".join(f"{sentence.rstrip('.')}." for sentence in sentences if sentence)


def _row(asset: Mapping[str, Any], watts_per_step: int) -> tuple[str, ...]:
    target, output_w, age_s = asset["target"], asset["output_w"], asset["status_age_s"]
    told = "released" if asset["released"] else NOTHING if target is None else power(target * watts_per_step)
    return (
        asset["id"],
        asset["kind"] or NOTHING,
        told,
        NOTHING if output_w is None else _measured(output_w, asset["kind"]),
        NOTHING if age_s is None else f"{age_s:.0f} s",
        asset["state"],
        _why(asset),
    )


def _why(asset: Mapping[str, Any]) -> str:
    decider = asset["decided_by"]
    reason = None if asset["kind"] == "meter" else asset["reason"]
    said = [asset["trouble"], reason, _DECIDERS.get(decider, decider)]
    return "; ".join(dict.fromkeys(word for word in said if word))


def power(watts: float) -> str:
    """``delivers 1.25 kW``, ``takes 60.4 kW`` or ``0 W``."""
    return _flow(-watts, taken="takes", given="delivers", verb_first=True)


def _measured(watts: float, kind: str | None) -> str:
    """As ``power``; a meter stands between the site and the grid: ``imports 46.8 kW``."""
    if kind == "meter":
        return _flow(-watts, taken="imports", given="exports", verb_first=True)
    return power(watts)


def _flow(taken_w: float, *, taken: str, given: str, verb_first: bool = False) -> str:
    amount = _three_digits(abs(taken_w))
    if amount == "0 W":
        return amount
    word = taken if taken_w > 0 else given
    return f"{word} {amount}" if verb_first else f"{amount} {word}"


def _three_digits(watts: float) -> str:
    if watts >= MEGA:
        return f"{watts / MEGA:.3g} MW"
    if watts >= KILO:
        return f"{watts / KILO:.3g} kW"
    return f"{watts:.0f} W"


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None
