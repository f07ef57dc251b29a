"""Where forecasts are kept, as issued."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from energy_manager.application.ports.schedules.durability import PATIENCE_S, ChangeStore, DeleteForecast, PutForecast
from energy_manager.domain.forecast import ForecastHead, IssuedForecast

KEPT = timedelta(days=35)
"""Forecasts that others have followed stay for so long: errors are learnt from those of the last four weeks."""

MOST_ISSUES = 4_000
"""Of one name; the oldest go. One every ten minutes for four weeks."""


class ForecastRepository(ChangeStore, Protocol):
    """Forecasts by name, each with the time it was issued at; changes are durable when the call returns.

    Of a name the one counts that was issued last, at or before the instant that is asked about: one that was issued by
    a clock that was ahead counts only while there is no other. Reading raises ``StoreUnavailable`` and may take a
    while: not for the ticker's thread.
    """

    def put_forecast(self, forecast: IssuedForecast, *, timeout_s: float = PATIENCE_S) -> ForecastHead:
        """Keep it beside the older ones of its name, in place of one that was issued at the same instant."""
        (head,) = self.commit([PutForecast(forecast=forecast)], timeout_s=timeout_s)
        assert isinstance(head, ForecastHead)
        return head

    def forget_forecast(self, name: str, *, timeout_s: float = PATIENCE_S) -> bool:
        """Forget all forecasts of a name; whether there was one."""
        (was_there,) = self.commit([DeleteForecast(name=name)], timeout_s=timeout_s)
        return was_there is True

    def forecast(self, name: str, *, at: datetime) -> IssuedForecast | None:
        """The one of that name that counts at an instant, or None."""
        ...

    def forecasts(self, *, at: datetime) -> tuple[ForecastHead, ...]:
        """The one of each name that counts at an instant, in order of name, without values; cheap to ask."""
        ...

    def issues(self, name: str, *, since: datetime, until: datetime) -> tuple[IssuedForecast, ...]:
        """Those of a name that were issued in ``[since, until)``, in order of issue."""
        ...
