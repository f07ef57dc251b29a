"""What is known afterwards: load, production and prices of every step, and the battery that is asked about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from energy_manager.domain.errors import Fault, faults_of, refuse
from energy_manager.domain.forecast.steps import DAY_S, Floats
from energy_manager.domain.least_cost.problem.storages import Storage
from energy_manager.domain.series import number_fault

LEAST_DAYS = 2
"""One to forecast from, and one to look at."""

LONGEST_STEP_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """A battery, powers in kW at its terminals; it begins empty and may be emptied wholly."""

    capacity_kwh: float
    power_kw: float
    charge_efficiency: float = 0.95
    discharge_efficiency: float = 0.95
    wear_eur_per_kwh: float = 0.01

    def __post_init__(self) -> None:
        names = ("capacity_kwh", "power_kw", "wear_eur_per_kwh")
        refuse(faults_of({name: number_fault(getattr(self, name), 0.0) for name in names}))

    def storage(self, *, end_value_eur_per_kwh: float) -> Storage:
        """It as planners know it."""
        return Storage(
            id="battery",
            capacity_kwh=self.capacity_kwh,
            stored_kwh=0.0,
            max_charge_kw=self.power_kw,
            max_discharge_kw=self.power_kw,
            charge_efficiency=self.charge_efficiency,
            discharge_efficiency=self.discharge_efficiency,
            wear_eur_per_kwh=self.wear_eur_per_kwh,
            end_value_eur_per_kwh=end_value_eur_per_kwh,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Means of each step, kW at least 0, and final prices in EUR/kWh; ``zone`` is where the days are.

    Raises:
        Refused: series that differ in length, too short a time, steps that do not fill an hour.
    """

    start: datetime
    step_s: int
    load_kw: Floats
    production_kw: Floats
    buy_eur_per_kwh: Floats
    sell_eur_per_kwh: Floats
    zone: ZoneInfo

    def __post_init__(self) -> None:
        refuse(self._faults())

    def _faults(self) -> Iterator[Fault]:
        if self.step_s < 60 or self.step_s > LONGEST_STEP_S or LONGEST_STEP_S % self.step_s:
            yield Fault(field="step_s", message=f"must divide an hour and be at least 60 s, not {self.step_s}")
        count = len(self.load_kw)
        for name in ("production_kw", "buy_eur_per_kwh", "sell_eur_per_kwh"):
            if len(getattr(self, name)) != count:
                words = f"must have {count} steps, as the load has, not {len(getattr(self, name))}"
                yield Fault(field=name, message=words)
        if count * self.step_s < LEAST_DAYS * DAY_S:
            yield Fault(field="load_kw", message=f"must last at least {LEAST_DAYS} days")
        for name in ("load_kw", "production_kw", "buy_eur_per_kwh", "sell_eur_per_kwh"):
            if not np.isfinite(getattr(self, name)).all():
                yield Fault(field=name, message="has values that are no finite numbers")

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return len(self.load_kw)

    @property
    def step_h(self) -> float:
        """The length of a step."""
        return self.step_s / 3600

    @property
    def a_day(self) -> int:
        """Steps in 24 hours."""
        return DAY_S // self.step_s

    @property
    def net_kw(self) -> Floats:
        """What the site would import without a battery."""
        net: Floats = self.load_kw - self.production_kw
        return net
