"""The states of the list dynamic programme, and how the decisions behind a state are remembered.

A state is a packing of which only weight and profit matter from here on. Which items it decides differently from the
break solution is kept in one 62-bit word, a bit an item; when the word is full, the words of all states are set aside
as a *checkpoint* and a new word begins.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from energy_manager.domain.flexibility.exact.knapsack import Indices, IntArray, Mask

WORD_BITS = 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The full words of the states that were alive when the word began to hold ``items``, and where each came from."""

    items: tuple[int, ...]
    words: IntArray
    origins: Indices
    previous: Checkpoint | None


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """A list of states by increasing weight, none dominated: a heavier one always has more profit.

    ``words`` hold the decisions on ``items``; ``origins`` say which entry of ``checkpoint`` has the decisions before
    those.
    """

    weights: IntArray
    profits: IntArray
    words: IntArray
    origins: Indices
    items: tuple[int, ...]
    checkpoint: Checkpoint | None

    @staticmethod
    def start(weight: int, profit: int, *, dtype: np.dtype) -> States:
        """The list that holds the break solution only."""
        return States(
            weights=np.array([weight], dtype=dtype),
            profits=np.array([profit], dtype=dtype),
            words=np.zeros(1, dtype=np.int64),
            origins=np.zeros(1, dtype=np.intp),
            items=(),
            checkpoint=None,
        )

    def __len__(self) -> int:
        return self.weights.size

    def branched(self, item: int, weight: int, profit: int) -> States:
        """Every state as it is and with ``item`` decided the other way; dominated ones gone.

        Deciding it the other way adds ``weight`` and ``profit``, both negative when the item is given up.
        """
        states = self if len(self.items) < WORD_BITS else self._with_new_word()
        weights = np.concatenate((states.weights, states.weights + weight))
        order = weights.argsort(kind="stable")
        weights = weights[order]
        profits = np.concatenate((states.profits, states.profits + profit))[order]
        undominated = np.empty(weights.size, dtype=np.bool_)
        undominated[0] = True
        np.greater(profits[1:], np.maximum.accumulate(profits)[:-1], out=undominated[1:])
        # Of states with the same weight, only the last of those kept so far is undominated.
        undominated[:-1][undominated[1:] & (weights[:-1] == weights[1:])] = False
        order = order[undominated]
        words = np.concatenate((states.words, states.words | (1 << len(states.items))))[order]
        return States(
            weights=weights[undominated],
            profits=profits[undominated],
            words=words,
            origins=states.origins[order % len(states)],
            items=(*states.items, item),
            checkpoint=states.checkpoint,
        )

    def only(self, kept: Mask | Indices | slice) -> States:
        """The states that ``kept`` selects, in their order."""
        return replace(
            self,
            weights=self.weights[kept],
            profits=self.profits[kept],
            words=self.words[kept],
            origins=self.origins[kept],
        )

    def decided_otherwise(self, position: int) -> list[int]:
        """The items that the state at ``position`` decides differently from the break solution."""
        flipped: list[int] = []
        word, origin = int(self.words[position]), int(self.origins[position])
        items, checkpoint = self.items, self.checkpoint
        while True:
            flipped.extend(item for bit, item in enumerate(items) if word >> bit & 1)
            if checkpoint is None:
                return flipped
            word, items = int(checkpoint.words[origin]), checkpoint.items
            origin, checkpoint = int(checkpoint.origins[origin]), checkpoint.previous

    def _with_new_word(self) -> States:
        checkpoint = Checkpoint(items=self.items, words=self.words, origins=self.origins, previous=self.checkpoint)
        return replace(
            self,
            words=np.zeros(len(self), dtype=np.int64),
            origins=np.arange(len(self)),
            items=(),
            checkpoint=checkpoint,
        )
