"""A house with battery, car, boiler and three runs: how close to the proved optimum within a deadline."""

from __future__ import annotations

import time

from benchmarks.least_cost.houses import full_house
from energy_manager.adapters.solvers.least_cost_milp import HighsSitePlanner


def table() -> None:
    print("Several assets: wall and CPU ms, cost over the best known, gap to the bound (EUR)")
    print(f"{'steps':>6} {'seed':>5} {'demand':>7} {'limit s':>8} {'wall ms':>9} {'CPU ms':>9} {'over':>9} {'gap':>9}")
    for steps, limits in ((96, (0.1, 0.3, 1.0)), (192, (0.3, 1.0))):
        for demand_charge in (False, True):
            for seed in range(3):
                site = full_house(steps, seed=seed, demand_charge=demand_charge)
                best = HighsSitePlanner(time_limit_s=20.0).plan(site)
                for limit in limits:
                    wall, cpu = time.perf_counter(), time.process_time()
                    plan = HighsSitePlanner(time_limit_s=limit).plan(site)
                    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
                    print(
                        f"{steps:6} {seed:5} {demand_charge!s:>7} {limit:8.1f} {wall * 1e3:9.1f} {cpu * 1e3:9.1f} "
                        f"{plan.cost_eur - best.cost_eur:9.4f} {plan.cost_eur - plan.lower_bound_eur:9.4f}",
                        flush=True,
                    )
