"""The cheapest course of one storage: a pass of the value function, and branch and bound where steps are not convex.

A node of the search restricts some of the odd steps (see ``shapes``) to a part of what may enter; the convex envelopes
of what is left make its bound. Its values lead two courses through the true costs: the relaxation's own and one that
decides odd steps by their true cost; both are real plans, so upper bounds. The node with the lowest bound is opened
next, at the odd step where bound and truth differ most, at the corner that explains the difference.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from energy_manager.domain.least_cost.engine.exchange import Exchange, Floats
from energy_manager.domain.least_cost.engine.shapes import Envelope, Shape, envelope
from energy_manager.domain.least_cost.engine.step_costs import StepCosts, step_costs, with_unserved
from energy_manager.domain.least_cost.engine.terms import StorageTerms
from energy_manager.domain.storage_value.value_function import Moved, Step, Value, best_move, value_functions

# The search may work through this many steps over all its nodes: about a second.
WORK_STEPS = 150_000
# Energies (kWh) and money (EUR) closer than this are equally good; a tenth of what a plan may cost too much.
TIE_KWH = 1e-6
TIE_EUR = 1e-5
# Powers are rounded to so many decimals of a kW, so that what is meant to be zero, or a limit, is.
POWER_DECIMALS = 9

Total = tuple[float, float, float]
"""What is minimised: violation (kWh), missing energy (kWh), money (EUR)."""


@dataclass(slots=True, kw_only=True)
class Course:
    """What the storage does: powers, energies after each step, use left unserved, and what that costs."""

    charge_kw: list[float]
    stored_kwh: list[float]
    unserved_kwh: list[float]
    total: Total


Head = tuple[Sequence[float], Sequence[float], Sequence[float]]
"""Powers, energies and unserved use of the first steps."""


@dataclass(slots=True, kw_only=True)
class Solution:
    """The best course found, the value functions that led it, and what no course can be better than."""

    course: Course
    values: list[Value]
    bound: Total
    proved: bool


@dataclass(slots=True, kw_only=True)
class _Node:
    limits: Mapping[int, tuple[float, float]]
    bound: Total
    branch: tuple[int, float, float] | None
    """The step to branch at, and the bounds of the lower and the upper part; None where the bound is true."""


def solve(
    terms: StorageTerms,
    exchange: Exchange,
    base_kw: Floats,
    *,
    planned_kw: Floats | None = None,
    work_steps: int = WORK_STEPS,
) -> Solution:
    """The cheapest course while ``base_kw`` is the net power without the storage."""
    costs = step_costs(terms, exchange, base_kw, planned_kw=planned_kw)
    search = _Search(terms=terms, exchange=exchange, base_kw=base_kw, costs=costs)
    if not costs.shapes:
        values = search.values()
        course = search.course(values, {})
        return Solution(course=course, values=values, bound=course.total, proved=True)
    return search.branch(work_steps)


def root_values(terms: StorageTerms, exchange: Exchange, base_kw: Floats) -> list[Value]:
    """The value functions alone, of the convex envelopes."""
    costs = step_costs(terms, exchange, base_kw)
    search = _Search(terms=terms, exchange=exchange, base_kw=base_kw, costs=costs)
    search.relax({})
    return search.values()


def course_after(
    terms: StorageTerms, exchange: Exchange, base_kw: Floats, values: list[Value], head: Head
) -> Course | None:
    """The course that begins with ``head`` and goes on along the values; None where it leaves a limit."""
    costs = step_costs(terms, exchange, base_kw)
    search = _Search(terms=terms, exchange=exchange, base_kw=base_kw, costs=costs)
    search.relax({})
    course = search.course(values, costs.shapes, head)
    return course if search.keeps_limits(course) and search.is_allowed(course) else None


def is_better(total: Total, than: Total) -> bool:
    """Whether a total beats another by more than a tie."""
    if abs(total[0] - than[0]) > TIE_KWH:
        return total[0] < than[0]
    if abs(total[1] - than[1]) > TIE_KWH:
        return total[1] < than[1]
    return total[2] < than[2] - TIE_EUR


@dataclass(slots=True, kw_only=True)
class _Search:
    terms: StorageTerms
    exchange: Exchange
    base_kw: Floats
    costs: StepCosts

    def values(self, known: list[Value] | None = None) -> list[Value]:
        band = self.terms.band
        return value_functions(
            self.costs.steps,
            lower=band.lower,
            upper=band.upper,
            end_value=(0.0, 0.0, self.terms.end_value, 0.0, 0.0),
            known=known or (),
        )

    def relax(self, limits: Mapping[int, tuple[float, float]]) -> dict[int, Envelope] | None:
        """Put the envelopes under these limits into the steps; None where a step may do nothing at all."""
        found = {}
        for step, shape in self.costs.shapes.items():
            lower, upper = limits.get(step, (shape.corners[0].entered, shape.corners[-1].entered))
            hull = envelope(shape, lower, upper)
            if hull is None:
                return None
            found[step] = hull
            own = self.costs.steps[step]
            own.least = hull.corners[0].entered
            own.pieces = with_unserved(hull.pieces, own.use)
        return found

    def course(self, values: list[Value], deciding: Mapping[int, Shape], head: Head | None = None) -> Course:
        """Go forward along the values; steps in ``deciding`` take what is best at their true cost.

        The first steps are as in ``head``, where there is one.
        """
        terms = self.terms
        hours = self.exchange.hours.tolist()
        into, out = terms.into, terms.out
        stored = float(terms.storage.stored_kwh)
        charges, energies, unserved = ([], [], []) if head is None else (list(series) for series in head)
        known = len(charges)
        if known:
            stored = energies[-1]
        for place in range(known, len(values)):
            step, value, hour = self.costs.steps[place], values[place], hours[place]
            if place in deciding:
                moved = true_move(deciding[place], step, value, stored)
            else:
                moved = best_move(step, value, stored)
            entered = moved[0]
            charge = round(entered / ((into if entered > 0.0 else out) * hour), POWER_DECIMALS) + 0.0
            stored = step.keep * stored - step.use + moved[1] + charge * hour * (into if charge > 0.0 else out)
            charges.append(charge)
            energies.append(stored)
            unserved.append(moved[1])
        return self._judged(charges, energies, unserved)

    def _judged(self, charges: list[float], energies: list[float], unserved: list[float]) -> Course:
        terms = self.terms
        charge = np.array(charges)
        violation, money = self.exchange.totals(self.base_kw + charge)
        wear = terms.storage.wear_eur_per_kwh
        if wear:
            money += wear * float(np.abs(terms.entered(charge, self.exchange.hours)).sum())
        missing = math.fsum(unserved) if terms.use is not None else 0.0
        for step, levels in terms.wanted.items():
            missing += sum(max(level - energies[step], 0.0) for level in levels)
        money -= terms.end_value * energies[-1]
        return Course(charge_kw=charges, stored_kwh=energies, unserved_kwh=unserved, total=(violation, missing, money))

    def node(self, limits: Mapping[int, tuple[float, float]]) -> tuple[_Node, list[tuple[Course, list[Value]]]] | None:
        """The relaxation under these limits, and real courses from it with its values; None where it has none."""
        envelopes = self.relax(limits)
        if envelopes is None:
            return None
        values = self.values()
        relaxed = self.course(values, {})
        if not self.keeps_limits(relaxed):
            return None
        bound, branch, is_real = self._compared(relaxed, envelopes)
        courses = [(relaxed, values)] if is_real else []
        if branch is not None:
            other = self.course(values, self.costs.shapes)
            if self.keeps_limits(other) and self.is_allowed(other):
                courses.append((other, values))
        return _Node(limits=limits, bound=bound, branch=branch), courses

    def keeps_limits(self, course: Course) -> bool:
        band = self.terms.band
        return all(
            low - TIE_KWH <= stored <= high + TIE_KWH
            for low, stored, high in zip(band.lower, course.stored_kwh, band.upper, strict=True)
        )

    def is_allowed(self, course: Course) -> bool:
        entered = self.terms.entered(np.array(course.charge_kw), self.exchange.hours)
        return all(shape.allows(float(entered[step])) for step, shape in self.costs.shapes.items())

    def _compared(
        self, course: Course, envelopes: Mapping[int, Envelope]
    ) -> tuple[Total, tuple[int, float, float] | None, bool]:
        """The bound, where to branch, and whether the course is a real one."""
        entered = self.terms.entered(np.array(course.charge_kw), self.exchange.hours).tolist()
        violation, missing, money = course.total
        widest, where, is_real = (TIE_KWH * 0.01, TIE_EUR * 0.01), None, True
        for step, hull in envelopes.items():
            shape, moved = self.costs.shapes[step], entered[step]
            true, relaxed = shape.cost(moved), hull.cost(moved)
            gap = true[0] - relaxed[0], true[1] - relaxed[1]
            violation -= gap[0]
            money -= gap[1]
            is_allowed = shape.allows(moved)
            is_real = is_real and is_allowed
            if not is_allowed:
                # How far it is from what is allowed, at a price above any other.
                assert shape.gap is not None
                off = min(moved - shape.gap[0], shape.gap[1] - moved)
                gap = max(gap[0], 0.0), max(gap[1], 0.0) + off
            if gap[0] > widest[0] or (gap[0] > -TIE_KWH and gap[1] > widest[1] and widest[0] <= TIE_KWH):
                widest, where = (max(gap[0], widest[0]), gap[1]), step
        branch = None if where is None else self._split(where, entered[where], envelopes[where])
        return (violation, missing, money), branch, is_real

    def _split(self, step: int, moved: float, hull: Envelope) -> tuple[int, float, float] | None:
        """The corner of the true cost that lies highest above the hull's edge at ``moved``, or the gap.

        None where the hull's edge is the true cost, so that the difference was dust.
        """
        shape = self.costs.shapes[step]
        if not shape.allows(moved):
            assert shape.gap is not None
            return step, *shape.gap
        edge = next(
            (before, after)
            for before, after in zip(hull.corners, hull.corners[1:], strict=False)
            if moved <= after.entered or after is hull.corners[-1]
        )
        inner = [corner for corner in shape.corners if edge[0].entered < corner.entered < edge[1].entered]

        def above(entered: float) -> tuple[float, float]:
            true, relaxed = shape.cost(entered), hull.cost(entered)
            return true[0] - relaxed[0], true[1] - relaxed[1]

        points = [corner.entered for corner in inner if shape.allows(corner.entered)]
        if shape.gap is not None and edge[0].entered <= shape.gap[0] and shape.gap[1] <= edge[1].entered:
            return step, *shape.gap
        if not points:
            return None
        highest = max(points, key=above)
        return step, highest, highest

    def branch(self, work_steps: int) -> Solution:
        """Open nodes, the lowest bound first, until none can beat the best course or the budget is used up."""
        first = self.node({})
        assert first is not None, "the energy band is reachable by construction"
        root, courses = first
        best = _best(courses, None)
        waiting = [(root.bound, 0, root)]
        left = max(1, work_steps // len(self.costs.steps))
        count = 0
        while waiting and left > 0:
            bound, _, node = heapq.heappop(waiting)
            if node.branch is None or (best is not None and not is_better(bound, best[0].total)):
                continue
            step, below, above = node.branch
            shape = self.costs.shapes[step]
            lower, upper = node.limits.get(step, (shape.corners[0].entered, shape.corners[-1].entered))
            for part in ((lower, below), (above, upper)):
                left -= 1
                child = self.node({**node.limits, step: part})
                if child is not None:
                    best = _best(child[1], best)
                    count += 1
                    heapq.heappush(waiting, (child[0].bound, count, child[0]))
        assert best is not None, "standing still is allowed wherever the limits do not forbid it"
        open_bounds = [
            bound for bound, _, node in waiting if node.branch is not None and is_better(bound, best[0].total)
        ]
        bound = min([best[0].total, *open_bounds])
        return Solution(course=best[0], values=best[1], bound=bound, proved=not open_bounds)


def _best(
    courses: list[tuple[Course, list[Value]]], best: tuple[Course, list[Value]] | None
) -> tuple[Course, list[Value]] | None:
    for found in courses:
        if best is None or is_better(found[0].total, best[0].total):
            best = found
    return best


def true_move(shape: Shape, step: Step, value: Value, stored: float) -> Moved:
    """What is best at the true cost of a step and the value after it.

    Between the corners of the cost and the kinks of the value both are linear, so the best lies at one of them.
    """
    before = step.keep * stored - step.use
    left = value.upper - sum(value.lengths)
    lower, upper = step.least, shape.corners[-1].entered
    limit = sum(length for _, length, kind in step.pieces if kind == 0) + step.least
    upper = min(upper, limit)
    points = {corner.entered for corner in shape.within(lower, upper)}
    kink = value.upper
    kinks = [kink]
    for length in value.lengths:
        kink -= length
        kinks.append(kink)
    points.update(
        energy - before for energy in kinks if lower <= energy - before <= upper and shape.allows(energy - before)
    )
    best: tuple[tuple[float, float, float], float, float] | None = None
    for entered in sorted(points, reverse=True):
        after = before + entered
        if after > value.upper + 1e-9:
            continue
        unserved = max(left - after, 0.0)
        if unserved > step.use + 1e-9:
            continue
        over, money = shape.cost(entered)
        worth = _worth(value, max(after, left))
        total = (round(over - worth[0], 9), round(unserved - worth[1], 9), money - worth[2])
        if best is None or total[:2] < best[0][:2] or (total[:2] == best[0][:2] and total[2] < best[0][2] - 1e-12):
            best = total, entered, unserved
    if best is None:
        return best_move(step, value, stored)
    return Moved(best[1], best[2])


def _worth(value: Value, stored: float) -> tuple[float, float, float]:
    """What the energy is worth against a full storage's: not positive."""
    room = value.upper - stored
    worth = [0.0, 0.0, 0.0]
    for slope, length in zip(value.slopes, value.lengths, strict=True):
        part = min(room, length)
        if part <= 0.0:
            break
        for stage in range(3):
            worth[stage] -= slope[stage] * part
        room -= part
    return worth[0], worth[1], worth[2]
