"""What a search step is: one plant of the core, or a group of them."""

from __future__ import annotations

from typing import Protocol

from energy_manager.domain.production.search.bounds import Fits

# The least excess by shortage.
Excesses = dict[int, int]


class SearchStep(Protocol):
    """A place of the core, or a few, at which the search decides; it remembers its decisions for the walk."""

    start: int
    end: int
    is_flexible: bool

    def spread(self, arrived: Excesses, fits: Fits) -> Excesses:
        """Upper phase, forward: from the least excess so far on arrival to that on arrival at the next step."""

    def extend(self, lower: Excesses, fits: Fits) -> Excesses:
        """Lower phase, backward: from the least excess of the rest at the next step to that on arrival."""

    def decide(self, arrived: Excesses, rest: Excesses, lower: Excesses) -> Excesses:
        """Upper phase, backward: the least excess of the rest on arrival, from that at the next step."""

    def walk(self, short: int, *, is_upper: bool) -> tuple[list[int], bool]:
        """The powers decided for a shortage on arrival, and whether the upper phase goes on after them."""
