"""Independent oracles for the cheapest selection of assets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]


def least_cost_by_brute_force(volumes: IntArray, costs: IntArray, target: int) -> int:
    """Over all subsets that reach the target, in Python integers."""
    every = zip(_all_sums(volumes), _all_sums(costs), strict=True)
    return min(cost for volume, cost in every if volume >= target)


def least_cost_by_table(volumes: IntArray, costs: IntArray, target: int) -> int:
    """Bellman's recursion, as plainly as it goes; for costs that together stay below 2**62."""
    least = np.full(target + 1, 2**62, dtype=np.int64)
    least[0] = 0
    for volume, cost in zip(np.minimum(volumes, target).tolist(), costs.tolist(), strict=True):
        before = np.concatenate((np.zeros(volume, dtype=np.int64), least[: target + 1 - volume]))
        least = np.minimum(least, before + cost)
    return int(least[target])


def _all_sums(values: IntArray) -> list[int]:
    sums = [0]
    for value in values.tolist():
        sums += [total + value for total in sums]
    return sums
