"""What is told of a forecast: its values in order of time, and how good such forecasts have been."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from energy_manager.adapters.texts.csv_series import LocalClock, write_series
from energy_manager.application.planner_result import PlannerResult, run_planner
from energy_manager.domain.forecast import ForecastHead, IssuedForecast
from energy_manager.domain.series import utc_text

if TYPE_CHECKING:
    from energy_manager.application.forecasting.quality import Quality


def head_document(head: ForecastHead) -> dict[str, Any]:
    """What is told of a forecast without its values."""
    return {
        "name": head.name,
        "unit": str(head.unit),
        "version": head.version,
        "issued_at": utc_text(head.issued_at),
        "count": head.count,
        "start": utc_text(head.start),
        "end": utc_text(head.end),
    }


def readings_document(forecast: IssuedForecast) -> list[dict[str, Any]]:
    """The values of a forecast, in order of time."""
    return [{"time": utc_text(time), "value": value} for time, value in forecast.readings()]


def forecast_csv(forecast: IssuedForecast, *, clock: LocalClock) -> bytes:
    """The values of a forecast as CSV, which can be put again; in local times with a clock."""
    readings_ = list(forecast.readings())
    column = f"{forecast.name} [{forecast.unit}]"
    return write_series([time for time, _ in readings_], {column: [value for _, value in readings_]}, clock=clock)


def forecast_document(forecast: IssuedForecast, head: ForecastHead) -> PlannerResult[bytes]:
    """A forecast as a whole; in a worker, because a year of quarter hours takes a while to write."""
    return run_planner(lambda: json.dumps({**head_document(head), "readings": readings_document(forecast)}).encode())


def quality_document(quality: Quality | None) -> dict[str, Any]:
    """How good forecasts of a name have been, and the band of the day ahead; nothing where nobody measures it."""
    if quality is None:
        return {}
    accuracy = quality.accuracy
    return {
        "past_error": None
        if accuracy is None
        else {
            "days": quality.days,
            **{name: getattr(accuracy, name) for name in ("mean_error", "mean_absolute_error", "relative")},
        },
        "band": None
        if not quality.low_kw
        else {
            "start": utc_text(quality.start),
            "step_s": quality.step_s,
            "low": list(quality.low_kw),
            "high": list(quality.high_kw),
        },
    }
