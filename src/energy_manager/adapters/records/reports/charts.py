"""Which charts a report draws, as the page's chart module wants them; values are in kW."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any, TypeAlias

from energy_manager.application.ports.records.history import Series, Window
from energy_manager.application.ports.records.report import Report, Together
from energy_manager.domain.series import utc_text

Document: TypeAlias = dict[str, Any]
Values: TypeAlias = Sequence[float | None]

STATUS_HOLDS_S = 30.0
"""Statuses come every ten seconds: in finer steps the last one stands for those after it, for this long."""

MISSED_TICKS = 3
"""A target stands for so many ticks; where the next one does not come, nothing was running."""

DECIMALS = 4

KW_OF = {"W": 0.001, "kW": 1.0, "": 1.0}
"""By the power unit of the report; where older records do not tell it, a step is taken for a kW."""

GRID_FLOW = ["import", "export", "no flow"]
ASSET_FLOW = ["delivers", "takes", "idle"]

TEXTS = {
    "values_at": "values at",
    "now": "now",
    "table": "As a table",
    "time": "time",
    "hint": "Arrow keys move the time, Escape leaves it.",
}


def charts_of(report: Report) -> dict[str, Document]:
    """By the id of the place on the page: the site, each asset, and the lag of the ticks."""
    loop = report.loop.window
    running = _running(report)
    found: dict[str, Document] = {}
    if panels := list(_site_panels(report, running)):
        found["site"] = _chart(report, "The site", loop, panels)
    for number, series in enumerate(report.assets):
        panel = _asset_panel(report, series, running)
        found[f"asset-{number}"] = _chart(report, series.asset_id, series.window, [panel])
    found["lag"] = _chart(report, "Tick lag", loop, [_lag_panel(report, running)])
    return found


def tick_holds_s(report: Report) -> float:
    """For how long a tick is seen as in force: some times as long as there usually is between two."""
    window, ticks = report.loop.window, report.loop.ticks
    there = [place for place, count in enumerate(ticks) if count]
    apart = [later - earlier for earlier, later in pairwise(there)]
    return MISSED_TICKS * (median(apart) if apart else 1) * window.step_s


@dataclass(frozen=True)
class _Running:
    """Of each step of the loop, whether it was running then, and for how long what a tick said holds."""

    steps: list[bool]
    step_s: int
    tick_holds_s: float

    def while_running(self, window: Window, values: Values) -> Values:
        """Nothing where nothing was running: what was known before holds no longer."""
        ratio = window.step_s / self.step_s
        spans = (
            (int(place * ratio), max(int(place * ratio) + 1, int((place + 1) * ratio))) for place in range(len(values))
        )
        return [
            value if any(self.steps[begin:end]) else None for value, (begin, end) in zip(values, spans, strict=True)
        ]


def _running(report: Report) -> _Running:
    loop, holds_s = report.loop, tick_holds_s(report)
    ticks = _held_on([count or None for count in loop.ticks], loop.window, holds_s)
    return _Running([count is not None for count in ticks], loop.window.step_s, holds_s)


def _site_panels(report: Report, running: _Running) -> Iterator[Document]:
    loop, holds_s = report.loop, running.tick_holds_s
    if not loop.import_kw.is_empty:
        low, imported, high = (
            _held(values, loop.window, holds_s, 1.0)
            for values in (loop.import_kw.min, loop.import_kw.mean, loop.import_kw.max)
        )
        series = _series("import", "area", "grid", loop.window, imported, is_measured=True)
        series |= {"low": low, "high": high}
        yield _panel("grid", "Grid connection", [series], flow=GRID_FLOW, limits=_limits(report))
    if report.together is not None:
        yield _panel("together", "All assets together", list(_together(report.together, running)), flow=ASSET_FLOW)
    if any(loop.short_ticks):
        factor = KW_OF[report.power_unit]
        greatest = _held(loop.shortfall.max, loop.window, holds_s, factor)
        mean = _held(loop.shortfall.mean, loop.window, holds_s, factor)
        lines = [
            _series("greatest", "area", "use", loop.window, greatest, is_measured=True),
            _series("mean", "step", "other", loop.window, mean),
        ]
        yield _panel("shortfall", "Shortfall", lines)


def _limits(report: Report) -> list[Document]:
    loop = report.loop
    limits = (("import limit", loop.import_limit_kw, 1), ("export limit", loop.export_limit_kw, -1))
    return [
        {"name": name, "value": sign * max(known)}
        for name, steps, sign in limits
        if (known := [value for value in steps.max if value is not None])
    ]


def _together(together: Together, running: _Running) -> Iterator[Document]:
    window, known = together.window, running.while_running
    output = _held_on(together.output, window, STATUS_HOLDS_S)
    yield _series("output", "area", "storage", window, known(window, output), is_measured=True)
    yield _series("target", "step", "charger", window, known(window, together.target))
    yield _series("scheduled", "step", "use", window, known(window, together.scheduled), is_dashed=True)


def _asset_panel(report: Report, series: Series, running: _Running) -> Document:
    """Its output as an area, and what it was told and could do as lines; what is nowhere known is left out."""
    factor, window, holds_s = KW_OF[report.power_unit], series.window, running.tick_holds_s
    output = running.while_running(window, _held(series.output.mean, window, STATUS_HOLDS_S, factor))
    target = _held(series.target.mean, window, holds_s, factor)
    lines = [
        (output, _series("output", "area", "storage", window, output, is_measured=True)),
        (target, _series("target", "step", "charger", window, target)),
    ]
    for name, steps, of in (("scheduled", series.scheduled, "use"), ("potential", series.potential, "sun")):
        values = _held(steps.mean, window, holds_s, factor)
        lines.append((values, _series(name, "step", of, window, values, is_dashed=True)))
    # A potential of 0 all the time is that of a load or a meter: there is nothing to see.
    drawn = [
        line
        for values, line in lines
        if any(value is not None and (value or line["name"] != "potential") for value in values)
    ]
    return _panel(series.asset_id, "", drawn, flow=ASSET_FLOW)


def _lag_panel(report: Report, running: _Running) -> Document:
    loop, holds_s = report.loop, running.tick_holds_s
    greatest = _held(loop.lag_s.max, loop.window, holds_s, 1000.0)
    mean = _held(loop.lag_s.mean, loop.window, holds_s, 1000.0)
    lines = [
        _series("greatest", "area", "other", loop.window, greatest, is_measured=True),
        _series("mean", "step", "charger", loop.window, mean),
    ]
    return _panel("lag", "Tick lag", lines, unit="ms")


def _chart(report: Report, label: str, window: Window, panels: list[Document]) -> Document:
    return {
        "label": label,
        "from": utc_text(report.since),
        "to": utc_text(min(report.until, window.end)),
        "now": None,
        "time_zone": report.site.time_zone,
        "locale": "en-GB",
        "texts": TEXTS,
        "panels": panels,
    }


def _panel(
    panel_id: str,
    title: str,
    series: list[Document],
    *,
    unit: str = "kW",
    flow: list[str] | None = None,
    limits: Sequence[Document] = (),
) -> Document:
    return {"id": panel_id, "title": title, "unit": unit, "flow": flow, "series": series, "limits": list(limits)}


def _series(
    name: str, look: str, of: str, window: Window, values: Values, *, is_measured: bool = False, is_dashed: bool = False
) -> Document:
    said = {"name": name, "look": look, "of": of, "measured": is_measured, "dashed": is_dashed}
    of_time = {"from": utc_text(window.start), "step_s": window.step_s}
    return said | of_time | {"values": [None if value is None else _short(value) for value in values]}


def _held(values: Values, window: Window, holds_s: float, factor: float) -> list[float | None]:
    """In the unit of the panel; a step without a value has the last one, for a while."""
    return [None if value is None else factor * value for value in _held_on(values, window, holds_s)]


def _held_on(values: Values, window: Window, holds_s: float) -> list[float | None]:
    most, held, last, since = int(holds_s // window.step_s), list[float | None](), None, 0
    for value in values:
        last, since = (last, since + 1) if value is None else (value, 0)
        held.append(last if since <= most else None)
    return held


def _short(value: float) -> float:
    rounded = round(value, DECIMALS)
    return int(rounded) if rounded == int(rounded) else rounded
