"""The tables as Markdown: a row a figure, a column for each load of the product and one for each naive design.

The naive designs' column gives a figure for each load in turn, ratios to the product's in the same run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from benchmarks.dispatch.cells import Design
from benchmarks.dispatch.figures import Figures, Spread
from benchmarks.dispatch.measure import EXIT_PATIENCE_S
from benchmarks.dispatch.redistribution import Redistribution

MISSED = " ✗"
SMALL_SITE = 10
LARGEST_SITE_WITH_GOALS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A figure: how it reads, in brief for the naive designs, what would be good, and the number that ratios are of.

    ``size`` is None where a ratio makes no sense.
    """

    name: str
    show: Callable[[Figures], str]
    brief: Callable[[Figures], str] | None = None
    goal: Callable[[Figures], str] = lambda _: ""
    is_good: Callable[[Figures], bool] = lambda _: True
    size: Callable[[Figures], float | None] = lambda _: None


def _spread(spread: Spread | None) -> str:
    return "–" if spread is None else f"{spread.p50_ms:.1f} / {spread.p99_ms:.1f} / {spread.max_ms:.1f}"


def _brief(spread: Spread | None) -> str:
    return "–" if spread is None else f"{spread.p99_ms:.{0 if spread.p99_ms >= 10 else 1}f}"


def _p99(spread: Spread | None) -> float | None:
    return None if spread is None else spread.p99_ms


def _is_small(cell: Figures) -> bool:
    return cell.load.devices < SMALL_SITE


def _entry_goal_ms(cell: Figures) -> float:
    return 5 if _is_small(cell) else 50


def _hang_goal_ms(cell: Figures) -> float:
    """The spec grants the longer time to the tick where half of the devices hang."""
    return 200 if not _is_small(cell) and cell.load.hung_percent >= 50 else _entry_goal_ms(cell)


def _thread_goal(cell: Figures) -> int:
    return 2 * cell.load.hung + (40 if _is_small(cell) else 300)


def _share_of(part: int, whole: int) -> str:
    return "0" if part == 0 else f"{100 * part / whole:.1f} %"


ROWS = (
    Row(
        name="tick lag p50 / p99 / max, ms",
        show=lambda cell: "not said" if cell.lag is None else _spread(cell.lag),
        brief=lambda cell: _brief(cell.lag),
        goal=lambda _: "≤ 0.5 / 5",
        is_good=lambda cell: cell.lag is not None and cell.lag.p50_ms <= 0.5 and cell.lag.p99_ms <= 5,
    ),
    Row(
        name="entry p50 / p99 / max, ms",
        show=lambda cell: _spread(cell.entry),
        brief=lambda cell: _brief(cell.entry),
        goal=lambda cell: f"p99 ≤ {_entry_goal_ms(cell)}",
        is_good=lambda cell: cell.entry is not None and cell.entry.p99_ms <= _entry_goal_ms(cell),
        size=lambda cell: _p99(cell.entry),
    ),
    Row(
        name="entry in the tick where they hang",
        show=lambda cell: _spread(cell.entry_in_hang_tick),
        brief=lambda cell: _brief(cell.entry_in_hang_tick),
        goal=lambda cell: f"p99 ≤ {5 if _is_small(cell) else '50; half: 200'}",
        is_good=lambda cell: not cell.load.hung or (_p99(cell.entry_in_hang_tick) or 1e9) <= _hang_goal_ms(cell),
        size=lambda cell: _p99(cell.entry_in_hang_tick),
    ),
    Row(
        name="ticks skipped",
        show=lambda cell: f"{cell.skipped}",
        goal=lambda _: "0",
        is_good=lambda cell: cell.skipped == 0,
    ),
    Row(
        name="not delivered to healthy devices",
        show=lambda cell: _share_of(cell.undelivered, cell.owed),
        goal=lambda _: "0",
        is_good=lambda cell: cell.undelivered == 0,
    ),
    Row(
        name="order violations",
        show=lambda cell: f"{cell.order_violations:,}",
        goal=lambda _: "0",
        is_good=lambda cell: cell.order_violations == 0,
    ),
    Row(
        name="threads after tick {tick} → at the end",
        show=lambda cell: f"{cell.threads[cell.settled_tick]:,} → {cell.threads[-1]:,}",
        brief=lambda cell: f"{cell.threads[-1]:,}",
        goal=lambda cell: "small" if _is_small(cell) else "≤ 2·hung + 300",
        is_good=lambda cell: max(cell.threads[cell.settled_tick :]) <= _thread_goal(cell),
    ),
    Row(
        name="SIGTERM to end, ms",
        show=lambda cell: f"> {1e3 * EXIT_PATIENCE_S:.0f}" if cell.exit_ms is None else f"{cell.exit_ms:.0f}",
        goal=lambda _: "≤ 100",
        is_good=lambda cell: cell.exit_ms is not None and cell.exit_ms <= 100,
        size=lambda cell: cell.exit_ms,
    ),
    Row(
        name="CPU, % of a core",
        show=lambda cell: f"{cell.cpu_percent:.1f}",
        goal=lambda cell: f"≤ {3 if _is_small(cell) else 5}",
        is_good=lambda cell: cell.cpu_percent <= (3 if _is_small(cell) else 5),
        size=lambda cell: cell.cpu_percent,
    ),
    Row(
        name="RSS, MB",
        show=lambda cell: f"{cell.rss_mb:.0f}",
        goal=lambda cell: f"≤ {80 if _is_small(cell) else 100}",
        is_good=lambda cell: cell.rss_mb <= (80 if _is_small(cell) else 100),
        size=lambda cell: cell.rss_mb,
    ),
    Row(
        name="*bare sleeper, 10 ms grid, ms*",
        show=lambda cell: _spread(cell.jitter_10_ms),
        brief=lambda cell: _brief(cell.jitter_10_ms),
    ),
    Row(
        name="*bare sleeper, 2 s grid, ms*",
        show=lambda cell: _spread(cell.jitter_2_s),
        brief=lambda cell: _brief(cell.jitter_2_s),
    ),
    Row(name="*all others' CPU, % of a core*", show=lambda cell: f"{cell.other_cpu_percent:.0f}"),
)


