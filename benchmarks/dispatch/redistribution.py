"""How long the decision of a tick takes, without devices."""

from __future__ import annotations

import random
import statistics
import time
from dataclasses import dataclass

from energy_manager.domain.dispatch import ProportionalRedistribution

SIZES = (3, 1_000, 10_000)
SHORT_EVERY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Redistribution:
    """Median times of one decision."""

    assets: int
    wall_ms: float
    cpu_ms: float


def measure(assets: int) -> Redistribution:
    """Every third asset is short; the others' headroom is uneven, so that some are capped and rounds repeat."""
    rng = random.Random(assets)
    scheduled = {f"asset_{number}": rng.randrange(1, 1_000) for number in range(assets)}
    potentials = {
        asset_id: int(power * (rng.random() if place % SHORT_EVERY == 0 else 1 + rng.random()))
        for place, (asset_id, power) in enumerate(scheduled.items())
    }
    policy = ProportionalRedistribution()
    wall_ms, cpu_ms = [], []
    for _ in range(max(41, 3_000 // assets)):
        wall_s, cpu_s = time.perf_counter(), time.thread_time()
        policy.dispatch(scheduled, potentials)
        cpu_ms.append(1e3 * (time.thread_time() - cpu_s))
        wall_ms.append(1e3 * (time.perf_counter() - wall_s))
    return Redistribution(assets=assets, wall_ms=statistics.median(wall_ms), cpu_ms=statistics.median(cpu_ms))
