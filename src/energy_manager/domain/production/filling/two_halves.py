"""A plan around the margin by two halves, where powers are fixed and of many digits and few switches do not do.

The plants next to the margin are dealt to two halves. Each half is laid out as all sums of its switches, and each sum
is met by the one that makes up the rest (Horowitz and Sahni 1974): a million sums a half look at 10^12 plans. Where the
halves hold all plants and each of these is on or off, what they do not meet is met by no plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energy_manager.domain.production.filling.few_switches import Switch, matches, switched, switches_of
from energy_manager.domain.production.filling.fill import Fill

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST_SUMS = 1 << 20
"""Of a half: 8 MB each for sums, costs and their order, and a quarter of a second to lay them out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HalvesMet:
    """The cheapest plan of the two halves, or None and the loads next to it that they meet, in steps.

    ``are_all``: every plan is one of theirs, so that the answer holds for all of them.
    """

    powers: list[int] | None
    nearest_below: int | None
    nearest_above: int | None
    are_all: bool


def two_halves(filled: Fill) -> HalvesMet:
    """Meet the load by switches of the plants next to the margin; the others are as in the fill up to it."""
    import numpy as np  # noqa: PLC0415 - seldom needed

    order = filled.order
    halves, is_complete = _dealt(filled)
    left, right = _laid_out(halves[0]), _laid_out(halves[1])
    are_all = is_complete and all(low == high for low, high in zip(order.lows, order.highs, strict=True))
    of_left, of_right = matches(left.ascending, right.ascending, filled.short)
    if len(of_left) == 0:
        below, above = _next_to(left.ascending, right.ascending, filled.short)
        base = filled.load - filled.short
        return HalvesMet(
            powers=None,
            nearest_below=None if below is None else base + below,
            nearest_above=None if above is None else base + above,
            are_all=are_all,
        )
    of_left, of_right = left.places[of_left], right.places[of_right]
    best = int(np.argmin(left.extras[of_left] + right.extras[of_right]))
    powers = switched(filled, [*left.chosen(int(of_left[best])), *right.chosen(int(of_right[best]))])
    return HalvesMet(powers=powers, nearest_below=None, nearest_above=None, are_all=are_all)


@dataclass(frozen=True, slots=True, kw_only=True)
class _LaidOut:
    """All sums of a half: ``ascending``, and of each its place among ``extras``, which are as they were made."""

    choices: Sequence[Sequence[Switch | None]]
    ascending: NDArray[np.int64]
    places: NDArray[np.int64]
    extras: NDArray[np.float64]

    def chosen(self, place: int) -> list[Switch]:
        """The switches of a sum: its place is a number whose digits are the choices, the first one the lowest."""
        found = []
        for choices in self.choices:
            place, digit = divmod(place, len(choices))
            switch = choices[digit]
            if switch is not None:
                found.append(switch)
        return found


def _dealt(filled: Fill) -> tuple[tuple[list[list[Switch | None]], list[list[Switch | None]]], bool]:
    """The choices of the plants next to the margin, dealt in turn to two halves; and whether these are all plants."""
    by_place: dict[int, list[Switch | None]] = {}
    for switch in switches_of(filled, len(filled.order.highs)):
        by_place.setdefault(switch.place, [None]).append(switch)
    nearest = sorted(by_place, key=lambda place: (abs(place - filled.margin), place))
    halves: tuple[list[list[Switch | None]], list[list[Switch | None]]] = ([], [])
    sums = [1, 1]
    for taken, place in enumerate(nearest):
        half = 0 if sums[0] <= sums[1] else 1
        if sums[half] * len(by_place[place]) > _MOST_SUMS:
            return halves, taken == len(nearest)
        halves[half].append(by_place[place])
        sums[half] *= len(by_place[place])
    return halves, True


def _laid_out(choices: Sequence[Sequence[Switch | None]]) -> _LaidOut:
    import numpy as np  # noqa: PLC0415 - as above

    sums, extras = np.zeros(1, dtype=np.int64), np.zeros(1)
    for own in choices:
        deltas = [0 if switch is None else switch.delta for switch in own]
        costs = [0.0 if switch is None else float(switch.extra) for switch in own]
        sums = np.concatenate([sums + delta for delta in deltas])
        extras = np.concatenate([extras + cost for cost in costs])
    places = np.argsort(sums, kind="stable")
    return _LaidOut(choices=choices, ascending=sums[places], places=places, extras=extras)


def _next_to(left: NDArray[np.int64], right: NDArray[np.int64], wanted: int) -> tuple[int | None, int | None]:
    """The greatest sum of two below ``wanted`` and the least above it."""
    import numpy as np  # noqa: PLC0415 - as above

    rest = wanted - left
    above = np.searchsorted(right, rest, side="left")
    has_above, has_below = above < len(right), above > 0
    highest = (left[has_below] + right[above[has_below] - 1]).max(initial=np.iinfo(np.int64).min)
    lowest = (left[has_above] + right[above[has_above]]).min(initial=np.iinfo(np.int64).max)
    return (int(highest) if has_below.any() else None), (int(lowest) if has_above.any() else None)
