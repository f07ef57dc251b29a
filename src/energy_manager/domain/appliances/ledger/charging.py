"""When the battery charges: from surplus sun, else in the load valleys, and always in time for booked discharges.

One below its floor is charged to it at once, with all that the limit or the level leaves.

Charging is the least claim in the home: it is planned anew after every change around whatever is booked, so any run
may interrupt it as long as the booked discharges stay covered. A valley is filled like water: the lowest level of
net load up to which the energy needed finds place, so charging adds the least possible to the peak. Where money counts
the course is the cheapest one (``cheapest_course.py``), as long as it covers no less.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from energy_manager.domain.appliances.household import Battery
from energy_manager.domain.appliances.ledger.battery import first_uncovered, uncovered_energy
from energy_manager.domain.appliances.ledger.charge_planner import ChargePlanner
from energy_manager.domain.appliances.ledger.cheapest_course import CheapestCourse, cheapest_course
from energy_manager.domain.appliances.ledger.home import Home
from energy_manager.domain.appliances.ledger.shaving import lowest_peak
from energy_manager.domain.appliances.ledger.step_function import StepFunction
from energy_manager.domain.appliances.run_request import Segment
from energy_manager.domain.appliances.units import FOREVER_US, US_PER_DAY, Watts

# "Nearly empty": a tenth of the usable energy is left; then the battery is charged without waiting for the next day.
NEARLY_EMPTY_SHARE = 10


def with_charging_planned(home: Home) -> Home:
    """The home with its battery's charging planned anew from now on, and the level above which it discharges.

    With a target the level is that of the lowest peak of home and neighbours, in whole watts from the target up, above
    which the battery can cover all that is booked. It is looked for with the
    charging of a home without target, cut where it would lift that peak.
    """
    battery = home.household.battery
    if battery is None:
        return home
    planned = _within_limits(home, battery)
    if home.prices is not None:
        return _cheapest(planned, battery)
    if home.target_w is None or first_uncovered(planned) is not None:
        return planned
    peak_w = lowest_peak(planned, battery, home.target_w)
    if peak_w is None:
        return planned
    again = _with_charging_below(home, battery, home.level_under(peak_w))
    return again if first_uncovered(again) is None else _shaved(planned, peak_w)


def _cheapest(planned: Home, battery: Battery) -> Home:
    """The cheapest course, unless it leaves more of the load above the limit to nobody."""
    course = cheapest_course(planned, battery)
    if course is None or uncovered_energy(course.home) > uncovered_energy(planned):
        return planned
    return course.home


def cheapest_course_of(home: Home) -> CheapestCourse | None:
    """The cheapest course of a home's battery and what it costs; None without one, or where money does not count."""
    battery = home.household.battery
    return None if battery is None or home.prices is None else cheapest_course(_within_limits(home, battery), battery)


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


def _with_charging_below(home: Home, battery: Battery, level_w: StepFunction | None) -> Home:
    home = replace(home, level_w=level_w)
    sheet = ChargePlanner(home, battery)
    sheet.charge_to_floor()
    recharge = home.recharge if home.is_filled_daily else None
    if home.is_filled_daily and (recharge is None or recharge.start_us > home.now_us):
        recharge = _when_nearly_empty(sheet, battery)
    if recharge is not None:
        sheet.recharge(recharge)
    sheet.top_up()
    return replace(home, charge_w=sheet.charging_w(), recharge=recharge)


def with_daily_recharge(home: Home, *, until_us: int) -> Home:
    """The home at the beginning of its day: unless the battery is full it is to be so by ``until_us``."""
    battery = home.household.battery
    if home.prices is not None:
        return with_charging_planned(home)
    if battery is None or not home.is_filled_daily or home.stored_wus >= battery.capacity_wus:
        return home
    return with_charging_planned(replace(home, recharge=Segment(start_us=home.now_us, end_us=until_us)))


def _when_nearly_empty(sheet: ChargePlanner, battery: Battery) -> Segment | None:
    """A recharge within a day of the first instant at which the battery is nearly empty; None when it never is."""
    usable = battery.capacity_wus - battery.floor_wus
    empty_us = sheet.drained_us(battery.floor_wus + Fraction(usable, NEARLY_EMPTY_SHARE))
    return None if empty_us is None else Segment(start_us=empty_us, end_us=min(empty_us + US_PER_DAY, FOREVER_US))
