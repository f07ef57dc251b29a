"""The timetable: every household's ledger and runs as one value; events in, a new value and a decision out.

Time only moves forward: every event says when it happens, and the timetable first brings itself to that instant. What
a run is at an instant (pending, running, paused, finished) follows from its segments, so nothing has to tick.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from energy_manager.domain.appliances.admission.admit import admitted, target_of
from energy_manager.domain.appliances.admission.preference import with_policy
from energy_manager.domain.appliances.admission.rejection import Advice, rejection
from energy_manager.domain.appliances.decision import Alert, Decision
from energy_manager.domain.appliances.events.building_peak import with_peak_lowered
from energy_manager.domain.appliances.events.clock_jump import moved_with_the_clock
from energy_manager.domain.appliances.events.completion import ended, pulled_forward
from energy_manager.domain.appliances.events.gate import Gate, gate_of, postponed
from energy_manager.domain.appliances.events.limit_change import under_new_limits
from energy_manager.domain.appliances.events.restart import restarted
from energy_manager.domain.appliances.household import Household
from energy_manager.domain.appliances.ledger.charging import with_charging_planned
from energy_manager.domain.appliances.ledger.home import HomePrices
from energy_manager.domain.appliances.ledger.step_function import StepFunction
from energy_manager.domain.appliances.run import Run
from energy_manager.domain.appliances.run_request import RunRequest
from energy_manager.domain.appliances.timetable_state import TimetableState
from energy_manager.domain.appliances.units import FOREVER_US, Watts
from energy_manager.domain.errors import Fault, Refused, faults_of, refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable(TimetableState):
    """All homes of one building: events bring a timetable and a decision or alerts out of a timetable."""

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
        wanted = request.household, request.appliance
        is_waited_for = any((waiting.household, waiting.appliance) == wanted for waiting in table.queue)
        if is_waited_for or table.busy_run(*wanted) is not None:
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
            return self.with_runs([replace(run, closed_as="rejected")]), rejection(question, advice=advice)
        placed = replace(placement.run, outcome=placement.outcome)
        booked = self.with_placement(placement).with_runs([placed]).with_batteries_shared()
        target_w = target_of(question.home) if question.policy.strategy == "target_peak" else None
        table = with_peak_lowered(self, booked, placed, target_w=target_w)
        decision = Decision(
            run_id=run.run_id,
            outcome=placement.outcome,
            priority=run.decision_priority,
            segments=table.runs[placed.run_id].segments,
            moved=tuple(
                run_id
                for run_id, before in self.runs.items()
                if (after := table.runs[run_id]) is not before and after.segments != before.segments
            ),
        )
        return table, decision

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

    def change_prices(self, prices: HomePrices, *, at_us: int) -> Timetable:
        """Other prices from ``at_us`` on for all homes that have none of their own.

        Batteries of homes that go by money are planned anew, and what waits there moves to a cheaper start.
        """
        table = self.advance(at_us)[0]
        policy = replace(table.policy, price_eur_per_mwh=prices.buy, feed_in_eur_per_mwh=prices.sell)
        table = replace(table, policy=policy)
        for name, home in table.homes.items():
            if table.policy_of(name).strategy == "cost":
                marked = with_policy(home, table.policy_of(name), is_alone=len(table.homes) == 1)
                table = pulled_forward(table.with_home(with_charging_planned(marked)), name)
        return table

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

    def moved_with_the_clock(self, by_us: int) -> tuple[Timetable, tuple[Alert, ...]]:
        """The clock was set by so much; see ``events.clock_jump``."""
        return moved_with_the_clock(self, by_us)

    def gate(self, run_id: str, *, measured_load_w: Watts | None = None) -> Gate:
        """Whether the run may be switched on at this moment; see ``events.gate``."""
        return gate_of(self, run_id, measured_load_w)

    def hold(self, run_id: str, *, until_us: int) -> tuple[Timetable, tuple[Alert, ...]]:
        """A run whose gate stayed closed starts at ``until_us`` or later, within its max delay, else it is missed."""
        return postponed(self, run_id, until_us)


def check_request(table: TimetableState, request: RunRequest) -> None:
    """Raise ``Refused`` for a request that names what does not exist, or an appliance that is busy."""
    household, appliance, run_id = request.household, request.appliance, request.run_id
    is_taken = run_id in table.runs or any(waiting.run_id == run_id for waiting in table.queue)
    busy, occupied = table.busy_run(household, appliance), None
    if busy is not None and not request.is_queued:
        state = "running" if busy.has_started(table.now_us) else "waiting to run"
        occupied = f"{appliance!r} of household {household!r} is already {state}"
    elif busy is not None and busy.end_us >= FOREVER_US:
        occupied = f"{appliance!r} runs without end, nothing can wait behind it"
    faults = {
        "household": None if household in table.homes else f"{household!r} is unknown",
        "run_id": f"{run_id!r} is taken" if is_taken else None,
        "appliance": occupied,
    }
    refuse(faults_of(faults))


def _new_run(request: RunRequest) -> Run:
    return Run(request=request, segments=(), outcome="rejected", decision_priority=0)
