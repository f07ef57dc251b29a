from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

Oracle = Callable[[NDArray[np.int64], NDArray[np.int64], int], int]


def all_sums(values: NDArray[np.int64]) -> list[int]:
    """The sum of every subset, in Python integers."""
    sums = [0]
    for value in values.tolist():
        sums += [total + value for total in sums]
    return sums


@pytest.fixture(scope="session")
def brute_force() -> Oracle:
    """The least cost over all subsets that reach the target."""

    def least_cost(volumes, costs, target):
        return min(cost for volume, cost in zip(all_sums(volumes), all_sums(costs), strict=True) if volume >= target)

    return least_cost


@pytest.fixture(scope="session")
def cost_table() -> Oracle:
    """The least cost by Bellman's recursion, written down once more and as plainly as it goes."""

    def least_cost(volumes, costs, target):
        least = np.full(target + 1, 2**62, dtype=np.int64)
        least[0] = 0
        for volume, cost in zip(np.minimum(volumes, target).tolist(), costs.tolist(), strict=True):
            before = np.concatenate((np.zeros(volume, dtype=np.int64), least[: target + 1 - volume]))
            least = np.minimum(least, before + cost)
        return int(least[target])

    return least_cost
