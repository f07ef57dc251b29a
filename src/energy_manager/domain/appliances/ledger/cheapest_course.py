"""What a battery does where money counts: the cheapest course for all that is booked, by the value of stored energy.

What lies ahead is rows of constant net load and price. Backward the engine that jobs share (``storage_value``) finds
what a stored kWh is worth in each row; forward the battery charges while the next kWh costs less than that, and gives
while one from the grid costs more. Load above the limit comes before money: it is a stage of its own. Nothing is bought
on the chance that a run is asked for: what is left at the end is worth a little less than the cheapest kWh ahead.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from energy_manager.domain.appliances.household import Battery
from energy_manager.domain.appliances.ledger.home import Home
from energy_manager.domain.appliances.ledger.step_function import StepFunction, aligned
from energy_manager.domain.appliances.units import FOREVER_US, US_PER_DAY, US_PER_HOUR, Watts
from energy_manager.domain.storage_value.best_move import best_move
from energy_manager.domain.storage_value.value_function import ORDINARY, Piece, Slope, Step, Value, value_functions

HORIZON_US = 2 * US_PER_DAY
"""Beyond it prices are a guess, and nothing is planned for money's sake."""

_KWH = 1000 * US_PER_HOUR
# Powers closer than this are one: the engine counts in floats, the ledger exactly.
_SAME_W = 1e-3
# The stages of a slope: energy above the limit, then money.
_BEYOND, _WITHIN = 1.0, 0.0
_MWH_PER_KWH = 1e-3
# Less than what is paid by as little as a float tells.
_A_LITTLE_LESS = 1 - 1e-9


class _Row(NamedTuple):
    """``net_w`` without the battery, ``left_w`` below the limit; prices in EUR/MWh."""

    start_us: int
    end_us: int
    net_w: Watts
    left_w: Watts
    buy: float
    sell: float

    @property
    def lasts_us(self) -> int:
        return self.end_us - self.start_us


class CourseRow(NamedTuple):
    """A row with what the battery does in it, and what the last stored kWh is worth then (EUR/MWh).

    ``can_give_more`` says that it holds more than its floor afterwards.
    """

    start_us: int
    end_us: int
    net_w: Watts
    charge_w: Watts
    buy: float
    sell: float
    worth: float
    can_give_more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CheapestCourse:
    """The home with its battery's course, the rows that it comes from, and their cost less what is left (EUR)."""

    home: Home
    rows: tuple[CourseRow, ...]
    cost_eur: float


def cheapest_course(home: Home, battery: Battery) -> CheapestCourse | None:
    """The battery of a home with prices planned for least cost below ``home.level_w`` (None: the threshold).

    None where load stays above the limit for ever: then there is no end to plan to.
    """
    rows = _rows(home)
    if rows is None:
        return None
    floor, stored = battery.floor_wus, home.stored_wus
    is_low = stored < floor
    steps = [_step(row, battery.power_w, float(floor) / _KWH if is_low else None) for row in rows]
    least = max(0.0, min(row.buy for row in rows)) * _A_LITTLE_LESS
    values = value_functions(
        steps,
        lower=[float(min(floor, stored)) / _KWH] * len(rows),
        upper=[float(battery.capacity_wus) / _KWH] * len(rows),
        end_value=(_WITHIN, least),
    )
    course, cost_eur = _followed(rows, steps, values, battery, stored)
    left_kwh = float(course[-1][1] - stored) / _KWH
    found = tuple(row for row, _ in course)
    return CheapestCourse(home=_told(home, found), rows=found, cost_eur=cost_eur - least * _MWH_PER_KWH * left_kwh)


def _rows(home: Home) -> list[_Row] | None:
    assert home.prices is not None, "asked only where money counts"
    spare_w = home.spare_w
    if spare_w.values[-1] < 0:
        return None
    end_us = max(home.now_us + HORIZON_US, spare_w.below_zero_until_us())
    pieces = aligned(
        home.now_us, min(end_us, FOREVER_US), home.load_w, home.sun_w, spare_w, home.prices.buy, home.prices.sell
    )
    return [
        _Row(from_us, until_us, load_w - sun_w, left_w, float(buy), float(sell))
        for from_us, until_us, load_w, sun_w, left_w, buy, sell in pieces
    ]


def _step(row: _Row, power_w: Watts, wanted_kwh: float | None) -> Step:
    """What a kWh into the battery costs in a row: first what it does not give, then sun, then the grid.

    It gives no more than the home takes. Where a kWh fed in earns more than one from the grid costs, the two kinds of
    charging are one with their mean price: the lower convex envelope of what is not convex.
    """
    hours = row.lasts_us / _KWH
    beyond_w = min(max(0, -row.left_w), power_w)
    gives_w = max(beyond_w, min(power_w, max(0, row.net_w)))
    pieces: list[Piece] = []
    if gives_w > beyond_w:
        pieces.append(((_WITHIN, row.buy), float(gives_w - beyond_w) * hours, ORDINARY))
    if beyond_w > 0:
        pieces.append(((_BEYOND, row.buy), float(beyond_w) * hours, ORDINARY))
    takes_w = _most_charge_w(row, power_w)
    sun_w = min(takes_w, max(0, -row.net_w))
    grid_w = takes_w - sun_w
    if sun_w > 0 and grid_w > 0 and row.buy < row.sell:
        mean = (float(sun_w) * row.sell + float(grid_w) * row.buy) / float(takes_w)
        pieces.append(((_WITHIN, mean), float(takes_w) * hours, ORDINARY))
    else:
        if sun_w > 0:
            pieces.append(((_WITHIN, row.sell), float(sun_w) * hours, ORDINARY))
        if grid_w > 0:
            pieces.append(((_WITHIN, row.buy), float(grid_w) * hours, ORDINARY))
    wanted: tuple[tuple[float, Slope], ...] = () if wanted_kwh is None else ((wanted_kwh, (_BEYOND, 0.0)),)
    return Step(least=-float(gives_w) * hours, pieces=pieces, wanted=wanted)


