"""Quantities that every job understands the same way."""

from __future__ import annotations

import math
from decimal import Decimal
from numbers import Real
from typing import Any, TypeAlias

AssetId: TypeAlias = str


def _floor(number: Any) -> int:  # noqa: ANN401 - any kind of real number
    floored: int = math.floor(number)
    return floored


def whole_steps(value: object) -> int | None:
    """The whole power steps in ``value``: a finite number rounded down; None for anything that is no finite number.

    Truth values, text, NaN and the infinities are no numbers here. Dispatch works in whole steps so that sums are
    exact; rounding down never promises power that is not there.
    """
    if type(value) is int:
        return value
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return None
    try:
        return _floor(value)
    except Exception:  # noqa: BLE001 - a foreign number type may fail in its own way
        return None


def finite(value: object) -> float | None:
    """``value`` as a float if it is a finite number, else None; truth values and text are no numbers here."""
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return None
    try:
        number = float(value)
    except Exception:  # noqa: BLE001 - a foreign number type may fail in its own way
        return None
    return number if math.isfinite(number) else None
