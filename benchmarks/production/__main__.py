"""Production planning beside HiGHS (MILP, gap 0, one thread) and beside a naive merit order, on the same instances.

``python -m benchmarks.production [--quick]``. Times are wall times in ms, the planner alone and HiGHS's ``run()``
alone; our CPU time stands beside it. ``naive wrong``: share of instances on which the usual answer to the coding
challenge misses the sum, a limit, or the least cost.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from statistics import median
from time import perf_counter, process_time

from energy_manager.domain.production import (
    LoadNotCoverable,
    PlanningOutOfTime,
    ProductionPlan,
    ProductionRequest,
    plan_production,
)
from energy_manager.entrypoints.jobs import planning_job
from energy_manager.entrypoints.jobs.definition.answering import plan_document
from energy_manager.entrypoints.jobs.production.options import ProductionOptions
from energy_manager.entrypoints.jobs.production.request import request_of
from tests.oracles.production import Unit, highs_model, least_cost_found, steps, units
from tests.oracles.production_fleets import FAMILIES, HARD, request

ORDINARY = ("ordinary", "ordinary_long_decimals")
ROW = "{:<24}{:>7}{:>9}{:>9}{:>9}{:>11}{:>9}{:>8}{:>7}{:>8}  {}"


@dataclass(slots=True, kw_only=True)
class Tally:
    """What one family and size showed."""

    ours_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    highs_ms: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    naive_wrong: int = 0
    coverable: int = 0
    remarks: list[str] = field(default_factory=list)


def naive_merit_order(fleet: Sequence[Unit], load: int) -> list[int]:
    """Fill in merit order; where a plant's low is more than what is left, take from the plant before."""
    powers = [0] * len(fleet)
    left, before = load, -1
    for place, unit in enumerate(fleet):
        if left <= 0 or unit.low > unit.high:
            continue
        if unit.low > left and before >= 0:
            powers[before] -= unit.low - left
            left = unit.low
        powers[place] = min(unit.high, max(unit.low, left))
        left -= powers[place]
        before = place
    return powers


def is_wrong(powers: Sequence[int], fleet: Sequence[Unit], load: int, least_eur: float) -> bool:
    within = all(power == 0 or unit.low <= power <= unit.high for power, unit in zip(powers, fleet, strict=True))
    cost = sum(float(unit.cost) * power / 10 for power, unit in zip(powers, fleet, strict=True))
    return sum(powers) != load or not within or cost > least_eur + max(1e-6, 1e-9 * least_eur)


def planned(fleet: ProductionRequest, tally: Tally) -> ProductionPlan | None:
    wall, cpu = perf_counter(), process_time()
    plan = None
    try:
        plan = plan_production(fleet)
    except LoadNotCoverable:
        pass
    except PlanningOutOfTime:
        tally.remarks.append("ours out of time")
    tally.ours_ms.append(1e3 * (perf_counter() - wall))
    tally.cpu_ms.append(1e3 * (process_time() - cpu))
    return plan


def race(family: str, size: int, *, instances: int, highs_instances: int, highs_limit_s: float) -> Tally:
    tally = Tally()
    for seed in range(instances):
        instance = request(family, size, seed)
        fleet, load = units(instance, co2=True, wind="on_off"), steps(instance.load_mw)
        plan = planned(instance, tally)
        if plan is not None:
            tally.coverable += 1
            tally.naive_wrong += is_wrong(naive_merit_order(fleet, load), fleet, load, plan.cost_eur)
        if seed < highs_instances:
            compare_with_highs(fleet, load, plan, tally, highs_limit_s)
    return tally


