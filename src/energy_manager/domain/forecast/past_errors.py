"""What forecasts missed, and the scenarios that follow: today's forecast with the errors of earlier days laid over it.

The plain average of the value functions of so many scenarios is a better policy than that of the forecast alone; a full
stochastic programme was no better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from energy_manager.domain.forecast.outlook import Scenario
from energy_manager.domain.forecast.steps import Floats

LEAST_DAYS = 3
"""Fewer days of errors say too little about what may happen: no scenarios, no band, and nothing leads by a forecast."""

# Means below this are not put right.
_NOTHING_KW = 1e-6

# The band of a forecast leaves so much on either side.
_OUTSIDE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """How good forecasts of one kind were, over the steps of which both are known.

    ``mean_error`` is forecast - measured (what it says too much), ``mean_absolute_error`` its size, both in the unit of
    the forecast; ``relative`` is the latter over the mean that was measured, None where that is 0.
    """

    steps: int
    mean_error: float
    mean_absolute_error: float
    relative: float | None


def accuracy_of(forecast: Floats, measured: Floats) -> Accuracy | None:
    """How good the forecasts were; None where nothing is known of them."""
    known = np.isfinite(forecast) & np.isfinite(measured)
    if not known.any():
        return None
    errors = forecast[known] - measured[known]
    size, level = float(np.abs(errors).mean()), float(np.abs(measured[known]).mean())
    return Accuracy(
        steps=int(known.sum()),
        mean_error=float(errors.mean()),
        mean_absolute_error=size,
        relative=size / level if level > 0.0 else None,
    )


def laid_over(forecast: Floats, errors: Floats, *, most: Floats | float | None = None) -> Floats:
    """A row for each row of errors (measured - forecast of an earlier day): at least 0, at most ``most``.

    What is not known of an error counts as 0.
    """
    rows: Floats = np.maximum(forecast + np.nan_to_num(errors), 0.0)
    return rows if most is None else np.minimum(rows, most)


def laid_around(forecast: Floats, errors: Floats, *, most: Floats | float | None = None) -> Floats:
    """As ``laid_over``, but with the forecast as their mean again, as far as ``most`` allows.

    What is cut off at 0 and at the most shifts the mean, and so does a fortnight that was sunnier than foretold.
    """
    rows = laid_over(forecast, errors, most=most)
    if not len(rows):
        return rows
    mean = rows.mean(axis=0)
    rows *= np.where(mean > _NOTHING_KW, forecast / np.maximum(mean, _NOTHING_KW), 1.0)
    return rows if most is None else np.minimum(rows, most)


def scenarios_of(load: Floats, production: Floats) -> tuple[Scenario, ...]:
    """The scenarios of rows that belong together; none where there are too few."""
    if len(load) < LEAST_DAYS:
        return ()
    return tuple(
        Scenario(load_kw=tuple(of_load.tolist()), production_kw=tuple(of_production.tolist()))
        for of_load, of_production in zip(load, production, strict=True)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastBand:
    """Between which values four of five come to lie, by past errors, step by step."""

    low: Sequence[float]
    high: Sequence[float]


def band_of(forecast: Floats, errors: Floats) -> ForecastBand | None:
    """The band around a forecast; None where there are too few errors."""
    if len(errors) < LEAST_DAYS:
        return None
    rows = laid_over(forecast, errors)
    low, high = np.quantile(rows, (_OUTSIDE, 1.0 - _OUTSIDE), axis=0)
    return ForecastBand(low=tuple(low.tolist()), high=tuple(high.tolist()))
