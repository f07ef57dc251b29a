"""The engines side by side with HiGHS and OR-tools' knapsack: ``python -m benchmarks.flexibility [SECONDS]``.

Every run is in a process of its own and stopped by its time limit (default 5 s); the median of three for what takes
less than a second. Memory is the peak above the process with its inputs. OR-tools packs what to leave out.
"""

from __future__ import annotations

import ctypes
import multiprocessing as mp
import resource
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from multiprocessing.connection import Connection
from statistics import median
from time import perf_counter, process_time

import numpy as np
from numpy.typing import NDArray

from energy_manager.domain.errors import EnergyManagerError
from energy_manager.domain.flexibility import ENGINES, generate_offer
from tests.support.flexcity import PUBLISHED

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    name: str
    volumes: IntArray
    costs: IntArray
    target: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one solver made of one instance; ``bound`` None: it proves nothing."""

    cost: int | None
    bound: int | None
    wall_ms: float
    cpu_ms: float
    peak_mb: float
    remark: str = ""


Solver = Callable[[Instance, float], tuple[int | None, int | None]]


def engine(name: str) -> Solver:
    def solve(instance: Instance, limit_s: float) -> tuple[int | None, int | None]:
        selection = ENGINES[name](instance.volumes, instance.costs, instance.target, time_limit_s=limit_s)
        return selection.cost_cents, selection.cost_cents if selection.is_optimal else selection.lower_bound_cents

    return solve


def highs(instance: Instance, limit_s: float) -> tuple[int | None, int | None]:
    import highspy  # noqa: PLC0415 - its library and OR-tools' cannot live in one process

    count = instance.volumes.size
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = count, 1
    program.col_cost_ = instance.costs.astype(np.float64)
    program.col_lower_, program.col_upper_ = np.zeros(count), np.ones(count)
    program.row_lower_, program.row_upper_ = np.array([float(instance.target)]), np.array([highspy.kHighsInf])
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = np.array([0, count])
    program.a_matrix_.index_ = np.arange(count)
    program.a_matrix_.value_ = instance.volumes.astype(np.float64)
    program.integrality_ = [highspy.HighsVarType.kInteger] * count
    solver = highspy.Highs()
    for option, value in (("output_flag", False), ("threads", 1), ("time_limit", limit_s), ("mip_rel_gap", 0.0)):
        solver.setOptionValue(option, value)
    solver.passModel(program)
    solver.run()
    result = solver.getInfo()
    if result.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None, None
    return round(result.objective_function_value), int(np.ceil(result.mip_dual_bound - 1e-3))


def ortools(instance: Instance, limit_s: float) -> tuple[int | None, int | None]:
    from ortools.algorithms.python import knapsack_solver  # noqa: PLC0415 - as above

    solver = knapsack_solver.KnapsackSolver(
        knapsack_solver.SolverType.KNAPSACK_MULTIDIMENSION_BRANCH_AND_BOUND_SOLVER, "left out"
    )
    solver.set_time_limit(limit_s)
    capacity = int(instance.volumes.sum()) - instance.target
    solver.init(instance.costs.tolist(), [instance.volumes.tolist()], [capacity])
    left_out = solver.solve()
    cost = int(instance.costs.sum()) - left_out
    return cost, cost if solver.is_solution_optimal() else None


SOLVERS: dict[str, Solver] = {
    **{name: engine(name) for name in ("exact", "greedy", "hybrid", "dp")},
    "HiGHS": highs,
    "OR-tools": ortools,
}
# Beyond these sizes a solver takes longer to set up than it is allowed to run, or more memory than there is.
LARGEST = {"hybrid": 30_000, "dp": 3_000, "HiGHS": 100_000, "OR-tools": 100_000}


def spec_instances() -> Iterator[Instance]:
    for count, total_kw, target in (
        (1_000, 500_000, 100_000),
        (3_000, 5_000_000, 1_000_000),
        (30_000, 10_000_000, 1_000_000),
        (100_000, 30_000_000, 1_000_000),
        (1_000_000, 300_000_000, 1_000_000),
        (1_000_000, 5_000_000, 1_000_000),
    ):
        offer = generate_offer(count=count, total_kw=total_kw, today=date(2026, 11, 20))
        yield Instance(
            name=f"{count:,} of {total_kw // 1000:,} MW",
            volumes=offer.volumes_kw,
            costs=offer.costs_cents,
            target=target,
        )


def hard_instances() -> Iterator[Instance]:
    draw = np.random.default_rng(1)
    for count in (1_000, 10_000):
        volumes = draw.integers(1, 1_001, count)
        arc = (np.sqrt(4e6 - (volumes - 2000) ** 2.0) * 2 / 3).astype(np.int64)
        families = {
            "strongly correlated": (volumes, volumes + 100),
            "inversely correlated": (volumes + 100, volumes.copy()),
            "almost strongly correlated": (volumes, volumes + 98 + draw.integers(0, 5, count)),
            "subset sum": (volumes, volumes.copy()),
            "equal prices": (volumes, volumes * 57),
            "even volumes, odd target": (volumes * 2, volumes * 2 + 100),
            "equal costs": (volumes, np.full(count, 100)),
            "on an arc (circle)": (volumes, arc),
        }
        for name, (kw, cents) in families.items():
            yield Instance(name=f"{name}, {count:,}", volumes=kw, costs=cents, target=int(kw.sum()) // 4 * 2 + 1)
    huge = np.concatenate((draw.integers(10**7, 3 * 10**7, 20), draw.integers(1, 100, 980)))
    cents = (huge * 100 * (0.5 + draw.random(1_000))).astype(np.int64)
    yield Instance(name="20 huge among 980 small", volumes=huge, costs=cents, target=5 * 10**7)
    thirds = draw.integers(250_000, 500_000, 1_000)
    cents = (thirds * (0.5 + draw.random(1_000))).astype(np.int64)
    yield Instance(name="1,000 of a third each", volumes=thirds, costs=cents, target=1_000_000)


def measured(solver: str, instance: Instance, limit_s: float) -> Run:
    """One run in a process of its own, which is ended when it overruns twice its limit."""
    ours, theirs = mp.Pipe(duplex=False)
    process = mp.get_context("fork").Process(target=_run, args=(solver, instance, limit_s, theirs))
    process.start()
    theirs.close()
    overdue = Run(cost=None, bound=None, wall_ms=limit_s * 1e3, cpu_ms=0, peak_mb=0, remark="stopped")
    try:
        return ours.recv() if ours.poll(2 * limit_s + 5) else overdue
    except EOFError:
        return Run(cost=None, bound=None, wall_ms=0, cpu_ms=0, peak_mb=0, remark="died")
    finally:
        process.kill()
        process.join()


def _run(solver: str, instance: Instance, limit_s: float, result: Connection) -> None:
    ctypes.CDLL(None).malloc_trim(0)  # or what was freed before would be used again uncounted
    before_kb = _resident_kb()
    walls: list[float] = []
    cpus: list[float] = []
    cost, bound, remark = None, None, ""
    while len(walls) < 3 and (not walls or walls[-1] < 1):
        wall, cpu = perf_counter(), process_time()
        try:
            cost, bound = SOLVERS[solver](instance, limit_s)
        except EnergyManagerError as error:
            remark = error.code
        walls.append(perf_counter() - wall)
        cpus.append(process_time() - cpu)
    peak_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) / 1024
    result.send(
        Run(
            cost=cost,
            bound=bound,
            wall_ms=median(walls) * 1e3,
            cpu_ms=median(cpus) * 1e3,
            peak_mb=max(0.0, peak_mb),
            remark=remark,
        )
    )


def _resident_kb() -> int:
    with open("/proc/self/statm") as pages:  # noqa: PTH123
        return int(pages.read().split()[1]) * resource.getpagesize() // 1024


def report(instance: Instance, limit_s: float) -> None:
    print(f"\n{instance.name}: {instance.volumes.size:,} assets, {instance.target:,} kW")
    runs = {
        name: measured(name, instance, limit_s)
        for name in SOLVERS
        if instance.volumes.size <= LARGEST.get(name, instance.volumes.size)
    }
    reference_ms = runs["exact"].wall_ms
    least = min(run.cost for run in runs.values() if run.cost is not None)
    for name, run in runs.items():
        if run.cost is None:
            outcome = f"no answer {run.remark}"
        else:
            proof = "proved" if run.bound == run.cost else "bound unknown" if run.bound is None else _gap(run)
            outcome = f"{run.cost / 100:>16,.2f} € {(run.cost - least) / 100:>+10,.2f}  {proof}"
        print(
            f"  {name:9} {run.wall_ms:>10,.1f} ms wall {run.cpu_ms:>10,.1f} ms CPU {run.peak_mb:>7,.0f} MB"
            f" {run.wall_ms / reference_ms:>9,.1f}×  {outcome}"
        )


def _gap(run: Run) -> str:
    assert run.cost is not None
    assert run.bound is not None
    return f"gap {(run.cost - run.bound) / max(1, run.cost):.1e}"


def published() -> Iterator[Instance]:
    for case in PUBLISHED:
        volumes, costs = case.offer()
        yield Instance(
            name=f"published: {case.name} (best {case.best_cents / 100:,.2f} €)",
            volumes=volumes,
            costs=costs,
            target=case.target_kw,
        )


def main() -> None:
    limit_s = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    for instances in (published, spec_instances, hard_instances):
        print(f"\n== {instances.__name__.replace('_', ' ')}")
        for instance in instances():
            report(instance, limit_s)


if __name__ == "__main__":
    main()
