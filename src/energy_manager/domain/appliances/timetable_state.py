"""The state of a timetable: every household's ledger and runs as one value, what may be asked of it, what it becomes.

Events are functions from one state to the next (``events``); ``timetable.Timetable`` gathers them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self, TypeVar

from energy_manager.domain.appliances.admission.placement_problem import Placement, PlacementProblem
from energy_manager.domain.appliances.admission.preference import Policy, with_policy
from energy_manager.domain.appliances.household import Household
from energy_manager.domain.appliances.ledger.battery import stored_at
from energy_manager.domain.appliances.ledger.charging import with_charging_planned, with_daily_recharge
from energy_manager.domain.appliances.ledger.home import NOTHING_W, Home
from energy_manager.domain.appliances.ledger.step_function import StepFunction
from energy_manager.domain.appliances.run import Run
from energy_manager.domain.appliances.run_request import RunRequest
from energy_manager.domain.appliances.units import Watts
from energy_manager.domain.errors import Fault, Refused, refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class TimetableState:
    """All homes of one building at ``now_us``.

    Args:
        policy: what decisions go by, unless the household has a policy of its own; its building limit is everybody's,
            and so are its prices where a household has none of its own.
        policies: those of households that have their own, by household id.
        homes: the ledgers by household id.
        runs: every run ever decided, by id, in the order of decision.
        queue: requests that wait behind their busy appliance, in order.
    """

    now_us: int
    policy: Policy = field(default_factory=Policy)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    homes: Mapping[str, Home] = field(default_factory=dict)
    runs: Mapping[str, Run] = field(default_factory=dict)
    queue: tuple[RunRequest, ...] = ()

    @classmethod
    def of(cls, households: Iterable[Household], *, now_us: int, policy: Policy | None = None) -> Self:
        """Homes in which nothing is booked.

        Raises:
            Refused: two households with one id.
        """
        homes: dict[str, Home] = {}
        faults = []
        for index, household in enumerate(households):
            if household.household_id in homes:
                message = f"{household.household_id!r} is there twice"
                faults.append(Fault(field=f"households[{index}].id", message=message))
            homes[household.household_id] = Home.empty(household, now_us=now_us)
        refuse(faults)
        return cls(now_us=now_us, homes=homes).under_policy(policy or Policy())

    def open_runs(self, household: str) -> list[Run]:
        """The household's runs that will still draw power, in the order of decision."""
        return [run for run in self.runs.values() if run.request.household == household and run.is_open(self.now_us)]

    def living_runs(self, household: str) -> list[Run]:
        """The household's open runs, and those that have lost their place and wait for room."""
        return [run for run in self.runs.values() if run.request.household == household and run.is_alive(self.now_us)]

    def busy_run(self, household: str, appliance: str) -> Run | None:
        """The appliance's run that is not over, or None."""
        for run in self.runs.values():
            if run.request.appliance == appliance and run.request.household == household and run.is_alive(self.now_us):
                return run
        return None

    def others_w(self, household: str) -> StepFunction:
        """The booked net load of all other homes."""
        return sum((home.net_w() for name, home in self.homes.items() if name != household), NOTHING_W)

    def question(self, run: Run, *, neighbours_w: StepFunction | None = None) -> PlacementProblem:
        """What placing ``run`` from now on asks of its home."""
        household = run.request.household
        others_w = self.others_w(household) if self._looks_at_the_building(household) else NOTHING_W
        others_w = others_w if neighbours_w is None else others_w + neighbours_w
        return PlacementProblem(
            home=replace(self.homes[household], neighbours_w=others_w),
            runs=self.runs,
            run=run,
            policy=self.policy_of(household),
        )

    def _looks_at_the_building(self, household: str) -> bool:
        return len(self.homes) > 1 and self.minds_the_building(household)

    def minds_the_building(self, household: str) -> bool:
        """Whether what other homes draw matters for the household's decisions."""
        policy = self.policy_of(household)
        return (
            policy.building_limit_w is not None
            or policy.strategy == "target_peak"
            or self.homes[household].household.follows_building_peak
        )

    def policy_of(self, household: str) -> Policy:
        """What the household's decisions go by."""
        own, common = self.policies.get(household), self.policy
        if own is None:
            return common
        if own.price_eur_per_mwh is None:
            own = replace(
                own, price_eur_per_mwh=common.price_eur_per_mwh, feed_in_eur_per_mwh=common.feed_in_eur_per_mwh
            )
        return replace(own, building_limit_w=common.building_limit_w)

    def at(self, now_us: int) -> Self:
        """The same plans at a later instant: ledgers forget what is past, batteries hold what they then hold."""
        if now_us < self.now_us:
            raise Refused([Fault(field="at", message=f"{now_us} is before the timetable's present {self.now_us}")])
        if now_us == self.now_us:
            return self
        homes = {name: _brought_to(home, now_us, self._peak_w(name, now_us)) for name, home in self.homes.items()}
        return replace(self, now_us=now_us, homes=homes)

    def _peak_w(self, household: str, until_us: int) -> Watts:
        """The greatest net load from now to ``until_us`` that the household's rising target, if any, goes by."""
        if not self.homes[household].does_target_rise:
            return 0
        homes = self.homes if self._looks_at_the_building(household) else {household: self.homes[household]}
        total_w = sum((home.net_w().since(self.now_us).until(until_us) for home in homes.values()), NOTHING_W)
        return total_w.highest(self.now_us, until_us)

    def begun_day(self, *, until_us: int) -> Self:
        """The day's first instant: batteries that are not full are to be so by ``until_us``."""
        homes = {name: with_daily_recharge(home, until_us=until_us) for name, home in self.homes.items()}
        return replace(self, homes=homes)

    def under_policy(self, policy: Policy, *, household: str | None = None) -> Self:
        """The same plans; from now on decisions go by another policy, those of one household or (None) of all."""
        policies = {} if household is None else {**self.policies, household: policy}
        table = replace(self, policy=policy if household is None else self.policy, policies=policies)
        changed = self.homes if household is None else {household: self.homes[household]}
        homes = {
            name: with_policy(home, table.policy_of(name), is_alone=len(self.homes) == 1)
            for name, home in changed.items()
        }
        return replace(table, homes={**self.homes, **homes})

    def with_runs(self, runs: Iterable[Run]) -> Self:
        """The timetable with these runs in place of those of the same ids; ledgers are not touched."""
        return replace(self, runs={**self.runs, **{run.run_id: run for run in runs}})

    def with_home(self, home: Home) -> Self:
        """The timetable with this ledger in place of the household's."""
        return replace(self, homes={**self.homes, home.household.household_id: home})

    def with_placement(self, placement: Placement) -> Self:
        """The timetable with the placement's ledger and moved runs."""
        return self.with_home(placement.home).with_runs(placement.moved)

    def with_batteries_shared(self) -> Self:
        """The same bookings; every battery that keeps a target does so beside what its neighbours now draw."""
        table = self
        for name, home in self.homes.items():
            if home.household.battery is None or not self._looks_at_the_building(name):
                continue
            kept = replace(home, neighbours_w=table.others_w(name))
            again = with_charging_planned(kept)
            if max(again.building_w().values) <= max(kept.building_w().values):
                table = table.with_home(again)
        return table


def _brought_to(home: Home, now_us: int, peak_w: Watts) -> Home:
    """The home at ``now_us``: the past is forgotten, the battery holds what it then holds, a recharge may be over.

    ``peak_w`` is the greatest net load meanwhile, for a target that rises with it.
    """
    battery, recharge = home.household.battery, home.recharge
    stored = home.stored_wus if battery is None else stored_at(home, now_us)
    if recharge is not None and battery is not None:
        is_full = recharge.start_us <= now_us and stored >= battery.capacity_wus
        recharge = None if is_full or now_us >= recharge.end_us else recharge
    target_w = home.target_w
    if target_w is not None and home.does_target_rise:
        target_w = max(target_w, peak_w)
    return replace(
        home,
        now_us=now_us,
        load_w=home.load_w.since(now_us),
        room_w=home.room_w.since(now_us),
        charge_w=home.charge_w.since(now_us),
        neighbours_w=home.neighbours_w.since(now_us),
        level_w=None if home.level_w is None else home.level_w.since(now_us),
        stored_wus=stored,
        recharge=recharge,
        target_w=target_w,
    )


State = TypeVar("State", bound=TimetableState)
"""An event hands back the kind of state that it was given."""
