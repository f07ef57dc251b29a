"""What has happened between two states of the building, in sentences for the log."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from energy_manager.application.appliances.building import Building, instant
from energy_manager.application.ports.records.journal import Noticed
from energy_manager.domain.appliances import Run, Segment
from energy_manager.domain.appliances.units import FOREVER_US, in_words

_WORDS = {
    "running": "runs",
    "paused": "is paused",
    "finished": "is done",
    "missed": "could not start within its max delay",
    "cancelled": "is cancelled",
}


def happenings(before: Building, after: Building) -> Iterator[Noticed]:
    """One event for each run that became something else or is planned anew, and for each new alert.

    On another site also one for each battery whose asset it has not.
    """
    if before.site != after.site:
        yield from _untold_batteries(after)
    for run in after.table.runs.values():
        known = before.table.runs.get(run.run_id)
        if known is run and (run.closed_as is not None or _is_still_to_come(run, after.now_us)):
            continue
        words = _what_became(known, run, before, after)
        if words:
            is_good = run.status(after.now_us) not in {"rejected", "missed"}
            yield Noticed(is_good=is_good, sentence=f"{run.request.household}: {run.request.appliance} {words}")
    known_alerts = set(before.alerts)
    for alert in after.alerts:
        if alert not in known_alerts:
            yield Noticed(is_good=False, sentence=f"{alert.household}: {alert.message}")


def _untold_batteries(building: Building) -> Iterator[Noticed]:
    for name, home in building.table.homes.items():
        battery = home.household.battery
        if battery is not None and battery.asset is not None and battery.asset not in building.site.assets:
            sentence = f"{name}: the site has no asset {battery.asset!r}, so its battery is planned and not told"
            yield Noticed(is_good=False, sentence=sentence)


def _what_became(known: Run | None, run: Run, before: Building, after: Building) -> str:
    status = run.status(after.now_us)
    was = None if known is None else known.status(before.now_us)
    if known is run and status == was:
        return ""
    watts = f"({in_words(run.request.power_w)} W)"
    if status == "rejected":
        rejection = after.rejections.get(run.run_id)
        return "" if was == status else f"{watts} is rejected: {'' if rejection is None else rejection.reason}"
    planned = _planned(run, after)
    if known is None:
        return f"{watts} is accepted, {run.outcome}: {planned or 'done'}"
    if status != was:
        why_missed = run.missed_reason(after.now_us)
        if why_missed is not None:
            return f"is missed: {why_missed}"
        suffix = f" {watts}{planned and ', ' + planned}" if status == "running" else ""
        return _WORDS.get(status, status) + suffix
    return f"is planned anew: {planned}" if planned and planned != _planned(known, after) else ""


def _is_still_to_come(run: Run, now_us: int) -> bool:
    return bool(run.segments) and run.segments[0].start_us > now_us


def _planned(run: Run, building: Building) -> str:
    """``2026-06-15 22:41:10 to 22:42:10``, for each part that is to come or under way, in the household's time zone."""
    zone = ZoneInfo(building.household(run.request.household).time_zone)
    parts = [
        _part(segment, zone) for segment in run.segments if segment.end_us > building.now_us and run.closed_as is None
    ]
    return ", ".join(parts) + (f" ({zone.key})" if parts else "")


def _part(segment: Segment, zone: ZoneInfo) -> str:
    start = instant(segment.start_us).astimezone(zone)
    if segment.end_us >= FOREVER_US:
        return f"{start:%Y-%m-%d %H:%M:%S} to its end"
    end = instant(segment.end_us).astimezone(zone)
    ends = f"{end:%H:%M:%S}" if end.date() == start.date() else f"{end:%Y-%m-%d %H:%M:%S}"
    return f"{start:%Y-%m-%d %H:%M:%S} to {ends}"
