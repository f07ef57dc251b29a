"""The core: the plants that may differ from the merit-order fill in a plan that costs little more than it.

A plan costs more than the fill by the sum of ``rate * (power - default)`` over all plants, where the default of a
plant is its high before the margin and 0 from the margin on, and its rate is its cost less the marginal plant's:
never negative terms, for every plan, and exact. So with a budget for that excess, each plant whose smallest deviation
alone costs more than the budget stays at its default (reduced-cost fixing, as in Pisinger's knapsack cores, 1997),
and only the others, the core, are searched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from energy_manager.domain.production.filling.fill import Fill

# Efficiencies of up to three decimals always fit; numbers beyond would slow each step of the search several times.
_MOST_EXACT_BITS = 1024
_ROUNDED_BITS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantCore:
    """Core plants in merit order; ``places`` in the whole order, ``margin`` the marginal plant's in the core.

    ``short``: steps missing when all plants are at their defaults. ``rates`` and ``budget`` are whole numbers in one
    unit of cost.
    """

    places: Sequence[int]
    lows: Sequence[int]
    highs: Sequence[int]
    defaults: Sequence[int]
    rates: Sequence[int]
    margin: int
    short: int
    budget: int
    # One unit of cost is this fraction of an order-key unit times a step.
    unit: Fraction


def core_within(filled: Fill, budget: int) -> PlantCore:
    """The core for plans that exceed the lower bound by at most ``budget`` (order-key units times steps)."""
    order = filled.order
    places = [*_cheap_places(filled, budget), filled.margin, *_dear_places(filled, budget)]
    margin = places.index(filled.margin)
    fractions = [order.fractions[place] for place in places]
    denominator = _common_denominator({fraction[1] for fraction in fractions})
    costs = [numerator * denominator // own for numerator, own in fractions]
    rates = [cost - costs[margin] for cost in costs]
    # The smaller the numbers, the faster the search; all excesses are multiples of what the rates have in common.
    common = gcd(*rates) or 1
    unit = Fraction(common * (order.key_scale // order.price_scale), denominator)
    highs = [order.highs[place] for place in places]
    return PlantCore(
        places=places,
        lows=[order.lows[place] for place in places],
        highs=highs,
        defaults=[*highs[:margin], *[0] * (len(places) - margin)],
        rates=[rate // common for rate in rates],
        margin=margin,
        short=filled.short,
        budget=budget * unit.denominator // unit.numerator,
        unit=unit,
    )


def _common_denominator(denominators: set[int]) -> int:
    """What brings all costs to whole numbers; where that would take thousands of digits, the longest are rounded down.

    Costs that are equal stay equal. Only a tie between different efficiencies, of which one has more digits than fit,
    could be lost, and the plan then costs the same to 30 digits and more.
    """
    common = 1
    for denominator in sorted(denominators):
        wider = lcm(common, denominator)
        if wider.bit_length() > _MOST_EXACT_BITS:
            return common << _ROUNDED_BITS
        common = wider
    return common


def _cheap_places(filled: Fill, budget: int) -> list[int]:
    """Plants before the margin that may be off or run below their high, in merit order.

    Where one runs between its limits, all later ones that run are at their lows: that costs at least ``lows_excess``
    more.
    """
    order, marginal_key = filled.order, filled.order.keys[filled.margin]
    places = []
    lows_excess = 0
    for place in range(filled.margin - 1, -1, -1):
        # Keys are rounded down: a true difference is above this one.
        rate = max(0, marginal_key - order.keys[place] - 1)
        low, high = order.lows[place], order.highs[place]
        if high == 0:
            continue
        if rate * high <= budget or (low < high and lows_excess + rate <= budget):
            places.append(place)
        lows_excess += rate * (high - low)
    places.reverse()
    return places


def _dear_places(filled: Fill, budget: int) -> list[int]:
    """Plants after the margin that may run."""
    order, marginal_key = filled.order, filled.order.keys[filled.margin]
    return [
        place
        for place in range(filled.margin + 1, len(order.keys))
        if order.highs[place] > 0 and max(0, order.keys[place] - marginal_key - 1) * max(1, order.lows[place]) <= budget
    ]
