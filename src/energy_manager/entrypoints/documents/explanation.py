"""History and explanations as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from energy_manager.application.explanation import Explanation, ToldSeries
from energy_manager.application.ports.history import Steps


def explanation_document(explanation: Explanation) -> dict[str, Any]:
    """Why an asset was told its target: the numbers of the record, and the sentences."""
    tick, asset_id = explanation.tick, explanation.asset_id
    age_s = tick.status_ages_s.get(asset_id)
    return {
        "asset": asset_id,
        "at": iso(explanation.asked_at),
        "tick": {"number": tick.number, "at": iso(tick.at)},
        "power_unit": tick.power_unit,
        "scheduled": tick.scheduled.get(asset_id),
        "decided_by": tick.decided_by.get(asset_id),
        "potential": tick.potentials.get(asset_id),
        "status_age_s": None if age_s is None else round(age_s, 3),
        "target": None if asset_id in tick.untold else tick.targets.get(asset_id),
        "policy": tick.policy,
        "shortfall": tick.shortfall,
        "sentences": list(explanation.sentences),
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
