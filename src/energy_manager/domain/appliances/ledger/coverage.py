"""Whether a battery that charges whenever it may covers one more load: one walk for all the loads that are tried."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from energy_manager.domain.appliances.ledger.home import Home
from energy_manager.domain.appliances.ledger.step_function import StepFunction
from energy_manager.domain.appliances.units import FOREVER_US, Watts


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The battery from now on at the beginning of every piece of the room: usable energy, and what was missing before.

    The walk with one more load is the same before that load, and the same again, but for what is missing, once the
    battery holds afterwards what it would have held. So only the way between is walked.
    """

    room_w: StepFunction
    power_w: Watts
    most_wus: Watts
    now_us: int
    usable_wus: tuple[Watts, ...]
    missing_wus: tuple[Watts, ...]

    @classmethod
    def of(cls, home: Home) -> Coverage:
        """One walk over a home with a battery."""
        battery = home.household.battery
        assert battery is not None, "only a battery covers anything"
        starts, values = home.room_w.starts_us, home.room_w.values
        power_w, most, floor = battery.power_w, battery.capacity_wus - battery.floor_wus, battery.floor_wus
        usable: Watts = home.stored_wus - floor
        missing: Watts = 0
        usables, missings = [usable], [missing]
        for index, left_w in enumerate(values):
            begin_us = max(home.now_us, starts[index])
            end_us = starts[index + 1] if index + 1 < len(starts) else FOREVER_US
            usable, lacking = _after(power_w, most, usable, left_w, max(0, end_us - begin_us))
            missing += lacking
            usables.append(usable)
            missings.append(missing)
        return cls(
            room_w=home.room_w,
            power_w=power_w,
            most_wus=most,
            now_us=home.now_us,
            usable_wus=tuple(usables),
            missing_wus=tuple(missings),
        )

    def holds_with(self, power_w: Watts, start_us: int, end_us: int, promised_wus: Watts) -> bool:
        """Whether all but ``promised_wus`` is covered with ``power_w`` more on ``[start_us, end_us)``, not before now.

        As ``could_cover`` says of a home in which that load is booked.
        """
        starts, values = self.room_w.starts_us, self.room_w.values
        index = bisect_right(starts, start_us) - 1
        at_us = max(self.now_us, starts[index])
        usable, missing = self.usable_wus[index], self.missing_wus[index]
        while index < len(values):
            piece_end_us = starts[index + 1] if index + 1 < len(starts) else FOREVER_US
            while at_us < piece_end_us:
                is_on = start_us <= at_us < end_us
                turn_us = end_us if is_on else start_us if at_us < start_us else FOREVER_US
                until_us = min(piece_end_us, turn_us)
                left_w = values[index] - power_w if is_on else values[index]
                usable, lacking = _after(self.power_w, self.most_wus, usable, left_w, until_us - at_us)
                missing += lacking
                if missing > promised_wus:
                    return False
                at_us = until_us
            index += 1
            if at_us >= end_us and usable == self.usable_wus[index]:
                return missing + self.missing_wus[-1] - self.missing_wus[index] <= promised_wus
        return True


def _after(power_w: Watts, most: Watts, usable: Watts, left_w: Watts, lasts_us: int) -> tuple[Watts, Watts]:
    """The usable energy after a piece with so much room, and what was missing in it."""
    if left_w >= 0:
        return (min(most, usable + min(left_w, power_w) * lasts_us) if usable < most else usable), 0
    needed = -left_w * lasts_us
    given = max(0, min(needed, power_w * lasts_us, usable))
    return usable - given, needed - given
