"""Incumbents from long lists: every state meets every subset of a few items that are still undecided.

A list of thousands of states says that bounds do not separate them; then there are so many packings that one of them
probably fills the capacity to the last unit. To find it costs one sorted search a state (Horowitz and Sahni 1974).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from energy_manager.domain.flexibility.exact.core import AssetCore
from energy_manager.domain.flexibility.exact.incumbents.window import subset_sums
from energy_manager.domain.flexibility.exact.knapsack import Indices
from energy_manager.domain.flexibility.exact.states import States

# So many undecided items a list is matched with at least and at most, whatever its length.
FEWEST, MOST = 14, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The best packing found: a state, and the positions in the core that it decides differently besides.

    ``is_exhaustive`` says that all undecided items were among those matched, so that no state completes to more.
    """

    profit: int
    state: int
    positions: list[int]
    is_exhaustive: bool = False


def matched_items(states: int) -> int:
    """With how many undecided items a list of so many states is matched."""
    return min(max(FEWEST, states.bit_length() + 1), MOST)


def best_match(core: AssetCore, states: States, first: int, last: int) -> Match | None:
    """The most profitable match within the capacity, with the items from ``first`` up to ``last`` decided.

    There are about as many subsets as states, so that neither makes the other cheap.
    """
    positions = _some_undecided(first, last, core.items.size, matched_items(len(states)))
    signs = np.where(positions < first, -1, 1)
    weights = subset_sums(core.weights[positions] * signs)
    profits = subset_sums(core.profits[positions] * signs)
    by_weight = np.argsort(weights, kind="stable")
    best_profits = np.maximum.accumulate(profits[by_weight])
    fitting = np.searchsorted(weights[by_weight], -states.weights, side="right") - 1
    reached = np.flatnonzero(fitting >= 0)
    if reached.size == 0:
        return None
    totals = states.profits[reached] + best_profits[fitting[reached]]
    winner = int(totals.argmax())
    state = int(reached[winner])
    subset = int(by_weight[np.searchsorted(best_profits, best_profits[fitting[state]])])
    return Match(
        profit=int(totals[winner]),
        state=state,
        positions=[int(position) for bit, position in enumerate(positions) if subset >> bit & 1],
        is_exhaustive=positions.size == first + core.items.size - last,
    )


def _some_undecided(first: int, last: int, end: int, count: int) -> Indices:
    """Up to ``count`` positions before ``first`` and from ``last`` up to ``end``, half from either side if there are.

    On either side the next to be decided, and as many others evenly spread over the rest.
    """
    left = min(first, max(count // 2, count - (end - last)))
    right = min(end - last, count - left)
    given_up, packed = np.arange(first - 1, -1, -1), np.arange(last, end)
    return np.concatenate((_next_and_spread(given_up, left), _next_and_spread(packed, right)))


def _next_and_spread(candidates: Indices, count: int) -> Indices:
    following = candidates[: (count + 1) // 2]
    rest = candidates[following.size :]
    spread = rest[np.linspace(0, rest.size - 1, count - following.size).astype(np.intp)]
    return np.concatenate((following, spread))
