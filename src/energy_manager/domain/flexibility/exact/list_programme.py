"""The dynamic programme with lists, from the break item outwards.

D. Pisinger, "A minimal algorithm for the 0-1 knapsack problem", Operations Research 45 (1997): starting from the break
solution, the items are decided in turn to the right (pack it after all?) and to the left (give it up after all?) of the
break item, so that the few items that matter come first. Of all packings only the undominated states are kept, and of
those only the ones whose linear bound beats the incumbent. Whenever the incumbent improves, the core shrinks.

When the list grows too long, the less promising half waits on a stack: depth-first branch and bound whose nodes are
lists.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from energy_manager.domain.flexibility.exact.bounds.cardinality import cardinality_sides
from energy_manager.domain.flexibility.exact.bounds.linear import LinearBound
from energy_manager.domain.flexibility.exact.core import AssetCore, BreakSolution, Completions, break_solution, complete
from energy_manager.domain.flexibility.exact.incumbents.exchange import exchanged
from energy_manager.domain.flexibility.exact.incumbents.matching import Match, best_match, matched_items
from energy_manager.domain.flexibility.exact.knapsack import Deadline, Mask, Packing
from energy_manager.domain.flexibility.exact.states import States

# States waiting and at work together; 32 bytes each, and about ten times that for those at work.
STATES_IN_MEMORY = 1 << 19
# However many wait, a list may grow to this: shorter ones lose too much of what dominance saves.
SHORTEST_LIST = 1 << 11
# From this length on, and again whenever it has doubled, a list is a reason to look for better bounds and incumbents.
LONG_LIST = 1 << 10


@dataclass(slots=True, kw_only=True)
class Node:
    """A list of states with the items from ``first`` up to ``last`` decided; none gets beyond ``bound``."""

    states: States
    core: AssetCore
    first: int
    last: int
    bound: int
    went_right: bool = False

    def branch(self) -> None:
        """Decide one more item: a giant, or to the right and to the left in turn, as long as there is one."""
        giant = self.core.giant() if self.first == self.last else None
        if giant is not None:
            self._flip(giant, gives_up=giant < self.core.split)
            self.core = self.core.without(giant)
            self.first = self.last = self.core.split
            return
        rightwards = self.last < self.core.items.size and (self.first == 0 or not self.went_right)
        self.went_right = rightwards
        position = self.last if rightwards else self.first - 1
        self._flip(position, gives_up=not rightwards)
        self.first, self.last = min(self.first, position), max(self.last, position + 1)

    def _flip(self, position: int, *, gives_up: bool) -> None:
        sign = -1 if gives_up else 1
        weight, profit = sign * self.core.weights[position], sign * self.core.profits[position]
        self.states = self.states.branched(int(self.core.items[position]), weight, profit)

    def shrink(self, slack: int) -> None:
        """Forget the items that the new incumbent decides."""
        self.core = self.core.within(slack, self.first, self.last)
        self.first = self.last = self.core.split

    def can_be_closed(self) -> bool:
        """Whether the list is so long that the subsets of all undecided items are no more than it takes anyway."""
        undecided = self.first + self.core.items.size - self.last
        return len(self.states) >= LONG_LIST and undecided <= matched_items(len(self.states))

    def drop_beyond_repair(self) -> None:
        """Drop the states that are too heavy even without all the items that could be given up."""
        repairable = int(np.searchsorted(self.states.weights, self.core.weight_sums[self.first], side="right"))
        if repairable < len(self.states):
            self.states = self.states.only(slice(repairable))


class ListProgramme:
    """One run of the dynamic programme for packings better than ``incumbent``.

    Inside, profits are relative to the break solution.
    """

    def __init__(
        self,
        bound: LinearBound,
        incumbent: int,
        deadline: Deadline,
        *,
        states_in_memory: int = STATES_IN_MEMORY,
        shortest_list: int = SHORTEST_LIST,
    ) -> None:
        self._linear = bound
        self._deadline = deadline
        self._states_in_memory = states_in_memory
        self._shortest_list = shortest_list
        self._start: BreakSolution = break_solution(bound, incumbent)
        self._incumbent = incumbent - self._start.profit
        self._flipped: list[int] | None = None
        self._waiting: list[Node] = []
        self._ceiling = self._linear.profit - self._start.profit
        self._next_long_list = LONG_LIST

    def run(self) -> Packing:
        """The best packing, or the best by the deadline."""
        core = self._start.core
        states = States.start(self._start.weight_over_capacity, 0, dtype=core.weights.dtype)
        self._waiting.append(
            Node(
                states=states,
                core=core,
                first=core.split,
                last=core.split,
                bound=self._ceiling,
            )
        )
        while self._waiting and self._incumbent < self._ceiling and not self._deadline.has_passed():
            node = self._waiting.pop()
            if node.bound > self._incumbent:
                node.shrink(self._slack())
                self._explore(node)
        open_bounds = [min(node.bound, self._ceiling) for node in self._waiting]
        return self._packing(upper_bound=max([self._incumbent, *open_bounds]))

    def _explore(self, node: Node) -> None:
        """Decide item after item until no state is left; at the deadline the node waits on."""
        self._bound(node)
        while len(node.states) and self._incumbent < self._ceiling:
            if self._deadline.has_passed():
                self._waiting.append(node)
                return
            node.branch()
            self._bound(node)
            waiting = sum(len(other.states) for other in self._waiting)
            is_too_long = len(node.states) > max(self._shortest_list, (self._states_in_memory - waiting) // 4)
            if len(node.states) >= self._next_long_list or is_too_long or node.can_be_closed():
                self._learn(node)
            if is_too_long:
                self._set_half_aside(node)

    def _bound(self, node: Node) -> None:
        """Take better incumbents where states complete to them; drop the states that cannot beat them."""
        while self._improves_by_completion(node):
            node.shrink(self._slack())  # fewer items may complete the states now

    def _improves_by_completion(self, node: Node) -> bool:
        node.drop_beyond_repair()
        if not len(node.states):
            return False
        ahead = complete(node.core, node.states, node.first, node.last)
        best = int(ahead.profits.argmax())
        improved = bool(ahead.profits[best] > self._incumbent)
        if improved:
            self._take_completion(node, ahead, best)
        promising = ahead.bounds > self._incumbent
        if not promising.all():
            node.states = node.states.only(promising)
            node.bound = int(ahead.bounds[promising].max(initial=self._incumbent))
        else:
            node.bound = int(ahead.bounds.max())
        return improved and len(node.states) > 0

    def _take_completion(self, node: Node, ahead: Completions, best: int) -> None:
        end = int(ahead.ends[best])
        completion = range(node.last, end) if best < ahead.fitting else range(end, node.first)
        self._take(node, Match(profit=int(ahead.profits[best]), state=best, positions=list(completion)))

    def _take(self, node: Node, better: Match) -> None:
        self._incumbent = better.profit
        self._flipped = [*node.states.decided_otherwise(better.state), *node.core.items[better.positions].tolist()]

    def _learn(self, node: Node) -> None:
        """Look for a better incumbent, and the first time for a better bound."""
        if node.core.weights.dtype == object:
            return  # neither is worth its while in Python integers
        if self._next_long_list == LONG_LIST:
            self._look_at_cardinality()
        self._next_long_list = max(self._next_long_list, 2 * len(node.states))
        match = best_match(node.core, node.states, node.first, node.last)
        if match is None:
            return
        improved = match.profit > self._incumbent
        if improved:
            self._take(node, match)
        if match.is_exhaustive:
            node.states = node.states.only(slice(0))
        elif improved:
            node.shrink(self._slack())
            self._bound(node)

    def _look_at_cardinality(self) -> None:
        """Bound the number of items, and improve packings that respect it by exchanges."""
        core, knapsack = self._start.core, self._start.knapsack()
        sides = cardinality_sides(knapsack, core.split)
        offset = int(core.profit_sums[core.split])
        self._ceiling = min(self._ceiling, max(side.bound for side in sides) - offset)
        for packing in (self._packed()[core.items], *(side.packing() for side in sides)):
            if packing is None:
                continue
            better = exchanged(knapsack, packing)
            profit = int(knapsack.profits[better].sum()) - offset
            if profit > self._incumbent:
                self._incumbent = profit
                packed = self._start.packed.copy()
                packed[core.items] = better
                self._flipped = np.flatnonzero(packed != self._start.packed).tolist()

    def _set_half_aside(self, node: Node) -> None:
        """Let the less promising half of the states wait."""
        if not len(node.states):
            return
        bounds = complete(node.core, node.states, node.first, node.last).bounds
        by_promise = np.argsort(-bounds, kind="stable")
        half = by_promise.size // 2
        chosen, others = np.sort(by_promise[:half]), np.sort(by_promise[half:])
        self._waiting.append(
            Node(
                states=node.states.only(others),
                core=node.core,
                first=node.first,
                last=node.last,
                bound=int(bounds[others].max()),
            )
        )
        node.states = node.states.only(chosen)

    def _packed(self) -> Mask:
        """The best packing found in this run; the break solution, as long as there is none."""
        packed = self._start.packed.copy()
        if self._flipped is not None:
            packed[self._flipped] = ~packed[self._flipped]
        return packed

    def _slack(self) -> int:
        return self._linear.slack(self._incumbent + self._start.profit)

    def _packing(self, *, upper_bound: int) -> Packing:
        offset = self._start.profit
        packed = None if self._flipped is None else self._packed()
        return Packing(packed=packed, profit=self._incumbent + offset, upper_bound=upper_bound + offset)
