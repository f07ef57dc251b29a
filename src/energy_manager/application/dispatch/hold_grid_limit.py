"""Inside the tick: the storage keeps the measured power at the PCC inside its limits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from energy_manager.application.ports.tick import GridHold
from energy_manager.domain.dispatch import DeviceStatus
from energy_manager.domain.peak_shaving.grid_limit import (
    GridLimitDecision,
    GridLimitMemory,
    GridLimitSettings,
    PccReading,
    decide,
)
from energy_manager.domain.quantities import AssetId

SAME_ROUND_TICKS = 0.5
"""Meter and storage whose reads began further apart than this share of a tick were not read in the same round."""


@dataclass(slots=True, kw_only=True)
class HoldGridLimit:
    """Asks the control law for the storage's target, and remembers for it from tick to tick.

    ``kw_per_step`` is the site's power unit in kW.
    """

    settings: GridLimitSettings
    meter: AssetId
    storage: AssetId
    kw_per_step: float
    _memory: GridLimitMemory = field(default_factory=GridLimitMemory, init=False)

    def __call__(
        self, scheduled: Mapping[AssetId, int], statuses: Mapping[AssetId, DeviceStatus], *, now_s: float
    ) -> GridHold:
        """The storage's target at this tick; ``scheduled`` may leave the storage out (then: 0)."""
        reading = self._reading(statuses)
        decision = decide(
            self.settings,
            self._memory,
            reading,
            scheduled_kw=-scheduled.get(self.storage, 0) * self.kw_per_step,
            now_s=now_s,
        )
        self._memory = decision.memory
        return GridHold(
            storage=self.storage,
            target=-self._whole_charge(decision),
            import_kw=None if reading is None else reading.import_kw,
            import_limit_kw=self.settings.import_limit_kw,
            export_limit_kw=self.settings.export_limit_kw,
            reason=decision.reason,
            shortfall_kw=decision.shortfall_kw,
        )

    def _reading(self, statuses: Mapping[AssetId, DeviceStatus]) -> PccReading | None:
        """Meter and storage if they were read in the same round; skew would be mistaken for load."""
        meter, storage = statuses.get(self.meter), statuses.get(self.storage)
        if meter is None or storage is None:
            return None
        if abs(meter.read_at_s - storage.read_at_s) > SAME_ROUND_TICKS * self.settings.tick_s:
            return None
        return PccReading(
            at_s=min(meter.read_at_s, storage.read_at_s),
            import_kw=meter.measured_kw,
            charge_kw=storage.measured_kw,
            stored_kwh=storage.stored_kwh,
        )

    def _whole_charge(self, decision: GridLimitDecision) -> int:
        """The charge in whole steps: rounded to the safe side of the limit that binds, the storage's own first."""
        charge = decision.target_kw / self.kw_per_step
        if decision.shortfall_kw > 0.0:
            return math.trunc(charge)
        if decision.memory.deviates:
            return math.floor(charge) if decision.memory.deviates < 0 else math.ceil(charge)
        return round(charge)
