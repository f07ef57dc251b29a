"""Errors carry data, say one sentence, and survive the way from a worker process."""

import pickle
from decimal import Decimal

import pytest

from energy_manager.domain.errors import EnergyManagerError, Fault, Infeasible, Refused, near_miss, shown


class NotEnough(Infeasible):
    def __init__(self, *, there_is_kw: int) -> None:
        super().__init__(f"there is {there_is_kw} kW only")
        self.there_is_kw = there_is_kw


def test_a_refusal_lists_every_fault_by_field():
    refusal = Refused([Fault(field="load", message="-1 is below 0"), Fault(field="fuels", message="is missing")])
    assert str(refusal) == "load: -1 is below 0; fuels: is missing"
    assert refusal.details == {
        "faults": [{"field": "load", "message": "-1 is below 0"}, {"field": "fuels", "message": "is missing"}]
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        ([1], "a list"),
        ({}, "an object"),
        (-7, "-7"),
        (10**50, "a whole number of 167 bits"),
        (0.1, "0.1"),
        (Decimal("1.50"), "1.50"),
        (Decimal("NaN"), "NaN"),
        ("caf\u00e9", r"'caf\xe9'"),
        ("x" * 50, "'" + "x" * 39 + "…"),
    ],
)
def test_a_value_is_shown_in_the_words_of_json_and_never_at_length(value, text):
    assert shown(value) == text


def test_an_error_with_keyword_data_survives_pickling():
    copy = pickle.loads(pickle.dumps(NotEnough(there_is_kw=7)))
    assert (type(copy), str(copy), copy.there_is_kw) == (NotEnough, "there is 7 kW only", 7)


def test_an_error_without_particulars_has_none():
    assert EnergyManagerError("something").details is None


def test_a_near_miss_is_asked_for_and_nothing_else():
    assert near_miss("laod", ["load", "production"]) == "; did you mean load?"
    assert near_miss("laod", ["load"], quoted=True) == "; did you mean 'load'?"
    assert near_miss("heat", ["load", "production"]) == ""
