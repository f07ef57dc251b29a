"""Services that foretell the sun, each behind the port ``SunService``."""

from energy_manager.adapters.forecasts.answers import SunOptions
from energy_manager.adapters.forecasts.services import SERVICES

__all__ = ["SERVICES", "SunOptions"]
