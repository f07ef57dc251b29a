"""The forecasts of one name in memory, as issued."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from energy_manager.application.ports.forecasts.forecast_repository import MOST_ISSUES
from energy_manager.domain.forecast import IssuedForecast


@dataclass(frozen=True, slots=True)
class ForecastIssues:
    """Forecasts with their versions, in order of issue; ``version`` is the newest."""

    in_order: tuple[tuple[IssuedForecast, int], ...] = ()
    version: int = 0

    def with_issue(self, forecast: IssuedForecast) -> ForecastIssues:
        """With one more, in place of one of the same instant; beyond the bound the oldest goes."""
        version = self.version + 1
        others = (entry for entry in self.in_order if entry[0].issued_at != forecast.issued_at)
        ordered = sorted((*others, (forecast, version)), key=lambda entry: entry[0].issued_at)
        return ForecastIssues(tuple(ordered[-MOST_ISSUES:]), version)

    def counting_at(self, at: datetime) -> tuple[IssuedForecast, int]:
        """The newest that was issued by then, else the first after it."""
        past = [entry for entry in self.in_order if entry[0].issued_at <= at]
        return past[-1] if past else self.in_order[0]
