"""Which lines a report draws, as plain values; the page's script turns them into plots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from energy_manager.application.ports.history import LoopSeries, Series, Steps, Window

Chart: TypeAlias = dict[str, Any]
Values: TypeAlias = Sequence[float | None]

DELIVERED_FOR_S = 30
"""Statuses come every ten seconds: in finer steps the last one stands for those after it, for this long."""

DECIMALS = 3


def total_chart(assets: Sequence[Series], unit: str) -> Chart:
    """Schedule, targets and outputs of all assets that are told targets."""
    told = [series for series in assets if not series.target.is_empty]
    return _chart(
        "total",
        told[0].window,
        unit,
        [
            _line("scheduled", _sum([series.scheduled.mean for series in told])),
            _line("target", _sum([series.target.mean for series in told])),
            _line("output", _sum([_filled(series.output.mean, series.window) for series in told])),
        ],
    )


def asset_charts(assets: Sequence[Series], unit: str) -> Iterator[Chart]:
    """One chart an asset."""
    for number, series in enumerate(assets):
        lines = [
            _line("potential", series.potential.mean),
            _line("scheduled", series.scheduled.mean),
            _line("target", series.target.mean),
            _line("output", _filled(series.output.mean, series.window)),
        ]
        yield _chart(f"asset-{number}", series.window, unit, [line for line in lines if _is_known(line)])


def shortfall_chart(loop: LoopSeries, unit: str) -> Chart:
    """What of the schedule nobody could deliver."""
    lines = [_line("shortfall", loop.shortfall.max), _line("shortfall mean", loop.shortfall.mean)]
    return _chart("shortfall", loop.window, unit, lines)


def lag_chart(loop: LoopSeries) -> Chart:
    """How late the ticks began."""
    greatest, mean = (
        [None if lag is None else 1000 * lag for lag in lags] for lags in (loop.lag_s.max, loop.lag_s.mean)
    )
    return _chart("lag", loop.window, "ms", [_line("lag max", greatest), _line("lag mean", mean)])


def pcc_chart(loop: LoopSeries) -> Chart:
    """Import at the point of common coupling between its limits."""
    export_limit = [None if limit is None else -limit for limit in loop.export_limit_kw.min]
    lines = [
        _line("import min", loop.import_kw.min),
        _line("import max", loop.import_kw.max),
        _line("import", loop.import_kw.mean),
        _line("limit import", loop.import_limit_kw.max),
        _line("limit export", export_limit),
    ]
    return _chart("pcc", loop.window, "kW", [line for line in lines if _is_known(line)])


def greatest(steps: Steps) -> float | None:
    """The greatest value of all steps."""
    return max((value for value in steps.max if value is not None), default=None)


def _chart(chart_id: str, window: Window, unit: str, lines: list[dict[str, Any]]) -> Chart:
    return {
        "id": chart_id,
        "start_ms": round(1000 * window.start.timestamp()),
        "step_ms": 1000 * window.step_s,
        "unit": unit,
        "lines": lines,
    }


def _line(kind: str, values: Values) -> dict[str, Any]:
    """Of a kind that the page's script knows how to draw."""
    return {"kind": kind, "values": [None if value is None else _short(value) for value in values]}


def _short(value: float) -> float:
    rounded = round(value, DECIMALS)
    return int(rounded) if rounded == int(rounded) else rounded


def _is_known(line: dict[str, Any]) -> bool:
    return any(value is not None for value in line["values"])


def _sum(series: Sequence[Values]) -> Values:
    """By step; None where nobody is known."""
    columns = ([value for value in column if value is not None] for column in zip(*series, strict=True))
    return [sum(known) if known else None for known in columns]


def _filled(values: Values, window: Window) -> Values:
    """The last known value stands for the steps after it, for a while."""
    most, filled, last, since = DELIVERED_FOR_S // window.step_s, list[float | None](), None, 0
    for value in values:
        last, since = (last, since + 1) if value is None else (value, 0)
        filled.append(last if since <= most else None)
    return filled
