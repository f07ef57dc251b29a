"""The rolling re-optimiser: now and then all that can still move is planned as a whole, in a worker process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import anyio

from energy_manager.application.appliances.service import ApplianceService
from energy_manager.application.ports.planning.workers import Workers
from energy_manager.application.ports.records.journal import Journal, Noticed
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.domain.appliances.optimisation.of_timetable import plan_in_force, problem_of_timetable
from energy_manager.domain.appliances.optimisation.problem import PlanProblem, RunPlan
from energy_manager.domain.errors import OutOfTime

LOOK_S = 0.5
"""How often it is looked whether something happened after which a new plan may gain."""

GRACE_S = 2.0
"""A worker that is silent so much longer than the search may take is killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReoptimiseAppliances:
    """Plans anew every ``period_s``, and soon after a rejection or an end; the plan in force stands until then.

    Args:
        live: whose runs.
        optimise: the best plan found within so many seconds, never worse than the last; crosses to a worker process.
        workers: where it searches.
        journal: is told once of a plan that was taken over.
        period_s: s.
        time_limit_s: the search may take so long.
    """

    live: ApplianceService
    optimise: Callable[[PlanProblem, float, RunPlan | None], RunPlan | None]
    workers: Workers
    journal: Journal
    period_s: float
    time_limit_s: float

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            left_s = self.period_s
            while left_s > 0 and not self.live.take_hint():
                await anyio.sleep(min(LOOK_S, left_s))
                left_s -= LOOK_S
            try:
                await self()
            except (OutOfTime, StoreUnavailable):
                # The plan in force stands; the next time comes.
                continue

    async def __call__(self) -> bool:
        """Plan once; whether a better plan was taken over.

        Raises:
            OutOfTime: no worker answered in time.
            StoreUnavailable: the plan could not be kept.
        """
        table = (await anyio.to_thread.run_sync(self.live.look)).table
        lead_us = round(1e6 * (self.time_limit_s + GRACE_S))
        problem = problem_of_timetable(table, lead_us=lead_us)
        if not problem.jobs:
            return False
        plan = await self.workers.run(
            self.optimise,
            problem,
            self.time_limit_s,
            plan_in_force(table, problem),
            deadline_s=self.time_limit_s + GRACE_S,
        )
        if plan is None or not await anyio.to_thread.run_sync(self.live.adopt, plan):
            return False
        self.journal.record(Noticed(is_good=True, sentence="appliances: a better plan was found and taken over"))
        return True
