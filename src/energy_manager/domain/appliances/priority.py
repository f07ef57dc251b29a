"""How urgent a run is, from 1 (can wait) to 10 (now)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal, TypeAlias

from energy_manager.domain.appliances.units import US_PER_MINUTE
from energy_manager.domain.errors import Fault, Refused

PriorityClass: TypeAlias = Literal["urgent", "normal", "low"]

BASE_PRIORITY: Final[dict[str, int]] = {"urgent": 7, "normal": 3, "low": 1}
HIGHEST_PRIORITY = 10


def priority_of(priority_class: PriorityClass, minutes_left: int | float | Decimal | Fraction | None = None) -> int:
    """``min(10, base + floor(480 / (minutes_left + 60)))``, or the base alone without a max delay.

    ``minutes_left`` is what remains of the max delay, at least 0, days included: 1,440 min is a day, and a low run
    with a day left has priority 1. None means that the run may wait as long as it takes.

    Raises:
        Refused: an unknown class, or minutes below 0 or not finite.
    """
    base = BASE_PRIORITY.get(priority_class)
    if base is None:
        message = f"{priority_class!r} is not one of urgent, normal, low"
        raise Refused([Fault(field="priority", message=message)])
    if minutes_left is None:
        return base
    if not minutes_left >= 0:
        raise Refused([Fault(field="minutes_left", message=f"{minutes_left} is not 0 or more")])
    if minutes_left == float("inf"):
        return base
    return min(HIGHEST_PRIORITY, base + 480 // (Fraction(minutes_left) + 60))


def priority_with_us_left(priority_class: str, left_us: int | None) -> int:
    """``priority_of`` in whole microseconds; time already overrun counts as 0 left."""
    base = BASE_PRIORITY[priority_class]
    if left_us is None:
        return base
    return min(HIGHEST_PRIORITY, base + 480 * US_PER_MINUTE // (max(0, left_us) + 60 * US_PER_MINUTE))
