"""What a caller of ``POST /productionplan`` is told by ``Server-Timing``: reading, planning and writing, in a worker.

``python -m benchmarks.production.server_timing`` starts ``run`` on a free port, and asks for the plans of ordinary
fleets one after another. It is wall time, so other programs' share of the machine is in it; the least of the requests
for one fleet stands beside the median of all.
"""

from __future__ import annotations

import json
import re
import tempfile
from http.client import HTTPConnection
from itertools import chain
from pathlib import Path
from random import Random
from statistics import median

from tests.oracles.production_fleets import FAMILIES
from tests.support.server import Server

SIZES = {10: 30, 50: 30, 200: 30, 1000: 10}
"""Fleets of each number of plants."""

ASKED = 7
"""How often the plan of each fleet is asked for."""


def plan_ms(caller: HTTPConnection, text: str) -> float:
    caller.request("POST", "/productionplan", text, {"Content-Type": "application/json"})
    answer = caller.getresponse()
    answer.read()
    found = re.search(r"plan;dur=([\d.]+)", answer.headers["Server-Timing"])
    assert found is not None, f"{answer.status} without Server-Timing"
    return float(found[1])


def fleets(size: int, count: int) -> list[str]:
    return [
        json.dumps(FAMILIES["ordinary"](Random(f"ordinary {size} {seed}"), size), default=float)
        for seed in range(count)
    ]


def table(caller: HTTPConnection) -> None:
    print(f"{'plants':>8}{'median':>9}{'least':>9}  ms")
    for size, count in SIZES.items():
        texts = fleets(size, count)
        for text in texts:
            plan_ms(caller, text)
        taken = [[plan_ms(caller, text) for _ in range(ASKED)] for text in texts]
        print(f"{size:>8}{median(chain.from_iterable(taken)):>9.3f}{median(map(min, taken)):>9.3f}", flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            server.wait_until_ready()
            table(HTTPConnection("127.0.0.1", int(server.url.rpartition(":")[2]), timeout=30))
        finally:
            server.clean_up()


if __name__ == "__main__":
    main()
