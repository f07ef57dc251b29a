"""History and explanations as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from energy_manager.application.explanation import Explanation, ToldSeries
from energy_manager.application.ports.records.history import Steps
from energy_manager.application.ports.records.kept_fields import kept_fields, told_of


def explanation_document(explanation: Explanation) -> dict[str, Any]:
    """Why an asset was told its target: the numbers of the record, and the sentences."""
    tick, asset_id = explanation.tick, explanation.asset_id
    return {
        "asset": asset_id,
        "at": iso(explanation.asked_at),
        "tick": {"number": tick.number, "at": iso(tick.at)},
        **{of.name: round(said, 3) if isinstance(said, float) else said for of, said in told_of(tick, asset_id)},
        "target": tick.told(asset_id),
        "released": tick.is_released(asset_id),
        "sentences": list(explanation.sentences),
    }


_JSON_TYPES: Mapping[object, object] = {
    int: "integer",
    float: "number",
    str: "string",
    Mapping[str, int]: ["integer", "null"],
    Mapping[str, int | None]: ["integer", "null"],
    Mapping[str, float]: ["number", "null"],
    Mapping[str, str]: ["string", "null"],
}


def told_schema(record: type) -> dict[str, dict[str, object]]:
    """What an explanation tells of a record, as JSON schemas by name."""
    return {
        of.shown.name: {"type": _JSON_TYPES[of.kind]} | ({"description": of.shown.says} if of.shown.says else {})
        for of in kept_fields(record)
        if of.shown is not None
    }


def series_document(told: ToldSeries) -> dict[str, Any]:
    """An asset's history: the least, the mean and the greatest of each step, null where nothing is known."""
    series, window = told.series, told.series.window
    return {
        "asset": series.asset_id,
        "from": iso(window.start),
        "to": iso(window.end),
        "step_s": window.step_s,
        "power_unit": told.power_unit,
        "scheduled": _steps(series.scheduled),
        "target": _steps(series.target),
        "potential": _steps(series.potential),
        "output": _steps(series.output),
    }


def _steps(steps: Steps) -> dict[str, list[float | None]]:
    mean = [None if value is None else round(value, 3) for value in steps.mean]
    return {"min": list(steps.min), "mean": mean, "max": list(steps.max)}


def iso(instant: datetime) -> str:
    """``2026-03-02T12:00:00.900Z``."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
