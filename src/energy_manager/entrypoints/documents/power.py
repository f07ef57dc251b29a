"""Power and energy over time as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from energy_manager.application.explanation.energy import DayEnergy
from energy_manager.application.explanation.outages import Gap
from energy_manager.application.explanation.power_series import PowerSeries
from energy_manager.domain.series import utc_text


def power_document(
    of: str, name: str | None, series: Mapping[str, PowerSeries], outages: Sequence[Gap] = ()
) -> dict[str, Any]:
    """Series of one window side by side: by name the mean and the energy of each step, null in gaps.

    ``outages`` are the stretches in which nothing ran, also those that are shorter than a step.
    """
    window = next(iter(series.values())).window
    return {
        "of": of,
        "asset": name,
        "from": utc_text(window.start),
        "to": utc_text(window.end),
        "step_s": window.step_s,
        "unit": "kWh" if of == "storage" else "kW",
        "outages": [_gap(gap) for gap in outages],
        "series": {
            name: {
                "mean": [_rounded(value) for value in one.mean],
                "kwh": [_rounded(value) for value in one.kwh],
                "total_kwh": _rounded(sum(value for value in one.kwh if value is not None)),
                "gaps": [_gap(gap) for gap in one.gaps],
            }
            for name, one in series.items()
        },
    }


def energy_document(time_zone: str, days: tuple[DayEnergy, ...]) -> dict[str, Any]:
    """By asset and day of the site's zone: what was delivered and taken, and how much is not known."""
    return {
        "by": "day",
        "time_zone": time_zone,
        "unit": "kWh",
        "days": [
            {
                "asset": day.asset_id,
                "from": utc_text(day.start),
                "to": utc_text(day.end),
                "delivered_kwh": _rounded(day.delivered_kwh),
                "taken_kwh": _rounded(day.taken_kwh),
                "unknown_min": day.unknown_min,
            }
            for day in days
        ],
    }


def _gap(gap: Gap) -> dict[str, str]:
    return {"from": utc_text(gap.start), "to": utc_text(gap.end)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
