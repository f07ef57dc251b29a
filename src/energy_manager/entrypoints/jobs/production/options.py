"""How a production request is to be understood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from pydantic import Field

from energy_manager.entrypoints.jobs.definition import Arguments

Wind: TypeAlias = Literal["on_off", "curtail"]


class ProductionArguments(Arguments):
    """What callers may say beside the request."""

    co2: bool | None = Field(None, description="whether burning gas pays for its CO2")
    wind: Wind | None = Field(None, description="wind parks run fully or not at all (on_off), or may be curtailed")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionOptions:
    """How a request is to be understood: whether CO2 has a price, what wind parks can do, how long to search, s.

    ``needs_co2_price``: a request without it is refused where gas is burnt; otherwise CO2 is free then.
    """

    co2: bool = True
    wind: Wind = "on_off"
    time_limit_s: float = 10.0
    needs_co2_price: bool = False
