"""The value of stored energy: a dynamic program whose value functions are sorted lists of slopes.

Let V_t(s) be the least cost from the end of step t on with s kWh in the storage. With convex step costs V_t is convex
and piecewise linear, so it is fully described by where it ends and how long it runs with each slope; its slope, turned
round, is the *value* of one more kWh. A step turns V_t into V_{t-1}(s) = min over w of cost_t(w) + V_t(s + w), the
infimal convolution, which merges the slopes of both in ascending order (Rockafellar, Convex Analysis, section 5); the
limits of the stored energy then cut both ends. Going forward, a step stores as long as the next kWh costs less than it
is worth. The work is O(steps x slopes), and nothing is rounded to a grid.

Slopes are tuples that compare lexicographically, one component a stage: what is avoided first comes first.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from operator import add, itemgetter, sub

Slope = tuple[float, ...]
"""Cost of one more kWh inside the storage, by stages; all slopes of a problem have the same length."""

# Energies (kWh) closer than this are one when a value is asked for: which side of a kink a rounding error lies on
# means nothing.
KINK_KWH = 1e-7


MOST_PIECES = 40
"""So many pieces a mean of values has at most, about: a twentieth of a storage hardly tells two plans apart."""

Piece = tuple[Slope, float, int]
"""A part of a step's cost: its slope, how long it runs (kWh), and its kind."""

# What a piece does. The kind decides ties and where the energy goes.
ORDINARY, EAGER_OUT, UNSERVED = 0, 1, 2
"""EAGER_OUT: energy leaves at equality; UNSERVED: no energy moves, use is left unserved. All others store."""


@dataclass(slots=True)
class Step:
    """The convex cost of what enters the storage in one step, and what happens to its energy meanwhile.

    ``pieces`` are in ascending order of slope and begin at ``least`` (kWh; negative where the storage can give).
    The energy after the step is keep x before - use + what entered. ``wanted`` are energies that should be there after
    the step, each with the slope of what is missing.
    """

    least: float
    pieces: Sequence[Piece]
    keep: float = 1.0
    use: float = 0.0
    wanted: Sequence[tuple[float, Slope]] = ()


@dataclass(slots=True)
class Value:
    """V_t: ``upper`` is its right end (kWh), ``slopes`` the values in ascending order, from the right end to the left.

    ``slopes[i]`` is what the next kWh is worth over ``lengths[i]`` kWh; two neighbours differ.
    """

    upper: float
    slopes: list[Slope]
    lengths: list[float]

    def around(self, stored: float) -> tuple[Slope | None, Slope | None]:
        """What the next kWh and the last kWh are worth at ``stored``; None where there is no room for it."""
        room = self.upper - stored
        above, below = room - KINK_KWH, room + KINK_KWH
        after: Slope | None = None
        reached = 0.0
        for slope, length in zip(self.slopes, self.lengths, strict=True):
            reached += length
            if after is None and 0.0 < above <= reached:
                after = slope
            if reached > below:
                return after, slope
        return (self.slopes[-1] if after is None and above > 0.0 else after), None


def value_functions(
    steps: Sequence[Step], *, lower: Sequence[float], upper: Sequence[float], end_value: Slope
) -> list[Value]:
    """V_0 ... V_{n-1}, each after its step; ``lower`` and ``upper`` bound the stored energy after each step (kWh)."""
    right, slopes, lengths = upper[-1], [end_value], [upper[-1] - lower[-1]]
    found: list[Value] = []
    for place in range(len(steps) - 1, -1, -1):
        right = _cut(right, slopes, lengths, lower[place], upper[place])
        step = steps[place]
        for energy, slope in step.wanted:
            _want(right, slopes, lengths, energy, slope)
        found.append(Value(right, slopes.copy(), lengths.copy()))
        if place:
            right = _before(step, right, slopes, lengths)
    found.reverse()
    return found


def values_without_foresight(
    courses: Sequence[Sequence[Step]], *, lower: Sequence[float], upper: Sequence[float], end_value: Slope
) -> list[Value]:
    """As ``value_functions``, over several ways each step may go, of which becomes known when it comes and not before.

    Before each step stands the plain mean over its ways, with ``MOST_PIECES`` pieces at most.
    """
    right, slopes, lengths = upper[-1], [end_value], [upper[-1] - lower[-1]]
    found: list[Value] = []
    for place in range(len(lower) - 1, -1, -1):
        right = _cut(right, slopes, lengths, lower[place], upper[place])
        for energy, slope in courses[0][place].wanted:
            _want(right, slopes, lengths, energy, slope)
        found.append(Value(right, slopes, lengths))
        if place:
            mean = _fewer(mean_value([_value_before(course[place], found[-1]) for course in courses]))
            right, slopes, lengths = mean.upper, mean.slopes, mean.lengths
    found.reverse()
    return found


