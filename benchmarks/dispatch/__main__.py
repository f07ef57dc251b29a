"""The dispatch loop through its command line, beside two naive designs and the machine's own jitter.

``python -m benchmarks.dispatch`` takes about six minutes, ``--quick`` less than one; ``--long`` runs one load for 100
ticks, to see that threads do not grow.
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.dispatch import redistribution
from benchmarks.dispatch.cells import NAIVE, OURS, RAISING_SHARE, SLEEP_CHANCE, Design, Load
from benchmarks.dispatch.figures import Figures, figures
from benchmarks.dispatch.measure import Running, Sleepers, running
from benchmarks.dispatch.tables import redistribution_table, site_table

NAIVE_TICKS = 3
"""The naive designs show within these what they do."""

MEMORY_FOLDER = Path("/dev/shm")
"""Records are mapped files: on a disk, its write-back would now and then stop whoever writes to them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which cells to run."""

    devices: list[int]
    hung_percent: list[int]
    ticks: int

    def loads(self, devices: int) -> list[Load]:
        """The loads of one site size; on small sites shares that mean the same number of devices are run once."""
        counts = dict.fromkeys(percent * devices // 100 for percent in self.hung_percent)
        return [Load(devices=devices, hung=hung, ticks=self.ticks) for hung in counts]


def _plan() -> Plan:
    def numbers(text: str) -> list[int]:
        return [int(number) for number in text.split(",")]

    parser = argparse.ArgumentParser(prog="python -m benchmarks.dispatch", description=__doc__)
    parser.add_argument("--devices", type=numbers, default=[3, 100, 1_000, 10_000], help="site sizes")
    parser.add_argument("--hung", type=numbers, default=[0, 10, 50], help="percent of the devices that hang for ever")
    parser.add_argument("--ticks", type=int, default=10, help="ticks a cell, at least 3")
    parser.add_argument("--quick", action="store_true", help="3 and 1,000 devices, half of them hung, 5 ticks")
    parser.add_argument("--long", action="store_true", help="1,000 devices, 10 %% hung, 100 ticks")
    chosen = parser.parse_args()
    if chosen.quick:
        return Plan(devices=[3, 1_000], hung_percent=[50], ticks=5)
    if chosen.long:
        return Plan(devices=[1_000], hung_percent=[10], ticks=100)
    return Plan(devices=chosen.devices, hung_percent=chosen.hung, ticks=max(3, chosen.ticks))


def _measure_together(designs: tuple[Design, ...], load: Load, folder: Path, sleepers: Sleepers) -> list[Figures]:
    """Run designs at the same time; only those whose ticks fall between each other's may be."""
    with ExitStack() as stack, ThreadPoolExecutor() as watchers:
        processes = [stack.enter_context(running(design, load, folder / design.name)) for design in designs]
        all_seen = list(watchers.map(Running.watch, processes))
    return [figures(design, load, seen, sleepers) for design, seen in zip(designs, all_seen, strict=True)]


def _site(plan: Plan, devices: int, folder: Path, sleepers: Sleepers) -> str:
    cells = []
    for load in plan.loads(devices):
        _progress(f"{devices:,} devices, {load.hung:,} hung …")
        few = Load(devices=devices, hung=load.hung, ticks=min(NAIVE_TICKS, plan.ticks))
        for designs, ticks_load in (((OURS,), load), (NAIVE, few)):
            with tempfile.TemporaryDirectory(dir=folder) as cell_folder:
                cells += _measure_together(designs, ticks_load, Path(cell_folder), sleepers)
    cells.sort(key=lambda cell: [OURS, *NAIVE].index(cell.design))
    ticks = f"{plan.ticks} ticks a cell, {min(NAIVE_TICKS, plan.ticks)} for the naive designs."
    return f"### {devices:,} devices\n\n{ticks}\n\n{site_table(cells)}\n"


def _heading() -> str:
    words = " ".join(shlex.quote(word) for word in sys.argv[1:])
    cpu = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
    return (
        f"`python -m benchmarks.dispatch{' ' + words if words else ''}`, {time.strftime('%Y-%m-%d %H:%M')}, "
        f"{os.cpu_count()} cores of {cpu.partition(': ')[2] or platform.machine()}, Linux {platform.release()}, "
        f"Python {platform.python_version()}, load average {os.getloadavg()[0]:.1f} at the start. "
        f"{100 * RAISING_SHARE:.0f} % of the devices raise at every call, the other calls take up to a second with "
        f"chance {SLEEP_CHANCE}.\n"
    )


def _progress(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def main() -> None:
    plan = _plan()
    print(_heading(), flush=True)
    with tempfile.TemporaryDirectory(dir=MEMORY_FOLDER if MEMORY_FOLDER.is_dir() else None) as folder:
        sleepers = Sleepers(Path(folder))
        try:
            for devices in plan.devices:
                print(_site(plan, devices, Path(folder), sleepers), flush=True)
        finally:
            sleepers.kill()
    print("### Redistribution\n\n" + redistribution_table(map(redistribution.measure, redistribution.SIZES)))


if __name__ == "__main__":
    main()
