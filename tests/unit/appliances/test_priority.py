from decimal import Decimal

import pytest

from energy_manager.domain.appliances import priority_of
from energy_manager.domain.errors import Refused


@pytest.mark.parametrize(
    ("priority_class", "minutes_left", "expected"),
    [
        ("low", 0, 9),  # 1 + 480/60
        ("low", 60, 5),  # 1 + 480/120
        ("low", 36, 6),  # 1 + 480/96 = 1 + 5
        ("low", 36.01, 5),
        ("low", 419.9, 2),
        ("low", 420, 2),  # 1 + 480/480
        ("low", 420.1, 1),
        ("low", 1440, 1),  # a day is not dropped
        ("low", None, 1),
        ("normal", 0, 10),  # 3 + 8 is more than 10
        ("normal", 9, 9),  # 480/69 = 6.9...
        ("normal", 20, 9),  # 480/80 = 6
        ("normal", 60, 7),
        ("normal", 420, 4),
        ("normal", 421, 3),
        ("normal", None, 3),
        ("urgent", 0, 10),
        ("urgent", 100, 10),  # 480/160 = 3
        ("urgent", 101, 9),
        ("urgent", 420, 8),
        ("urgent", 1440, 7),
        ("urgent", None, 7),
    ],
)
def test_the_priority_is_the_base_and_480_over_the_minutes_left_and_an_hour(priority_class, minutes_left, expected):
    assert priority_of(priority_class, minutes_left) == expected


def test_decimals_of_minutes_are_exact():
    assert priority_of("low", Decimal("36.0000000001")) == 5
    assert priority_of("low", Decimal(36)) == 6


def test_waiting_for_ever_is_the_base_alone():
    assert priority_of("normal", float("inf")) == 3


@pytest.mark.parametrize("minutes_left", [-1, float("nan")])
def test_minutes_below_0_or_not_a_number_are_refused(minutes_left):
    with pytest.raises(Refused) as refused:
        priority_of("low", minutes_left)
    assert refused.value.faults[0].field == "minutes_left"


def test_an_unknown_class_is_refused():
    with pytest.raises(Refused, match="urgent, normal, low"):
        priority_of("lowest", 5)
