"""Branch and bound over the steps that are not convex.

A node restricts some of them (see ``shapes``) to a part of what may enter; the convex envelopes of what is left make
its bound. Its values lead two courses through the true costs: the relaxation's own and one that decides odd steps by
their true cost; both are real plans, so upper bounds. The node with the lowest bound is opened next, at the odd step
where bound and truth differ most, at the corner that explains the difference.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from energy_manager.domain.least_cost.engine.courses import (
    TIE_EUR,
    TIE_KWH,
    Course,
    Forward,
    Total,
    is_better,
    lowest_of,
)
from energy_manager.domain.least_cost.engine.shapes import Envelope
from energy_manager.domain.storage_value.value_function import Value

Led = tuple[Course, list[Value]]
"""A course and the value functions that led it."""


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


@dataclass(frozen=True, slots=True)
class Branching:
    """The search over one storage's steps."""

    forward: Forward

    def node(self, limits: Mapping[int, tuple[float, float]]) -> tuple[_Node, list[Led]] | None:
        """The relaxation under these limits, and real courses from it with its values; None where it has none."""
        envelopes = self.forward.relax(limits)
        if envelopes is None:
            return None
        values = self.forward.values()
        relaxed = self.forward.course(values, {})
        if not self.forward.keeps_limits(relaxed):
            return None
        bound, branch, is_real = self._compared(relaxed, envelopes)
        courses = [(relaxed, values)] if is_real else []
        if branch is not None:
            other = self.forward.course(values, self.forward.costs.shapes)
            if self.forward.keeps_limits(other) and self.forward.is_allowed(other):
                courses.append((other, values))
        return _Node(limits=limits, bound=bound, branch=branch), courses

    def _compared(
        self, course: Course, envelopes: Mapping[int, Envelope]
    ) -> tuple[Total, tuple[int, float, float] | None, bool]:
        """The bound, where to branch, and whether the course is a real one."""
        entered = self.forward.terms.entered(np.array(course.charge_kw), self.forward.exchange.hours).tolist()
        violation, missing, money = course.total
        widest, where, is_real = (TIE_KWH * 0.01, TIE_EUR * 0.01), None, True
        for step, hull in envelopes.items():
            shape, moved = self.forward.costs.shapes[step], entered[step]
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

        None where the hull's edge is the true cost, so that the difference was a rounding error.
        """
        shape = self.forward.costs.shapes[step]
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

    def solution(self, work_steps: int) -> Solution:
        """Open nodes, the lowest bound first, until none can beat the best course or the budget is used up."""
        first = self.node({})
        assert first is not None, "the energy band is reachable by construction"
        root, courses = first
        root_led = self.forward.values()
        best = _best(courses, None)
        waiting = [(root.bound, 0, root)]
        left = work_steps // len(self.forward.costs.steps)
        count = 0
        while waiting and left > 0:
            bound, _, node = heapq.heappop(waiting)
            if node.branch is None or (best is not None and not is_better(bound, best[0].total)):
                continue
            step, below, above = node.branch
            shape = self.forward.costs.shapes[step]
            lower, upper = node.limits.get(step, (shape.corners[0].entered, shape.corners[-1].entered))
            for part in ((lower, below), (above, upper)):
                left -= 1
                child = self.node({**node.limits, step: part})
                if child is not None:
                    best = _best(child[1], best)
                    count += 1
                    heapq.heappush(waiting, (child[0].bound, count, child[0]))
        if best is None:
            # With a least power limits may leave a way so narrow that no envelope leads through it.
            best = self.forward.way_that_exists(), root_led
        open_bounds = [
            bound for bound, _, node in waiting if node.branch is not None and is_better(bound, best[0].total)
        ]
        bound = lowest_of([best[0].total, *open_bounds])
        return Solution(course=best[0], values=best[1], bound=bound, proved=not open_bounds)


def _best(courses: list[Led], best: Led | None) -> Led | None:
    for found in courses:
        if best is None or is_better(found[0].total, best[0].total):
            best = found
    return best
