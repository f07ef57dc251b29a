"""The ledger of one home: what is booked, how much room is left, and what the battery does about it.

The battery's discharge is not booked on its own: it is by definition the booked load above threshold + sun (or above a
lower level, where a target peak is to be kept), so a run that ends early or moves takes its reservation with it. Only
charging, and that level, are planned (``charging.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from energy_manager.domain.appliances.household import Household
from energy_manager.domain.appliances.ledger.step_function import Step, StepFunction
from energy_manager.domain.appliances.run import Run
from energy_manager.domain.appliances.run_request import Segment
from energy_manager.domain.appliances.units import Watts

# Up to so many pieces are taken off one by one; more are summed first, since each copies the whole ledger.
_FEW = 32

NOTHING_W = StepFunction.constant(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePrices:
    """What a MWh from the grid costs over time, and what one into it earns; EUR."""

    buy: StepFunction
    sell: StepFunction = NOTHING_W


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """One household's ledger from ``now_us`` on; nothing in it speaks of the past.

    Invariant: ``room = threshold + sun - load`` at every instant; less only in a search that keeps a lower limit.

    Args:
        load_w: the booked power of all runs.
        room_w: what may still be booked without the battery; negative where the battery discharges.
        charge_w: the planned charging of the battery, at least 0.
        stored_wus: the battery's energy at ``now_us``, in watt-microseconds; 0 without a battery.
        recharge: when the battery is to be filled, from the grid if need be; None: from surplus sun only.
        neighbours_w: the booked net load of the building's other homes, as far as it matters to this one; else 0.
        limit_w: the net load of home and neighbours that is never to be exceeded; None: no such limit.
        target_w: the net load of home and neighbours that should not be exceeded if that is possible; None: no target.
        is_filled_daily: the grid fills the battery daily and when it is nearly empty; else only for what is booked.
        does_target_rise: the target is the greatest such load there has been; a peak that has been is no longer worth
            an effort.
        level_w: the net load above which it is planned to discharge, at most the threshold; None: the threshold.
        prices: where money counts, what its battery is planned by; None: it is planned for load above the level alone.
    """

    household: Household
    now_us: int
    load_w: StepFunction
    room_w: StepFunction
    charge_w: StepFunction
    stored_wus: Watts = 0
    recharge: Segment | None = None
    neighbours_w: StepFunction = NOTHING_W
    limit_w: Watts | None = None
    target_w: Watts | None = None
    does_target_rise: bool = False
    is_filled_daily: bool = True
    level_w: StepFunction | None = None
    prices: HomePrices | None = None

    @classmethod
    def empty(cls, household: Household, *, now_us: int) -> Home:
        """A home in which nothing is booked."""
        return cls(
            household=household,
            now_us=now_us,
            load_w=StepFunction.constant(0),
            room_w=household.pv_w.mapped(lambda sun_w: household.threshold_w + sun_w).since(now_us),
            charge_w=StepFunction.constant(0),
            stored_wus=0 if household.battery is None else household.battery.stored_wus,
        )

    @property
    def sun_w(self) -> StepFunction:
        """The sun's forecast from now on."""
        return self.household.pv_w.since(self.now_us)

    @property
    def spare_w(self) -> StepFunction:
        """What may still be booked before the battery discharges; negative where it does."""
        if self.level_w is None:
            return self.room_w
        threshold_w = self.household.threshold_w
        return self.room_w.combined(self.level_w, lambda room_w, level_w: room_w - (threshold_w - level_w))

    def level_under(self, peak_w: Watts) -> StepFunction:
        """What the home may import while it and its neighbours together keep ``peak_w``, at most the threshold."""
        threshold_w = self.household.threshold_w
        return self.neighbours_w.mapped(lambda others_w: min(threshold_w, peak_w - others_w)).since(self.now_us)

    def below(self, peak_w: Watts | None) -> Home:
        """The home for a search that keeps ``peak_w`` together with its neighbours: the room is so much less.

        What does not fit under that limit is the battery's, as if the limit were the threshold; None: the threshold.
        """
        limited = replace(self, level_w=None if peak_w is None else self.level_under(peak_w))
        return replace(
            self, room_w=limited.spare_w, limit_w=None, target_w=None, does_target_rise=False, level_w=None, prices=None
        )

    def restored(self, home: Home) -> Home:
        """What is booked here, after a search below a limit, in the ``home`` that the search began with."""
        limit_w = home.household.pv_w.mapped(lambda sun_w: home.household.threshold_w + sun_w).since(home.now_us)
        return replace(home, load_w=self.load_w, room_w=limit_w - self.load_w)

    def with_household(self, household: Household) -> Home:
        """The same bookings under another threshold or forecast."""
        if household.pv_w is self.household.pv_w:
            raised_w = household.threshold_w - self.household.threshold_w
            return replace(self, household=household, room_w=self.room_w.raised(raised_w))
        limit_w = household.pv_w.mapped(lambda sun_w: household.threshold_w + sun_w).since(self.now_us)
        return replace(self, household=household, room_w=limit_w - self.load_w)

    def booked(self, run: Run) -> Home:
        """The home with the run's segments added, as far as they lie at or after now."""
        return self._changed(run, 1)

    def released(self, run: Run) -> Home:
        """The home with the run's segments taken out, as far as they lie at or after now."""
        return self._changed(run, -1)

    def released_all(self, runs: Iterable[Run]) -> Home:
        """The home without any of the runs: one sum of all their segments, taken off at once."""
        pieces = [
            Step(start_us=max(piece.start_us, self.now_us), end_us=piece.end_us, value=piece.value)
            for run in runs
            for piece in run.pieces()
            if piece.end_us > self.now_us
        ]
        load_w, room_w = self.load_w, self.room_w
        if len(pieces) > _FEW:
            taken_w = StepFunction.of_pieces(pieces)
            return replace(self, load_w=load_w - taken_w, room_w=room_w + taken_w)
        for piece in pieces:
            load_w = load_w.plus_on(piece.start_us, piece.end_us, -piece.value)
            room_w = room_w.plus_on(piece.start_us, piece.end_us, piece.value)
        return replace(self, load_w=load_w, room_w=room_w)

    def _changed(self, run: Run, sign: int) -> Home:
        load_w, room_w = self.load_w, self.room_w
        for from_us, end_us, power_w in run.pieces():
            start_us = max(from_us, self.now_us)
            load_w = load_w.plus_on(start_us, end_us, sign * power_w)
            room_w = room_w.plus_on(start_us, end_us, -sign * power_w)
        return Home(
            household=self.household,
            now_us=self.now_us,
            load_w=load_w,
            room_w=room_w,
            charge_w=self.charge_w,
            stored_wus=self.stored_wus,
            recharge=self.recharge,
            neighbours_w=self.neighbours_w,
            limit_w=self.limit_w,
            target_w=self.target_w,
            does_target_rise=self.does_target_rise,
            is_filled_daily=self.is_filled_daily,
            level_w=self.level_w,
            prices=self.prices,
        )

    def net_w(self) -> StepFunction:
        """The booked import, load - sun + charge - discharge: what a neighbour may know of this home."""
        used_w = self.load_w - self.sun_w if any(self.household.pv_w.values) else self.load_w
        if self.household.battery is None:
            return used_w
        threshold_w = self.household.threshold_w
        if self.level_w is None:
            drawn_w = used_w.mapped(lambda net_w: min(net_w, threshold_w))
        else:
            drawn_w = used_w.combined(self.level_w, min)
        return drawn_w if max(self.charge_w.values) == 0 else drawn_w + self.charge_w

    def building_w(self) -> StepFunction:
        """The booked net load of the home and its neighbours from now on."""
        return (self.net_w() + self.neighbours_w).since(self.now_us)
