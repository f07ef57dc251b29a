"""How low a peak a battery can keep with the charging that is planned."""

from __future__ import annotations

import math
from dataclasses import dataclass

from energy_manager.domain.appliances.household import Battery
from energy_manager.domain.appliances.ledger.home import Home
from energy_manager.domain.appliances.ledger.step_function import aligned
from energy_manager.domain.appliances.units import FOREVER_US, Watts


def lowest_peak(planned: Home, battery: Battery, target_w: Watts) -> int | None:
    """The lowest peak that the battery can keep with the charging that is planned; None: not lower than it is."""
    highest_w = max(planned.building_w().values)
    low_w, high_w = math.floor(max(target_w, highest_w - 2 * battery.power_w)), math.ceil(highest_w)
    course = _ShavingCourse.of(planned, battery)
    found = None
    while low_w < high_w:
        peak_w = (low_w + high_w) // 2
        if course.keeps(peak_w):
            found = high_w = peak_w
        else:
            low_w = peak_w + 1
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _ShavingCourse:
    """What happens to the battery from now on, as far as one peak or another matters, ready to be walked many times.

    Each row says from when until when, the home's room, what its neighbours draw and the planned charging.
    """

    rows: tuple[tuple[int, int, Watts, Watts, Watts], ...]
    battery: Battery
    threshold_w: Watts
    stored_wus: Watts

    @classmethod
    def of(cls, home: Home, battery: Battery) -> _ShavingCourse:
        rows = aligned(home.now_us, FOREVER_US, home.room_w, home.neighbours_w, home.charge_w)
        return cls(
            rows=tuple(rows), battery=battery, threshold_w=home.household.threshold_w, stored_wus=home.stored_wus
        )

    def keeps(self, peak_w: Watts) -> bool:
        """Whether home and neighbours stay at or below the peak; charging is cut where it would lift them above."""
        power_w, floor, capacity = self.battery.power_w, self.battery.floor_wus, self.battery.capacity_wus
        stored, threshold_w = self.stored_wus, self.threshold_w
        for at_us, until_us, room_w, others_w, planned_w in self.rows:
            spare_w = room_w - max(0, threshold_w - peak_w + others_w)
            if spare_w < 0:
                stored += spare_w * (until_us - at_us)
                if -spare_w > power_w or stored < floor:
                    return False
            elif planned_w > 0:
                moved_w, left = min(planned_w, spare_w, power_w), capacity - stored
                # As in the battery's course, charging ends with the last whole microsecond before it is full.
                stored += min(moved_w * (until_us - at_us), left - left % moved_w) if moved_w > 0 else 0
        return True
