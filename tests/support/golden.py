"""What planners answered before jobs were defined in one place: requests, good and bad, with their answers.

``tests/golden/<job>.jsonl.xz`` has a line a request; answers are compared byte for byte, refusals by code and fields.
"""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parents[1] / "golden"
ASSETS = GOLDEN / "assets.json"


def recorded() -> list[str]:
    """The jobs that have recorded answers; younger ones have none."""
    return sorted(path.name.partition(".")[0] for path in GOLDEN.glob("*.jsonl.xz"))


def rows(job: str) -> list[dict[str, Any]]:
    """The recorded requests of a job: ``name``, ``form``, ``options``, ``request`` and what came of it."""
    with lzma.open(GOLDEN / f"{job}.jsonl.xz", "rt") as lines:
        return [json.loads(line) for line in lines]
