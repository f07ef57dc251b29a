"""Piecewise linear functions that need be neither convex nor continuous, and their infimal convolution.

A value V and a step's cost c make G(z) = min over w of c(w) + V(z + w). As both are linear in pieces, the best w lies
at an end of a piece of one of them: G is the least of copies of V moved by the ends of c, and of copies of c turned
round and moved by the ends of V. Between two neighbouring sums of ends all copies are straight, and their least is
concave there: a lower envelope of lines. Nothing is rounded to a grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Ends (kWh) closer than this are one.
SAME_KWH = 1e-9
# Costs closer than this are the same; the share of the largest one is some twenty roundings of a double.
SAME_COST, SAME_SHARE = 1e-12, 4e-15


@dataclass(frozen=True, slots=True)
class Curve:
    """Straight pieces in order, from (``left``, ``at_left``) to (``right``, ``at_right``); a piece may be a point."""

    left: Floats
    right: Floats
    at_left: Floats
    at_right: Floats

    @property
    def slopes(self) -> Floats:
        """The slope of each piece; 0 for points."""
        width = self.right - self.left
        return np.divide(self.at_right - self.at_left, width, out=np.zeros_like(width), where=width > 0.0)

    def ends(self) -> tuple[Floats, Floats]:
        """The ends of the pieces, and the values there, without those that are no corner to stop at.

        Where two pieces meet and the slope falls, the best never lies: one of the two neighbours is better.
        """
        joins = (np.abs(self.left[1:] - self.right[:-1]) <= SAME_KWH) & (
            np.abs(self.at_left[1:] - self.at_right[:-1]) <= _same(self.at_left)
        )
        slopes = self.slopes
        falls = joins & (slopes[1:] <= slopes[:-1]) & (self.right > self.left)[1:] & (self.right > self.left)[:-1]
        keep_left = np.concatenate(([True], ~joins))
        keep_right = np.concatenate((~falls, [True]))
        return (
            np.concatenate((self.left[keep_left], self.right[keep_right])),
            np.concatenate((self.at_left[keep_left], self.at_right[keep_right])),
        )

    def at(self, points: Floats) -> tuple[Floats, Floats]:
        """Values and slopes at points inside pieces; infinite outside."""
        place = np.clip(np.searchsorted(self.left, points, side="right") - 1, 0, len(self.left) - 1)
        inside = (points >= self.left[place]) & (points <= self.right[place])
        slopes = self.slopes[place]
        values = self.at_left[place] + slopes * (points - self.left[place])
        return np.where(inside, values, np.inf), slopes

    def least_at(self, point: float) -> float:
        """The value at a point, the lower one where there are two; infinite outside."""
        near = (self.left - SAME_KWH <= point) & (point <= self.right + SAME_KWH)
        if not near.any():
            return float("inf")
        moved = np.clip(point, self.left[near], self.right[near]) - self.left[near]
        return float((self.at_left[near] + self.slopes[near] * moved).min())


def _same(values: Floats) -> float:
    return SAME_COST + SAME_SHARE * float(np.abs(values).max(initial=0.0))


def convolved(value: Curve, cost: Curve, lowest: float, highest: float, *, most_pieces: int) -> Curve | None:
    """G between two energies; None where it would have more pieces than that, or is nowhere finite."""
    stops, at_stops = value.ends()
    moves, at_moves = cost.ends()
    grid = np.concatenate(
        (
            (np.concatenate((value.left, value.right))[:, None] - moves[None, :]).ravel(),
            (stops[:, None] - np.concatenate((cost.left, cost.right))[None, :]).ravel(),
            (lowest, highest),
        )
    )
    grid = np.unique(grid[(grid >= lowest) & (grid <= highest)])
    if len(grid) > 1:
        grid = grid[np.concatenate(([True], np.diff(grid) > SAME_KWH))]
    if highest - lowest <= SAME_KWH or len(grid) < 2:
        middle = np.array([0.5 * (lowest + highest)])
        least = min(
            float((np.array([value.least_at(middle[0] + move) for move in moves]) + at_moves).min()),
            float((np.array([cost.least_at(stop - middle[0]) for stop in stops]) + at_stops).min()),
        )
        return None if least == np.inf else Curve(middle, middle, np.array([least]), np.array([least]))
    middles = 0.5 * (grid[1:] + grid[:-1])
    if len(middles) * (len(moves) + len(stops)) > most_pieces * 20_000:
        return None
    moved, moved_slopes = value.at(middles[:, None] + moves[None, :])
    stopped, stopped_slopes = cost.at(stops[None, :] - middles[:, None])
    heights = np.concatenate((moved + at_moves, stopped + at_stops), axis=1)
    slopes = np.concatenate((moved_slopes, -stopped_slopes), axis=1)
    return _lower_envelope(grid, heights, slopes, most_pieces=most_pieces)


def _lower_envelope(grid: Floats, heights: Floats, slopes: Floats, *, most_pieces: int) -> Curve | None:
    """The least of lines that are given on each interval by height and slope in its middle."""
    middles, half = 0.5 * (grid[1:] + grid[:-1]), 0.5 * np.diff(grid)
    left = (heights - slopes * half[:, None]).min(axis=1)
    right = (heights + slopes * half[:, None]).min(axis=1)
    middle = heights.min(axis=1)
    finite = np.isfinite(middle)
    if not finite.any():
        return None
    same = _same(middle[finite])
    bent = np.flatnonzero(finite & (middle > 0.5 * (left + right) + 4.0 * same))
    lefts, rights, at_lefts, at_rights = [grid[:-1]], [grid[1:]], [left], [right]
    straight = finite.copy()
    straight[bent] = False
    if len(bent) > most_pieces:
        return None
    for place in bent.tolist():
        xs, ys = _lines(float(half[place]), heights[place], slopes[place], same)
        xs += middles[place]
        lefts.append(xs[:-1])
        rights.append(xs[1:])
        at_lefts.append(ys[:-1])
        at_rights.append(ys[1:])
    lefts[0], rights[0] = grid[:-1][straight], grid[1:][straight]
    at_lefts[0], at_rights[0] = left[straight], right[straight]
    order = np.argsort(np.concatenate(lefts), kind="stable")
    joined = [np.concatenate(parts)[order] for parts in (lefts, rights, at_lefts, at_rights)]
    curve = _merged(Curve(*joined), same)
    return curve if len(curve.left) <= most_pieces else None


def _lines(half: float, heights: Floats, slopes: Floats, same: float) -> tuple[Floats, Floats]:
    """The corners of the least of some lines on [-half, half]: on to the line that crosses first and falls more."""
    known = np.isfinite(heights)
    heights, slopes = heights[known], slopes[known]
    at, place = -half, 0
    values = heights + slopes * at
    place = int(np.lexsort((slopes, np.round(values / same) if same > 0.0 else values))[0])
    xs, ys = [at], [float(values[place])]
    while True:
        fall = slopes[place] - slopes
        lower = fall > 0.0
        if not lower.any():
            break
        cross = np.where(lower, (heights - heights[place]) / np.where(lower, fall, 1.0), np.inf)
        cross = np.maximum(cross, at)
        follower = int(np.lexsort((slopes, cross))[0])
        if cross[follower] >= half - SAME_KWH:
            break
        at = float(cross[follower])
        if at > xs[-1] + SAME_KWH:
            xs.append(at)
            ys.append(float(heights[follower] + slopes[follower] * at))
        place = follower
    xs.append(half)
    ys.append(float(heights[place] + slopes[place] * half))
    return np.array(xs), np.array(ys)


def _merged(curve: Curve, same: float) -> Curve:
    """The same curve with neighbours that go straight on made one.

    One after the other: what is very short is straight on to both of its neighbours, which need not be so themselves.
    """
    rows = zip(*(part.tolist() for part in (curve.left, curve.right, curve.at_left, curve.at_right)), strict=True)
    merged: list[tuple[float, float, float, float]] = []
    left, right, at_left, at_right = next(rows)
    for next_left, next_right, next_at_left, next_at_right in rows:
        joins = abs(next_left - right) <= SAME_KWH and abs(next_at_left - at_right) <= 4.0 * same
        if joins and next_right > left:
            straight = at_left + (next_at_right - at_left) * (right - left) / (next_right - left)
            if abs(straight - at_right) <= 4.0 * same:
                right, at_right = next_right, next_at_right
                continue
        merged.append((left, right, at_left, at_right))
        left, right, at_left, at_right = next_left, next_right, next_at_left, next_at_right
    merged.append((left, right, at_left, at_right))
    return Curve(*np.array(merged).T)
