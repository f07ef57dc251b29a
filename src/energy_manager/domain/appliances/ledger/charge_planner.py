"""The sheet on which a battery's charging is planned: what lies ahead as rows of constant power.

A sheet is made for one plan and then thrown away, so its columns are lists that change: everything else in the ledger
is a value.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable

from energy_manager.domain.appliances.household import Battery
from energy_manager.domain.appliances.ledger.home import NOTHING_W, Home
from energy_manager.domain.appliances.ledger.step_function import StepFunction, aligned
from energy_manager.domain.appliances.run_request import Segment
from energy_manager.domain.appliances.units import FOREVER_US, US_PER_DAY, Watts


class ChargePlanner:
    """The rows from now until neither sun nor load above the limit is ahead.

    Columns: ``from_us`` (with the end of the last row as one entry more), ``net_w`` without charging, ``left_w`` under
    limit and level (below 0 the battery discharges), ``charge_w`` as planned so far, and ``stored_wus`` at the row's
    beginning (with one entry more), as far as it has been walked.
    """

    def __init__(self, home: Home, battery: Battery) -> None:
        minds_neighbours = home.target_w is not None or home.limit_w is not None
        others_w = home.neighbours_w if minds_neighbours else NOTHING_W
        spare_w = home.spare_w
        self.power_w, self.floor, self.capacity = battery.power_w, battery.floor_wus, battery.capacity_wus
        end_us = _matters_until_us(home, spare_w)
        self.from_us: list[int] = []
        self.net_w: list[Watts] = []
        self.left_w: list[Watts] = []
        self.charge_w: list[Watts] = []
        for from_us, _, load_w, sun_w, drawn_w, left_w in aligned(
            home.now_us, end_us, home.load_w, home.sun_w, others_w, spare_w
        ):
            self.from_us.append(from_us)
            self.net_w.append(load_w - sun_w + drawn_w)
            self.left_w.append(left_w)
            # Neighbours may leave less than the surplus of the sun: then it is theirs.
            self.charge_w.append(max(0, min(sun_w - load_w, left_w, battery.power_w)) if sun_w else 0)
        self.from_us.append(end_us)
        self.stored_wus: list[Watts] = [home.stored_wus] * len(self.from_us)
        # Charging before this row can no longer help what comes after it.
        self._useful_from = 0

    def charging_w(self) -> StepFunction:
        """The charging that is planned, as a step function."""
        return StepFunction.of_rows(self.from_us, self.charge_w)

    def drained_us(self, level_wus: Watts) -> int | None:
        """The end of the first row in which the battery comes down to the level; None when it does not."""
        self._walk(0, goes_through=True)
        row = next((row for row, stored in enumerate(self.stored_wus) if stored <= level_wus), None)
        return None if row is None else self.from_us[row]

    def charge_to_floor(self) -> None:
        """Charge from now on with all that the limit leaves, until a battery below its floor has reached it."""
        missing_wus = self.floor - self.stored_wus[0]
        row = 0
        while missing_wus > 0 and row < len(self.left_w):
            charge_w = max(0, min(self.left_w[row], self.power_w))
            if charge_w > 0:
                lasts_us = self.from_us[row + 1] - self.from_us[row]
                needed_us = -int(-missing_wus // charge_w)
                if needed_us < lasts_us:
                    self._row_from(self.from_us[row] + needed_us)
                    lasts_us = needed_us
                self.charge_w[row] = charge_w
                missing_wus -= charge_w * lasts_us
            row += 1

    def recharge(self, window: Segment) -> None:
        """Charge from the grid within the window what the sun leaves to be charged there until the battery is full.

        Discharges booked within the window are not made good: that is for the next recharge.
        """
        first, end = self._row_from(window.start_us), self._row_from(window.end_us)
        self._walk(0, goes_through=True)
        from_sun = sum(max(0, self.stored_wus[row + 1] - self.stored_wus[row]) for row in range(first, end))
        self._fill(self.capacity - self.stored_wus[first] - from_sun, first, end)

    def top_up(self) -> None:
        """Charge in the valleys before every discharge that would otherwise lack energy, as much as it lacks.

        What is charged before the battery is full anyway helps nothing later, so each search begins after that. Where
        nothing more can be charged in time the load stays uncovered, and what comes later is looked after all the same.
        """
        self._useful_from = 0
        row: int | None = 0
        while row is not None:
            short = self._walk(row)
            if short is None:
                return
            missing, end = self._lacking(short)
            row = self._fill(missing, self._useful_from, short)
            if row is None:
                self.stored_wus[end] = min(self.stored_wus[short], self.floor)
                self._useful_from = row = end

    def _walk(self, first: int, *, goes_through: bool = False) -> int | None:
        """Follow the battery from a row on, up to the first row in which it lacks energy; None when there is none."""
        power_w, floor, capacity = self.power_w, self.floor, self.capacity
        stored = self.stored_wus[first]
        for row in range(first, len(self.left_w)):
            left_w, charge_w = self.left_w[row], self.charge_w[row]
            if left_w < 0:
                needed = min(-left_w, power_w) * (self.from_us[row + 1] - self.from_us[row])
                if needed > stored - floor:
                    if not goes_through:
                        return row
                    needed = max(0, stored - floor)
                stored -= needed
            elif charge_w > 0:
                charge_w = min(charge_w, power_w)
                charged, room = charge_w * (self.from_us[row + 1] - self.from_us[row]), capacity - stored
                if charged >= room:
                    # Charging ends with the last whole microsecond before the battery is full.
                    charged = room - room % charge_w
                    self._useful_from = row + 1
                stored += charged
            self.stored_wus[row + 1] = stored
        return None

    def _lacking(self, short: int) -> tuple[Watts, int]:
        """The energy missing in a row and in those after it up to the next in which something could be charged."""
        power_w, left_w, from_us = self.power_w, self.left_w, self.from_us
        missing = self.floor - self.stored_wus[short]
        row = short
        while row < len(left_w) and left_w[row] <= 0:
            missing += min(-left_w[row], power_w) * (from_us[row + 1] - from_us[row])
            row += 1
        return missing, row

    def _fill(self, missing_wus: Watts, first: int, end: int) -> int | None:
        """Add about ``missing_wus`` of charging to the rows ``first:end`` where the net load is lowest.

        Returns the first row that is charged more; None when nothing is missing or nothing can be added.
        """
        if missing_wus <= 0:
            return None
        power_w, left_w, charge_w, from_us = self.power_w, self.left_w, self.charge_w, self.from_us
        valleys = [
            (row, self.net_w[row] + charge_w[row], spare_w)
            for row in range(first, end)
            if left_w[row] > charge_w[row]
            and (spare_w := (left_w[row] if left_w[row] < power_w else power_w) - charge_w[row]) > 0
        ]
        if not valleys:
            return None
        lasts_us = [from_us[row + 1] - from_us[row] for row, _, _ in valleys]
        level_w = _water_level(((net_w, spare_w) for _, net_w, spare_w in valleys), lasts_us, missing_wus)
        filled = None
        for row, net_w, spare_w in valleys:
            if level_w > net_w:
                charge_w[row] += min(spare_w, level_w - net_w)
                filled = row if filled is None else filled
        return filled

    def _row_from(self, instant_us: int) -> int:
        """The row that begins at the instant, by cutting one if need be; the number of rows when that is later."""
        row = bisect_left(self.from_us, instant_us)
        if row < len(self.from_us) and self.from_us[row] == instant_us:
            return row
        if row == 0 or row == len(self.from_us):
            return min(row, len(self.left_w))
        self.from_us.insert(row, instant_us)
        for column in (self.net_w, self.left_w, self.charge_w, self.stored_wus):
            column.insert(row, column[row - 1])
        return row


def _water_level(valleys: Iterable[tuple[Watts, Watts]], lasts_us: list[int], missing_wus: Watts) -> int:
    """The lowest whole watt up to which filling the valleys takes what is missing; the brim of all when none does.

    A valley is its net load and how much more may be charged there. The energy grows with the level by the width of
    the valleys that are neither dry nor full: one sweep over the levels at which that width changes.
    """
    changes: dict[Watts, int] = {}
    for (net_w, spare_w), width_us in zip(valleys, lasts_us, strict=True):
        changes[net_w] = changes.get(net_w, 0) + width_us
        changes[net_w + spare_w] = changes.get(net_w + spare_w, 0) - width_us
    levels = sorted(changes)
    filled: Watts = 0
    width_us, level_w = 0, levels[0]
    for next_w in levels:
        more = width_us * (next_w - level_w)
        if filled + more >= missing_wus:
            return -int((filled - missing_wus - level_w * width_us) // width_us)
        filled += more
        width_us += changes[next_w]
        level_w = next_w
    return math.ceil(level_w)


def _matters_until_us(home: Home, spare_w: StepFunction) -> int:
    """The end of all sun, of all load above the limit and the day after, and of the recharge that is asked for."""
    now_us, sun_w = home.now_us, home.sun_w
    if sun_w.values[-1] > 0:
        return FOREVER_US
    recharged_us = home.recharge.end_us if home.recharge is not None else now_us
    end_us = max(now_us, sun_w.starts_us[-1], recharged_us, spare_w.below_zero_until_us())
    return min(FOREVER_US, end_us + US_PER_DAY)
