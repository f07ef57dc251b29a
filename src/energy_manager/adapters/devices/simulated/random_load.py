"""A load as houses have it: a level that wanders, and peaks."""

from __future__ import annotations

import math
import random
from collections.abc import Callable


def random_load(
    *, level_kw: float, peak_kw: float, every_s: float, lasts_s: float, wander_kw: float = 0.0, seed: int = 0
) -> Callable[[float], float]:
    """A load with peaks at random times and a level that wanders; a fixed hour in steps of a second, which repeats.

    ``peak_kw`` is the most that a peak adds, ``every_s`` the mean time between peaks and ``lasts_s`` their mean length;
    ``wander_kw`` is the standard deviation of the level.
    """
    noise = random.Random(seed)  # noqa: S311 - a simulation, and it must be repeatable
    load, wander = [level_kw] * 3600, 0.0
    for place in range(3600):
        wander = 0.98 * wander + noise.gauss(0.0, wander_kw * math.sqrt(1.0 - 0.98**2))
        load[place] += wander
    begin_s = noise.expovariate(1.0 / every_s)
    while begin_s < 3600.0:
        height, end_s = noise.uniform(0.3, 1.0) * peak_kw, begin_s + noise.uniform(0.5, 1.5) * lasts_s
        for place in range(int(begin_s), min(int(end_s), 3600)):
            load[place] += height
        begin_s = end_s + noise.expovariate(1.0 / every_s)
    return lambda at_s: load[int(at_s) % 3600]
