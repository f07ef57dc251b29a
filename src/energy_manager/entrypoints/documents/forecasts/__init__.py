"""Forecasts as people put them, raw readings in any order and unit, and what they get back."""

from energy_manager.entrypoints.documents.forecasts.answer import (
    forecast_csv,
    forecast_document,
    head_document,
    near_name,
    quality_document,
    readings_document,
)
from energy_manager.entrypoints.documents.forecasts.request import (
    BODY,
    READINGS,
    forecast_from_csv,
    forecast_from_json,
    read_forecast_document,
)

__all__ = [
    "BODY",
    "READINGS",
    "forecast_csv",
    "forecast_document",
    "forecast_from_csv",
    "forecast_from_json",
    "head_document",
    "near_name",
    "quality_document",
    "read_forecast_document",
    "readings_document",
]
