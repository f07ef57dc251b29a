"""What every engine is asked and what it answers: assets as arrays in, a selection out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from energy_manager.domain.errors import Fault, Infeasible, Refused, refuse

# Beyond any asset, and small enough for sums of two dozen of them to stay far inside int64: 10**15 €.
MAX_COST_CENTS = 10**17
# Sums of volumes are formed in int64.
MAX_TOTAL_VOLUME_KW = 2**61


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Selection:
    """The assets to activate: ``chosen`` is a mask in the order of the offer, together they reach the target.

    No selection costs less than ``lower_bound_cents``; ``is_optimal`` says that none costs less than ``cost_cents``.
    """

    chosen: NDArray[np.bool_]
    volume_kw: int
    cost_cents: int
    lower_bound_cents: int
    is_optimal: bool


class VolumeNotAvailable(Infeasible):
    """All assets on offer together do not reach the target."""

    code = "volume_not_available"

    def __init__(self, *, target_kw: int, available_kw: int, day: date | None = None) -> None:
        when = "" if day is None else f" for {day.isoformat()}"
        there_is = (
            f"all assets on offer together have {available_kw} kW, {target_kw - available_kw} kW too little"
            if available_kw
            else f"no assets are on offer{when}"
        )
        super().__init__(f"{target_kw} kW are asked for and {there_is}")
        self.target_kw = target_kw
        self.available_kw = available_kw
        self.day = day

    @property
    def details(self) -> dict[str, Any]:
        """The volume asked for, how much there is, and how much is missing."""
        return {
            "target_kw": self.target_kw,
            "available_kw": self.available_kw,
            "missing_kw": self.target_kw - self.available_kw,
        }


def check_offer(
    volumes_kw: NDArray[np.int64], costs_cents: NDArray[np.int64], target_kw: int, time_limit_s: float | None
) -> None:
    """Refuse what no engine can work with, every fault by field; or say that the offer is too small.

    Raises:
        Refused: an array or number cannot be used.
        VolumeNotAvailable: all assets together do not reach the target.
    """
    faults = [
        *_array_faults("volumes_kw", volumes_kw, least=1, most=MAX_TOTAL_VOLUME_KW),
        *_array_faults("costs_cents", costs_cents, least=0, most=MAX_COST_CENTS),
    ]
    if not isinstance(target_kw, int | np.integer) or isinstance(target_kw, bool) or target_kw < 1:
        faults.append(Fault(field="target_kw", message=f"{target_kw!r} is not a whole number of kW, at least 1"))
    if time_limit_s is not None and not _is_duration(time_limit_s):
        faults.append(Fault(field="time_limit_s", message=f"{time_limit_s!r} is not a number of seconds, at least 0"))
    refuse(faults)
    if volumes_kw.shape != costs_cents.shape:
        message = f"{costs_cents.size} costs for {volumes_kw.size} volumes, one each is needed"
        raise Refused([Fault(field="costs_cents", message=message)])
    available_kw = exact_sum(volumes_kw)
    if available_kw > MAX_TOTAL_VOLUME_KW:
        message = f"together {available_kw} kW, at most {MAX_TOTAL_VOLUME_KW} kW"
        raise Refused([Fault(field="volumes_kw", message=message)])
    if available_kw < target_kw:
        raise VolumeNotAvailable(target_kw=int(target_kw), available_kw=available_kw)


def exact_sum(values: NDArray[np.int64]) -> int:
    """The sum of non-negative integers, exact beyond int64 too."""
    if values.size == 0:
        return 0
    if values.size * int(values.max()) < 2**63:
        return int(values.sum())
    low_bits = 31
    return (int((values >> low_bits).sum()) << low_bits) + int((values & (2**low_bits - 1)).sum())


def _array_faults(field: str, values: object, *, least: int, most: int) -> list[Fault]:
    if not isinstance(values, np.ndarray) or values.ndim != 1 or values.dtype != np.int64:
        found = (
            f"{values.ndim}-dimensional array of {values.dtype}"
            if isinstance(values, np.ndarray)
            else type(values).__name__
        )
        return [Fault(field=field, message=f"a {found}, a 1-dimensional array of int64 is needed")]
    faults = []
    if values.size and values.min() < least:
        faults.append(_element_fault(field, values, int(values.argmin()), f"at least {least}"))
    if values.size and values.max() > most:
        faults.append(_element_fault(field, values, int(values.argmax()), f"at most {most}"))
    return faults


def _element_fault(field: str, values: NDArray[np.int64], position: int, limit: str) -> Fault:
    return Fault(field=f"{field}[{position}]", message=f"{values[position]}, {limit} is needed")


def _is_duration(seconds: object) -> bool:
    return isinstance(seconds, int | float) and not isinstance(seconds, bool) and isfinite(seconds) and seconds >= 0
