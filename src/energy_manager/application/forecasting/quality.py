"""How good forecasts have been, and the band in which what comes will probably lie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from energy_manager.application.forecasting.measured import STEP_S, MeasuredSite
from energy_manager.application.forecasting.outlook import issued_means, measured_means
from energy_manager.application.ports.forecasts.forecast_repository import ForecastRepository
from energy_manager.domain.forecast.past_errors import Accuracy, accuracy_of, band_of

DAYS = 14
_A_DAY = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Of the day ahead: the past error of forecasts made at about this time of day, and the band around this one.

    ``low_kw`` and ``high_kw`` leave out one of ten each, a value for each quarter hour from ``start`` on; empty while
    too little is known.
    """

    days: int
    accuracy: Accuracy | None
    start: datetime
    step_s: int
    low_kw: tuple[float, ...]
    high_kw: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastQuality:
    """Compares what was issued with what was measured; reads the store, for no event loop."""

    forecasts: ForecastRepository
    measured: MeasuredSite

    def of(self, name: str, now: datetime) -> Quality | None:
        """The quality of ``load`` or ``production``; None of other names, which nothing measures.

        Raises:
            StoreUnavailable: the store cannot be read now.
        """
        if name not in {"load", "production"}:
            return None
        known = self.measured.until(now)
        measured = known.load if name == "load" else known.production
        start_s = int(now.timestamp()) // STEP_S * STEP_S
        edges_s = start_s + STEP_S * np.arange(_A_DAY + 1, dtype=float)
        said, came = [], []
        for days in range(1, DAYS + 1):
            then = now - timedelta(days=days)
            issue = self.forecasts.forecast(name, at=then)
            if issue is None or abs(issue.issued_at - then) > timedelta(hours=1):
                continue
            moved_s = edges_s - 86_400.0 * days
            said.append(issued_means(issue, moved_s))
            came.append(measured_means(measured, moved_s))
        current = self.forecasts.forecast(name, at=now)
        rows, truth = np.array(said).reshape(-1, _A_DAY), np.array(came).reshape(-1, _A_DAY)
        band = None
        if current is not None:
            ahead = np.nan_to_num(issued_means(current, edges_s))
            band = band_of(ahead, truth - rows)
        return Quality(
            days=len(said),
            accuracy=accuracy_of(rows, truth),
            start=now.fromtimestamp(start_s, tz=now.tzinfo),
            step_s=STEP_S,
            low_kw=() if band is None else tuple(band.low),
            high_kw=() if band is None else tuple(band.high),
        )
