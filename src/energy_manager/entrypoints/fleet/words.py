"""What the fleet is told in at a terminal: powers with their direction, times, what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from energy_manager.entrypoints.command_line.terminal import is_for_people, zoned_time


def status_lines(found: Mapping[str, Any]) -> Iterable[str]:
    """A fleet in a few lines: sites, room up and down, activations."""
    totals, centre = found["totals"], found["centre"]
    held = centre["holder"] or "nobody"
    role = "active" if centre["active"] else f"waiting, {held} is active"
    yield f"{found['name']}: this centre is {role}, epoch {centre['epoch']}" + (
        "" if centre["linked"] else "; no link to the sites"
    )
    standings = ", ".join(f"{totals[word]} {word}" for word in ("good", "alarm", "late", "lost") if totals[word])
    yield f"{totals['sites']} {'site' if totals['sites'] == 1 else 'sites'}: {standings or 'none'}"
    grid = way(totals["import_kw"], "import", "export")
    yield f"{grid} kW; can go up {totals['up_kw']} kW, down {totals['down_kw']} kW"
    for activation in found["activations"]:
        wanted = f"{activation['volume']} kW {activation['direction']}"
        if activation["is_over"]:
            yield f"{activation['id']}: {wanted}, over since {when(activation['ended_at'] or activation['until'])}"
            continue
        missing = f"{activation['missing_kw']:g} kW missing"
        seen = f"{activation['seen_kw']:g} of {wanted} seen"
        yield f"{activation['id']}: {seen}, {missing}, until {when(activation['until'])}"


def what_is_wrong(site: Mapping[str, Any]) -> str:
    """What needs somebody at a site, and who has seen it; empty where nothing does."""
    by = f" by {site['acknowledged_by']}" if site["acknowledged_by"] else ""
    seen = f"acknowledged{by}" if site["is_acknowledged"] else ""
    late = "its loop is not on time" if site.get("on_time") is False else ""
    clock = f"its clock is {site['clock']}" if site.get("clock") else ""
    return "; ".join(filter(None, (site.get("alarm", ""), site.get("doubt", ""), late, clock, seen)))


def number(value: float | None) -> str:
    """A number, or a dash where there is none."""
    return "–" if value is None else f"{value:g}"


def way(kilowatts: float | None, forward: str, backward: str) -> str:
    """A power in words: its direction, and no sign."""
    if not kilowatts:
        return number(kilowatts)
    return f"{forward if kilowatts > 0 else backward} {abs(kilowatts):g}"


def when(instant: str) -> str:
    """For a person at a terminal on the clock of this machine, with its name: sites of a fleet have many."""
    return zoned_time(datetime.fromisoformat(instant)) if is_for_people() else instant
