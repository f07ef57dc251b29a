"""A forecast as it was issued: what it may be, and what is refused."""

import math
from array import array
from datetime import UTC, datetime

import pytest

from energy_manager.domain.errors import Refused
from energy_manager.domain.forecast import IssuedForecast, Unit

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR_US = 3_600_000_000


def issued(*, name="load", at=NOON, instants_us=(0, HOUR_US), values=(1.0, 2.0)):
    return IssuedForecast(
        name=name, unit=Unit.KW, issued_at=at, instants_us=array("q", instants_us), values=array("d", values)
    )


def test_its_time_of_issue_is_kept_as_utc():
    summer = datetime.fromisoformat("2026-07-02T14:00:00+02:00")
    assert issued(at=summer).issued_at.isoformat() == "2026-07-02T12:00:00+00:00"


@pytest.mark.parametrize(
    ("said", "field", "message"),
    [
        ({"name": ""}, "name", "is not 1 to 100 printable characters"),
        ({"name": "a" * 101}, "name", "is not 1 to 100 printable characters"),
        ({"name": "a\n"}, "name", "is not 1 to 100 printable characters"),
        ({"instants_us": (), "values": ()}, "readings", "values with a time each"),
        ({"values": (1.0,)}, "readings", "values with a time each"),
        ({"instants_us": (0, 0)}, "readings", "are not in order of time"),
        ({"values": (1.0, math.nan)}, "readings", "no finite number"),
    ],
)
def test_what_it_cannot_be_is_refused_by_its_field(said, field, message):
    with pytest.raises(Refused) as refused:
        issued(**said)
    (fault,) = refused.value.faults
    assert fault.field == field
    assert message in fault.message
