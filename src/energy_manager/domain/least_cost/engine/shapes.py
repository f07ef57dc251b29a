"""Step costs that are not convex: their true shape, and the convex envelope that stands in for it.

Not convex are steps where feeding in earns more than purchase costs, where losing energy pays (a negative price, a
broken export limit), where curtailing everything may beat curtailing nothing, and where a charger has a least power.
The envelope is the greatest convex function below the true cost (the lower hull of its corners, by Andrew's monotone
chain); costs and slopes compare lexicographically, which is an ordered field's arithmetic, so the hull is right for all
stages at once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from energy_manager.domain.least_cost.engine.exchange import Exchange
from energy_manager.domain.least_cost.engine.terms import StorageTerms
from energy_manager.domain.storage_value.value_function import ORDINARY, Piece, Slope

Cost = tuple[float, float]
"""Energy beyond the limits (kWh), money (EUR)."""

# Slopes are rounded as those of the convex steps.
_DECIMALS = 12
# Corners (kWh) closer than this are one.
_SAME_KWH = 1e-11
# Powers are rounded (1e-9 kW): so close to the edge of a gap is on it.
_EDGE_KWH = 1e-7


class Corner(NamedTuple):
    """What it costs that so much energy enters the storage."""

    entered: float
    cost: Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The true cost of one step: linear between its corners, and not defined inside ``gap``."""

    corners: Sequence[Corner]
    gap: tuple[float, float] | None

    @classmethod
    def of(
        cls,
        terms: StorageTerms,
        exchange: Exchange,
        step: int,
        *,
        base_kw: float,
        known: Sequence[tuple[Slope, float]],
    ) -> Shape | None:
        """The shape of a step, ``known`` being its slopes as far as they are regular; None for one that cannot move."""
        least, most = float(terms.least[step]), float(terms.most[step])
        gap = None
        least_charge = float(terms.least_charge[step])
        if least_charge > 0.0 and most > 0.0:
            least_charge = min(least_charge, most)
            gap = (0.0, least_charge)
        points = {least, most, 0.0}
        points.update(edge for edge in gap or () if least <= edge <= most)
        if exchange.is_irregular[step]:
            points.update(_irregular_points(terms, exchange, step, base_kw=base_kw, least=least, most=most))
        else:
            reached = least
            for _, length in known:
                reached += length
                points.add(min(reached, most))
        hours, wear = float(exchange.hours[step]), terms.storage.wear_eur_per_kwh

        def cost(entered: float) -> Cost:
            outside = entered / (terms.into if entered > 0.0 else terms.out)
            over, money = exchange.cost(step, base_kw + outside / hours)
            return over, money + wear * abs(entered)

        corners: list[Corner] = []
        for point in sorted(points):
            if not corners or point - corners[-1].entered > _SAME_KWH:
                corners.append(Corner(point, cost(point)))
        return cls(corners=corners, gap=gap) if len(corners) > 1 else None

    def cost(self, entered: float) -> Cost:
        """The true cost; inside the gap what it would be without."""
        return _between(self.corners, entered)

    def allows(self, entered: float) -> bool:
        """Whether so much energy may enter."""
        return self.gap is None or not self.gap[0] + _EDGE_KWH < entered < self.gap[1] - _EDGE_KWH

    def within(self, lower: float, upper: float) -> list[Corner]:
        """The corners between two bounds that are allowed, the bounds among them."""
        found = [
            corner
            for corner in self.corners
            if lower + _SAME_KWH < corner.entered < upper - _SAME_KWH and self.allows(corner.entered)
        ]
        ends = [Corner(lower, self.cost(lower))] if self.allows(lower) else []
        if upper > lower + _SAME_KWH and self.allows(upper):
            found.append(Corner(upper, self.cost(upper)))
        return ends + found


def _irregular_points(
    terms: StorageTerms, exchange: Exchange, step: int, *, base_kw: float, least: float, most: float
) -> list[float]:
    """Where the slope may change although the five regular slopes do not say so, in kWh that enter."""
    spare = float(exchange.spare[step])
    limits = -float(exchange.export_limit[step]), float(exchange.import_limit[step])
    hours = float(exchange.hours[step])
    peaks = () if exchange.peak is None else (exchange.peak.import_kw,)
    kinks = {edge - shift for edge in (*limits, *peaks, 0.0) for shift in (0.0, spare) if abs(edge) < float("inf")}

    def entered(net: float) -> float:
        energy = (net - base_kw) * hours
        return energy * (terms.into if energy > 0.0 else terms.out)

    lowest, highest = (base_kw + bound / (terms.out if bound < 0.0 else terms.into) / hours for bound in (least, most))
    nets = sorted({lowest, highest, *(kink for kink in kinks if lowest < kink < highest)})
    # Nothing or everything curtailed: the two costs cross once, and both are linear between the kinks.
    sell, buy = float(exchange.sell[step]), float(exchange.buy[step])

    def lead(net: float) -> float:
        low = max(net, min(limits[0], net + spare))
        high = max(net, min(limits[1], net + spare))
        return (buy if low > 0.0 else sell) * low - (buy if high > 0.0 else sell) * high

    for begin, end in pairwise(nets):
        before, after = lead(begin), lead(end)
        if before * after < 0.0:
            kinks.add(begin + (end - begin) * before / (before - after))
    return [min(max(entered(kink), least), most) for kink in kinks]


class Envelope(NamedTuple):
    """The hull's corners, and the pieces between them for the value function."""

    corners: list[Corner]
    pieces: list[Piece]

    def cost(self, entered: float) -> Cost:
        """The hull's cost."""
        return _between(self.corners, entered)


def envelope(shape: Shape, lower: float, upper: float) -> Envelope | None:
    """The convex envelope of a shape between two bounds; None where nothing is allowed there."""
    hull: list[Corner] = []
    for corner in shape.within(lower, upper):
        while len(hull) > 1 and _slope(hull[-1], corner) <= _slope(hull[-2], hull[-1]):
            hull.pop()
        hull.append(corner)
    if not hull:
        return None
    pieces: list[Piece] = []
    for before, after in pairwise(hull):
        beyond, money = _slope(before, after)
        pieces.append(((beyond, 0.0, money, 0.0, 0.0), after.entered - before.entered, ORDINARY))
    return Envelope(hull, pieces)


def _slope(before: Corner, after: Corner) -> Cost:
    span = after.entered - before.entered
    return (
        round((after.cost[0] - before.cost[0]) / span, _DECIMALS),
        round((after.cost[1] - before.cost[1]) / span, _DECIMALS),
    )


def _between(corners: Sequence[Corner], entered: float) -> Cost:
    place = min(max(bisect_left(corners, entered, key=lambda corner: corner.entered), 1), len(corners) - 1)
    if len(corners) == 1:
        return corners[0].cost
    before, after = corners[place - 1], corners[place]
    share = (entered - before.entered) / (after.entered - before.entered)
    share = min(max(share, 0.0), 1.0)
    return (
        before.cost[0] + share * (after.cost[0] - before.cost[0]),
        before.cost[1] + share * (after.cost[1] - before.cost[1]),
    )
