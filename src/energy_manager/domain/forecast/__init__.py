"""Forecasts: what was expected of a quantity, and when; how it is worked out, and how far off it has been."""

from energy_manager.domain.forecast.issued import (
    KNOWN as KNOWN,
    LONGEST_NAME as LONGEST_NAME,
    Expectation as Expectation,
    ForecastHead as ForecastHead,
    IssuedForecast as IssuedForecast,
    Unit as Unit,
)
from energy_manager.domain.forecast.outlook import Outlook as Outlook, Scenario as Scenario
