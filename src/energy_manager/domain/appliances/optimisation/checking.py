"""A plan is checked before it counts: exactly, in the ledger's own arithmetic, whatever the solver believes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from energy_manager.domain.appliances.ledger.step_function import Step, StepFunction
from energy_manager.domain.appliances.optimisation.problem import Job, PlanProblem, RunPlan
from energy_manager.domain.appliances.run_request import Segment
from energy_manager.domain.appliances.units import FOREVER_US, US_PER_HOUR, Watts, in_words


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Objective:
    """Compared field by field, less is better: what is left out, peak (W) or cost (EUR), delay, missing energy (Wh)."""

    left_out: int
    aim: Fraction
    delay: Fraction
    missing_wh: Fraction


def faults_of(problem: PlanProblem, plan: RunPlan) -> list[str]:
    """Every condition that the plan breaks, in words; empty for a plan that may be carried out."""
    faults: list[str] = []
    for job in problem.jobs:
        segments = plan.segments.get(job.run_id)
        if segments is None:
            if not job.may_be_left_out:
                faults.append(f"run {job.run_id} is left out")
        else:
            faults += _segment_faults(job, segments)
    faults += _appliance_faults(problem, plan)
    total_w = StepFunction.constant(0)
    for home in problem.homes:
        drawn_w, charged_w = load_w(problem, plan, home.household), charge_w(plan, home.household)
        excess_w = (drawn_w + charged_w - home.limit_w).highest(problem.start_us, problem.end_us)
        if excess_w > 0:
            faults.append(f"household {home.household} is {in_words(excess_w)} W above its limit")
        faults += _battery_faults(problem, plan, home.household)
        total_w = total_w + home.fixed_net_w + drawn_w + charged_w
    if problem.building_limit_w is not None:
        excess_w = total_w.highest(problem.start_us, problem.end_us) - problem.building_limit_w
        if excess_w > 0:
            faults.append(f"the building is {in_words(excess_w)} W above its limit")
    return faults


def _segment_faults(job: Job, segments: Sequence[Segment]) -> list[str]:
    name = f"run {job.run_id}"
    total_us = sum(segment.end_us - segment.start_us for segment in segments)
    latest_end_us = min(FOREVER_US, job.latest_us + job.length_us)
    checks = {
        f"{name} has no segments": len(segments) > 0,
        f"{name} is paused": job.may_pause or len(segments) == 1,
        f"{name} starts too early": all(segment.start_us >= job.earliest_us for segment in segments),
        f"{name} ends too late": all(segment.end_us <= latest_end_us for segment in segments),
        f"{name} does not get its time": total_us == job.length_us or job.length_us >= FOREVER_US,
        f"{name} overlaps itself": all(a.end_us < b.start_us for a, b in pairwise(segments)),
    }
    return [fault for fault, holds in checks.items() if not holds]


def _appliance_faults(problem: PlanProblem, plan: RunPlan) -> list[str]:
    """An appliance runs once at a time."""
    on: dict[tuple[str, str], list[Segment]] = {}
    for job in problem.jobs:
        on.setdefault((job.household, job.appliance), []).extend(plan.segments.get(job.run_id, ()))
    return [
        f"{appliance} of household {household} is on twice at the same time"
        for (household, appliance), segments in on.items()
        if any(a.end_us > b.start_us for a, b in pairwise(sorted(segments, key=lambda segment: segment.start_us)))
    ]


def _battery_faults(problem: PlanProblem, plan: RunPlan, household: str) -> list[str]:
    battery = next(home.battery for home in problem.homes if home.household == household)
    pieces = plan.battery.get(household, ())
    if battery is None:
        return [f"household {household} has no battery"] if pieces else []
    faults: list[str] = []
    stored = battery.stored_wus
    for piece in sorted(pieces, key=lambda piece: piece.start_us):
        stored += piece.charge_w * (piece.end_us - piece.start_us)
        if not -battery.power_w <= piece.charge_w <= battery.power_w:
            faults.append(f"the battery of {household} exceeds its power")
        if stored > battery.capacity_wus or (piece.charge_w < 0 and stored < battery.floor_wus):
            faults.append(f"the battery of {household} leaves its range")
    return faults


def worth_of(problem: PlanProblem, plan: RunPlan) -> Objective:
    """How good a plan is."""
    total_w = StepFunction.constant(0)
    missing: Watts = 0
    for home in problem.homes:
        total_w = total_w + home.fixed_net_w + load_w(problem, plan, home.household) + charge_w(plan, home.household)
        missing -= sum(p.charge_w * (p.end_us - p.start_us) for p in plan.battery.get(home.household, ()))
    return Objective(
        left_out=sum(job.weight for job in problem.jobs if job.run_id not in plan.segments),
        aim=_aim(problem, total_w),
        delay=sum(
            (_delay(job, plan.segments[job.run_id]) for job in problem.jobs if job.run_id in plan.segments), Fraction(0)
        ),
        # To a tenth of a Wh, since the solver's power is rounded.
        missing_wh=Fraction(round(Fraction(missing) / US_PER_HOUR * 10), 10),
    )


def _aim(problem: PlanProblem, total_w: StepFunction) -> Fraction:
    start_us, end_us = problem.start_us, problem.end_us
    if problem.aim == "cost" and problem.price_eur_per_mwh is not None:
        spent = problem.spent(total_w)
        # W x us x EUR/MWh: an hour has US_PER_HOUR, a megawatt a million watts; to a hundredth of a cent.
        return Fraction(round(Fraction(spent.area(start_us, end_us)) / US_PER_HOUR / 100), 10_000)
    peak_w = total_w.highest(start_us, end_us)
    # To a hundredth of a watt: solvers keep their rows to about a milliwatt, which must not outweigh a delay.
    return Fraction(round((peak_w if problem.target_w is None else max(0, peak_w - problem.target_w)) * 100), 100)


def _delay(job: Job, segments: Sequence[Segment]) -> Fraction:
    """The waiting, pauses included, in units of the job's tolerance."""
    if job.length_us >= FOREVER_US:
        waited_us = segments[0].start_us - job.earliest_us
    else:
        waited_us = segments[-1].end_us - job.length_us - job.earliest_us
    return Fraction(waited_us, max(1, job.tolerance_us))


def load_w(problem: PlanProblem, plan: RunPlan, household: str) -> StepFunction:
    """What the plan's runs of one household draw together."""
    return StepFunction.of_pieces(
        piece
        for job in problem.jobs
        if job.household == household
        for piece in job.pieces(plan.segments.get(job.run_id, ()))
    )


def charge_w(plan: RunPlan, household: str) -> StepFunction:
    """What the plan's battery of one household charges, negative where it discharges."""
    return StepFunction.of_pieces(
        Step(start_us=piece.start_us, end_us=piece.end_us, value=piece.charge_w)
        for piece in plan.battery.get(household, ())
    )
