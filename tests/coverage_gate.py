"""The coverage gate: 95 % of the branches in domain and application, 90 % of everything.

Usage: ``python tests/coverage_gate.py coverage.json`` after a run with ``--cov-report=json``.
"""

import json
import sys
from pathlib import Path
from typing import Any

INNER_BRANCHES = 95.0
OVERALL = 90.0


def share(covered: int, of: int) -> float:
    return 100.0 * covered / of if of else 100.0


def least_covered(files: dict[str, Any], most: int = 15) -> list[tuple[str, int]]:
    """The modules of domain and application with the most branches that no test took."""
    missing = {path: len(entry["missing_branches"]) for path, entry in files.items() if is_inner(path)}
    return sorted(((path, count) for path, count in missing.items() if count), key=lambda each: -each[1])[:most]


def is_inner(path: str) -> bool:
    return "/domain/" in path or "/application/" in path


def main(report: Path) -> int:
    measured = json.loads(report.read_text())
    inner = [entry["summary"] for path, entry in measured["files"].items() if is_inner(path)]
    branches = share(sum(s["covered_branches"] for s in inner), sum(s["num_branches"] for s in inner))
    overall = measured["totals"]["percent_covered"]
    for path, count in least_covered(measured["files"]):
        print(f"{count:4d} branches not taken in {path}")  # noqa: T201
    print(f"branches in domain and application {branches:.1f} % (gate {INNER_BRANCHES} %)")  # noqa: T201
    print(f"everything {overall:.1f} % (gate {OVERALL} %)")  # noqa: T201
    return 0 if branches >= INNER_BRANCHES and overall >= OVERALL else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
