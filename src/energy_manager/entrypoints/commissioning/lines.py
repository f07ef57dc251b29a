"""Templates, and what was found of devices, line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from energy_manager.application.commissioning import Survey
from energy_manager.domain.commissioning import Inspection, PointReading, Silence
from energy_manager.domain.site import AssetKind
from energy_manager.entrypoints.container.devices.templates import shipped
from energy_manager.entrypoints.site_file import AssetEntry, SiteFile

NOTHING = "-"
"""In place of a unit or an age that there is none of."""


def survey_lines(survey: Survey, site: SiteFile) -> Iterator[str]:
    """A line a point, then a line for all that is worth knowing or wrong."""
    entries = {entry.id: entry for entry in site.assets}
    yield from points_table(survey.findings)
    lines = [line for found in survey.findings for line in finding_lines(found, entries[found.asset_id])]
    lines += [f"warning: {doubt}" for doubt in survey.doubts]
    yield from lines
    answering = sum(isinstance(found, Inspection) for found in survey.findings)
    warnings = sum(line.startswith("warning") for line in lines)
    wrong = sum(line.startswith("fault") for line in lines)
    counted = f"{_count(warnings, 'warning')}, {_count(wrong, 'fault')}"
    yield f"devices: {answering} of {len(survey.findings)} answer, {counted}"


def points_table(findings: Iterable[Inspection | Silence]) -> Iterator[str]:
    """Asset, point, value, unit and age; what is missing is said so."""
    answers = [found for found in findings if isinstance(found, Inspection)]
    rows = [(found.asset_id, *_cells(point)) for found in answers for point in found.points]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    for asset_id, name, value, unit, age in rows:
        yield f"{asset_id:<{widths[0]}}  {name:<{widths[1]}}  {value:>{widths[2]}}  {unit:<2}  {age}"


def _cells(point: PointReading) -> tuple[str, str, str, str]:
    value = "missing" if point.value is None else f"{point.value:.10g}"
    age = NOTHING if point.age_s is None else f"{max(0.0, point.age_s):.1f} s"
    return point.name, value, point.unit or NOTHING, age


def finding_lines(found: Inspection | Silence, entry: AssetEntry) -> Iterator[str]:
    """What is worth knowing of a device, and what is wrong with it."""
    if isinstance(found, Silence):
        yield f"fault: {found.asset_id} is silent: {found.reason}"
        return
    identity = found.identity
    said = [f"{word} {text}" for word, text in (("model", identity.model), ("serial", identity.serial)) if text]
    if said:
        yield f"{found.asset_id}: {', '.join(said)}"
    if not identity.is_pinned_one:
        serial = identity.serial or "of no known serial number"
        yield f"fault: {found.asset_id} is {serial}, not the device that the site file names: it is never written"
    elif not found.is_good:
        yield f"fault: {found.asset_id} says nothing of what it is read for"
    elif entry.driver == "device" and entry.asset.kind is not AssetKind.METER:
        yield control_line(found)


def control_line(found: Inspection) -> str:
    """Whether it can be controlled, and how it comes to run by itself when the product dies."""
    if found.only_read_for is not None:
        return f"warning: {found.asset_id} is read only: {found.only_read_for}"
    if found.falls_back is None:
        return (
            f"warning: {found.asset_id} has no timer: when the product dies it keeps its last target, until the next "
            "start releases it"
        )
    if found.falls_back.after_s is None:
        return f"{found.asset_id}: falls back by itself, after a time that is set in the device"
    return f"{found.asset_id}: falls back by itself, at the latest {found.falls_back.after_s:g} s after the last write"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")


def template_lines() -> Iterator[str]:
    """A line each: name, link, usages (those that can be controlled with a star), verified, title."""
    titles = shipped()
    width = max(len(title.name) for title in titles)
    usages_width = max(len(", ".join(title.usages)) for title in titles)
    for title in titles:
        usages = ", ".join(title.usages)
        yield f"{title.name:<{width}}  {title.driver:<6}  {usages:<{usages_width}}  {title.verified:<9}  {title.title}"
    yield "* can be controlled; energy-manager devices show NAME prints one"
