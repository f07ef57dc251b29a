"""Each job before and after a change, in one interleaved run: ``python -m benchmarks.before_after BEFORE [ROUNDS]``.

``BEFORE`` is a worktree of the older commit. Both trees run under this Python, so with the same libraries. The requests
are those whose answers must stay equal (``tests/golden``), through ``plan`` of each tree's own command line; the loop
runs a site of 300 devices. CPU time is compared, for the machine may be busy: the median and the least of the rounds.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.golden import rows
from tests.support.product import site_text

HERE = Path(__file__).parents[2]
JOBS = ("production", "flexibility", "peak_shaving", "appliances")
SITE = site_text({f"ok-{number}": 10 for number in range(300)})


def requests(job: str, folder: Path) -> Path:
    """Those of the job's requests that have a plan, without options of their own, each a file."""
    own = folder / job
    own.mkdir()
    plain = [row for row in rows(job) if row["form"] == "plans" and not row["options"] and "answer" in row]
    for number, row in enumerate(plain):
        text = row["request"] if isinstance(row["request"], str) else json.dumps(row["request"])
        (own / f"{number:04}.json").write_text(text)
    return own


def cpu_s(tree: Path, folder: Path, *arguments: str) -> float:
    """What one process of the tree computed, with all that it started, s."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("ENERGY_MANAGER_")}
    environment = ours | {
        "PYTHONPATH": f"{tree / 'src'}{os.pathsep}{tree}",
        "ENERGY_MANAGER_STORE__URL": "memory:",
        "ENERGY_MANAGER_DISPATCH__PERIOD_S": "0.2",
        "ENERGY_MANAGER_API__PORT": "0",
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def works(folder: Path) -> dict[str, tuple[str, ...]]:
    """What is measured: the name of each work, and how it is started."""
    (folder / "site.toml").write_text(SITE)
    command = ("-m", "energy_manager.entrypoints.cli")
    many = str(Path(__file__).with_name("plan_many.py"))
    planned = {f"plan {job}": (many, job.replace("_", "-"), str(requests(job, folder))) for job in JOBS}
    loop = {"dispatch, 300 devices, 40 ticks": (*command, "run", "--no-api", "--site", "site.toml", "--for", "8")}
    starts = {
        "start of --version": (*command, "--version"),
        "start of --help": (*command, "--help"),
        "check (a start)": (*command, "check"),
        "start of run": (*command, "run", "--for", "0"),
        "start of run --no-api": (*command, "run", "--no-api", "--for", "0"),
    }
    return starts | planned | loop


def main(before: Path, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("| work | before: median, least | after: median, least | after / before (least) |\n|---|---|---|---|")
        for work, arguments in works(folder).items():
            found: dict[Path, list[float]] = {before: [], HERE: []}
            for number in range(rounds):
                for tree in (before, HERE) if number % 2 else (HERE, before):
                    found[tree].append(cpu_s(tree, folder, *arguments))
            was, now = found[before], found[HERE]
            cells = [f"{statistics.median(of):.2f}, {min(of):.2f} s" for of in (was, now)]
            print(f"| {work} | {cells[0]} | {cells[1]} | {min(now) / min(was):.2f} |", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 5)
