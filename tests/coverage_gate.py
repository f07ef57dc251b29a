"""The coverage gate: 95 % of the branches in domain and application, 90 % of everything.

Usage: ``python tests/coverage_gate.py`` after a run with ``--cov --cov-report=``. Domain and application are looked at
beside the rest, each in a process of its own: to read 900 files takes ten seconds.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

INNER_BRANCHES = 95.0
OVERALL = 90.0
INNER = "src/energy_manager/domain/*,src/energy_manager/application/*"


def share(covered: int, of: int) -> float:
    return 100.0 * covered / of if of else 100.0


def least_covered(files: dict[str, Any], most: int = 15) -> list[tuple[str, int]]:
    """The modules with the most branches that no test took."""
    missing = {path: len(entry["missing_branches"]) for path, entry in files.items()}
    return sorted(((path, count) for path, count in missing.items() if count), key=lambda each: -each[1])[:most]


def measured(folder: Path) -> list[dict[str, Any]]:
    """What coverage says of domain and application, and of the rest."""
    reports = [folder / "inner.json", folder / "outer.json"]
    wanted = [f"--include={INNER}", f"--omit={INNER}"]
    command = [sys.executable, "-m", "coverage", "json", "-q"]
    runs = [subprocess.Popen([*command, of, "-o", report]) for of, report in zip(wanted, reports, strict=True)]
    codes = [run.wait() for run in runs]
    if any(codes):
        raise SystemExit("there is no coverage to judge")
    return [json.loads(report.read_text()) for report in reports]


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        inner, outer = measured(Path(folder))
    totals = [inner["totals"], outer["totals"]]
    branches = share(totals[0]["covered_branches"], totals[0]["num_branches"])
    overall = share(
        sum(part["covered_lines"] + part["covered_branches"] for part in totals),
        sum(part["num_statements"] + part["num_branches"] for part in totals),
    )
    for path, count in least_covered(inner["files"]):
        print(f"{count:4d} branches not taken in {path}")  # noqa: T201
    print(f"branches in domain and application {branches:.1f} % (gate {INNER_BRANCHES} %)")  # noqa: T201
    print(f"everything {overall:.1f} % (gate {OVERALL} %)")  # noqa: T201
    return 0 if branches >= INNER_BRANCHES and overall >= OVERALL else 1


if __name__ == "__main__":
    sys.exit(main())
