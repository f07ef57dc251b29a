"""The hours ahead from the stored forecasts ``load`` and ``production``, as they were issued last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from energy_manager.application.ports.forecasts.forecast_repository import ForecastRepository
from energy_manager.application.ports.forecasts.site_outlook import NoForecast
from energy_manager.domain.forecast import IssuedForecast, Outlook
from energy_manager.domain.series import HeldSeries, Reading, microseconds, utc_text


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOutlook:
    """Reads the forecasts that count; without one of the production there is none of it.

    Where they end before the steps do, the outlook ends there too.
    """

    forecasts: ForecastRepository

    def outlook(self, edges: Sequence[datetime]) -> Outlook:
        """As the port says; there are no scenarios, and it is believed."""
        load = self.forecasts.forecast("load", at=edges[0])
        if load is None:
            raise NoForecast("there is no forecast of the load")
        production = self.forecasts.forecast("production", at=edges[0])
        reached = _reached(edges, [load] if production is None else [load, production])
        idle = (0.0,) * (len(reached) - 1)
        return Outlook(
            load_kw=_means(load, reached),
            production_kw=idle if production is None else _means(production, reached),
            is_tried=True,
            remarks=("there is no forecast of production: none is expected",) if production is None else (),
        )


def _reached(edges: Sequence[datetime], forecasts: Sequence[IssuedForecast]) -> Sequence[datetime]:
    """The edges up to the first end of a forecast."""
    ends = [held.end_us for forecast in forecasts if (held := _held(forecast)) is not None]
    reached = [edge for edge in edges if microseconds(edge) <= min(ends, default=0)]
    if len(reached) < 2:
        names = " and ".join(forecast.name for forecast in forecasts)
        raise NoForecast(f"the forecasts of {names} do not reach beyond {utc_text(edges[0])}")
    return reached


def _held(forecast: IssuedForecast) -> HeldSeries | None:
    return HeldSeries.of([Reading(time=time, value=value) for time, value in forecast.readings()], step_s=3600)


def _means(forecast: IssuedForecast, edges: Sequence[datetime]) -> tuple[float, ...]:
    held = _held(forecast)
    if held is None or not held.covers(microseconds(edges[0])):
        raise NoForecast(f"the forecast of {forecast.name} begins after {utc_text(edges[0])}")
    return tuple(
        max(0.0, held.means(start_us=microseconds(begin), step_us=microseconds(end) - microseconds(begin), steps=1)[0])
        for begin, end in pairwise(edges)
    )
