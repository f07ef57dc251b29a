"""The cheapest course where many steps are not convex: a dynamic program over curves, exact without branching.

The stages become one number, weighted so heavily that no money outweighs a watt-hour of what comes before it: here
every sum is exact to rounding, so weights do what stages do (a solver's gap, not the weights, is what spoils them).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from energy_manager.domain.least_cost.engine.curves import SAME_KWH, Curve, convolved
from energy_manager.domain.least_cost.engine.shapes import Shape
from energy_manager.domain.least_cost.engine.terms import StorageTerms
from energy_manager.domain.storage_value.best_move import Moved
from energy_manager.domain.storage_value.value_function import UNSERVED, Slope, Step

# A curve of more pieces than this is given up: the work grows with their square.
MOST_PIECES = 600
# One stage outweighs the next by this many times the largest price: more than any chain of losses makes of a kWh.
_OUTWEIGHS = 2e3
# Costs (EUR) so close are the same.
SAME_EUR = 1e-9


@dataclass(frozen=True, slots=True)
class Weights:
    """What a kWh of violation and a kWh that is missing count in EUR."""

    violation: float
    missing: float

    def of(self, slope: Slope) -> float:
        """A slope as one number."""
        return slope[0] * self.violation + slope[1] * self.missing + slope[2]


def weights_of(prices: Sequence[float]) -> Weights:
    """Weights that outweigh these prices (EUR/kWh)."""
    missing = _OUTWEIGHS * (1.0 + max(map(abs, prices), default=0.0))
    return Weights(_OUTWEIGHS * missing, missing)


def unbent_course(
    terms: StorageTerms,
    steps: Sequence[Step],
    shapes: dict[int, Shape],
    weights: Weights,
    rounded: Callable[[int, float], float],
) -> list[Moved] | None:
    """What the cheapest course does in each step; None where the curves grow too large, or break apart.

    ``rounded`` says what really enters in a step when so much is meant to.
    """
    costs = [
        _shape_curve(shapes[place], weights) if place in shapes else _step_curve(step, weights)
        for place, step in enumerate(steps)
    ]
    led = _led(terms, steps, costs, weights)
    if led is None:
        return None
    stored = float(terms.storage.stored_kwh)
    moves = []
    for place, (step, (value, served)) in enumerate(zip(steps, led, strict=True)):
        before = step.keep * stored - step.use
        entered = _best_entered(served, costs[place], before)
        if entered is None:
            return None
        entered = rounded(place, entered)
        unserved = _best_unserved(value, step, weights, before + entered)
        moves.append(Moved(entered, unserved))
        stored = before + entered + unserved
    return moves


def _led(
    terms: StorageTerms, steps: Sequence[Step], costs: Sequence[Curve], weights: Weights
) -> list[tuple[Curve, Curve]] | None:
    """For each step the value of the energy after it, and of that before it is found what use stays unserved."""
    band = terms.band
    ends = np.array([band.lower[-1], band.upper[-1]])
    value = Curve(ends[:1], ends[1:], -terms.end_value * ends[:1], -terms.end_value * ends[1:])
    led = []
    for place in range(len(steps) - 1, -1, -1):
        step = steps[place]
        low, high = (band.lower[place - 1], band.upper[place - 1]) if place else (terms.storage.stored_kwh,) * 2
        lowest, highest = step.keep * low - step.use, step.keep * high - step.use
        for energy, slope in step.wanted:
            value = _wanted(value, energy, weights.of(slope))
        served = _served(value, step, weights, lowest)
        if served is None:
            return None
        led.append((value, served))
        if place:
            before = convolved(served, costs[place], lowest, highest, most_pieces=MOST_PIECES)
            if before is None:
                return None
            left, right = (before.left + step.use) / step.keep, (before.right + step.use) / step.keep
            value = Curve(left, right, before.at_left, before.at_right)
    led.reverse()
    return led


def _served(value: Curve, step: Step, weights: Weights, lowest: float) -> Curve | None:
    """The value before use is found to be unserved, as far down as the step may lead."""
    if step.use <= 0.0:
        return value
    unserved = Curve(np.array([0.0]), np.array([step.use]), np.array([0.0]), np.array([weights.missing * step.use]))
    bottom = min(lowest + step.least, float(value.left[0]))
    bottom = max(bottom, float(value.left[0]) - step.use)
    return convolved(value, unserved, bottom, float(value.right[-1]), most_pieces=MOST_PIECES)


def _shape_curve(shape: Shape, weights: Weights) -> Curve:
    xs = np.array([corner.entered for corner in shape.corners])
    ys = np.array([corner.cost[0] * weights.violation + corner.cost[1] for corner in shape.corners])
    ys = ys - ys.min()
    left, right, at_left, at_right = xs[:-1], xs[1:], ys[:-1], ys[1:]
    if shape.gap is not None:
        low, high = shape.gap
        open_ = ~((left >= low - SAME_KWH) & (right <= high + SAME_KWH))
        left, right, at_left, at_right = left[open_], right[open_], at_left[open_], at_right[open_]
        if not len(right) or not ((np.abs(right - low) <= SAME_KWH) | (np.abs(left - low) <= SAME_KWH)).any():
            zero = np.array([low])
            there = np.interp(zero, xs, ys)
            place = int(np.searchsorted(left, low))
            left, right = np.insert(left, place, zero), np.insert(right, place, zero)
            at_left, at_right = np.insert(at_left, place, there), np.insert(at_right, place, there)
        edge = np.array([high])
        if not ((np.abs(right - high) <= SAME_KWH) | (np.abs(left - high) <= SAME_KWH)).any():
            there = np.interp(edge, xs, ys)
            left, right = np.append(left, edge), np.append(right, edge)
            at_left, at_right = np.append(at_left, there), np.append(at_right, there)
    return Curve(left, right, at_left, at_right)


def _step_curve(step: Step, weights: Weights) -> Curve:
    pieces = [(weights.of(slope), length) for slope, length, kind in step.pieces if kind != UNSERVED]
    if not pieces:
        here = np.array([step.least])
        return Curve(here, here, np.zeros(1), np.zeros(1))
    lengths = np.array([length for _, length in pieces])
    rises = np.array([slope for slope, _ in pieces]) * lengths
    xs = step.least + np.concatenate(([0.0], np.cumsum(lengths)))
    ys = np.concatenate(([0.0], np.cumsum(rises)))
    ys = ys - ys.min()
    return Curve(xs[:-1], xs[1:], ys[:-1], ys[1:])


def _wanted(value: Curve, energy: float, weight: float) -> Curve:
    """Add what is missing below an energy."""
    cut = np.flatnonzero((value.left < energy - SAME_KWH) & (value.right > energy + SAME_KWH))
    left, right, at_left, at_right = value.left, value.right, value.at_left, value.at_right
    if len(cut):
        place = int(cut[0])
        there = at_left[place] + value.slopes[place] * (energy - left[place])
        left, right = np.insert(left, place + 1, energy), np.insert(right, place, energy)
        at_left, at_right = np.insert(at_left, place + 1, there), np.insert(at_right, place, there)
    return Curve(
        left,
        right,
        at_left + weight * np.maximum(energy - left, 0.0),
        at_right + weight * np.maximum(energy - right, 0.0),
    )


def _best_entered(served: Curve, cost: Curve, before: float) -> float | None:
    """What enters at the least cost; the most of equally cheap ones, None where nothing is allowed."""
    stops, at_stops = served.ends()
    moves, at_moves = cost.ends()
    entered = np.concatenate((moves, stops - before))
    totals = np.concatenate(
        (
            at_moves + np.array([served.least_at(before + move) for move in moves.tolist()]),
            at_stops + np.array([cost.least_at(stop - before) for stop in stops.tolist()]),
        )
    )
    least = float(totals.min())
    return None if least == np.inf else float(entered[totals <= least + SAME_EUR].max())


def _best_unserved(value: Curve, step: Step, weights: Weights, after: float) -> float:
    """The use that stays unserved at the least cost."""
    if step.use <= 0.0:
        return 0.0
    stops, _ = value.ends()
    best, unserved = value.least_at(after), 0.0
    for missing in (step.use, *(stop - after for stop in stops.tolist())):
        if 0.0 < missing <= step.use + SAME_KWH:
            total = value.least_at(after + missing) + weights.missing * missing
            if total < best - SAME_EUR:
                best, unserved = total, missing
    return unserved
