"""The tables of a site file on its grid connection and the planners beside the loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from energy_manager.adapters.options import Options
from energy_manager.domain.peak_shaving.problem import Minimise, Prefer
from energy_manager.entrypoints.site_file.least_cost import LeastCostEntry

if TYPE_CHECKING:
    pass


class PccEntry(Options):
    """The limits of the grid connection, the meter that measures it, and the storage that keeps them; kW."""

    meter: str
    storage: str
    import_limit_kw: float = Field(ge=0)
    export_limit_kw: float = Field(ge=0)
    margin_kw: float | None = Field(
        None, ge=0, description="distance kept from the limits; else 2 % of each, at most 0.5, more with a noisy meter"
    )


class PeakShavingEntry(Options):
    """How the storage of ``[pcc]`` is planned anew from the stored forecasts; as in a planning request."""

    period_min: float = Field(15.0, ge=1, le=1440, description="planned anew this often")
    step_s: int = Field(900, ge=60, le=86_400)
    horizon_h: float = Field(24.0, gt=0, le=8760, description="at most this far ahead")
    min_period_s: float | None = Field(None, ge=0, description="forecasts that reach less far make no plan")
    minimise: Minimise = "energy"
    prefer: Prefer = "late"
    charge_efficiency: float = Field(1.0, gt=0, le=1)
    discharge_efficiency: float = Field(1.0, gt=0, le=1)
    end_min_kwh: float | None = Field(None, ge=0)


class PlanningEntry(Options):
    """Which planners run beside the loop."""

    peak_shaving: PeakShavingEntry | None = None
    least_cost: LeastCostEntry | None = None