def site_table(cells: Sequence[Figures]) -> str:
    """The table of one site size; cells of the same number of hung devices are compared with each other."""
    ours = {cell.load.hung: cell for cell in cells if cell.design.is_ours}
    naive: dict[Design, list[Figures]] = {}
    for cell in cells:
        if not cell.design.is_ours:
            naive.setdefault(cell.design, []).append(cell)
    first, loads = cells[0], " / ".join(f"{hung:,}" for hung in ours)
    headings = ["", "good", *(f"energy_manager, {hung:,} hung" for hung in ours)]
    headings += [f"{design.name}: p99 with {loads} hung" for design in naive]
    has_goals = first.load.devices <= LARGEST_SITE_WITH_GOALS
    rows = [
        [row.name.format(tick=first.settled_tick), row.goal(first) if has_goals else ""]
        + [row.show(cell) + (MISSED if has_goals and not row.is_good(cell) else "") for cell in ours.values()]
        + [" / ".join(_beside(row, cell, ours[cell.load.hung]) for cell in alike) for alike in naive.values()]
        for row in ROWS
    ]
    return _markdown(headings, rows)


def _beside(row: Row, cell: Figures, own: Figures) -> str:
    """A naive design's figure in brief, with its ratio to the product's."""
    words = (row.brief or row.show)(cell)
    theirs, ours = row.size(cell), row.size(own)
    return words if not theirs or not ours else f"{words} (×{_two_digits(theirs / ours)})"


def _two_digits(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}" if ratio >= 1 else f"{ratio:.2f}"


def redistribution_table(measured: Iterable[Redistribution]) -> str:
    """The times of the decision alone, judged by its CPU time: what others take of the core is not its fault."""
    goals_ms = {3: 0.05, 1_000: 1.0, 10_000: 10.0}
    rows = []
    for found in measured:
        goal_ms = goals_ms[found.assets]
        missed = MISSED if found.cpu_ms > goal_ms else ""
        rows.append([f"{found.assets:,}", f"≤ {goal_ms:g}", f"{found.wall_ms:.3f}", f"{found.cpu_ms:.3f}{missed}"])
    return _markdown(["assets", "good", "median, ms", "CPU, ms"], rows)


def _markdown(headings: list[str], rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]

    def line(words: Iterable[str]) -> str:
        return "| " + " | ".join(f"{word:<{width}}" for word, width in zip(words, widths, strict=True)) + " |"

    return "\n".join([line(headings), "|" + "|".join("-" * (width + 2) for width in widths) + "|", *map(line, rows)])
