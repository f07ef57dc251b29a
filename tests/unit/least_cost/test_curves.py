"""Curves that are neither convex nor continuous, against the definition of their convolution."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_manager.domain.least_cost.engine.curves import Curve, convolved
from tests.support.thorough import sample


def curve(*corners: tuple[float, float]) -> Curve:
    xs, ys = (np.array(part, dtype=float) for part in zip(*corners, strict=True))
    return Curve(xs[:-1], xs[1:], ys[:-1], ys[1:])


def random_curve(r: Random, pieces: int, steep: float) -> Curve:
    lefts, rights, at_lefts, at_rights = [], [], [], []
    x, y = r.choice([-2.0, 0.0]), 0.0
    for _ in range(pieces):
        width = r.choice([0.25, 1.0, 1e-3, 0.7])
        slope = r.choice([-1.0, 0.0, 0.5, 2.0, steep, -steep, r.uniform(-1, 1)])
        lefts.append(x)
        at_lefts.append(y)
        x, y = x + width, y + slope * width
        rights.append(x)
        at_rights.append(y)
        if r.random() < 0.2:
            y += r.uniform(0.0, 1.0)
    return Curve(*map(np.array, (lefts, rights, at_lefts, at_rights)))


def by_definition(value: Curve, cost: Curve, point: float) -> float:
    """The best move ends at an end of a piece of the cost, or leads to an end of a piece of the value."""
    moves = np.concatenate((cost.left, cost.right, value.left - point, value.right - point))
    return min(cost.least_at(move) + value.least_at(point + move) for move in moves.tolist())


@settings(max_examples=sample(80), deadline=None)
@given(st.integers(min_value=0, max_value=1_000_000))
def test_the_convolution_is_the_least_sum_everywhere(seed):
    r = Random(seed)
    steep = r.choice([1.0, 5e6])
    value, cost = random_curve(r, r.randint(1, 8), steep), random_curve(r, r.randint(1, 4), steep)
    lowest, highest = float(value.left[0] - cost.right[-1]), float(value.right[-1] - cost.left[0])
    found = convolved(value, cost, lowest, highest, most_pieces=10_000)
    assert found is not None
    for share in range(1, 30):
        point = lowest + (highest - lowest) * share / 30.37
        least = by_definition(value, cost, point)
        assert found.least_at(point) == pytest.approx(least, abs=1e-6 * max(1.0, steep * 1e-3), rel=1e-9)


def test_a_kink_beside_a_very_short_piece_stays_a_kink():
    # Found by a campaign: two pieces were made one because each went straight on to a piece of 2e-9 kWh between them.
    value = curve((-1.0, 5e6), (0.0, 0.0), (1.0, -1.0), (1.0 + 2e-9, -1.0 - 1e-9), (2.0, -1.1))
    still = Curve(*map(np.array, ([0.0], [0.0], [0.0], [0.0])))
    found = convolved(value, still, -1.0, 2.0, most_pieces=100)
    assert found is not None
    assert found.least_at(1.0) == pytest.approx(-1.0)
    assert found.least_at(1.5) == pytest.approx(-1.05)


def test_copies_that_cross_make_a_corner_where_they_do():
    tent = curve((0.0, 0.0), (1.0, 1.0), (2.0, 0.0))
    jump = Curve(*map(np.array, ([0.0, 1.0], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0])))
    found = convolved(tent, jump, 0.0, 1.0, most_pieces=100)
    assert found is not None
    # Stay, or go 1 up: x against 1 - x.
    assert [found.least_at(point) for point in (0.0, 0.25, 0.5, 0.75, 1.0)] == pytest.approx(
        [0.0, 0.25, 0.5, 0.25, 0.0]
    )


def test_curves_that_never_meet_have_no_convolution():
    assert convolved(curve((0.0, 0.0), (1.0, 0.0)), curve((5.0, 0.0), (6.0, 0.0)), 0.0, 1.0, most_pieces=100) is None
    many = curve(*((float(place), float(place % 2)) for place in range(50)))
    assert convolved(many, many, -49.0, 49.0, most_pieces=3) is None
