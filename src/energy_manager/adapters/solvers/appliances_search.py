"""Appliance runs planned at once by HiGHS: one thread, a time limit, lexicographic, checked before it is believed.

Six stages: who is left out, improved run by run; then the aim (peak, excess over the target, or cost); then, the aim
held, the delay; then, that held, batteries back to their floors; then, the runs held, the energy left in the batteries;
then, that held too, as little energy going in and out as possible. Whatever a stage finds in its time counts; the
incumbent, usually what the online rules did, is where the search begins and what is returned when nothing better was
found.
"""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from typing import Any

import highspy
import numpy as np

from energy_manager.adapters.solvers.appliances_aims import (
    aim_costs,
    delay_costs,
    energy_costs,
    floor_costs,
    left_out_costs,
)
from energy_manager.adapters.solvers.appliances_grid import MOST_ENTRIES, piece_us
from energy_manager.adapters.solvers.appliances_program import joined, programme_of
from energy_manager.adapters.solvers.appliances_rows import ApplianceProgram
from energy_manager.adapters.solvers.highs_model import INF, HighsInstance
from energy_manager.domain.appliances.ledger.battery import BatteryPiece
from energy_manager.domain.appliances.ledger.step_function import StepFunction
from energy_manager.domain.appliances.optimisation.checking import faults_of, load_w, worth_of
from energy_manager.domain.appliances.optimisation.local_search import improved
from energy_manager.domain.appliances.optimisation.problem import HomeLimits, PlanProblem, RunPlan, least_peak
from energy_manager.domain.appliances.run_request import Segment
from energy_manager.domain.appliances.units import FOREVER_US, US_PER_HOUR, Watts

# What a later stage may give back of the aim, kW or EUR: HiGHS keeps rows to about a millionth.
_SLACK = 1e-6
# Until which share of the time the first stages may go on; the delay gets the rest, the energy is quick.
_LEFT_OUT_SHARE = 0.3
_AIM_SHARE = 0.7
# The last stage is a linear programme; it gets this long even when the time is over, s.
_ENERGY_S = 1.0
# A programme with as many entries is about what a second can do something with.
_ENTRIES_PER_SECOND = 4_000
_MICROWATTS_PER_KW = 10**9
# What energy from surplus sun counts in the battery's wear, against energy from the grid.
_SUN_SHARE = 0.5


def best_found(problem: PlanProblem, time_limit_s: float, incumbent: RunPlan | None) -> RunPlan | None:
    """The best plan found within ``time_limit_s`` seconds, never worse than ``incumbent``."""
    if not problem.jobs and all(home.battery is None for home in problem.homes):
        return RunPlan(segments={}, battery={}, is_proved=True)
    began_s = time.perf_counter()
    most_entries = min(MOST_ENTRIES, int(_ENTRIES_PER_SECOND * time_limit_s))
    best = incumbent
    if best is None or worth_of(problem, best).left_out > 0:
        first = _Search(problem, best, most_entries=most_entries)
        best = _better(problem, best, first.fewest_left_out(began_s + _LEFT_OUT_SHARE * time_limit_s))
    if best is not None:
        best = _better(problem, best, improved(problem, best))
    search = _Search(problem, best, most_entries=most_entries)
    plans = search.plans(
        aim_until_s=began_s + _AIM_SHARE * time_limit_s, delay_until_s=began_s + time_limit_s, best=best
    )
    for plan in plans:
        best = _better(problem, best, plan)
    return None if best is None else search.with_proof(problem, best)


def _better(problem: PlanProblem, best: RunPlan | None, plan: RunPlan | None) -> RunPlan | None:
    """The plan if it may be carried out and is at least as good as the best, which it follows; else the best."""
    if plan is None or faults_of(problem, plan):
        return best
    return plan if best is None or worth_of(problem, plan) <= worth_of(problem, best) else best


def _starts_of(incumbent: RunPlan | None) -> dict[str, list[int]]:
    if incumbent is None:
        return {}
    return {run_id: [segments[0].start_us] for run_id, segments in incumbent.segments.items() if len(segments) == 1}


