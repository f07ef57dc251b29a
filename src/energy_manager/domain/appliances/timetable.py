"""The timetable: every household's ledger and runs as one value; events in, a new value and a decision out.

Time only moves forward: every event says when it happens, and the timetable first brings itself to that instant. What
a run is at an instant (pending, running, paused, finished) follows from its segments, so nothing has to tick.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from energy_manager.domain.appliances.admission.admit import admitted, target_of
from energy_manager.domain.appliances.admission.placement_problem import Placement, PlacementProblem
from energy_manager.domain.appliances.admission.preference import Policy
from energy_manager.domain.appliances.admission.rejection import Advice, rejection
from energy_manager.domain.appliances.admission.targets import with_policy
from energy_manager.domain.appliances.decision import Decision
from energy_manager.domain.appliances.events.alert import Alert
from energy_manager.domain.appliances.events.completion import ended
from energy_manager.domain.appliances.events.gate import Gate, gate_of, held
from energy_manager.domain.appliances.events.limit_change import under_new_limits
from energy_manager.domain.appliances.events.peak_levelling import levelled
from energy_manager.domain.appliances.events.peak_relief import relieved
from energy_manager.domain.appliances.events.requesting import check_request
from energy_manager.domain.appliances.events.restart import restarted
from energy_manager.domain.appliances.household import Household
from energy_manager.domain.appliances.ledger.advance import brought_to
from energy_manager.domain.appliances.ledger.charging import with_charging_planned, with_daily_recharge
from energy_manager.domain.appliances.ledger.home import Home
from energy_manager.domain.appliances.ledger.step_function import StepFunction
from energy_manager.domain.appliances.run import Run, RunRequest
from energy_manager.domain.appliances.units import FOREVER_US, Watts
from energy_manager.domain.errors import Fault, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """All homes of one building at ``now_us``.

    Args:
        policy: what decisions go by, unless the household has a policy of its own; its building limit is everybody's.
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
    def of(cls, households: Iterable[Household], *, now_us: int, policy: Policy | None = None) -> Timetable:
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
        if faults:
            raise Refused(faults)
        return cls(now_us=now_us, homes=homes).under_policy(policy or Policy())

    # Events --------------------------------------------------------------------------------------------------------

    def request(
        self, request: RunRequest, *, neighbours_w: StepFunction | None = None, advice: Advice = "quick"
    ) -> tuple[Timetable, Decision]:
        """Decide one request at its ``requested_us``, or now when that is past (its waiting counts).

        Args:
            request: the run that is asked for.
            neighbours_w: the net load that homes outside this timetable have published; None: no answer, decide alone.
            advice: how much a rejection says about what would do (``full`` takes many times longer).

        Raises:
            Refused: unknown household, an id that is taken, an appliance that is busy (unless the request queues).
        """
        table, _ = self.advance(max(self.now_us, request.requested_us))
        check_request(table, request)
        busy = table.busy_run(request.household, request.appliance)
        if busy is not None or any(_is_same_appliance(waiting, request) for waiting in table.queue):
            decision = Decision(
                run_id=request.run_id,
                outcome=None,
                priority=_new_run(request).priority(request.requested_us),
                is_queued=True,
            )
            return replace(table, queue=(*table.queue, request)), decision
        return table.decided(request, neighbours_w=neighbours_w, advice=advice)

    def decided(
        self, request: RunRequest, *, neighbours_w: StepFunction | None = None, advice: Advice = "quick"
    ) -> tuple[Timetable, Decision]:
        """Decide a request whose appliance is free, at the present instant."""
        run = _new_run(request)
        run = replace(run, decision_priority=run.priority(request.requested_us))
        question = self.question(run, neighbours_w=neighbours_w)
        placement = admitted(question)
        if placement is None:
            refusal = rejection(question, advice=advice)
            decision = Decision(
                run_id=run.run_id,
                outcome="rejected",
                priority=run.decision_priority,
                reason=refusal.reason,
                shortfall_w=refusal.shortfall_w,
                would_do=refusal.would_do,
            )
            return self.with_runs([replace(run, closed_as="rejected")]), decision
        placed = replace(placement.run, outcome=placement.outcome)
        table = self._shared(placement, placed, question)
        decision = Decision(
            run_id=run.run_id,
            outcome=placement.outcome,
            priority=run.decision_priority,
            segments=table.runs[placed.run_id].segments,
            moved=tuple(
                before.run_id for before in self.runs.values() if table.runs[before.run_id].segments != before.segments
            ),
        )
        return table, decision

    def _shared(self, placement: Placement, placed: Run, question: PlacementProblem) -> Timetable:
        """The timetable with the placed run, and whatever in other homes makes the building's peak lower then."""
        table = self.with_placement(placement).with_runs([placed]).with_batteries_shared()
        if len(self.homes) == 1:
            return table
        table = levelled(self, table, placed)
        if question.policy.strategy == "target_peak":
            eased = relieved(table, placed, target_of(question.home))
            table = table if eased is table else eased.with_batteries_shared()
        return table

    def advance(self, now_us: int) -> tuple[Timetable, tuple[Decision, ...]]:
        """Let time pass; what waited behind a busy appliance is decided when that becomes free.

        Raises:
            Refused: ``now_us`` is before the present.
        """
        table, decisions = self, []
        while table.queue:
            due = [(table.free_from_us(waiting), index) for index, waiting in enumerate(table.queue)]
            free_us, index = min(due)
            if free_us > now_us:
                break
            request = table.queue[index]
            table = replace(table.at(free_us), queue=(*table.queue[:index], *table.queue[index + 1 :]))
            table, decision = table.decided(request)
            decisions.append(decision)
        return table.at(now_us), tuple(decisions)

    def free_from_us(self, request: RunRequest) -> int:
        """When the request's appliance is done with what it is booked for; now when it is free."""
        busy = self.busy_run(request.household, request.appliance)
        if busy is None:
            return self.now_us
        if busy.is_unplanned:
            # Free at the latest when it is given up.
            return min(FOREVER_US, busy.latest_resume_us(self.now_us) + 1)
        return busy.end_us

    def finish(self, run_id: str, *, at_us: int) -> Timetable:
        """The run ended by itself, early or, when endless, at last; what is pending is tried earlier."""
        return ended(self.advance(at_us)[0], run_id, closed_as="finished")

    def cancel(self, run_id: str, *, at_us: int) -> Timetable:
        """Somebody gave the run up; what is pending is tried earlier."""
        return ended(self.advance(at_us)[0], run_id, closed_as="cancelled")

    def change_household(self, household: Household, *, at_us: int) -> tuple[Timetable, tuple[Alert, ...]]:
        """Another threshold, forecast or follower flag from ``at_us`` on.

        Interruptible runs pause at once and pending ones move; the alerts say what cannot be kept, with its W.
        """
        return under_new_limits(self.advance(at_us)[0], household)

    def change_threshold(
        self, household: str, threshold_w: Watts, *, at_us: int
    ) -> tuple[Timetable, tuple[Alert, ...]]:
        """``change_household`` with another threshold only.

        Raises:
            Refused: the household is unknown.
        """
        if household not in self.homes:
            raise Refused([Fault(field="household", message=f"{household!r} is unknown")])
        changed = replace(self.homes[household].household, threshold_w=threshold_w)
        return self.change_household(changed, at_us=at_us)

    def restart(self, *, down_us: int, up_us: int) -> tuple[Timetable, tuple[Alert, ...]]:
        """Nobody switched anything from ``down_us`` to ``up_us``; see ``events.restart``."""
        return restarted(self.advance(down_us)[0], up_us)

    def gate(self, run_id: str, *, measured_load_w: Watts | None = None) -> Gate:
        """Whether the run may be switched on at this moment; see ``events.gate``."""
        return gate_of(self, run_id, measured_load_w)

    def hold(self, run_id: str, *, until_us: int) -> tuple[Timetable, tuple[Alert, ...]]:
        """A run whose gate stayed closed starts at ``until_us`` or later, within its max delay, else it is missed."""
        return held(self, run_id, until_us)

    def at(self, now_us: int) -> Timetable:
        """The same plans at a later instant: ledgers forget what is past, batteries hold what they then hold."""
        if now_us < self.now_us:
            raise Refused([Fault(field="at", message=f"{now_us} is before the timetable's present {self.now_us}")])
        if now_us == self.now_us:
            return self
        homes = {name: brought_to(home, now_us, self._peak_w(name, now_us)) for name, home in self.homes.items()}
        return replace(self, now_us=now_us, homes=homes)

    def _peak_w(self, household: str, until_us: int) -> Watts:
        """The greatest net load from now to ``until_us`` that the household's rising target, if any, goes by."""
        if not self.homes[household].does_target_rise:
            return 0
        homes = self.homes if self._looks_at_the_building(household) else {household: self.homes[household]}
        total_w = StepFunction.constant(0)
        for home in homes.values():
            total_w += home.net_w().since(self.now_us).until(until_us)
        return total_w.highest(self.now_us, until_us)

    def begun_day(self, *, until_us: int) -> Timetable:
        """The day's first instant: batteries that are not full are to be so by ``until_us``."""
        homes = {name: with_daily_recharge(home, until_us=until_us) for name, home in self.homes.items()}
        return replace(self, homes=homes)

    # Questions -----------------------------------------------------------------------------------------------------

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
        total = StepFunction.constant(0)
        for name, home in self.homes.items():
            if name != household:
                total += home.net_w()
        return total

    def question(self, run: Run, *, neighbours_w: StepFunction | None = None) -> PlacementProblem:
        """What placing ``run`` from now on asks of its home."""
        household = run.request.household
        others_w = self.others_w(household) if self._looks_at_the_building(household) else StepFunction.constant(0)
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
            or self.homes[household].household.follows_aggregator
        )

    def policy_of(self, household: str) -> Policy:
        """What the household's decisions go by."""
        own = self.policies.get(household)
        return self.policy if own is None else replace(own, building_limit_w=self.policy.building_limit_w)

    # New values ----------------------------------------------------------------------------------------------------

    def under_policy(self, policy: Policy, *, household: str | None = None) -> Timetable:
        """The same plans; from now on decisions go by another policy, those of one household or (None) of all."""
        policies = {} if household is None else {**self.policies, household: policy}
        table = replace(self, policy=policy if household is None else self.policy, policies=policies)
        changed = self.homes if household is None else {household: self.homes[household]}
        homes = {
            name: with_policy(home, table.policy_of(name), is_alone=len(self.homes) == 1)
            for name, home in changed.items()
        }
        return replace(table, homes={**self.homes, **homes})

    def with_runs(self, runs: Iterable[Run]) -> Timetable:
        """The timetable with these runs in place of those of the same ids; ledgers are not touched."""
        return replace(self, runs={**self.runs, **{run.run_id: run for run in runs}})

    def with_home(self, home: Home) -> Timetable:
        """The timetable with this ledger in place of the household's."""
        return replace(self, homes={**self.homes, home.household.household_id: home})

    def with_placement(self, placement: Placement) -> Timetable:
        """The timetable with the placement's ledger and moved runs."""
        return self.with_home(placement.home).with_runs(placement.moved)

    def with_batteries_shared(self) -> Timetable:
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


def _new_run(request: RunRequest) -> Run:
    return Run(request=request, segments=(), outcome="rejected", decision_priority=0)


def _is_same_appliance(first: RunRequest, second: RunRequest) -> bool:
    return first.household == second.household and first.appliance == second.appliance
