"""The services by the names that site files have for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from energy_manager.adapters.forecasts.forecast_solar import ForecastSolar
from energy_manager.adapters.forecasts.open_meteo import OpenMeteo
from energy_manager.application.ports.forecasts.sun_service import SunService

ServiceName = Literal["open_meteo", "forecast_solar"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SunOptions:
    """Where a plant is and how it looks; ``azimuth`` 0 = south, -90 = east, 90 = west; degrees. ``url``: base."""

    latitude: float
    longitude: float
    tilt: float
    azimuth: float
    kwp: float
    efficiency: float
    url: str = ""


SERVICES: dict[ServiceName, Callable[[SunOptions], SunService]] = {
    "open_meteo": lambda options: OpenMeteo(
        latitude=options.latitude,
        longitude=options.longitude,
        tilt=options.tilt,
        azimuth=options.azimuth,
        kwp=options.kwp,
        efficiency=options.efficiency,
        url=options.url,
    ),
    "forecast_solar": lambda options: ForecastSolar(
        latitude=options.latitude,
        longitude=options.longitude,
        tilt=options.tilt,
        azimuth=options.azimuth,
        kwp=options.kwp,
        url=options.url,
    ),
}


def sun_service(name: ServiceName, options: SunOptions) -> SunService:
    """The service of a name."""
    return SERVICES[name](options)
