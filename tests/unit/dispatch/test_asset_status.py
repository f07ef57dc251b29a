"""A status is believed as far as it is a number, and as long as it is young."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from energy_manager.domain.dispatch import AssetStatus, usable_potentials
from energy_manager.domain.errors import Refused
from energy_manager.domain.quantities import whole_steps
from energy_manager.domain.site import Asset


class Treacherous(float):
    def __floor__(self):
        raise RuntimeError("no floor")


@pytest.mark.parametrize(
    ("said", "steps"),
    [
        (7, 7),
        (-7, -7),
        (2**63 - 1, 2**63 - 1),
        (1 - 2**63, 1 - 2**63),
        (2**63, None),
        (-(2**63), None),
        (10**4300, None),
        (1e300, None),
        (Decimal("-1e1000000"), None),
        (Fraction(10**5000, 3), None),
        (7.9, 7),
        (-7.1, -8),
        (Decimal("3.99"), 3),
        (Fraction(7, 2), 3),
        (np.int64(12), 12),
        (np.float32(2.5), 2),
        (True, None),
        (None, None),
        ("7", None),
        (float("nan"), None),
        (float("inf"), None),
        (Decimal("NaN"), None),
        (1 + 2j, None),
        ([7], None),
        (Treacherous(1.0), None),
    ],
    ids=lambda said: type(said).__name__,
)
def test_whole_steps_are_finite_numbers_rounded_down(said, steps):
    assert whole_steps(said) == steps


@pytest.mark.parametrize(("highest", "potential"), [(None, 0), (-5, 0), (0, 0), (7, 7), (10**30, 10**30)])
def test_what_is_not_known_or_less_than_nothing_counts_as_able_to_deliver_nothing(highest, potential):
    assert AssetStatus(taken_at_s=3.0, highest=highest).potential == potential


def test_a_potential_is_used_up_to_its_maximum_age_and_not_longer():
    statuses = {
        "young": AssetStatus(output=0, highest=10, taken_at_s=80.0),
        "just": AssetStatus(output=0, highest=20, taken_at_s=75.0),
        "old": AssetStatus(output=0, highest=30, taken_at_s=74.9),
    }
    assert usable_potentials(statuses, now_s=100.0, max_age_s=25.0) == {"young": 10, "just": 20}


def test_a_constant_value_is_not_stale_as_long_as_it_is_read():
    status = AssetStatus(output=5, highest=10, taken_at_s=99.0)
    assert usable_potentials({"a": status}, now_s=100.0, max_age_s=25.0) == {"a": 10}


def test_an_asset_needs_an_id():
    with pytest.raises(Refused, match="id"):
        Asset(id="")
    assert Asset(id="asset_1").id == "asset_1"
