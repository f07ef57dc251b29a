"""The live half of job 2: households ask for runs, and every answer is durable before it is given."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeVar

from energy_manager.application.appliances import decisions
from energy_manager.application.appliances.building import Building, InstalledAppliance
from energy_manager.application.appliances.kept_building import KeptBuilding
from energy_manager.application.appliances.requests.statements import Statement
from energy_manager.application.appliances.switch_on_gate import gated
from energy_manager.application.appliances.transitions import (
    is_worth_keeping,
)
from energy_manager.application.clock import ClockDoubtful
from energy_manager.application.ports.devices.load_meter import LoadMeter
from energy_manager.application.ports.neighbours import Neighbours
from energy_manager.application.ports.schedules.durability import StoreUnavailable, VersionConflict
from energy_manager.domain.appliances import Decision, StepFunction, Timetable
from energy_manager.domain.appliances.ledger.home import HomePrices
from energy_manager.domain.appliances.optimisation.of_timetable import adopted
from energy_manager.domain.appliances.optimisation.problem import RunPlan
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.series import microseconds

TRIES = 20
"""Of several writers at once, all but one read again and decide again; nobody loses this often in a row."""

Answer = TypeVar("Answer")


@dataclass(slots=True, kw_only=True)
class ApplianceService:
    """Decides for all households of one store; from any thread but the ticker's.

    Every event is one commit of documents and schedules. If that fails nothing has changed; if somebody else (the
    command line on the same store) was faster, the event is decided again on what they left.

    Args:
        kept: their state.
        one_at_a_time: a lock; decisions of one process are made one after the other.
        meter: what homes really draw.
        neighbours: what other homes of the building draw.
    """

    kept: KeptBuilding
    one_at_a_time: AbstractContextManager[object]
    meter: LoadMeter
    neighbours: Neighbours
    _has_room_to_gain: bool = field(default=False, init=False)

    # Events --------------------------------------------------------------------------------------------------------

    def put_household(self, household_id: str, stated: Statement) -> Building:
        """Register a household, or change one that is there into this."""
        return self._change(lambda building: (decisions.put_household(building, household_id, stated), None))[0]

    def change_household(self, household_id: str, stated: Statement) -> Building:
        """Another threshold, strategy or forecast from now on; alerts say what cannot be kept."""
        return self._change(lambda building: (decisions.change_household(building, household_id, stated), None))[0]

    def restate_household(self, household_id: str, changes: Statement) -> Building:
        """Fields of a household as its site file says them now; forecast, strategy and stored energy stay."""
        return self._change(lambda building: (decisions.restate_household(building, household_id, changes), None))[0]

    def price(self, prices: HomePrices) -> None:
        """What energy costs from now on in all homes that have no prices of their own."""

        def change(building: Building) -> tuple[Building, None]:
            return building.with_table(building.table.change_prices(prices, at_us=building.now_us)), None

        self._change(change)

    def put_appliance(self, household_id: str, name: str, stated: Statement) -> InstalledAppliance:
        """Register an appliance, or change one; what is booked for it keeps the power it was booked with."""
        return self._change(lambda building: decisions.put_appliance(building, household_id, name, stated))[1]

    def request(self, stated: Statement) -> tuple[Building, Decision]:
        """Ask for a run from now on."""
        others_w = self._others_w(stated["household"])
        building, decision = self._change(lambda building: decisions.ask(building, stated, others_w))
        self._has_room_to_gain |= decision.outcome == "rejected"
        return building, decision

    def finish(self, run_id: str) -> Building:
        """The run ended by itself; what waits is tried earlier."""
        return self._end(run_id, Timetable.finish)

    def cancel(self, run_id: str) -> Building:
        """Somebody gave the run up; what waits is tried earlier."""
        return self._end(run_id, Timetable.cancel)

    def move(self, run_id: str, stated: Statement) -> tuple[Building, Decision]:
        """Give up a run that has not begun and ask for it anew with another longest delay, as one decision.

        Raises:
            Refused: it has begun, or there is no room with that delay; nothing has changed, the run stays as it was.
            Unknown: there is no such run.
        """
        others_w = self._others_w(self.look().asked(run_id).household)
        building, decision = self._change(lambda building: decisions.move(building, run_id, stated, others_w))
        self._has_room_to_gain = True
        return building, decision

    def charge_vehicle(self, household_id: str, vehicle: str, stated: Statement) -> tuple[Building, Decision]:
        """Have a car charged by a time; what was planned or runs for it gives way, as one decision.

        Raises:
            Refused: there is no such charger, or no room by then; nothing has changed.
            Unknown: there is no such household.
        """
        others_w = self._others_w(household_id)

        def charge(building: Building) -> tuple[Building, Decision]:
            return decisions.charge_vehicle(building, household_id, vehicle, stated, others_w)

        building, decision = self._change(charge)
        self._has_room_to_gain = True
        return building, decision

    def adopt(self, plan: RunPlan) -> bool:
        """Take over a plan of the optimiser if it is still possible and better than what is planned."""

        def take_over(building: Building) -> tuple[Building, bool]:
            better = adopted(building.table, plan)
            return (building, False) if better is None else (building.with_table(better), True)

        return self._change(take_over, is_event=False)[1]

    def pass_time(self) -> None:
        """Look after what time brings: starts at the gate, ends, the queue, the daily recharge, the sign of life."""
        self._change(lambda building: (building, None), is_event=False)

    def clock_jumped(self, jump: timedelta, adopt: Callable[[], None]) -> None:
        """The clock was set: everything planned moves with it; ``adopt`` then makes it the time of ``now``.

        Raises:
            StoreUnavailable: it could not be made durable; nothing has changed, the jump is not adopted.
        """

        def move() -> None:
            before = self.kept.current()
            if before.table.homes:
                moved = before.advanced_to(self._now_us()).moved_with_the_clock(jump // timedelta(microseconds=1))
                self.kept.keep(before, moved)

        with self.one_at_a_time:
            _until_nobody_was_faster(move)
            adopt()
            self.kept.seen_us = self._now_us()

    # Questions -----------------------------------------------------------------------------------------------------

    def look(self) -> Building:
        """Everything as it is now; while the store is away, as it was last known."""
        with self.one_at_a_time:
            try:
                building = _until_nobody_was_faster(lambda: self.kept.current(is_question=True))
            except StoreUnavailable:
                if self.kept.newest is None:
                    raise
                building = self.kept.newest
            is_believed = self.kept.site is not None or self.kept.trust().is_trusted
            return building.advanced_to(self._now_us()) if is_believed else building

    @property
    def appliance_assets(self) -> frozenset[AssetId]:
        """The assets that are appliances, as it was known last: the tick asks, so it waits for nothing."""
        building = self.kept.newest
        return frozenset() if building is None else building.appliance_assets

    def take_hint(self) -> bool:
        """Whether since the last question something happened after which a new plan may gain: a rejection, an end."""
        hint, self._has_room_to_gain = self._has_room_to_gain, False
        return hint

    # How a change is made ------------------------------------------------------------------------------------------

    def _end(self, run_id: str, ended: Callable[..., Timetable]) -> Building:
        building = self._change(lambda building: (decisions.end(building, run_id, ended), None))[0]
        self._has_room_to_gain = True
        return building

    def _change(
        self, decide: Callable[[Building], tuple[Building, Answer]], *, is_event: bool = True
    ) -> tuple[Building, Answer]:
        """Decide on the present state, make it durable, and only then let it be the state.

        Raises:
            Refused, Unknown: what was asked is not acceptable; nothing has changed.
            StoreUnavailable: it could not be made durable; nothing has changed here.
            ClockDoubtful: the clock of a command disagrees with the store; nothing has changed.
        """
        if self.kept.site is None and not (trust := self.kept.trust()).is_trusted:
            raise ClockDoubtful(trust)

        def change() -> tuple[Building, Answer]:
            before = self.kept.current()
            after, answer = decide(before.advanced_to(self._now_us()))
            # What waited may be decided now, and what starts in a moment passes the gate.
            after = gated(after.advanced_to(after.now_us), self.meter)
            if self.kept.site is not None:
                after = replace(after, up_us=after.now_us)
            if is_event or is_worth_keeping(before, after):
                self.kept.keep(before, after if is_event else after.pruned())
            else:
                self.kept.newest = replace(before, gated=after.gated)
            return after, answer

        with self.one_at_a_time:
            return _until_nobody_was_faster(change)

    def _others_w(self, household: str) -> StepFunction | None:
        """What the neighbours draw, if that can matter; asked before the lock is taken, since it may take a while."""
        table = (self.kept.newest or self.look()).table
        if household not in table.homes:
            return None
        return self.neighbours.others_w() if table.minds_the_building(household) else None

    def _now_us(self) -> int:
        return microseconds(self.kept.now())


def _until_nobody_was_faster(change: Callable[[], Answer]) -> Answer:
    for _ in range(TRIES):
        try:
            return change()
        except VersionConflict:
            continue
    raise StoreUnavailable(f"write conflict: {TRIES} concurrent updates in a row, try again")
