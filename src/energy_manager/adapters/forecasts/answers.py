"""What the readers of services share: the plant that is asked about, how it is asked, numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from energy_manager.adapters.prices.reading import read_document
from energy_manager.adapters.prices.web import ask
from energy_manager.application.ports.forecasts.price_source import PricesUnavailable
from energy_manager.application.ports.forecasts.sun_service import SunUnavailable
from energy_manager.domain.quantities import finite


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


MOST_W_PER_M2_OR_PLANT = 1e9
"""Beyond that a number is a mistake."""


def asked(url: str, *, query: Mapping[str, str]) -> Any:  # noqa: ANN401 - whatever the JSON holds
    """The JSON of an answer.

    Raises:
        SunUnavailable: there is none in time.
    """
    try:
        return read_document(ask(url, query=query))
    except PricesUnavailable as error:
        raise SunUnavailable(str(error)) from None


def unreadable(why: str) -> SunUnavailable:
    """The answer cannot be what it should be."""
    return SunUnavailable(f"the answer cannot be read: {why}")


def power_of(value: object) -> float:
    """A number at least 0; services give small negative ones at night.

    Raises:
        SunUnavailable: it is no such number.
    """
    read = finite(value)
    if read is None or isinstance(value, bool) or read > MOST_W_PER_M2_OR_PLANT:
        raise unreadable(f"{value!r} is no power")
    return max(read, 0.0)
