"""When the battery charges: from surplus sun, else in the load valleys, and always in time for booked discharges.

Charging is the least claim in the home: it is planned anew after every change around whatever is booked, so any run
may interrupt it as long as the booked discharges stay covered. A valley is filled like water: the lowest level of
net load up to which the energy needed finds place, so charging adds the least possible to the peak.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

from energy_manager.domain.appliances.household import Battery
from energy_manager.domain.appliances.ledger.battery import battery_course, first_uncovered, stored_at
from energy_manager.domain.appliances.ledger.home import Home
from energy_manager.domain.appliances.ledger.steps import Piece, Steps, together
from energy_manager.domain.appliances.run import Segment
from energy_manager.domain.appliances.units import FOREVER_US, US_PER_DAY, Watts

# "Nearly empty": a tenth of the usable energy is left; then the battery is charged without waiting for the next day.
NEARLY_EMPTY_SHARE = 10

# Levels that are tried for the lowest peak: to the watt (2**20 W are more than any battery gives), or about, in a long
# ledger.
_MOST_LEVELS = 20
_FEW_LEVELS = 5
_MANY_PIECES = 100

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
    highest_w = max(planned.building_w().values)
    low_w, high_w = math.floor(max(home.target_w, highest_w - 2 * battery.power_w)), math.ceil(highest_w)
    best, best_w = planned, high_w
    for _ in range(_MOST_LEVELS if len(home.room_w.values) <= _MANY_PIECES else _FEW_LEVELS):
        if low_w >= high_w:
            break
        peak_w = (low_w + high_w) // 2
        shaved = _shaved(planned, peak_w)
        if first_uncovered(shaved) is None:
            best, best_w, high_w = shaved, peak_w, peak_w
        else:
            low_w = peak_w + 1
    if best is planned:
        return planned
    again = _with_charging_below(home, battery, home.level_under(best_w))
    return again if first_uncovered(again) is None else best


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
    valleys = _valleys(home, battery, start_us, end_us)
    if all(valley.spare_w <= 0 for valley in valleys):
        return home
    low_w = math.floor(min(valley.net_w for valley in valleys))
    high_w = math.ceil(max(valley.net_w + valley.spare_w for valley in valleys))
    while low_w < high_w:
        level_w = (low_w + high_w) // 2
        if sum(valley.filled_w(level_w) * (valley.end_us - valley.start_us) for valley in valleys) >= missing_wus:
            high_w = level_w
        else:
            low_w = level_w + 1
    added_w = Steps.of_pieces(
        Piece(start_us=valley.start_us, end_us=valley.end_us, value=valley.filled_w(high_w)) for valley in valleys
    )
    return replace(home, charge_w=home.charge_w + added_w)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Valley:
    """A piece of time with its net load, charging included, and how much more the battery may charge there."""

    start_us: int
    end_us: int
    net_w: Watts
    spare_w: Watts

    def filled_w(self, level_w: int) -> Watts:
        """The charging that lifts the net load to the level, as far as the battery may."""
        return max(0, min(self.spare_w, level_w - self.net_w))


def _valleys(home: Home, battery: Battery, start_us: int, end_us: int) -> list[_Valley]:
    """The spare power is the battery's and the room's under limit and level; none while it discharges."""
    charge_w = home.charge_w.since(start_us).until(end_us)
    net_w = home.load_w.since(start_us).until(end_us) - home.sun_w.since(start_us).until(end_us) + charge_w
    if home.target_w is not None or home.limit_w is not None:
        net_w += home.neighbours_w.since(start_us).until(end_us)
    spare_w = (
        home.spare_w.since(start_us)
        .until(end_us)
        .combined(charge_w, lambda left_w, charge_w: max(0, min(left_w, battery.power_w) - charge_w))
    )
    return [
        _Valley(start_us=at_us, end_us=until_us, net_w=net, spare_w=spare)
        for at_us, until_us, net, spare in together(net_w, spare_w, start_us, end_us)
    ]
