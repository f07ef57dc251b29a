"""What an optimiser is asked and what it answers, as values that survive pickling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from energy_manager.domain.appliances.household import Battery
from energy_manager.domain.appliances.ledger.battery import BatteryPiece
from energy_manager.domain.appliances.ledger.step_function import Step, StepFunction
from energy_manager.domain.appliances.power_course import Draws, PowerCourse
from energy_manager.domain.appliances.run_request import Segment
from energy_manager.domain.appliances.units import FOREVER_US, Watts

# peak: the greatest net load of all homes together; cost: of their import; both before the delay.
Aim: TypeAlias = Literal["peak", "cost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What remains of one run.

    Args:
        appliance: no two jobs of one appliance are on at the same time.
        earliest_us: it may not draw power before.
        latest_us: the last start of an unbroken run; one that may pause must be over by ``latest_us + length_us``.
        length_us: how long it must draw power; ``FOREVER_US`` when endless.
        may_pause: it may be planned in several segments.
        may_be_left_out: leaving it out is bad, with this weight against other jobs, but allowed.
        tolerance_us: the delay that counts as one in the sum of delays.
        profile: its power over time, ``power_w`` is the greatest; such a job may not pause. None: constant power.
    """

    run_id: str
    household: str
    appliance: str
    power_w: Watts
    length_us: int
    earliest_us: int
    latest_us: int
    may_pause: bool
    may_be_left_out: bool
    weight: int
    tolerance_us: int
    profile: PowerCourse | None = None

    @property
    def draws(self) -> Draws:
        """What it draws while it runs."""
        return self.power_w if self.profile is None else self.profile

    @property
    def least_w(self) -> Watts:
        """What it draws at any instant at which it is on, or more."""
        return self.power_w if self.profile is None else min(self.profile.values_w)

    def pieces(self, segments: Iterable[Segment]) -> Iterator[Step]:
        """What it draws in these segments; one with a profile has one."""
        for segment in segments:
            if self.profile is None:
                yield Step(start_us=segment.start_us, end_us=segment.end_us, value=self.power_w)
            else:
                yield from self.profile.steps(segment.start_us, segment.end_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeLimits:
    """One home's side conditions over time.

    Args:
        limit_w: what all jobs together may draw, threshold + sun - load that is not to be moved.
        fixed_net_w: the net load without any job, for the sum over the building: fixed load - sun.
        battery: free to charge and discharge, or None; ``stored_wh`` is at ``PlanProblem.start_us``.
    """

    household: str
    limit_w: StepFunction
    fixed_net_w: StepFunction
    battery: Battery | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanProblem:
    """All that can move, at one instant, and the aim: first nobody left out, then the aim, then the delay.

    Args:
        target_w: net load up to which the peak does not matter; None: every watt matters.
        price_eur_per_mwh: over time, for the aim ``cost``.
        feed_in_eur_per_mwh: what surplus of the building earns over time; None: nothing.
        building_limit_w: the most net load of all homes together; None: unlimited.
        end_us: what happens later does not matter for peak, cost and batteries.
    """

    start_us: int
    end_us: int
    homes: tuple[HomeLimits, ...]
    jobs: tuple[Job, ...]
    aim: Aim
    target_w: Watts | None = None
    price_eur_per_mwh: StepFunction | None = None
    feed_in_eur_per_mwh: StepFunction | None = None
    building_limit_w: Watts | None = None

    def spent(self, net_w: StepFunction) -> StepFunction:
        """What the building's net load costs over time, W x EUR/MWh; without prices nothing."""
        if self.price_eur_per_mwh is None:
            return StepFunction.constant(0)
        bought_w = net_w.mapped(lambda net: max(0, net))
        bought = bought_w.combined(self.price_eur_per_mwh, lambda watts, price: watts * price)
        if self.feed_in_eur_per_mwh is None:
            return bought
        sold_w = net_w.mapped(lambda net: max(0, -net))
        return bought - sold_w.combined(self.feed_in_eur_per_mwh, lambda watts, price: watts * price)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """An optimiser's answer.

    Args:
        segments: for each job that is in, by run id.
        battery: the batteries' course by household (``stored_wus`` counted from the problem's start).
        is_proved: no plan is better on the solver's grid of starts.
        bound: the proven lower bound of the aim (W, or EUR); None when nothing is proved.
        resolution_us: the grid on which starts were sought.
    """

    segments: dict[str, tuple[Segment, ...]]
    battery: dict[str, tuple[BatteryPiece, ...]]
    is_proved: bool = False
    bound: float | None = None
    resolution_us: int = 1


def covered_until(problem: PlanProblem, job: Job) -> int:
    """The last instant at which the job may draw power, within the problem's time."""
    return min(problem.end_us, FOREVER_US, job.latest_us + job.length_us)


def least_peak(problem: PlanProblem, *, is_complete: bool) -> Watts:
    """A net load that every plan reaches at some instant, W; with ``is_complete`` every plan that leaves no run out.

    Runs that cannot wait for long are on at certain instants whatever the plan, and every run is on somewhere; the
    batteries may take their power off.
    """
    jobs = [job for job in problem.jobs if is_complete or not job.may_be_left_out]
    fixed_w = sum((home.fixed_net_w for home in problem.homes), StepFunction.constant(0))
    certain_w = fixed_w + StepFunction.of_pieces(
        Step(start_us=job.latest_us, end_us=min(job.earliest_us + job.length_us, problem.end_us), value=job.least_w)
        for job in jobs
        if not job.may_pause and job.latest_us < min(job.earliest_us + job.length_us, problem.end_us)
    )
    peaks_w = [certain_w.highest(problem.start_us, problem.end_us)]
    for job in jobs:
        until_us = covered_until(problem, job)
        if job.earliest_us < until_us:
            peaks_w.append(job.power_w + fixed_w.lowest(job.earliest_us, until_us))
    return max(peaks_w) - sum(home.battery.power_w for home in problem.homes if home.battery is not None)
