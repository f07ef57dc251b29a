"""What came of a drill, for people as lines and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from energy_manager.entrypoints.command_line.terminal import printable

if TYPE_CHECKING:  # slow to load, and the command's help needs it not
    from energy_manager.domain.drill import KindResult

_COLUMNS = (
    "skipped: ticks that were given up; only a machine that stands still may skip any",
    "unsafe: targets outside what the asset may ever be told",
    "noticed: the longest time until the log, the tick or an asset's state said it; - where nothing goes wrong by it",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrilledSite:
    """Which site was tried; ``option`` names its file on the command line, and ends with a blank."""

    name: str
    power_unit: str
    assets: int
    option: str = ""


def drill_document(results: Sequence[KindResult]) -> list[dict[str, Any]]:
    """The results for programs."""
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


def drill_lines(results: Sequence[KindResult], site: DrilledSite, *, seed: int, days: int) -> list[str]:
    """The results for people: what was tried, a line a kind, how many passed, and what the columns mean."""
    seeds = f"seed {seed}" if days == 1 else f"seeds {seed} to {seed + days - 1}"
    assets = "1 asset" if site.assets == 1 else f"{site.assets} assets"
    width = max(len(result.kind.label) for result in results)
    passed = sum(result.passed for result in results)
    failed = "" if passed == len(results) else f", {len(results) - passed} failed"
    return [
        f"drill of the site {printable(site.name)!r} with {assets}, {seeds}: "
        "simulated devices, virtual time, nothing real is touched",
        f"      {'kind of fault':{width}}  ticks  skipped  unsafe  noticed s  missing",
        *(line for result in results for line in _lines_of(result, site, width=width)),
        f"{passed} of {len(results)} kinds of faults passed{failed}",
        *(f"  {column}" for column in _COLUMNS),
        f"  missing: what the healthy assets could have delivered and did not, in {site.power_unit}h",
    ]


def _lines_of(result: KindResult, site: DrilledSite, *, width: int) -> Iterator[str]:
    noticed = "-" if result.longest_to_notice_s is None else f"{result.longest_to_notice_s:.1f}"
    yield (
        f"{'pass' if result.passed else 'FAIL'}  {result.kind.label:{width}}  {result.ticks:5}  {result.skipped:7}"
        f"  {result.unsafe:6}  {noticed:>9}  {result.undelivered_steps_h:7.2f}"
    )
    for each in result.episodes:
        for complaint in each.complaints:
            hit = f" ({', '.join(map(printable, each.episode.hit))})" if each.episode.hit else ""
            again = f"energy-manager drill {site.option}--seed {each.episode.day} --days 1"
            yield f"      {printable(complaint)}{hit}; again: {again}"
