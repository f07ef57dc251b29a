"""What the battery does over time: charge as planned, discharge what is booked above the limit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from energy_manager.domain.appliances.ledger.home import Home
from energy_manager.domain.appliances.ledger.step_function import StepFunction, together
from energy_manager.domain.appliances.units import FOREVER_US, Watts


class BatteryPiece(NamedTuple):
    """Constant power on ``[start_us, end_us)``.

    ``charge_w`` is positive into the battery and negative out of it; ``uncovered_w`` is the load above the limit, or
    the level, that the battery cannot give; ``stored_wus`` is the energy at the end of the piece.
    """

    start_us: int
    end_us: int
    charge_w: Watts
    uncovered_w: Watts
    stored_wus: Watts


def battery_course(home: Home, until_us: int = FOREVER_US) -> Iterator[BatteryPiece]:
    """The battery from now on, piece by piece; pieces in which it rests and covers nothing are left out.

    Discharge comes first: while the booked load is above the limit the battery never charges. It stops discharging
    at its floor and charging at its capacity, to the microsecond before either is crossed.
    """
    battery = home.household.battery
    if battery is None:
        return
    power_w, floor, capacity = battery.power_w, battery.floor_wus, battery.capacity_wus
    spare_w, stored = home.spare_w, home.stored_wus
    until_us = min(until_us, _rests_from_us(home, spare_w))
    for start_us, end_us, left_w, planned_w in together(spare_w, home.charge_w, home.now_us, until_us):
        if left_w >= 0 and planned_w == 0:
            continue
        at_us = start_us
        while at_us < end_us:
            lasts_us = end_us - at_us
            if left_w < 0:
                moved_w = min(-left_w, power_w)
                charge_w, available = -moved_w, max(0, stored - floor)
            else:
                charge_w = moved_w = min(planned_w, power_w)
                available = max(0, capacity - stored)
            if moved_w * lasts_us > available:
                lasts_us = int(available // moved_w)
            if lasts_us == 0:
                # Full or at the floor: nothing moves for the rest of the piece.
                charge_w, lasts_us = 0, end_us - at_us
            stored += charge_w * lasts_us
            uncovered_w: Watts = charge_w - left_w if left_w < 0 else 0
            if charge_w != 0 or uncovered_w > 0:
                yield BatteryPiece(at_us, at_us + lasts_us, charge_w, uncovered_w, stored)
            at_us += lasts_us


def _rests_from_us(home: Home, spare_w: StepFunction) -> int:
    """From when on nothing is charged and no load is above the limit: the battery rests, whatever is booked."""
    if home.charge_w.values[-1] != 0:
        return FOREVER_US
    return max(home.charge_w.starts_us[-1], home.now_us, spare_w.below_zero_until_us())


def could_cover(home: Home, promised_wus: Watts = 0) -> bool:
    """Whether all but ``promised_wus`` of the load above the limit is covered if the battery charges whenever it may.

    When it is not, no plan of charging does: more in store at one instant is never less in store later.
    """
    battery = home.household.battery
    if battery is None:
        return uncovered_energy(home) <= promised_wus
    starts, values = home.room_w.starts_us, home.room_w.values
    last = next((index for index in range(len(values) - 1, -1, -1) if values[index] < 0), -1)
    power_w, floor = battery.power_w, battery.floor_wus
    usable, most = home.stored_wus - floor, battery.capacity_wus - floor
    missing: Watts = 0
    at_us = home.now_us
    for end_us, left_w in zip((*starts[1 : last + 2], FOREVER_US), values[: last + 1], strict=False):
        if left_w >= 0:
            if usable < most:
                usable = min(most, usable + min(left_w, power_w) * (end_us - at_us))
        else:
            needed = -left_w * (end_us - at_us)
            given = max(0, min(needed, power_w * (end_us - at_us), usable))
            usable -= given
            missing += needed - given
            if missing > promised_wus:
                return False
        at_us = end_us
    return True


def stored_at(home: Home, instant_us: int) -> Watts:
    """The battery's energy at ``instant_us``, not before now, in watt-microseconds."""
    stored = home.stored_wus
    for piece in battery_course(home, instant_us):
        stored = piece.stored_wus
    return stored


def first_uncovered(home: Home) -> BatteryPiece | None:
    """The first piece whose load above the limit the battery cannot give in full; None when all is covered."""
    return next(uncovered(home), None)


def uncovered(home: Home) -> Iterator[BatteryPiece]:
    """The pieces whose load stays above the limit after all that the battery can give."""
    if min(home.spare_w.values) >= 0:
        return
    if home.household.battery is not None:
        yield from (piece for piece in battery_course(home) if piece.uncovered_w > 0)
        return
    for piece in home.room_w.pieces(home.now_us, FOREVER_US):
        if piece.value < 0:
            yield BatteryPiece(
                start_us=piece.start_us, end_us=piece.end_us, charge_w=0, uncovered_w=-piece.value, stored_wus=0
            )


def uncovered_energy(home: Home) -> Watts:
    """All booked energy above the limit that the battery cannot give, in watt-microseconds."""
    return sum(piece.uncovered_w * (piece.end_us - piece.start_us) for piece in uncovered(home))
