"""Households in a site file."""

from __future__ import annotations

from pydantic import Field

from energy_manager.adapters.options import Options
from energy_manager.domain.appliances.admission.preference import Strategy
from energy_manager.domain.appliances.units import LONGEST_NAME, MOST_WATTS
from energy_manager.entrypoints.site_file.names import TimeZone


class HomeBattery(Options):
    """A home's battery; powers in W, energies in Wh. ``asset`` is what is told to charge and discharge."""

    capacity_wh: float = Field(gt=0, le=MOST_WATTS)
    power_w: float = Field(gt=0, le=MOST_WATTS)
    depth_of_discharge: float = Field(1.0, ge=0, le=1)
    stored_wh: float = Field(ge=0)
    asset: str | None = Field(None, min_length=1)


class HouseholdEntry(Options):
    """A home under one connection; ``meter`` is an asset that measures its import. Changes hold from the next start."""

    id: str = Field(min_length=1, max_length=LONGEST_NAME)
    threshold_w: float = Field(gt=0, le=MOST_WATTS)
    time_zone: TimeZone = "UTC"
    follows_aggregator: bool = False
    battery: HomeBattery | None = None
    meter: str | None = None
    strategy: Strategy | None = Field(None, description="cost goes by [tariff] and [prices]; left out: earliest")
