"""What the fast loop has to keep to."""

from __future__ import annotations

import math
from dataclasses import dataclass

from energy_manager.domain.errors import Fault, refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class GridLimitSettings:
    """The limits of PCC and storage, and how often the law is asked.

    ``tick_s`` is the time from one decision to the next. ``meter_sigma_kw`` is the standard deviation of a reading of
    the meter; None to estimate it. ``min_kwh`` and ``capacity_kwh`` are None where the storage does not tell its stored
    energy. ``ramp_kw_per_s`` bounds the change of the target, None for no bound. ``margin_kw`` is the distance kept
    from the limits whatever the meter's noise; None: 2 % of a limit, at most 0.5 kW, or 2.5 standard deviations.

    Raises:
        Refused: with every fault by field.
    """

    import_limit_kw: float
    export_limit_kw: float
    max_charge_kw: float
    max_discharge_kw: float
    tick_s: float
    min_kwh: float | None = None
    capacity_kwh: float | None = None
    ramp_kw_per_s: float | None = None
    meter_sigma_kw: float | None = None
    margin_kw: float | None = None

    def __post_init__(self) -> None:
        faults = [
            Fault(field=name, message=f"must be at least 0, not {value}")
            for name in ("import_limit_kw", "export_limit_kw", "max_charge_kw", "max_discharge_kw")
            if not (value := getattr(self, name)) >= 0.0
        ]
        faults += [
            Fault(field=name, message=f"must be a finite number above 0, not {value}")
            for name in ("tick_s", "ramp_kw_per_s")
            if (value := getattr(self, name)) is not None and not (math.isfinite(value) and value > 0.0)
        ]
        if self.margin_kw is not None and not 0.0 <= self.margin_kw < math.inf:
            message = f"must be a finite number of at least 0, not {self.margin_kw}"
            faults.append(Fault(field="margin_kw", message=message))
        if self.min_kwh is not None and self.capacity_kwh is not None and not self.min_kwh <= self.capacity_kwh:
            faults.append(Fault(field="min_kwh", message=f"must be at most the capacity, not {self.min_kwh}"))
        refuse(faults)

    @property
    def full_power_kw(self) -> float:
        """The larger of the storage's powers."""
        return max(self.max_charge_kw, self.max_discharge_kw)
