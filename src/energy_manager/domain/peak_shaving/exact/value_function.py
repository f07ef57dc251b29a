"""The exact planner's core: a dynamic programme over the stored energy whose value function is a handful of lengths.

Let F_t(s) be the least cost with which the storage can hold s after t steps. F_t is convex and piecewise linear, and
as all step costs share a few slopes (the classes of ``step_costs``), F_t is fully described by where it begins and how
long it runs with each slope. A step turns F_t into F_{t+1}(s) = min over w of F_t(s - w) + cost_t(w), the infimal
convolution, which merely adds the lengths class by class (Rockafellar, Convex Analysis, section 5: slopes are merged
in ascending order); the limits of the stored energy then cut F_{t+1} at both ends. The cheapest last energy lies where
the slopes turn positive; going back from there, each step gets its share of the slopes that were used, and where F_t
and cost_t offer the same slope the tie rule decides who takes it. The work is O(steps x classes), and nothing is
rounded to a grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import add

from energy_manager.domain.peak_shaving.exact.step_costs import StepCosts
from energy_manager.domain.storage_value.reach import EnergyBand


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueFunction:
    """F_t for every t: ``begins[t]`` is its left end (kWh), ``lengths[t][k]`` how long it has class k's slope."""

    begins: Sequence[float]
    lengths: Sequence[Sequence[float]]
    missed_kwh: float
    """How far the limits of the stored energy lay outside what could be reached, added over the steps."""


def value_function(costs: StepCosts, *, stored_kwh: float, band: EnergyBand) -> ValueFunction:
    """Build F_0 ... F_n, front to back."""
    begin = end = stored_kwh
    lengths = [0.0] * len(costs.classes)
    begins, history = [begin], [lengths]
    missed = 0.0
    for row, least, most, lower, upper in zip(
        costs.lengths, costs.least, costs.most, band.lower, band.upper, strict=True
    ):
        lengths = list(map(add, lengths, row))
        begin += least
        end += most
        if begin < lower:
            _cut(lengths, lower - begin, range(len(lengths)))
            begin = lower
        if end > upper:
            _cut(lengths, end - upper, range(len(lengths) - 1, -1, -1))
            end = upper
        if begin > end:
            # Limits and reach do not meet: what is left is the reachable energy nearest to the limits.
            missed += begin - end
            begin = end = end if begin == lower else begin
            lengths = [0.0] * len(lengths)
        begins.append(begin)
        history.append(lengths)
    return ValueFunction(begins=begins, lengths=history, missed_kwh=missed)


def _cut(lengths: list[float], amount: float, order: range) -> None:
    """Take ``amount`` away from one end of the function."""
    for place in order:
        if lengths[place] > amount:
            lengths[place] -= amount
            return
        amount -= lengths[place]
        lengths[place] = 0.0


def cheapest_path(costs: StepCosts, values: ValueFunction, *, late: bool) -> list[float]:
    """The energy that goes into the storage in each step (kWh), with change as late or as early as can be.

    Of two functions that offer the same slope, one takes the share. A slope that leads *towards* the schedule is used
    up at the function that shall stay on schedule, one that leads *away* from it at the function that shall change.
    """
    falling = sum(1 for slope in costs.classes if slope < (0.0, 0))
    stored = values.begins[-1] + sum(values.lengths[-1][:falling])
    step_first = [(change > 0) == late for _, change in costs.classes]
    path = [0.0] * len(costs.least)
    for step in range(len(path) - 1, -1, -1):
        before, row, least = values.lengths[step], costs.lengths[step], costs.least[step]
        used = stored - values.begins[step] - least
        moved = least
        for place, reach in enumerate(accumulate(map(add, before, row))):
            if reach <= used:
                moved += row[place]
                continue
            share = used - (reach - before[place] - row[place])
            if share > 0.0:
                moved += min(share, row[place]) if step_first[place] else max(share - before[place], 0.0)
            break
        path[step] = moved
        stored -= moved
    return path
