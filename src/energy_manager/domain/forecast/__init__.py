"""Forecasts: what was expected of a quantity, and when; how it is worked out, and how far off it has been."""

from energy_manager.domain.forecast.issued import (
    KNOWN,
    LONGEST_NAME,
    Expectation,
    ForecastHead,
    IssuedForecast,
    Unit,
)
from energy_manager.domain.forecast.outlook import Outlook, Scenario

__all__ = [
    "KNOWN",
    "LONGEST_NAME",
    "Expectation",
    "ForecastHead",
    "IssuedForecast",
    "Outlook",
    "Scenario",
    "Unit",
]
