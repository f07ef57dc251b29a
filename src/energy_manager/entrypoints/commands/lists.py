"""Lists: a table in local time for a person at a terminal, a line each in a pipe, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from energy_manager.entrypoints.command_line.terminal import is_for_people, local_span, local_time, table, width_of
from energy_manager.entrypoints.commands.streams import print_document, print_line

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from energy_manager.application.ports.schedules.schedule_repository import DocumentRepository

Entry = TypeVar("Entry")

UNATTENDED = "no energy-manager run works with this store now: nothing is switched until one does"

AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


def clock_of(documents: DocumentRepository) -> ZoneInfo | None:
    """The time zone of the site that has run on the store; None, which is this machine's, if none has."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - late, as all that takes time to load

    from energy_manager.application.site_registry import known_site  # noqa: PLC0415

    site = known_site(documents)
    return None if site is None else ZoneInfo(site.time_zone)


def print_list(
    entries: Sequence[Entry],
    *,
    as_json: bool,
    document: Callable[[Entry], object],
    line: Callable[[Entry], str],
    columns: Sequence[tuple[str, Callable[[Entry], str]]],
    nothing: str,
) -> None:
    """Print them as is wanted; ``nothing`` is said on standard error where there are none."""
    if as_json:
        print_json([document(entry) for entry in entries])
    elif not entries:
        print_line(nothing, to_stderr=True)
    elif is_for_people():
        print_table([name for name, _ in columns], [[tell(entry) for _, tell in columns] for entry in entries])
    else:
        for entry in entries:
            print_line(line(entry))


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print the rows under their header, as wide as the terminal."""
    for line in table(header, rows, width=width_of(sys.stdout)):
        typer.echo(line)


def print_json(document: object) -> None:
    """Print it for programs, in lines that people can read as well."""
    print_document(json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace"))


def print_timetable(document: dict[str, Any], zones: dict[str, ZoneInfo]) -> None:
    """The runs of homes for people, on each home's own clock."""

    def when(run: dict[str, Any]) -> str:
        return ", ".join(_span(start, end, zones.get(run["household"])) for start, end in run["segments"])

    header = ("run", "home", "appliance", "power", "priority", "state", "when, or why not")
    rows = [
        (
            run["id"],
            run["household"],
            run["appliance"],
            f"{'up to ' if run.get('profile_w') else ''}{run['power_w']:g} W",
            run["priority_class"],
            run["status"],
            when(run) or run["reason"] or "",
        )
        for run in document["runs"]
    ]
    homes = [f"{home['id']}: at most {home['threshold_w']:g} W" for home in document["households"]]
    for sentence in (*homes, *(f"! {alert['household']}: {alert['message']}" for alert in document["alerts"])):
        print_line(sentence)
    if rows:
        print_table(header, rows)
    else:
        print_line("no runs are booked", to_stderr=True)
    if not document["is_attended"]:
        print_line(UNATTENDED, to_stderr=True)


def _span(start: str, end: str | None, zone: ZoneInfo | None) -> str:
    begins = datetime.fromisoformat(start)
    return f"from {local_time(begins, zone)}" if end is None else local_span(begins, datetime.fromisoformat(end), zone)
