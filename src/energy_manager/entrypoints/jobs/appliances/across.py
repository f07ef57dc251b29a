"""What contradicts itself between parts of a day's request, whatever else may be wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from energy_manager.domain.appliances.day.document import local_hours
from energy_manager.domain.appliances.units import MOST_MINUTES
from energy_manager.domain.errors import Fault, shown
from energy_manager.entrypoints.jobs.appliances.entries import FIELDS_OF, read_day
from energy_manager.entrypoints.jobs.exact import is_exact
from energy_manager.entrypoints.jobs.exact.homes import known_zone


def faults_across(document: object) -> Iterator[Fault]:
    """What contradicts itself between parts of a document, whatever else may be wrong with it."""
    if not isinstance(document, dict):
        return
    homes, runs, events = (_objects(document.get(key)) for key in ("households", "requests", "events"))
    known = [_text(home, "id") for home in homes]
    for place, name in enumerate(known):
        if name and name in known[:place]:
            yield Fault(field=f"households[{place}].id", message=f"{shown(name)} is there twice")
    for place, home in enumerate(homes):
        yield from _faults_of_battery(home.get("battery"), f"households[{place}].battery")
    for field, entries in (("requests", runs), ("events", events)):
        for place, entry in enumerate(entries):
            name = _text(entry, "household")
            if name and name not in known and entry.get("event") != "restart":
                message = f"{shown(name)} is not one of the households"
                yield Fault(field=f"{field}[{place}].household", message=message)
    appliances = {(_text(run, "household"), _text(run, "appliance")) for run in runs}
    for place, event in enumerate(events):
        yield from _faults_of_event(event, f"events[{place}]", known, appliances)
    yield from _faults_of_prices(document)
    yield from _faults_of_window(document.get("window_min"))


def _faults_of_battery(battery: object, path: str) -> Iterator[Fault]:
    capacity_wh, stored_wh = (
        (battery.get("capacity_wh"), battery.get("stored_wh")) if isinstance(battery, dict) else (0, 0)
    )
    if is_exact(capacity_wh) and is_exact(stored_wh) and stored_wh > capacity_wh:
        message = f"{shown(stored_wh)} Wh is above the capacity of {shown(capacity_wh)} Wh"
        yield Fault(field=f"{path}.stored_wh", message=message)


def _faults_of_event(
    event: dict[str, Any], path: str, known: Sequence[str], appliances: set[tuple[str, str]]
) -> Iterator[Fault]:
    kind, household, appliance = (_text(event, key) for key in ("event", "household", "appliance"))
    for name in FIELDS_OF.get(kind, ()):
        if name not in event:
            yield Fault(field=f"{path}.{name}", message="is missing")
    is_of_run = "appliance" in FIELDS_OF.get(kind, ()) and household in known and appliance != ""
    if is_of_run and (household, appliance) not in appliances:
        message = f"{shown(appliance)} is in no request of household {shown(household)}"
        yield Fault(field=f"{path}.appliance", message=message)
    at_min, until_min = event.get("at_min"), event.get("until_min")
    if kind == "restart" and is_exact(at_min) and is_exact(until_min) and until_min < at_min:
        yield Fault(field=f"{path}.until_min", message=f"{shown(until_min)} is before at_min {shown(at_min)}")


def _faults_of_window(window: object) -> Iterator[Fault]:
    start, end = window if isinstance(window, list) and len(window) == 2 else (None, None)
    if is_exact(start) and is_exact(end) and end <= start <= MOST_MINUTES:
        yield Fault(field="window_min", message=f"ends at {shown(end)}, not after its start at {shown(start)}")


def _faults_of_prices(document: dict[str, Any]) -> Iterator[Fault]:
    prices = document.get("price_eur_per_mwh")
    if document.get("strategy") == "cost" and prices is None:
        yield Fault(field="price_eur_per_mwh", message="is missing, and strategy cost needs it")
    for name in ("price_eur_per_mwh", "feed_in_eur_per_mwh"):
        prices = document.get(name)
        if not isinstance(prices, list):
            continue
        try:
            zone = ZoneInfo(known_zone(_text(document, "time_zone") or "UTC"))
            hours = len(local_hours(read_day(document.get("day")), zone))
        except ValueError:
            hours = 24  # that is a fault of its own
        if len(prices) not in {24, hours} and len(prices) < 4 * hours:
            wanted = "24" if hours == 24 else f"24 or {hours}"
            wanted += f", one an hour, or {4 * hours} or more, one a quarter hour"
            message = f"has {len(prices)} values, the day needs {wanted}"
            yield Fault(field=name, message=message)


def _objects(value: object) -> list[dict[str, Any]]:
    return [entry if isinstance(entry, dict) else {} for entry in value] if isinstance(value, list) else []


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""
