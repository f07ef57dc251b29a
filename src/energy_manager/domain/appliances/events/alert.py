"""What the timetable could not keep."""

from __future__ import annotations

from dataclasses import dataclass

from energy_manager.domain.appliances.units import Watts


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What the timetable could not keep: power above a limit, or a run outside its max delay."""

    at_us: int
    household: str
    excess_w: Watts
    message: str
