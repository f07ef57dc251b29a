"""Planned charges in kW as whole power steps that keep what the plan keeps.

The idea: in each step the charge is rounded down or up. What the storage cannot do is chosen last, then what carries
its stored energy beyond its limits, then what carries the PCC beyond its own; of two that are as good the one wins that
stays nearer to the planned energy, so that roundings do not add up over the day.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from energy_manager.domain.storage_value.reach import EnergyBand

# A charge this near to a whole step is one: a milliwatt of a planner's rounding error is not worth a kilowatt.
_DUST_KW = 1e-6
# What differs by less than this, in kW or kWh, is decided by what is looked at next.
_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCharges:
    """One storage's plan and limits, one value a step.

    ``stored_kwh`` is planned after each step, from ``start_kwh``; ``drawn_kwh`` is used from it in each step beside
    what it discharges, ``keep`` the share of its energy left after each step. ``least_in_kw`` is the least it charges
    with when it charges at all.
    """

    charge_kw: Sequence[float]
    stored_kwh: Sequence[float]
    start_kwh: float
    hours: Sequence[float]
    charge_efficiency: float
    discharge_efficiency: float
    band: EnergyBand
    most_in_kw: Sequence[float]
    most_out_kw: Sequence[float]
    keep: Sequence[float] | None = None
    drawn_kwh: Sequence[float] | None = None
    least_in_kw: Sequence[float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedExchange:
    """What the PCC carries by the plan (import positive), and its limits, one value a step."""

    import_kw: Sequence[float]
    import_limit_kw: Sequence[float]
    export_limit_kw: Sequence[float]


def whole_charges(
    storages: Sequence[PlannedCharges], exchange: PlannedExchange, *, steps_per_kw: int
) -> tuple[tuple[int, ...], ...]:
    """Each storage's charge in whole power steps; later storages see what earlier ones were rounded to."""
    import_kw = list(exchange.import_kw)
    rounded = []
    for storage in storages:
        charges = []
        stored_kwh = storage.start_kwh
        for step, planned_kw in enumerate(storage.charge_kw):
            others_kw = import_kw[step] - planned_kw
            judged = [
                (
                    *_judged(
                        storage,
                        exchange,
                        step,
                        charge_kw=charge / steps_per_kw,
                        before_kwh=stored_kwh,
                        others_kw=others_kw,
                    ),
                    charge,
                )
                for charge in _neighbours(planned_kw, steps_per_kw)
            ]
            _, stored_kwh, best = min(judged, key=lambda candidate: candidate[0])
            import_kw[step] = others_kw + best / steps_per_kw
            charges.append(best)
        rounded.append(tuple(charges))
    return tuple(rounded)


def _neighbours(charge_kw: float, steps_per_kw: int) -> tuple[int, ...]:
    """The whole steps next to a charge, the smaller power first; but for rounding errors, a whole step is itself."""
    charge = charge_kw * steps_per_kw
    nearest = round(charge)
    if abs(charge - nearest) <= _DUST_KW * steps_per_kw:
        return (nearest,)
    toward_zero = math.trunc(charge)
    return toward_zero, toward_zero + (1 if charge > 0 else -1)


def _judged(
    storage: PlannedCharges,
    exchange: PlannedExchange,
    step: int,
    *,
    charge_kw: float,
    before_kwh: float,
    others_kw: float,
) -> tuple[tuple[float, ...], float]:
    """In order of weight what speaks against a charge in a step that begins with ``before_kwh``; the energy after it.

    ``others_kw`` is what the PCC carries without the storage.
    """
    hours = storage.hours[step]
    factor = storage.charge_efficiency if charge_kw > 0 else 1.0 / storage.discharge_efficiency
    kept_kwh = before_kwh if storage.keep is None else before_kwh * storage.keep[step]
    drawn_kwh = 0.0 if storage.drawn_kwh is None else storage.drawn_kwh[step]
    stored_kwh = kept_kwh - drawn_kwh + charge_kw * factor * hours
    lowest_kw = -storage.most_out_kw[step]
    if charge_kw > 0.0 and storage.least_in_kw is not None:
        lowest_kw = storage.least_in_kw[step]
    excesses = (
        _beyond(charge_kw, lowest_kw, storage.most_in_kw[step]),
        _beyond(stored_kwh, storage.band.lower[step], storage.band.upper[step]),
        _beyond(others_kw + charge_kw, -exchange.export_limit_kw[step], exchange.import_limit_kw[step]),
        abs(stored_kwh - storage.stored_kwh[step]),
    )
    return tuple(round(excess, _DECIMALS) for excess in excesses), stored_kwh


def _beyond(value: float, lower: float, upper: float) -> float:
    return max(0.0, lower - value, value - upper)
