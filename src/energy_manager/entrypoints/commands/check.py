"""``energy-manager check``: what would happen, line by line; or everything that is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.command_line.terminal import is_for_people
from energy_manager.entrypoints.commands.options import SITE
from energy_manager.entrypoints.commands.streams import print_line


def check(
    *,
    site: SITE = None,
    devices: Annotated[
        bool, typer.Option("--devices", help="Connect to every device too and read it; nothing is written.")
    ] = False,
) -> None:
    """Check settings and site file, and say what would happen; changes nothing.

    Everything that is wrong is told, a line each. With --devices: exit code 1 where a device is silent, or another one
    than the site file names.
    """
    from energy_manager.entrypoints.check import describe  # noqa: PLC0415 - pydantic is slow to load

    try:
        lines = list(describe(site))
    except Refused as refused:
        for fault in refused.faults:
            print_line(f"{fault.field}: {fault.message}")
        raise (_counted(refused) if is_for_people() else _first_of(refused)) from None
    for line in lines:
        print_line(line)
    if devices:
        _check_devices(site)


def _check_devices(site: Path | None) -> None:
    from energy_manager.entrypoints.commissioning.lines import survey_lines  # noqa: PLC0415
    from energy_manager.entrypoints.commissioning.looking import look  # noqa: PLC0415

    survey, site_file = look(site)
    for line in survey_lines(survey, site_file):
        print_line(line)
    if not survey.is_good:
        raise typer.Exit(1)


def _counted(refused: Refused) -> Refused:
    """What stands on the screen already is not said twice."""
    count = len(refused.faults)
    faults = "1 fault" if count == 1 else f"{count} faults"
    return Refused.at("check", f"{faults}: energy-manager run would not start")


def _first_of(refused: Refused) -> Refused:
    """The first fault in one line, with how many more there are."""
    first, *more = refused.faults
    return Refused.at(first.field, f"{first.message}; and {len(more)} more" if more else first.message)
