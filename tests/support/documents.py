"""Requests written as Python values, read as the JSON that they are: 0.1 is one tenth."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from typing import Any

from energy_manager.domain.appliances import Day
from energy_manager.domain.appliances import plan_day as plan_read_day
from energy_manager.domain.peak_shaving.request import PlanningRequest
from energy_manager.domain.production import ProductionRequest
from energy_manager.entrypoints.jobs import appliances, peak_shaving
from energy_manager.entrypoints.jobs.production.options import ProductionOptions
from energy_manager.entrypoints.jobs.production.request import read_request, request_of

sys.set_int_max_str_digits(10_000)  # a test may spell a whole number of thousands of digits


def text_of(document: object) -> bytes:
    """The document as JSON text; decimals are spelled digit by digit."""
    return _spelled(document).encode()


def _spelled(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {_spelled(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list) and set(map(type, value)) <= {int, float}:
        return json.dumps(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_spelled, value)) + "]"
    if isinstance(value, Decimal):
        return "NaN" if value.is_nan() else str(value)
    return str(value) if type(value) is int else json.dumps(value)


def read_production(document: object, *, co2: bool = True) -> ProductionRequest:
    """The request, whose price of CO2 must be stated where it counts."""
    return read_request(text_of(document), ProductionOptions(co2=co2, needs_co2_price=True))


def production_of(document: object) -> ProductionRequest:
    """The request in Python's own values, of any number of digits."""
    return request_of(document, ProductionOptions())


def read_day(document: object) -> Day:
    """The day of an appliances request."""
    return appliances.read_request(text_of(document), appliances.AppliancesOptions())


def plan_day(document: object, **options: Any) -> dict[str, Any]:
    """The answer to an appliances request."""
    return plan_read_day(read_day(document), **options)


def read_peak_shaving(document: object) -> PlanningRequest:
    """The request of a peak shaving plan."""
    return peak_shaving.request_of(peak_shaving.REQUEST.read(text_of(document)))
