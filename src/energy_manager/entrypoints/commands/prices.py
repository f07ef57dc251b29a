"""``energy-manager prices``: what a kWh costs and earns at a site, fetched now."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from energy_manager.entrypoints.commands.streams import print_document, print_line

_TIME = "ISO 8601 (without a zone: local time of this machine), or how long ago: -15min, -7d."


def prices(
    *,
    since: Annotated[str, typer.Option("--from", metavar="TIME", help=_TIME)],
    until: Annotated[str, typer.Option("--to", metavar="TIME", help="As --from.")],
    site: Annotated[
        Path | None,
        typer.Option(
            "--site",
            metavar="FILE",
            help="Site file (TOML) with [tariff] and [prices]; else that of ENERGY_MANAGER_SITE.",
        ),
    ] = None,
) -> None:
    """Fetch the site's prices now and print them as JSON, assumed ones marked.

    Exit code 3 where there is no price at all.
    """
    from energy_manager.domain.series import utc_text  # noqa: PLC0415 - late, as all that takes time to load
    from energy_manager.entrypoints.command_line.tick_source import read_span  # noqa: PLC0415
    from energy_manager.entrypoints.container.planning.prices import prices_of  # noqa: PLC0415
    from energy_manager.entrypoints.documents.prices import prices_document  # noqa: PLC0415
    from energy_manager.entrypoints.settings import load_settings  # noqa: PLC0415
    from energy_manager.entrypoints.site_file import chosen_site  # noqa: PLC0415

    settings = load_settings()
    read = prices_of(chosen_site(site, settings), settings)
    start, end = read_span(since, until)
    known = read(start, end)
    for begin, finish in known.missing:
        print_line(f"there is no price from {utc_text(begin)} to {utc_text(finish)}", to_stderr=True)
    print_document(prices_document(read, known))
