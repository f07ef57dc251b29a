"""Services that foretell the sun, each behind the port ``SunService``, by the names that site files have for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from energy_manager.adapters.forecasts.answers import SunOptions
from energy_manager.adapters.forecasts.forecast_solar import ForecastSolar
from energy_manager.adapters.forecasts.open_meteo import OpenMeteo
from energy_manager.application.ports.forecasts.sun_service import SunService

__all__ = ["SERVICES", "SunOptions"]

SERVICES: dict[Literal["open_meteo", "forecast_solar"], Callable[[SunOptions], SunService]] = {
    "open_meteo": OpenMeteo,
    "forecast_solar": ForecastSolar,
}
