"""The port ``SiteOutlook`` on stored forecasts: what counts now, and the errors of earlier days laid over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from energy_manager.application.forecasting.measured import STEP_S, MeasuredSite
from energy_manager.application.ports.forecasts.forecast_repository import ForecastRepository
from energy_manager.application.ports.forecasts.site_outlook import NoForecast
from energy_manager.domain.forecast import IssuedForecast, Outlook
from energy_manager.domain.forecast.clear_days import ClearDaySuns
from energy_manager.domain.forecast.past_errors import laid_around, scenarios_of
from energy_manager.domain.forecast.steps import Floats, MeasuredSteps, means_between
from energy_manager.domain.local_clock import same_clock_days_before

SCENARIO_DAYS = 28
MOST_SCENARIOS = 14
"""Of the last four weeks, the newest days of which the errors are known."""

_A_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastOutlook:
    """Reads forecasts as they were issued, whoever issued them."""

    forecasts: ForecastRepository
    measured: MeasuredSite
    zone: ZoneInfo

    def outlook(self, edges: Sequence[datetime]) -> Outlook:
        """As the port says."""
        edges_s = np.array([edge.timestamp() for edge in edges])
        remarks: list[str] = []
        load = self._expected("load", edges[0], edges_s, remarks)
        if load is None:
            raise NoForecast(
                "there is no forecast of the load yet: [forecasts.load] makes the first one at the next quarter hour, "
                "and energy-manager forecast put load FILE puts one"
            )
        production = self._expected("production", edges[0], edges_s, remarks)
        has_production = production is not None
        if production is None:
            production = np.zeros(len(load))
            remarks.append("there is no forecast of the production: it counts as 0")
        of_load, of_production = self._past_errors(edges, edges_s, with_production=has_production)
        most = np.maximum(self._clear_sky(edges, edges_s), production)
        scenarios = scenarios_of(laid_around(load, of_load), laid_around(production, of_production, most=most))
        if not scenarios:
            remarks.append("there are no scenarios yet: errors of too few days are known")
        return Outlook(
            load_kw=tuple(load.tolist()),
            production_kw=tuple(production.tolist()),
            scenarios=scenarios,
            is_tried=bool(scenarios),
            remarks=tuple(remarks),
        )

    def _expected(self, name: str, at: datetime, edges_s: Floats, remarks: list[str]) -> Floats | None:
        """The forecast that counts, as means of the steps; None where it says nothing of them."""
        issue = self.forecasts.forecast(name, at=at)
        means = None if issue is None else issued_means(issue, edges_s)
        if means is None or not np.isfinite(means).any():
            return None
        if not np.isfinite(means).all():
            remarks.append(f"the forecast {name} does not reach over all steps: the rest is as a day before")
            means = _continued(means, edges_s)
        return np.maximum(means, 0.0)

    def _clear_sky(self, edges: Sequence[datetime], edges_s: Floats) -> Floats:
        """The most that the sun may give in each step; without end where too little is known."""
        known = self.measured.until(edges[0])
        count = int((edges_s[-1] - edges_s[0]) // STEP_S) + 2
        (most,) = ClearDaySuns(known.production, ahead=count).clear_sky(np.array([known.origin]), count)
        begin_s = known.production.start.timestamp() + STEP_S * known.origin
        means = means_between(begin_s + STEP_S * np.arange(count, dtype=float), most, edges_s)
        return np.where(np.isfinite(means), means, np.inf)

    def _past_errors(
        self, edges: Sequence[datetime], edges_s: Floats, *, with_production: bool
    ) -> tuple[Floats, Floats]:
        """Measured less forecast on the same steps of earlier days, a row a day, newest first.

        Of each day what counted then, however old it was. The first day of a site is left out: what was forecast on it
        knew of no day before.
        """
        known = self.measured.until(edges[0])
        begun = np.flatnonzero(np.isfinite(known.load.values))
        begun_s = known.load.start.timestamp() + STEP_S * begun[0] if len(begun) else np.inf
        first = max(1, int(np.ceil((edges_s[-1] - edges_s[0]) / _A_DAY_S)))
        of_load, of_production = [], []
        for days in range(first, SCENARIO_DAYS + 1):
            then = same_clock_days_before(edges[0], self.zone, days)
            if then.timestamp() < begun_s + _A_DAY_S:
                break
            moved_s = edges_s - (edges[0] - then).total_seconds()
            load = self._errors("load", then, moved_s, known.load)
            production = self._errors("production", then, moved_s, known.production) if with_production else 0.0 * load
            if np.isfinite(load).any() and (not with_production or np.isfinite(production).any()):
                of_load.append(load)
                of_production.append(production)
            if len(of_load) == MOST_SCENARIOS:
                break
        steps = len(edges_s) - 1
        return np.array(of_load).reshape(-1, steps), np.array(of_production).reshape(-1, steps)

    def _errors(self, name: str, then: datetime, edges_s: Floats, measured: MeasuredSteps) -> Floats:
        issue = self.forecasts.forecast(name, at=then)
        if issue is None:
            return np.full(len(edges_s) - 1, np.nan)
        return measured_means(measured, edges_s) - issued_means(issue, edges_s)


def issued_means(issue: IssuedForecast, edges_s: Floats) -> Floats:
    """The means of a forecast between each two edges."""
    return means_between(np.asarray(issue.instants_us, dtype=float) / 1e6, np.asarray(issue.values), edges_s)


def measured_means(measured: MeasuredSteps, edges_s: Floats) -> Floats:
    """The means of what was measured between each two edges."""
    times_s = measured.start.timestamp() + STEP_S * np.arange(len(measured.values), dtype=float)
    return means_between(times_s, measured.values, edges_s)


def _continued(means: Floats, edges_s: Floats) -> Floats:
    """Steps of which nothing is said are as those a day before, else as the mean of all."""
    filled = means.copy()
    for place in np.flatnonzero(~np.isfinite(means)).tolist():
        before = int(np.searchsorted(edges_s, edges_s[place] - _A_DAY_S + 1.0)) - 1
        known = before >= 0 and np.isfinite(filled[before])
        filled[place] = filled[before] if known else np.nanmean(means)
    return filled
