"""When the battery charges: from surplus sun, else in the load valleys, and always in time for booked discharges.

Charging is the least claim in the home: it is planned anew after every change around whatever is booked, so any run
may interrupt it as long as the booked discharges stay covered. A valley is filled like water: the lowest level of
net load up to which the energy needed finds place, so charging adds the least possible to the peak.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

from energy_manager.domain.appliances.household import Battery
from energy_manager.domain.appliances.ledger.battery import battery_course, first_uncovered, stored_at
from energy_manager.domain.appliances.ledger.home import NOTHING_W, Home
from energy_manager.domain.appliances.ledger.steps import Piece, Steps, aligned
from energy_manager.domain.appliances.run import Segment
from energy_manager.domain.appliances.units import FOREVER_US, US_PER_DAY, Watts

# "Nearly empty": a tenth of the usable energy is left; then the battery is charged without waiting for the next day.
NEARLY_EMPTY_SHARE = 10

# How often charging is moved ahead for one more booked discharge before the plan is taken as it is.
_MOST_TOP_UPS = 12


def with_charging_planned(home: Home) -> Home:
    """The home with its battery's charging planned anew from now on, and the level above which it discharges.

    With a target the level is that of the lowest peak of home and neighbours, in whole watts from the target up, above
    which the battery can cover all that is booked (in a long ledger only about the lowest). It is looked for with the
    charging of a home without target, cut where it would lift that peak.
    """
    battery = home.household.battery
    if battery is None:
        return home
    planned = _within_limits(home, battery)
    if home.target_w is None or first_uncovered(planned) is not None:
        return planned
    peak_w = _lowest_peak(planned, battery, home.target_w)
    if peak_w is None:
        return planned
    again = _with_charging_below(home, battery, home.level_under(peak_w))
    return again if first_uncovered(again) is None else _shaved(planned, peak_w)


def _lowest_peak(planned: Home, battery: Battery, target_w: Watts) -> int | None:
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


def _within_limits(home: Home, battery: Battery) -> Home:
    """The battery's help for what is above the threshold and, where it can, above the building's limit."""
    planned = _with_charging_below(home, battery, None)
    if home.limit_w is None or max(planned.building_w().values) <= home.limit_w:
        return planned
    limited = _with_charging_below(home, battery, home.level_under(home.limit_w))
    return limited if first_uncovered(limited) is None else planned


def _shaved(planned: Home, peak_w: Watts) -> Home:
    """The same charging as far as it leaves the peak of home and neighbours where it is to be."""
    shaved = replace(planned, level_w=planned.level_under(peak_w))
    if max(planned.charge_w.values) == 0:
        return shaved
    charge_w = planned.charge_w.combined(shaved.spare_w, lambda charge_w, spare_w: max(0, min(charge_w, spare_w)))
    return replace(shaved, charge_w=charge_w)


def _with_charging_below(home: Home, battery: Battery, level_w: Steps | None) -> Home:
    surplus_w = _surplus_w(home).mapped(lambda sun_w: max(0, min(sun_w, battery.power_w)))
    planned = _when_nearly_empty(replace(home, charge_w=surplus_w, level_w=level_w), battery)
    if planned.recharge is not None:
        start_us, end_us = max(planned.recharge.start_us, planned.now_us), planned.recharge.end_us
        planned = _fill_valleys(planned, battery, _missing(planned, battery, start_us, end_us), start_us, end_us)
    for _ in range(_MOST_TOP_UPS):
        gap = first_uncovered(planned)
        if gap is None or gap.start_us <= planned.now_us:
            break
        missing = gap.uncovered_w * (gap.end_us - gap.start_us)
        topped_up = _fill_valleys(planned, battery, missing, planned.now_us, gap.start_us)
        if topped_up is planned:
            break
        planned = topped_up
    return planned


def _surplus_w(home: Home) -> Steps:
    """Sun less load; without looking at loads beyond the last of the sun."""
    sun_w = home.sun_w
    dark_from_us = sun_w.starts_us[-1]
    load_w = home.load_w if sun_w.values[-1] > 0 else home.load_w.until(max(home.now_us, dark_from_us) + 1)
    return sun_w - load_w


def with_daily_recharge(home: Home, *, until_us: int) -> Home:
    """The home at the beginning of its day: unless the battery is full it is to be so by ``until_us``."""
    battery = home.household.battery
    if battery is None or home.stored_wus >= battery.capacity_wus:
        return home
    return with_charging_planned(replace(home, recharge=Segment(start_us=home.now_us, end_us=until_us)))


def _when_nearly_empty(home: Home, battery: Battery) -> Home:
    """Ask for a recharge within a day of the first instant at which the battery is nearly empty."""
    if home.recharge is not None and home.recharge.start_us <= home.now_us:
        return home
    usable = battery.capacity_wus - battery.floor_wus
    nearly_empty = battery.floor_wus + Fraction(usable, NEARLY_EMPTY_SHARE)
    empty_us = None
    if home.stored_wus <= nearly_empty:
        empty_us = home.now_us
    else:
        drained = (piece for piece in battery_course(home) if piece.stored_wus <= nearly_empty)
        empty_us = next((piece.end_us for piece in drained), None)
    if empty_us is None:
        return replace(home, recharge=None)
    return replace(home, recharge=Segment(start_us=empty_us, end_us=min(empty_us + US_PER_DAY, FOREVER_US)))


def _missing(home: Home, battery: Battery, start_us: int, end_us: int) -> Watts:
    """What the sun leaves to be charged from the grid on ``[start_us, end_us)`` so that the battery becomes full.

    Discharges booked within the window are not made good: that is for the next recharge.
    """
    from_sun = sum(
        piece.charge_w * (piece.end_us - max(piece.start_us, start_us))
        for piece in battery_course(home, end_us)
        if piece.charge_w > 0 and piece.end_us > start_us
    )
    return battery.capacity_wus - stored_at(home, start_us) - from_sun


def _fill_valleys(home: Home, battery: Battery, missing_wus: Watts, start_us: int, end_us: int) -> Home:
    """Add about ``missing_wus`` of charging on ``[start_us, end_us)`` where the net load is lowest.

    Returns the very same home when nothing is missing or nothing can be added.
    """
    if missing_wus <= 0 or end_us <= start_us:
        return home
    valleys = list(_valleys(home, battery, start_us, end_us))
    if not valleys:
        return home
    level_w = _water_level(valleys, missing_wus)
    added_w = Steps.of_pieces(
        Piece(at_us, until_us, min(spare_w, level_w - net_w))
        for at_us, until_us, net_w, spare_w in valleys
        if level_w > net_w
    )
    return replace(home, charge_w=home.charge_w + added_w)


# From, until, the net load with the charging that is planned, and how much more the battery may charge: above 0.
_Valley: TypeAlias = tuple[int, int, Watts, Watts]


def _valleys(home: Home, battery: Battery, start_us: int, end_us: int) -> Iterator[_Valley]:
    """Where the battery may charge more: the spare power is the battery's and the room's under limit and level."""
    power_w = battery.power_w
    minds_neighbours = home.target_w is not None or home.limit_w is not None
    others_w = home.neighbours_w if minds_neighbours else NOTHING_W
    for at_us, until_us, load_w, sun_w, charge_w, drawn_w, left_w in aligned(
        start_us, end_us, home.load_w, home.sun_w, home.charge_w, others_w, home.spare_w
    ):
        spare_w = min(left_w, power_w) - charge_w
        if spare_w > 0:
            yield at_us, until_us, load_w - sun_w + charge_w + drawn_w, spare_w


def _water_level(valleys: list[_Valley], missing_wus: Watts) -> int:
    """The lowest whole watt up to which filling the valleys takes what is missing; the brim of all when none does.

    The energy grows with the level by the width of the valleys that are neither dry nor full: one sweep over the levels
    at which that width changes.
    """
    changes: dict[Watts, int] = {}
    for at_us, until_us, net_w, spare_w in valleys:
        changes[net_w] = changes.get(net_w, 0) + until_us - at_us
        changes[net_w + spare_w] = changes.get(net_w + spare_w, 0) - (until_us - at_us)
    levels = sorted(changes)
    filled: Watts = 0
    width_us, level_w = 0, levels[0]
    for next_w in levels:
        more = width_us * (next_w - level_w)
        if filled + more >= missing_wus:
            return math.ceil(level_w + Fraction(missing_wus - filled) / width_us)
        filled += more
        width_us += changes[next_w]
        level_w = next_w
    return math.ceil(level_w)
