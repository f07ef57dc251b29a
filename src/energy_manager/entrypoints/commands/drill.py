"""The command ``drill``: put the configured site through every kind of fault, on simulated devices and virtual time."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from energy_manager.entrypoints.command_line.terminal import folded, width_of
from energy_manager.entrypoints.documents.drill import DrilledSite, drill_document, drill_lines

if TYPE_CHECKING:  # slow to load, and the other commands need it not
    from energy_manager.domain.drill import Judged

SITE = typer.Option(
    help="The site file; else that of ENERGY_MANAGER_SITE, else the demo site.", exists=True, dir_okay=False
)
SEED = typer.Option(min=0, help="Of the first day; a day is the same each time by its seed.")
DAYS = typer.Option(min=1, help="How many days, each with every kind of fault once; the seed grows by 1 a day.")
FAILED = 1


def drill(
    site: Annotated[Path | None, SITE] = None,
    seed: Annotated[int, SEED] = 1,
    days: Annotated[int, DAYS] = 1,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Try the site against simulated devices that fail in every way; nothing real is touched.

    Prints pass or fail for each kind of fault. Ends with 0, or with 1 if the site did not stand one of them.
    """
    from loguru import logger  # noqa: PLC0415 - the other commands need not wait for it

    from energy_manager.application.drill import run_drill  # noqa: PLC0415 - the other commands need not wait for it
    from energy_manager.domain.drill import results_by_kind  # noqa: PLC0415 - as above
    from energy_manager.entrypoints.container.drill.stage import DrillStage  # noqa: PLC0415 - as above
    from energy_manager.entrypoints.settings import load_settings  # noqa: PLC0415 - as above
    from energy_manager.entrypoints.site_file import chosen_site  # noqa: PLC0415 - as above

    logger.remove()  # the site's own log of a thousand troubles
    settings = load_settings()
    stated = chosen_site(site, settings)
    stage = DrillStage(settings, stated)
    judged: list[Judged] = []
    with typer.progressbar(range(seed, seed + days), label="days", file=typer.get_text_stream("stderr")) as seeds:
        for day in seeds:
            judged.extend(run_drill(stage, [day]))
    results = results_by_kind(judged)
    if as_json:
        typer.echo(json.dumps(drill_document(results), indent=1))
    else:
        option = "" if site is None else f"--site {shlex.quote(str(site))} "
        tried = DrilledSite(
            name=stated.site.name, power_unit=stated.site.power_unit, assets=len(stated.assets), option=option
        )
        width = width_of(sys.stdout)
        for line in drill_lines(results, tried, seed=seed, days=days):
            typer.echo("\n".join(folded(line, width)))
    if not all(result.passed for result in results):
        raise typer.Exit(FAILED)