def _most_charge_w(row: _Row, power_w: Watts) -> Watts:
    return max(0, min(row.left_w, power_w))


def _followed(
    rows: Sequence[_Row], steps: Sequence[Step], values: Sequence[Value], battery: Battery, stored: Watts
) -> tuple[list[tuple[CourseRow, Watts]], float]:
    """The rows with whole watts that the battery can keep exactly, each with what is stored after it; and the cost."""
    course: list[tuple[CourseRow, Watts]] = []
    cost_eur, floor = 0.0, battery.floor_wus
    for row, step, value in zip(rows, steps, values, strict=True):
        moved_w = best_move(step, value, float(stored) / _KWH).entered * _KWH / row.lasts_us
        if moved_w < 0:
            charge_w = -_discharge_w(row, battery, stored - floor, -moved_w)
        else:
            charge_w = _charge_w(row, battery, stored, moved_w)
        stored += max(charge_w * row.lasts_us, min(0, floor - stored))
        _, last = value.around(float(stored) / _KWH)
        drawn_w = float(row.net_w + charge_w)
        cost_eur += drawn_w * row.lasts_us / _KWH * _MWH_PER_KWH * (row.buy if drawn_w > 0 else row.sell)
        course.append(
            (
                CourseRow(
                    row.start_us,
                    row.end_us,
                    row.net_w,
                    charge_w,
                    row.buy,
                    row.sell,
                    worth=math.inf if last is None or last[0] > _WITHIN else last[1],
                    can_give_more=stored > floor,
                ),
                stored,
            )
        )
    return course, cost_eur


def _discharge_w(row: _Row, battery: Battery, usable: Watts, wished_w: float) -> Watts:
    """No more than what is ``usable`` lasts for, but all that is above the limit whatever is stored."""
    most_w = min(battery.power_w, max(0, row.net_w))
    whole_w = most_w if wished_w >= most_w - _SAME_W else math.floor(wished_w + _SAME_W)
    lasts_w = max(0, usable) // row.lasts_us
    return max(min(whole_w, lasts_w), min(battery.power_w, max(0, -row.left_w)))


def _charge_w(row: _Row, battery: Battery, stored: Watts, wished_w: float) -> Watts:
    """Rounded up, so that no booked discharge lacks a rounding; no more than there is room for."""
    most_w = _most_charge_w(row, battery.power_w)
    whole_w = most_w if wished_w >= most_w - _SAME_W else min(most_w, math.ceil(wished_w - _SAME_W))
    return max(0, min(whole_w, (battery.capacity_wus - stored) // row.lasts_us))


def _told(home: Home, rows: Sequence[CourseRow]) -> Home:
    """The course as the ledger has it: planned charging, and the net load above which the battery gives."""
    threshold_w = home.household.threshold_w
    from_us = [*(row.start_us for row in rows), rows[-1].end_us]
    charge_w = StepFunction.of_rows(from_us, [max(0, row.charge_w) for row in rows])
    bound_w = StepFunction.constant(threshold_w) if home.level_w is None else home.level_w
    # The bound holds where the battery does not give for money.
    lowered_w = StepFunction.of_rows(
        from_us, [threshold_w - (row.net_w + row.charge_w) if row.charge_w < 0 else 0 for row in rows]
    )
    level_w = bound_w.combined(lowered_w, lambda bound, lowered: min(bound, threshold_w - lowered))
    return replace(home, charge_w=charge_w, level_w=level_w)


def marginal_cost(course: CheapestCourse, power_w: Watts) -> StepFunction:
    """What ``power_w`` more would cost over time, W x EUR/MWh: surplus sun first, then the battery, then the grid.

    Right for a little energy; more may be asked of the battery than it holds.
    """
    battery = course.home.household.battery
    most_w = 0 if battery is None else battery.power_w
    prices = course.home.prices
    assert prices is not None, "a course has prices"
    added = []
    for row in course.rows:
        drawn_w = row.net_w + row.charge_w
        from_sun_w = min(power_w, max(0, -drawn_w))
        ready_w = most_w + row.charge_w if row.can_give_more else max(0, row.charge_w)
        from_battery_w = min(power_w - from_sun_w, ready_w) if row.worth < row.buy else 0
        from_grid_w = power_w - from_sun_w - from_battery_w
        worth = row.worth if from_battery_w else 0.0
        added.append(round(float(from_sun_w) * row.sell + float(from_battery_w) * worth + float(from_grid_w) * row.buy))
    from_us = [*(row.start_us for row in course.rows), course.rows[-1].end_us]
    later = prices.buy.mapped(lambda price: price * power_w).pieces(from_us[-1], FOREVER_US)
    return StepFunction.of_rows(from_us, added) + StepFunction.of_pieces(later)
