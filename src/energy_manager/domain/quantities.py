"""Quantities that every job understands the same way."""

from __future__ import annotations

import math
from decimal import Decimal
from numbers import Real
from typing import TypeAlias

AssetId: TypeAlias = str


MOST_STEPS = 2**63 - 1
"""No power is greater: what is beyond it, on either side, is no reading but a fault."""


def whole_steps(value: object) -> int | None:
    """The whole power steps in ``value``: a finite number rounded down; None for anything that is no finite number.

    Truth values, text, NaN, the infinities and what is beyond ±``MOST_STEPS`` are no numbers here. Dispatch works in
    whole steps so that sums are exact; rounding down never promises power that is not there.
    """
    if type(value) is int:
        return value if -MOST_STEPS <= value <= MOST_STEPS else None
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return None
    try:
        # Compared before it is rounded: the integer of 1e1000000 has a million digits.
        return math.floor(value) if -MOST_STEPS <= value <= MOST_STEPS else None  # type: ignore[operator,return-value]
    except Exception:  # noqa: BLE001 - a foreign number type may fail in its own way
        return None


def finite(value: object) -> float | None:
    """``value`` as a float if it is a finite number, else None; truth values and text are no numbers here."""
    if type(value) is float:
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return None
    try:
        number = float(value)
    except Exception:  # noqa: BLE001 - a foreign number type may fail in its own way
        return None
    return number if math.isfinite(number) else None