def _value_before(step: Step, after: Value) -> Value:
    slopes, lengths = after.slopes.copy(), after.lengths.copy()
    right = _before(step, after.upper, slopes, lengths)
    return Value(right, slopes, lengths)


def _fewer(value: Value) -> Value:
    """Neighbouring pieces made one where they are short and only money tells them apart; the cost of all stays."""
    if len(value.slopes) <= MOST_PIECES:
        return value
    shortest = 2.0 * sum(value.lengths) / MOST_PIECES
    slopes, lengths = [value.slopes[0]], [value.lengths[0]]
    for slope, length in zip(value.slopes[1:], value.lengths[1:], strict=True):
        own, reached = slopes[-1], lengths[-1]
        if reached + length > shortest or own[:2] != slope[:2]:
            slopes.append(slope)
            lengths.append(length)
            continue
        share = length / (reached + length)
        slopes[-1] = tuple([round(a + share * (b - a), 12) for a, b in zip(own, slope, strict=True)])
        lengths[-1] = reached + length
    return Value(value.upper, slopes, lengths)


def _before(step: Step, right: float, slopes: list[Slope], lengths: list[float]) -> float:
    """Turn the value after a step into the one before it; the new right end."""
    for slope, length, _ in step.pieces:
        place = bisect_left(slopes, slope)
        if place < len(slopes) and slopes[place] == slope:
            lengths[place] += length
        else:
            slopes.insert(place, slope)
            lengths.insert(place, length)
    right += step.use - step.least
    keep = step.keep
    if keep != 1.0:
        right /= keep
        slopes[:] = [tuple([part * keep for part in slope]) for slope in slopes]
        lengths[:] = [length / keep for length in lengths]
    return right


def _cut(right: float, slopes: list[Slope], lengths: list[float], lower: float, upper: float) -> float:
    """Cut both ends at the limits of the stored energy; something of no length is left where they do not overlap."""
    left = right - sum(lengths)
    over = right - upper
    while over > 0.0:
        if lengths[0] > over:
            lengths[0] -= over
            break
        if len(lengths) == 1:
            lengths[0] = 0.0
            break
        over -= lengths.pop(0)
        del slopes[0]
    over = lower - left
    while over > 0.0:
        if lengths[-1] > over:
            lengths[-1] -= over
            break
        if len(lengths) == 1:
            lengths[-1] = 0.0
            break
        over -= lengths.pop()
        slopes.pop()
    return min(right, upper)


def _want(right: float, slopes: list[Slope], lengths: list[float], energy: float, slope: Slope) -> None:
    """Add what is missing below ``energy``: each kWh up to there is worth ``slope`` more."""
    above, first = right - energy, 0
    if above > 0.0:
        for first, length in enumerate(lengths, start=1):
            if above < length:
                lengths[first - 1 : first] = above, length - above
                slopes.insert(first, slopes[first - 1])
                break
            above -= length
            if above <= 0.0:
                break
        else:
            return
    slopes[first:] = [tuple(map(add, own, slope)) for own in slopes[first:]]


def mean_value(values: Sequence[Value]) -> Value:
    """The plain mean of value functions with the same ends: the slope of the mean is the mean of the slopes."""
    share = 1.0 / len(values)
    upper = values[0].upper
    turns: list[tuple[float, Slope]] = []
    for value in values:
        depth = 0.0
        before: Slope | None = None
        for slope, length in zip(value.slopes, value.lengths, strict=True):
            change = slope if before is None else tuple(map(sub, slope, before))
            turns.append((depth, change))
            depth += length
            before = slope
    depth = sum(values[0].lengths)
    turns.sort(key=itemgetter(0))
    slopes: list[Slope] = []
    lengths: list[float] = []
    reached = 0.0
    current: Slope = (0.0,) * len(values[0].slopes[0])
    for begin, change in turns:
        if begin - reached > KINK_KWH:
            slopes.append(current)
            lengths.append(begin - reached)
            reached = begin
        current = tuple(map(add, current, change))
    slopes.append(current)
    lengths.append(max(depth - reached, 0.0))
    return Value(upper, [tuple([round(part * share, 12) for part in slope]) for slope in slopes], lengths)
