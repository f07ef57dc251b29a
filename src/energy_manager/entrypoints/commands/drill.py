"""The command ``drill``: put the configured site through every kind of fault, on simulated devices and virtual time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from energy_manager.entrypoints.plain_text import printable

if TYPE_CHECKING:  # slow to load, and the other commands need it not
    from energy_manager.domain.drill import Judged, KindResult

SITE = typer.Option(help="The site file; without one the demo site.", exists=True, dir_okay=False)
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
    from energy_manager.entrypoints.container.drill import DrillStage  # noqa: PLC0415 - as above
    from energy_manager.entrypoints.settings import load_settings  # noqa: PLC0415 - as above
    from energy_manager.entrypoints.site_file import DEMO_SITE, read_site_file  # noqa: PLC0415 - as above

    logger.remove()  # the site's own log of a thousand troubles
    stage = DrillStage(load_settings(), read_site_file(site or DEMO_SITE))
    judged: list[Judged] = []
    with typer.progressbar(range(seed, seed + days), label="days", file=_error_stream()) as seeds:
        for day in seeds:
            judged.extend(run_drill(stage, [day]))
    results = results_by_kind(judged)
    typer.echo(json.dumps(_document(results), indent=1) if as_json else "\n".join(_lines(results)))
    if not all(result.passed for result in results):
        raise typer.Exit(FAILED)


def _error_stream() -> Any:  # noqa: ANN401 - as click has it
    return typer.get_text_stream("stderr")


def _document(results: Sequence[KindResult]) -> list[dict[str, Any]]:
    return [
        {
            "port": result.kind.port,
            "kind": result.kind.name,
            "passed": result.passed,
            "episodes": len(result.episodes),
            "ticks": result.ticks,
            "ticks_skipped": result.skipped,
            "unsafe_targets": result.unsafe,
            "seconds_to_notice": result.longest_to_notice_s,
            "undelivered_steps_h": round(result.undelivered_steps_h, 3),
            "complaints": [
                {"seed": each.episode.day, "hit": each.episode.hit, "what": complaint}
                for each in result.episodes
                for complaint in each.complaints
            ],
        }
        for result in results
    ]


def _lines(results: Sequence[KindResult]) -> list[str]:
    width = max(len(result.kind.label) for result in results)
    lines = [f"      {'kind of fault':{width}}  ticks  skipped  unsafe  noticed s  not delivered"]
    for result in results:
        noticed = "-" if result.longest_to_notice_s is None else f"{result.longest_to_notice_s:.1f}"
        lines.append(
            f"{'pass' if result.passed else 'FAIL'}  {result.kind.label:{width}}  {result.ticks:5}  {result.skipped:7}"
            f"  {result.unsafe:6}  {noticed:>9}  {result.undelivered_steps_h:13.2f}"
        )
        for each in result.episodes:
            for complaint in each.complaints:
                hit = f" ({', '.join(map(printable, each.episode.hit))})" if each.episode.hit else ""
                lines.append(f"      {printable(complaint)}{hit}; again: --seed {each.episode.day} --days 1")
    passed = sum(result.passed for result in results)
    lines.append(f"{passed} of {len(results)} kinds of faults were stood; not delivered is in power steps times hours")
    return lines
