"""The planners side by side on the same days."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import numpy as np

from benchmarks.peak_shaving.reference import pyomo_plan
from energy_manager.adapters.solvers.peak_shaving_lp import HighsStoragePlanner
from energy_manager.domain.peak_shaving import PccLimits, Plan, PlanningProblem, Storage, plan_storage

ENOUGH_S = 3.0  # of one measurement
MOST_RUNS = 15


def days(
    steps: int, storages: int = 1, *, step_s: int = 900, efficiency: float = 1.0, seed: int = 0
) -> PlanningProblem:
    """Days of a site with a load in the morning and evening, sun at noon, and storages that can shave most of it."""
    noise = np.random.default_rng(seed)
    hour = np.arange(steps) * step_s / 3600.0 % 24.0
    load = storages * (30.0 + 20.0 * np.sin((hour - 8.0) / 24.0 * 2.0 * np.pi) ** 2 + 10.0 * noise.random(steps))
    sun = storages * np.maximum(0.0, 35.0 * np.sin((hour - 6.0) / 12.0 * np.pi)) * ((hour > 6.0) & (hour < 18.0))
    built = []
    for _ in range(storages):
        capacity, power = float(noise.uniform(40, 80)), float(noise.uniform(10, 20))
        scheduled = noise.uniform(-3.0, 3.0, steps) * (noise.random() < 0.5)
        built.append(
            Storage(
                schedule_kw=tuple(scheduled.tolist()),
                capacity_kwh=capacity,
                stored_kwh=capacity * float(noise.uniform(0.2, 0.8)),
                max_charge_kw=power,
                max_discharge_kw=power,
                charge_efficiency=efficiency,
                discharge_efficiency=efficiency,
            )
        )
    return PlanningProblem(
        start=datetime(2026, 3, 2, tzinfo=UTC),
        step_s=step_s,
        load_kw=tuple(load.tolist()),
        production_kw=tuple(sun.tolist()),
        pcc=PccLimits(import_limit_kw=45.0 * storages, export_limit_kw=5.0 * storages),
        storages=tuple(built),
    )


def measured(run: Callable[[], tuple[float, float]]) -> tuple[float, float, tuple[float, float]]:
    """Median wall and CPU milliseconds, and what came out."""
    walls, cpus, begin = [], [], time.perf_counter()
    while len(walls) < MOST_RUNS and (time.perf_counter() - begin < ENOUGH_S or not walls):
        wall, cpu = time.perf_counter(), time.process_time()
        answer = run()
        walls.append((time.perf_counter() - wall) * 1e3)
        cpus.append((time.process_time() - cpu) * 1e3)
    return statistics.median(walls), statistics.median(cpus), answer


def costs(plan: Plan) -> tuple[float, float]:
    return plan.violation_kwh, plan.change_kwh


def table() -> None:
    lp = HighsStoragePlanner(time_limit_s=60.0)
    print("Planning: medians; x = times the exact planner (the LP where there is none); without glpk's own CPU time")
    print(
        f"{'steps':>6} {'stor.':>5} {'planner':24} {'wall ms':>9} {'CPU ms':>9} {'x':>7} {'violation':>9} {'change':>9}"
    )
    for steps, storages in ((24, 1), (96, 1), (672, 1), (2976, 1), (35_040, 1), (96, 10), (96, 100), (672, 10)):
        problem = days(steps, storages)
        rows: list[tuple[str, Callable[[], tuple[float, float]]]] = []
        if storages == 1:
            rows.append(("exact", lambda problem=problem: costs(plan_storage(problem))))
        if steps * storages <= 10_000:
            rows.append(("LP on HiGHS", lambda problem=problem: costs(lp.plan(problem))))
        if storages == 1 and steps <= 672:
            rows.append(("Pyomo MILP, HiGHS", partial(pyomo_plan, problem, solver="highs")))
            rows.append(("Pyomo LP, HiGHS", partial(pyomo_plan, problem, solver="highs", with_binaries=False)))
        if storages == 1 and steps <= 96:
            rows.append(("Pyomo MILP, glpk", partial(pyomo_plan, problem, solver="glpk")))
        first = None
        for name, run in rows:
            try:
                wall, cpu, (violation, change) = measured(run)
            except Exception as error:
                print(f"{steps:6} {storages:5} {name:24} not run: {error}")
                continue
            first = first or wall
            print(
                f"{steps:6} {storages:5} {name:24} {wall:9.2f} {cpu:9.2f} {wall / first:7.1f} "
                f"{violation:9.2f} {change:9.2f}",
                flush=True,
            )
    lossy = days(96, efficiency=0.95)
    wall, cpu, (violation, change) = measured(lambda: costs(plan_storage(lossy)))
    print(f"{96:6} {1:5} {'exact, efficiency 0.95':24} {wall:10.2f} {cpu:10.2f} {'':8} {violation:9.2f} {change:10.2f}")
