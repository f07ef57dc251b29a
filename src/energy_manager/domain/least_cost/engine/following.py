"""A storage that is told powers and follows them as far as it can."""

from __future__ import annotations

from collections.abc import Sequence

from energy_manager.domain.least_cost.problem.storages import Storage
from energy_manager.domain.series import at_each_step


def followed(
    storage: Storage, wanted_kw: Sequence[float] | None, hours: Sequence[float]
) -> tuple[list[float], list[float], list[float]]:
    """Powers, energies and unserved use of a storage that charges what is wanted as far as its limits allow.

    None wants nothing. A least charging power is kept by not charging below it.
    """
    steps = len(hours)
    if wanted_kw is None and storage.use_kwh == 0.0 and storage.keep_per_hour == 1.0:
        return [0.0] * steps, [storage.stored_kwh] * steps, [0.0] * steps
    wanted = wanted_kw or (0.0,) * steps
    into, out = storage.charge_efficiency, 1.0 / storage.discharge_efficiency
    stored = storage.stored_kwh
    charges, energies, unserved = [], [], []
    for hour, want, most_in, most_out, least, floor, ceiling, present, use in zip(
        hours,
        wanted,
        at_each_step(storage.max_charge_kw, steps),
        at_each_step(storage.max_discharge_kw, steps),
        at_each_step(storage.min_charge_kw, steps),
        at_each_step(storage.min_kwh, steps),
        at_each_step(storage.capacity_kwh, steps),
        at_each_step(storage.available, steps),
        at_each_step(storage.use_kwh, steps),
        strict=True,
    ):
        stored = stored * storage.keep_per_hour**hour - use
        charge = 0.0
        if want > 0.0 and present:
            charge = min(want, most_in, max(ceiling - stored, 0.0) / (into * hour))
            if charge < least:
                charge = 0.0
            stored += charge * into * hour
        elif want < 0.0 and present:
            charge = max(want, -most_out, -max(stored - floor, 0.0) / (out * hour))
            stored += charge * out * hour
        missing = min(max(floor - stored, 0.0), use)
        stored += missing
        charges.append(charge)
        energies.append(stored)
        unserved.append(missing)
    return charges, energies, unserved
