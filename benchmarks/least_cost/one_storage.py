"""One storage: the exact engine beside HiGHS on the same problem in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.least_cost.houses import BATTERY, house, odd_house
from energy_manager.adapters.solvers.least_cost_model import StagedModel
from energy_manager.adapters.solvers.least_cost_program import SiteProgram
from energy_manager.domain.least_cost import Site, plan_site, value_of_energy
from energy_manager.domain.least_cost.engine.exchange import exchange_of
from energy_manager.domain.least_cost.engine.single import solve
from energy_manager.domain.least_cost.engine.terms import storage_terms
from energy_manager.domain.least_cost.plan.finishing import base_kw
from tests.support.least_cost_oracle import optimum

ENOUGH_S = 2.0  # of one measurement
MOST_RUNS = 200


def cpu_ms(run: Callable[[], object]) -> float:
    """The least CPU time of some runs: the machine's other work only ever adds to it."""
    times, begin = [], time.perf_counter()
    while len(times) < MOST_RUNS and (time.perf_counter() - begin < ENOUGH_S or not times):
        cpu = time.process_time()
        run()
        times.append((time.process_time() - cpu) * 1e3)
    return min(times)


def engine(site: Site) -> float:
    exchange = exchange_of(site)
    (storage,) = site.storages
    terms = storage_terms(storage, exchange.hours, end_value=storage.end_value_eur_per_kwh or 0.0)
    return solve(terms, exchange, base_kw(site)).course.total[2]


def linear(site: Site) -> float:
    """The LP on HiGHS, built in arrays, all three stages."""
    model = StagedModel(SiteProgram(site), deadline_s=time.perf_counter() + 600.0)
    assert model.relax()
    return model.reached["money"]


def mixed(site: Site) -> float:
    """The MILP with a binary for every direction, three stages."""
    ends = {storage.id: storage.end_value_eur_per_kwh or 0.0 for storage in site.storages}
    return optimum(site, end_values=ends, time_s=60.0).cost_eur


def table() -> None:
    print("One storage: least CPU ms; x = times the engine; cost in EUR")
    print(f"{'steps':>6} {'planner':44} {'CPU ms':>10} {'x':>8} {'cost':>10}")
    for steps in (96, 192, 672):
        site = house(steps)
        rows: list[tuple[str, Callable[[], float]]] = [
            ("engine: values and course", lambda site=site: engine(site)),
            ("plan_site: bands, savings, reasons, check", lambda site=site: plan_site(site).cost_eur),
            ("LP on HiGHS (exact here)", lambda site=site: linear(site)),
        ]
        if steps <= 192:
            rows.append(("MILP on HiGHS, all directions", lambda site=site: mixed(site)))
        first = 0.0
        for name, run in rows:
            spent = cpu_ms(run)
            first = first or spent
            print(f"{steps:6} {name:44} {spent:10.2f} {spent / first:8.1f} {run():10.4f}", flush=True)
    many = house(140, scenarios=14)
    print(f"{140:6} {'value of energy, 14 scenarios':44} {cpu_ms(lambda: value_of_energy(many)):10.2f}")
    value = value_of_energy(many)
    levels = [BATTERY.stored_kwh + 0.01 * place for place in range(100)]
    value.band(10, 5.0)
    print(
        f"{'':6} {'one decision of a tick, us':44} {10.0 * cpu_ms(lambda: [value.band(10, own) for own in levels]):10.2f}"
    )
    print("Steps that are not convex: plan_site")
    for kind in ("feed-in dear", "negative noon", "export limit", "car"):
        for steps in (96, 192):
            site = odd_house(steps, kind)
            plan = plan_site(site)
            spent = cpu_ms(lambda site=site: plan_site(site))
            print(
                f"{steps:6} {kind:44} {spent:10.2f} {'':8} {plan.cost_eur:10.4f} {'proved' if plan.optimal else ''}",
                flush=True,
            )
