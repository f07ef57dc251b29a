"""Services that foretell the sun, each behind the port ``SunService``."""

from energy_manager.adapters.forecasts.services import SERVICES, ServiceName, SunOptions, sun_service

__all__ = ["SERVICES", "ServiceName", "SunOptions", "sun_service"]
