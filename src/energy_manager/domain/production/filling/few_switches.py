"""Any plan a few switches away from the merit-order fill, where powers are fixed and of many digits.

Such a load is a needle: the sums of many plants are too many to hold, but four switches among n plants already make
n⁴ / 24 sums. So the sums of two are laid out in order, and each is met by the one that makes up the rest (Horowitz and
Sahni 1974, meet in the middle, with pairs as halves). Plants around the margin come first, since they cost least.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energy_manager.domain.production.filling.fill import Fill

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# How many plants on each side of the margin; the last is 2 million pairs, 0.1 GB and half a second, which bounds it.
_REACHES = (32, 128, 512, 1024)
_MOST_MATCHES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A plant at another power than in the fill: ``delta`` more, which costs ``extra`` beyond the lower bound."""

    place: int
    delta: int
    extra: int


def few_switches(filled: Fill) -> list[int] | None:
    """The powers of a plan with at most four plants that are not as in the fill up to the margin; None without one.

    The first window that has one decides, and in it the cheapest.
    """
    for reach in _REACHES:
        switches = list(switches_of(filled, reach))
        chosen = _meeting(switches, filled.short)
        if chosen is not None:
            return switched(filled, chosen)
        if len(filled.order.highs) <= filled.margin + reach and reach >= filled.margin:
            return None
    return None


def switched(filled: Fill, chosen: Iterable[Switch]) -> list[int]:
    """The powers of the fill up to the margin with these switches."""
    powers = [*filled.order.highs[: filled.margin], *[0] * (len(filled.order.highs) - filled.margin)]
    for switch in chosen:
        powers[switch.place] += switch.delta
    assert sum(powers) == filled.load, "the powers add up to the load"
    return powers


def switches_of(filled: Fill, reach: int) -> Iterator[Switch]:
    """Off, or down to its low, for a plant before the margin; on, at its low or its high, for one from there on."""
    order, margin = filled.order, filled.margin
    base = order.keys[margin]
    for place in range(max(0, margin - reach), min(len(order.highs), margin + reach)):
        low, high = order.lows[place], order.highs[place]
        deltas = {-high, low - high} if place < margin else {low, high}
        for delta in sorted(deltas - {0}):
            yield Switch(place=place, delta=delta, extra=(order.keys[place] - base) * delta)


def _meeting(switches: list[Switch], wanted: int) -> list[Switch] | None:
    """The cheapest of at most four switches of as many plants that add up to ``wanted``, by two halves of two."""
    import numpy as np  # noqa: PLC0415 - seldom needed

    # The first one changes nothing: pairs with it are single switches.
    deltas = np.array([0, *(switch.delta for switch in switches)], dtype=np.int64)
    extras = np.array([0.0, *(float(switch.extra) for switch in switches)])
    places = np.array([-1, *(switch.place for switch in switches)], dtype=np.int64)
    first, second = (half.astype(np.int32) for half in np.triu_indices(len(deltas), k=1))
    first, second = np.append(first, np.int32(0)), np.append(second, np.int32(0))
    is_of_two = (places[first] != places[second]) | (second == 0)
    first, second = first[is_of_two], second[is_of_two]
    sums = deltas[first] + deltas[second]
    order = np.argsort(sums, kind="stable")
    left, right = matches(sums[order], sums[order], wanted)
    halves = np.stack([first[order[left]], second[order[left]], first[order[right]], second[order[right]]])
    halves = halves[:, _are_of_different_plants(places[halves])]
    if halves.shape[1] == 0:
        return None
    best = int(np.argmin(extras[halves].sum(axis=0)))
    return [switches[int(number) - 1] for number in halves[:, best] if number]


def matches(
    ascending: NDArray[np.int64], others: NDArray[np.int64], wanted: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of a sum and one of the others, ascending too, that add up to ``wanted``; of very many, the first."""
    import numpy as np  # noqa: PLC0415 - as above

    rest = wanted - ascending
    begin = np.searchsorted(others, rest, side="left")
    many = np.searchsorted(others, rest, side="right") - begin
    up_to = int(np.searchsorted(np.cumsum(many), _MOST_MATCHES, side="left")) + 1
    many, begin = many[:up_to], begin[:up_to]
    left = np.repeat(np.arange(len(many)), many)
    within = np.arange(len(left)) - np.repeat(np.cumsum(many) - many, many)
    return left, np.repeat(begin, many) + within


def _are_of_different_plants(places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Of each four, whether no plant of the left half is one of the right; -1 is none."""
    lefts, rights = places[:2], places[2:]
    same = (lefts[:, None, :] == rights[None, :, :]) & (lefts[:, None, :] >= 0)
    is_different: NDArray[np.bool_] = ~same.any(axis=(0, 1))
    return is_different
