"""``energy-manager report``: what happened, as charts in one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from energy_manager.entrypoints.commands.options import MOMENT
from energy_manager.entrypoints.commands.streams import print_line, write_file


def report(
    *,
    since: Annotated[str, typer.Option("--from", metavar="TIME", help=MOMENT)],
    until: Annotated[str, typer.Option("--to", metavar="TIME", help="As --from.")] = "now",
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write it.")] = Path(
        "report.html"
    ),
    site: Annotated[
        Path | None,
        typer.Option(
            "--site",
            metavar="FILE",
            help="Site file (TOML), else that of ENERGY_MANAGER_SITE; [planning.least_cost] adds what was saved.",
        ),
    ] = None,
) -> None:
    """Draw what happened in a stretch of time: targets, outputs, shortfall, lag, grid connection, savings, troubles.

    One HTML file that loads nothing from anywhere.
    """
    from energy_manager.entrypoints.command_line.tick_source import read_span  # noqa: PLC0415
    from energy_manager.entrypoints.container.reports import gather_report_of, html_reports  # noqa: PLC0415 - late, as all that takes time to load
    from energy_manager.entrypoints.container.store.store import opened_store  # noqa: PLC0415
    from energy_manager.entrypoints.site_file import chosen_path, read_site_file  # noqa: PLC0415

    path = chosen_path(site)
    described = None if path is None else read_site_file(path)
    start, end = read_span(since, until)
    with opened_store(for_questions=True) as store:
        gathered = gather_report_of(store, described)(start, end)
    page = html_reports().write(gathered)
    write_file(output, page)
    print_line(f"{output}: {sum(gathered.loop.ticks):,} ticks of {len(gathered.assets):,} assets")
