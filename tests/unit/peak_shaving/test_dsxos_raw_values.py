"""Raw readings of a request: what is sound is taken, and everything that is wrong is named with its place."""

from decimal import Decimal

import pytest

from energy_manager.adapters.dsxos.raw_values import FAULTS_PER_SERIES, Faults, finite, readings

AT = "2026-03-02T00:00:00Z"


def read(*items, least=None):
    faults = Faults()
    found = readings(list(items), "load", faults, least=least)
    return found, [(fault.field, fault.message) for fault in faults.found]


def test_a_value_or_none_at_a_time_with_its_offset_is_a_reading():
    found, faults = read({"time": "2026-03-02T01:00:00+01:00", "value": Decimal("1.5")}, {"time": AT, "value": None})
    assert [(reading.time.isoformat(), reading.value) for reading in found] == [
        ("2026-03-02T00:00:00+00:00", 1.5),
        ("2026-03-02T00:00:00+00:00", None),
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("item", "field", "message"),
    [
        (7, "load[0]", "must be a reading with time and value, not 7"),
        ({"value": 1}, "load[0].time", "is missing"),
        ({"time": 7, "value": 1}, "load[0].time", "must be an ISO 8601 time such as 2026-03-02T00:00:00Z, not 7"),
        ({"time": "noon", "value": 1}, "load[0].time", "must be an ISO 8601 time such as 2026-03-02T00:00:00Z"),
        ({"time": "2026-03-02T00:00:00", "value": 1}, "load[0].time", "must have an offset from UTC"),
        ({"time": "0001-01-01T00:00:00+14:00", "value": 1}, "load[0].time", "must be an ISO 8601 time"),
        ({"time": AT}, "load[0].value", "is missing"),
        ({"time": AT, "value": True}, "load[0].value", "must be a number, not true"),
        ({"time": AT, "value": 10**400}, "load[0].value", "must be a finite number, this one is too large"),
        ({"time": AT, "value": float("inf")}, "load[0].value", "must be a finite number"),
        ({"time": AT, "value": -1}, "load[0].value", "must be at least 0"),
        ({"time": AT, "value": 1, "unit": "W"}, "load[0].unit", "must be kW, not 'W'"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(item, field, message):
    _, faults = read(item, least=0.0)
    ((found_field, found_message),) = faults
    assert found_field == field
    assert found_message.startswith(message)


def test_of_many_faults_the_first_are_named_and_the_others_counted():
    _, faults = read(*[7] * (FAULTS_PER_SERIES + 3))
    assert len(faults) == FAULTS_PER_SERIES + 1
    assert faults[-1] == ("load", "3 more values are at fault")


def test_a_number_is_taken_or_noted():
    faults = Faults()
    assert finite(Decimal("0.5"), "x", faults, least=None) == 0.5
    assert finite("1", "x", faults, least=None) is None
    assert [fault.field for fault in faults.found] == ["x"]