class _Search(HighsInstance):
    """One HiGHS instance on its way through the stages."""

    def __init__(self, problem: PlanProblem, incumbent: RunPlan | None, *, most_entries: int) -> None:
        self._programme = programme_of(problem, _starts_of(incumbent), most_entries=most_entries)
        super().__init__(_as_highs(self._programme), mip_abs_gap=1e-6)
        self.is_mixed = any(self._programme.rows.is_whole)
        self._begin: dict[int, float] = {}
        self._is_proved = False
        self._bound: float | None = None
        if incumbent is not None:
            self._begin_with(incumbent)

    def _begin_with(self, incumbent: RunPlan) -> None:
        """Remember the incumbent's runs as the place to begin."""
        programme = self._programme
        known: dict[int, float] = {}
        for job in programme.problem.jobs:
            segments = incumbent.segments.get(job.run_id, ())
            for start_us, column in programme.starts.get(job.run_id, {}).items():
                known[column] = float(bool(segments) and start_us == segments[0].start_us)
            blocks = programme.blocks.get(job.run_id, {})
            on = {at: any(s.start_us <= at < s.end_us for s in segments) for at in blocks}
            if joined((at for at in blocks if on[at]), piece_us(job) or 1) == segments:
                known |= {column: float(on[at]) for at, column in blocks.items()}
            if job.run_id in programme.left_out:
                known[programme.left_out[job.run_id]] = float(not segments)
        self._begin = known

    def fewest_left_out(self, until_s: float) -> RunPlan | None:
        """Any plan that leaves out as little as possible."""
        found = self._least(left_out_costs(self._programme), until_s)
        return None if found is None else self._plan(found)

    def plans(self, *, aim_until_s: float, delay_until_s: float, best: RunPlan | None) -> list[RunPlan]:
        """What each stage found, later ones better; none leaves out more than ``best``."""
        if best is not None:
            self._hold(left_out_costs(self._programme), float(worth_of(self._programme.problem, best).left_out))
        aim = aim_costs(self._programme)
        found = self._least(aim, aim_until_s)
        if found is None:
            return []
        self._note_proof()
        plans = [self._plan(found)]
        self._hold(aim, float(aim @ found))
        self._begin = dict(enumerate(found))
        found_delay = self._least(delay_costs(self._programme), delay_until_s)
        if found_delay is not None:
            found = found_delay
            plans.append(self._plan(found))
        if self._programme.above_floor:
            self._hold(delay_costs(self._programme), float(delay_costs(self._programme) @ found))
            self._begin = dict(enumerate(found))
            found_floor = self._least(floor_costs(self._programme), delay_until_s + _ENERGY_S)
            if found_floor is not None:
                found = found_floor
                plans.append(self._plan(found))
        if self._programme.stored:
            self._fix_whole(found)
            self._begin = {}
            energy = energy_costs(self._programme)
            found_energy = self._least(energy, delay_until_s + _ENERGY_S)
            if found_energy is not None:
                plans.append(self._plan(found_energy))
                self._hold(energy, float(energy @ found_energy))
                found_calm = self._least(self._cycling_costs(plans[-1]), delay_until_s + _ENERGY_S)
                plans += [] if found_calm is None else [self._plan(found_calm)]
        return plans

    def _least(self, costs: Any, until_s: float) -> Any | None:  # noqa: ANN401 - a numpy array of floats
        left_s = until_s - time.perf_counter()
        if left_s <= 0:
            return None
        self.charge(costs, within_s=left_s)
        self.begin_at(self._begin)  # after the costs: changing them makes HiGHS forget where to begin
        self._highs.run()
        info = self._highs.getInfo()
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        return self.values()

    def _note_proof(self) -> None:
        """What the solver has proved of the aim, in W or EUR."""
        programme = self._programme
        self._is_proved = self._highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
        info = self._highs.getInfo()
        bound = info.mip_dual_bound if self.is_mixed else info.objective_function_value
        if not np.isfinite(bound):
            return
        self._bound = float(bound) * (1000 if programme.peak is not None else 1)
        if programme.problem.target_w is not None:
            self._bound = max(0.0, self._bound - float(programme.problem.target_w))

    def with_proof(self, problem: PlanProblem, plan: RunPlan) -> RunPlan:
        """The plan with what is known about how good it can be at all."""
        worth = worth_of(problem, plan)
        bounds = [] if self._bound is None else [self._bound]
        if problem.aim == "peak":
            peak_w = float(least_peak(problem, is_complete=worth.left_out == 0))
            bounds.append(peak_w if problem.target_w is None else max(0.0, peak_w - float(problem.target_w)))
        bound = max(bounds, default=None)
        is_proved = self._is_proved or (bound is not None and float(worth.aim) <= bound)
        return replace(plan, is_proved=is_proved, bound=bound, resolution_us=self._programme.grid_us)

    def _cycling_costs(self, plan: RunPlan) -> Any:  # noqa: ANN401
        """All energy that goes in and out, half as much for what surplus sun puts in.

        A signed power cannot be counted both ways: what goes out gets a column of its own, and
        what goes in is the sum of both.
        """
        programme = self._programme
        hours = np.diff(programme.axis_us) / US_PER_HOUR
        costs = np.zeros(len(programme.rows.lower))
        given: list[float] = []
        for home in programme.problem.homes:
            net_w = home.fixed_net_w + load_w(programme.problem, plan, home.household)
            for piece, column in enumerate(programme.charges.get(home.household, ())):
                costs[column] = hours[piece] * (_SUN_SHARE if net_w.at(programme.axis_us[piece]) < 0 else 1.0)
                given.append(costs[column] + hours[piece])
                self._highs.addVar(0.0, INF)
                self.add_row(0.0, (len(costs) + len(given) - 1, column), (1.0, 1.0), INF)
        return np.concatenate([costs, given])

    def _hold(self, costs: Any, value: float) -> None:  # noqa: ANN401
        """From now on the costs may not exceed the value that was reached."""
        places = np.flatnonzero(costs)
        if len(places):
            self.add_row(-INF, places, costs[places], value + _SLACK)

    def _fix_whole(self, found: Any) -> None:  # noqa: ANN401
        places = np.flatnonzero(self._programme.rows.is_whole)
        fixed = np.round(found[places])
        self.bound_columns(places, fixed, fixed)

    def _plan(self, found: Any) -> RunPlan:  # noqa: ANN401
        programme = self._programme
        segments: dict[str, tuple[Segment, ...]] = {}
        for job in programme.problem.jobs:
            for start_us, column in programme.starts.get(job.run_id, {}).items():
                if found[column] > 0.5:
                    end_us = min(FOREVER_US, start_us + job.length_us)
                    segments[job.run_id] = (Segment(start_us=start_us, end_us=end_us),)
            on = [at for at, column in programme.blocks.get(job.run_id, {}).items() if found[column] > 0.5]
            block_us = piece_us(job)
            if on and block_us is not None:
                segments[job.run_id] = joined(on, block_us)
        plan = RunPlan(segments=segments, battery={})
        return RunPlan(
            segments=segments,
            battery={
                home.household: self._battery(
                    home, home.limit_w - load_w(programme.problem, plan, home.household), found
                )
                for home in programme.problem.homes
                if home.battery is not None
            },
        )

    def _battery(self, home: HomeLimits, left_w: StepFunction, found: Any) -> tuple[BatteryPiece, ...]:  # noqa: ANN401
        """The charging in whole microwatts, rounded down, and never more than the home's limit leaves.

        The solver keeps its rows to about a milliwatt; what is carried out keeps them exactly.
        """
        battery, axis_us = home.battery, self._programme.axis_us
        assert battery is not None
        pieces: list[BatteryPiece] = []
        stored: Watts = battery.stored_wus
        for piece, column in enumerate(self._programme.charges[home.household]):
            start_us, end_us = axis_us[piece], axis_us[piece + 1]
            microwatts = int(np.floor(found[column] * _MICROWATTS_PER_KW))
            room = Fraction(battery.capacity_wus - stored) / (end_us - start_us)
            spare = Fraction(max(0, stored - battery.floor_wus)) / (end_us - start_us)
            wanted_w = min(Fraction(microwatts, 10**6), battery.power_w, left_w.at(start_us), room)
            charge_w: Watts = max(-battery.power_w, -spare, wanted_w)
            stored += charge_w * (end_us - start_us)
            if charge_w != 0:
                pieces.append(
                    BatteryPiece(start_us=start_us, end_us=end_us, charge_w=charge_w, uncovered_w=0, stored_wus=stored)
                )
        return tuple(pieces)


def _as_highs(programme: ApplianceProgram) -> highspy.HighsLp:
    rows = programme.rows
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(rows.lower), len(rows.row_lower)
    lp.col_cost_ = np.zeros(len(rows.lower))
    lp.col_lower_, lp.col_upper_ = np.array(rows.lower), np.array(rows.upper)
    lp.row_lower_, lp.row_upper_ = np.array(rows.row_lower), np.array(rows.row_upper)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.array(rows.starts, dtype=np.int32)
    lp.a_matrix_.index_ = np.array(rows.indices, dtype=np.int32)
    lp.a_matrix_.value_ = np.array(rows.values)
    kinds = {True: highspy.HighsVarType.kInteger, False: highspy.HighsVarType.kContinuous}
    lp.integrality_ = [kinds[is_whole] for is_whole in rows.is_whole]
    return lp
