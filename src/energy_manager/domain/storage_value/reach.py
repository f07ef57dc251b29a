"""Which energies a storage can and must keep to, step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from energy_manager.domain.series import NEGLIGIBLE, utc_text


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyBand:
    """The stored energy that a storage can and must keep to: ``lower[t] <= stored after step t <= upper[t]`` (kWh).

    Where its limits cannot be reached by then with the power there is, the nearest reachable energy takes the limit's
    place: that is what "brought back as fast as power allows" means. ``strained`` lists those steps.
    """

    lower: tuple[float, ...]
    upper: tuple[float, ...]
    strained: tuple[int, ...]


def reachable_band(
    stored_kwh: float,
    *,
    floor: Sequence[float],
    ceiling: Sequence[float],
    most_out: Sequence[float],
    most_in: Sequence[float],
    keep: Sequence[float] | None = None,
    recovery_in: Sequence[float] | None = None,
    recovery_out: Sequence[float] | None = None,
) -> EnergyBand:
    """Follow the interval of energies that full power can reach, step by step, and move limits that lie outside it.

    All energies are inside the storage (kWh): limits after each step, the most that leaves it and enters it in each
    step; ``keep`` is the share of the energy that is left after a step's standing losses, None for all of it. A storage
    that starts outside its limits has to come back with no more than ``recovery_in`` or ``recovery_out`` in each step,
    where they are stated.
    """
    lower, upper = list(floor), list(ceiling)
    low = high = stored_kwh
    strained = []
    if recovery_in is not None:
        strained += _recover(stored_kwh, lower, recovery_in, most_in)
    if recovery_out is not None:
        above = [-limit for limit in upper]
        strained += _recover(-stored_kwh, above, recovery_out, most_out)
        upper = [-limit for limit in above]
    for step in range(len(lower)):
        if keep is not None:
            low *= keep[step]
            high *= keep[step]
        low -= most_out[step]
        high += most_in[step]
        if high < lower[step]:
            if lower[step] - high > NEGLIGIBLE:
                strained.append(step)
            lower[step] = high
        elif low > upper[step]:
            if low - upper[step] > NEGLIGIBLE:
                strained.append(step)
            upper[step] = low
        low = max(low, lower[step])
        high = min(high, upper[step])
    return EnergyBand(lower=tuple(lower), upper=tuple(upper), strained=tuple(sorted(set(strained))))


def _recover(stored_kwh: float, lower: list[float], recovery: Sequence[float], most: Sequence[float]) -> list[int]:
    """Lower the limits, until the storage is above them, to what ``recovery`` brings in; returns those steps."""
    strained = []
    reached = stored_kwh
    for step, floor in enumerate(lower):
        if reached >= floor - NEGLIGIBLE and step == 0:
            break
        reached += min(recovery[step], most[step])
        if reached >= floor - NEGLIGIBLE:
            break
        lower[step] = reached
        strained.append(step)
    return strained


def words_of_return(
    stored_kwh: Sequence[float],
    *,
    floor: Sequence[float],
    ceiling: Sequence[float],
    tolerance_kwh: float,
    time_of: Callable[[int], datetime],
) -> str:
    """When a storage that starts outside its limits is inside them, as the end of a sentence."""
    for step, (least, energy, most) in enumerate(zip(floor, stored_kwh, ceiling, strict=True)):
        if least - tolerance_kwh <= energy <= most + tolerance_kwh:
            return f"and is inside from {utc_text(time_of(step + 1))} on"
    return "and is still outside at the plan's end"
