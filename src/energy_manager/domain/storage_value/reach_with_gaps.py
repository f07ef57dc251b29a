"""Which energies a storage can keep to that charges with nothing or with a least power, and one way that does.

What can be reached is a union of intervals then. Step by step each is moved on by both ways, no charge or at least the
least one, and cut at the limits; where nothing lies within them, the nearest energy that can be reached takes their
place. Backwards from the end every energy in the last union has one before it: that is a way that exists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from energy_manager.domain.series import NEGLIGIBLE
from energy_manager.domain.storage_value.reach import EnergyBand

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class GapMove:
    """What one step may do, in kWh inside the storage: leave and be used up to so much, enter 0 or from least on."""

    most_out: float
    use: float
    least_in: float
    most_in: float
    keep: float

    def images(self, energies: Interval) -> list[Interval]:
        """What can be reached from an interval."""
        low, high = self.keep * energies[0], self.keep * energies[1]
        found = [(low - self.most_out - self.use, high)]
        if self.most_in > 0.0:
            found.append((low - self.use + min(self.least_in, self.most_in), high + self.most_in))
        return found

    def origins(self, energy: float) -> list[Interval]:
        """Where an energy can come from, before the standing loss."""
        found = [(energy, energy + self.most_out + self.use)]
        if self.most_in > 0.0:
            found.append((energy - self.most_in, energy + self.use - min(self.least_in, self.most_in)))
        return found

    def split(self, change: float) -> tuple[float, float]:
        """What enters (negative: leaves) and what use stays unserved where the energy changes by so much."""
        if change <= 0.0 and change >= -self.most_out - self.use - NEGLIGIBLE:
            served = min(self.use, -change)
            return change + served, self.use - served
        entered = max(min(self.least_in, self.most_in), change)
        return entered, max(self.use - max(entered - change, 0.0), 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The band, and the energies after each step that some way through the steps before can reach."""

    start_kwh: float
    moves: Sequence[GapMove]
    band: EnergyBand
    unions: Sequence[Sequence[Interval]]


def reach_with_gaps(
    stored_kwh: float, moves: Sequence[GapMove], *, floor: Sequence[float], ceiling: Sequence[float]
) -> Reach:
    """Follow what can be reached, and move limits that lie outside it."""
    lower, upper = list(floor), list(ceiling)
    union: list[Interval] = [(stored_kwh, stored_kwh)]
    unions, strained = [], []
    for step, move in enumerate(moves):
        images = _merged([image for energies in union for image in move.images(energies)])
        union = [
            (min(max(low, lower[step]), upper[step]), max(min(high, upper[step]), lower[step]))
            for low, high in images
            if low <= upper[step] + NEGLIGIBLE and high >= lower[step] - NEGLIGIBLE
        ]
        if not union:
            edges = [(max(floor[step] - edge, edge - ceiling[step]), edge) for interval in images for edge in interval]
            nearest = min(edges)[1]
            (lower if nearest < floor[step] else upper)[step] = nearest
            strained.append(step)
            union = [(nearest, nearest)]
        unions.append(union)
    band = EnergyBand(lower=tuple(lower), upper=tuple(upper), strained=tuple(strained))
    return Reach(start_kwh=stored_kwh, moves=moves, band=band, unions=unions)


def some_way(reach: Reach) -> list[tuple[float, float]]:
    """What enters and what stays unserved in each step, on a way that ends with as much as can be."""
    energy = reach.unions[-1][-1][1]
    found = []
    for step in range(len(reach.moves) - 1, -1, -1):
        move = reach.moves[step]
        before = reach.unions[step - 1] if step else [(reach.start_kwh, reach.start_kwh)]
        origin = _origin(before, move, energy)
        found.append(move.split(energy - move.keep * origin))
        energy = origin
    return found[::-1]


def _origin(before: Sequence[Interval], move: GapMove, energy: float) -> float:
    """An energy before the step from which ``energy`` is reached; the one nearest to it."""
    best: tuple[float, float, float] | None = None
    for low, high in before:
        for first, last in move.origins(energy):
            begin, end = max(first, move.keep * low), min(last, move.keep * high)
            # Rounding may leave a hair's breadth between the two.
            off = max(begin - end, 0.0)
            at = min(max(energy, begin), end) if off == 0.0 else (begin + end) / 2
            rank = (off if off > NEGLIGIBLE else 0.0, abs(at - energy), at / move.keep)
            if best is None or rank < best:
                best = rank
    assert best is not None, "each union has at least one interval"
    return best[2]


def _merged(intervals: Sequence[Interval]) -> list[Interval]:
    found: list[Interval] = []
    for low, high in sorted(intervals):
        if found and low <= found[-1][1] + NEGLIGIBLE:
            found[-1] = found[-1][0], max(found[-1][1], high)
        else:
            found.append((low, high))
    return found
