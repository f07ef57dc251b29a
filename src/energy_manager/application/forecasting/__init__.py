"""Forecasts beside the loop: what the site has measured, what follows for the hours ahead, and how good that was."""

from energy_manager.application.forecasting.issue import IssueForecasts, SunPlant
from energy_manager.application.forecasting.measured import MeasuredSite
from energy_manager.application.forecasting.outlook import ForecastOutlook
from energy_manager.application.forecasting.quality import ForecastQuality, Quality

__all__ = ["ForecastOutlook", "ForecastQuality", "IssueForecasts", "MeasuredSite", "Quality", "SunPlant"]