def compare_with_highs(
    fleet: Sequence[Unit], load: int, plan: ProductionPlan | None, tally: Tally, limit_s: float
) -> None:
    solver = highs_model(fleet, load, time_limit_s=limit_s)
    start = perf_counter()
    solver.run()
    tally.highs_ms.append(1e3 * (perf_counter() - start))
    tally.ratios.append(tally.highs_ms[-1] / tally.ours_ms[-1])
    try:
        least_eur = least_cost_found(solver)
    except TimeoutError:
        tally.remarks.append("HiGHS out of time")
        return
    ours_eur = None if plan is None else plan.cost_eur
    if (least_eur is None) != (ours_eur is None):
        tally.remarks.append(f"DIFFERENT: ours {ours_eur}, HiGHS {least_eur}")
    elif least_eur is not None and ours_eur is not None:
        difference = ours_eur - least_eur
        if abs(difference) > max(1e-6, 1e-9 * least_eur):
            tally.remarks.append(f"ours {difference:+.2g} EUR beside HiGHS")


def show(family: str, size: int, tally: Tally) -> None:
    wrong = f"{tally.naive_wrong / tally.coverable:.0%}" if tally.coverable else "-"
    counted = {remark: tally.remarks.count(remark) for remark in tally.remarks}
    print(
        ROW.format(
            family,
            size,
            f"{median(tally.ours_ms):.2f}",
            f"{max(tally.ours_ms):.1f}",
            f"{median(tally.cpu_ms):.2f}",
            f"{median(tally.highs_ms):.1f}",
            f"{median(tally.ratios):.0f}x",
            len(tally.ours_ms),
            tally.coverable,
            wrong,
            ", ".join(f"{count} {remark}" for remark, count in counted.items()),
        ),
        flush=True,
    )


def from_text_to_answer(sizes: Sequence[int], *, fleets: int = 20) -> None:
    """CPU time from the octets of a request to those of its answer, and of HiGHS from octets to its optimum."""
    print(f"{'plants':>8}{'ours':>9}{'reading':>9}{'HiGHS':>9}  CPU ms, from the request's text on")
    job, options = planning_job("production"), ProductionOptions()
    for size in sizes:
        ours, reading, highs = [], [], []
        for seed in range(fleets):
            document = FAMILIES["ordinary"](Random(f"ordinary {size} {seed}"), size)
            text = json.dumps(document, default=float).encode()
            ours.append(least_cpu_ms(lambda text=text: plan_document(job, text, options)))
            reading.append(least_cpu_ms(lambda text=text: job.own_form.read(text, options)))
            highs.append(least_cpu_ms(lambda text=text: solve_with_highs(text), times=2))
        print(f"{size:>8}{median(ours):>9.3f}{median(reading):>9.3f}{median(highs):>9.1f}", flush=True)


def least_cpu_ms(work: Callable[[], object], *, times: int = 15) -> float:
    found = []
    for _ in range(times):
        began = process_time()
        work()
        found.append(1e3 * (process_time() - began))
    return min(found)


def solve_with_highs(text: bytes) -> None:
    """Read by the same reader, made a model, solved: what differs is the search."""
    instance = request_of(json.loads(text, parse_float=Decimal), ProductionOptions())
    highs_model(units(instance, co2=True, wind="on_off"), steps(instance.load_mw), time_limit_s=10).run()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and smaller instances")
    quick = parser.parse_args().quick
    heads = ("family", "plants", "ours", "max", "cpu", "HiGHS", "ratio", "fleets", "met", "naive", "")
    print(ROW.format(*heads))
    print(ROW.format("", "", "ms", "ms", "ms", "ms", "", "", "", "wrong", ""))
    ratios = []
    for family in ORDINARY:
        for size in (10, 50, 200) if quick else (10, 50, 200, 1000, 5000):
            count = 20 if size <= 1000 else 4
            tally = race(family, size, instances=count, highs_instances=count, highs_limit_s=10)
            ratios += tally.ratios if size <= 1000 else []
            show(family, size, tally)
    from_text_to_answer((10, 50, 200) if quick else (10, 50, 200, 1000))
    print(f"ordinary fleets of 10 to 1,000 plants: median {median(ratios):.0f} times as fast as HiGHS")
    for family in HARD:
        for size in (50,) if quick else (50, 1000, 5000):
            tally = race(family, size, instances=10, highs_instances=3 if size == 50 else 1, highs_limit_s=1)
            show(family, size, tally)


if __name__ == "__main__":
    main()
