"""Homes and their batteries: what does not change while a day is planned."""

from __future__ import annotations

from dataclasses import dataclass, field

from energy_manager.domain.appliances.ledger.step_function import StepFunction
from energy_manager.domain.appliances.units import US_PER_HOUR, Watts, exact_number
from energy_manager.domain.errors import faults_of, refuse
from energy_manager.domain.quantities import AssetId


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """A home battery without losses.

    Args:
        capacity_wh: full, above 0.
        power_w: the most it charges or discharges with, above 0.
        depth_of_discharge: the usable share of the capacity, 0 to 1; what lies below is never discharged.
        stored_wh: in store at the beginning, 0 to the capacity.
        asset: the site's asset that it is; None, or an asset that the site has not: it is planned, but nobody tells it.
    """

    capacity_wh: Watts
    power_w: Watts
    depth_of_discharge: Watts
    stored_wh: Watts
    asset: AssetId | None = None

    def __post_init__(self) -> None:
        capacity_wh, depth, stored_wh = self.capacity_wh, self.depth_of_discharge, self.stored_wh
        within = f"{stored_wh} is not between 0 and the capacity of {capacity_wh} Wh"
        faults = {
            "capacity_wh": None if capacity_wh > 0 else f"{capacity_wh} is not above 0 Wh",
            "power_w": None if self.power_w > 0 else f"{self.power_w} is not above 0 W",
            "depth_of_discharge": None if 0 <= depth <= 1 else f"{depth} is not between 0 and 1",
            "stored_wh": None if 0 <= stored_wh <= capacity_wh else within,
        }
        refuse(faults_of(faults))

    @property
    def capacity_wus(self) -> Watts:
        """The capacity in watt-microseconds, the ledger's energy unit (power times time without division)."""
        return self.capacity_wh * US_PER_HOUR

    @property
    def stored_wus(self) -> Watts:
        """What is stored at the beginning, in watt-microseconds."""
        return self.stored_wh * US_PER_HOUR

    @property
    def floor_wus(self) -> Watts:
        """The energy that discharging never goes below, in watt-microseconds."""
        return exact_number(self.capacity_wus * (1 - self.depth_of_discharge))

    def discharge_steps(self, charge_w: Watts | float, *, watts_per_step: int) -> int:
        """The target for a planned ``charge_w`` in whole steps, discharge above 0, so that the threshold is kept.

        No more charge than is planned, and no less discharge, unless the battery has not the power for a step more.
        """
        return min(-int(charge_w // watts_per_step), int(self.power_w // watts_per_step))


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """One home under one connection.

    Args:
        household_id: unique.
        threshold_w: the most it may import, above 0; equality is allowed.
        pv_w: the forecast of sun less base load (what the home takes besides its runs); it adds to the threshold.
        base_load_w: what is taken off the sun in ``pv_w``, at least 0.
        battery: or None.
        follows_building_peak: its low-priority runs choose the start with the lowest building peak.
    """

    household_id: str
    threshold_w: Watts
    pv_w: StepFunction = field(default_factory=lambda: StepFunction.constant(0))
    battery: Battery | None = None
    follows_building_peak: bool = False
    time_zone: str = "UTC"
    base_load_w: StepFunction = field(default_factory=lambda: StepFunction.constant(0))

    def __post_init__(self) -> None:
        least_w = min((self.pv_w + self.base_load_w).values)
        faults = {
            "threshold_w": None if self.threshold_w > 0 else f"{self.threshold_w} is not above 0 W",
            "pv_w": None if least_w >= 0 else f"{least_w} is below 0 W",
        }
        refuse(faults_of(faults))
