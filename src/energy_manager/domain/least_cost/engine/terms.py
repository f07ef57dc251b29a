"""One storage's numbers as the engine wants them: energies inside it (kWh), one value a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from energy_manager.domain.least_cost.engine.exchange import Floats, array
from energy_manager.domain.least_cost.problem.storages import Storage
from energy_manager.domain.storage_value.reach import EnergyBand, reachable_band
from energy_manager.domain.storage_value.reach_with_gaps import GapMove, Reach, reach_with_gaps


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageTerms:
    """What does not depend on load and prices. ``least`` <= 0 <= ``most`` bound what enters the storage in a step."""

    storage: Storage
    least: Floats
    most: Floats
    least_charge: Floats
    """What enters at the least charging power; 0 where any power will do."""
    keep: Floats | None
    """The share of the energy left after each step, None for all of it."""
    use: Floats | None
    band: EnergyBand
    into: float
    """kWh inside for 1 kWh charged at the terminals."""
    out: float
    """kWh inside for 1 kWh discharged at the terminals."""
    end_value: float
    wanted: dict[int, list[float]]
    """Energies that should be in the storage after a step."""
    reach: Reach | None
    """What can be reached with a least power; None without one."""

    def holds(self, stored_kwh: Sequence[float], tolerance_kwh: float) -> bool:
        """Whether energies after each step stay in the band."""
        band = self.band
        return all(
            low - tolerance_kwh <= stored <= high + tolerance_kwh
            for low, stored, high in zip(band.lower, stored_kwh, band.upper, strict=True)
        )

    def entered(self, charge_kw: Floats, hours: Floats) -> Floats:
        """The energies that enter the storage, from its powers."""
        energy = charge_kw * hours
        inside: Floats = np.where(energy > 0.0, energy * self.into, energy * self.out)
        return inside


def storage_terms(storage: Storage, hours: Floats, *, end_value: float) -> StorageTerms:
    """The terms of a storage over steps of so many hours."""
    steps = len(hours)
    into, out = storage.charge_efficiency, 1.0 / storage.discharge_efficiency
    present = array(storage.available, steps)
    least_charge = array(storage.min_charge_kw, steps) * present * hours * into
    most = array(storage.max_charge_kw, steps) * present * hours * into
    least = array(storage.max_discharge_kw, steps) * present * hours * -out
    keep = None if storage.keep_per_hour == 1.0 else storage.keep_per_hour**hours
    use = None if storage.use_kwh == 0.0 else array(storage.use_kwh, steps)
    wanted: dict[int, list[float]] = {}
    for target in storage.targets:
        wanted.setdefault(target.step, []).append(target.at_least_kwh)
    if storage.comfort_kwh != 0.0:
        for step, comfort in enumerate(array(storage.comfort_kwh, steps).tolist()):
            if comfort > 0.0:
                wanted.setdefault(step, []).append(comfort)
    floor, ceiling = array(storage.min_kwh, steps).tolist(), array(storage.capacity_kwh, steps).tolist()
    keeps = None if keep is None else keep.tolist()
    reach = None
    if least_charge.any():
        uses = [0.0] * steps if use is None else use.tolist()
        rows = zip((-least).tolist(), uses, least_charge.tolist(), most.tolist(), keeps or [1.0] * steps, strict=True)
        moves = [GapMove(most_out=o, use=u, least_in=least_in, most_in=i, keep=k) for o, u, least_in, i, k in rows]
        reach = reach_with_gaps(float(storage.stored_kwh), moves, floor=floor, ceiling=ceiling)
        band = reach.band
    else:
        band = reachable_band(
            float(storage.stored_kwh),
            floor=floor,
            ceiling=ceiling,
            most_out=(-least if use is None else use - least).tolist(),
            most_in=most.tolist(),
            keep=keeps,
        )
    return StorageTerms(
        storage=storage,
        least=least,
        most=most,
        least_charge=least_charge,
        keep=keep,
        use=use,
        band=band,
        into=into,
        out=out,
        end_value=end_value,
        wanted=wanted,
        reach=reach,
    )
