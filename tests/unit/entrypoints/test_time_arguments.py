"""Times as people type them."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.command_line.time_arguments import read_moment

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def read(text, without_zone="refused"):
    return read_moment(text, field="--at", now=NOW, without_zone=without_zone)


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("now", timedelta()),
        ("-90s", timedelta(seconds=90)),
        ("-1.5h", timedelta(minutes=90)),
        ("-15min", timedelta(minutes=15)),
        ("-7d", timedelta(days=7)),
        ("2026-03-02T12:00:00Z", timedelta()),
        ("2026-03-02T12:00:00+01:00", timedelta(hours=1)),
        ("2026-03-02T12:00:00 01:00", timedelta(hours=1)),
        (" 2026-03-02 12:00Z ", timedelta()),
    ],
)
def test_instants_and_how_long_ago(text, ago):
    assert read(text) == NOW - ago
    assert read(text).tzinfo is UTC


def test_a_time_without_a_zone_is_local_where_a_person_types_and_refused_where_a_program_asks(monkeypatch):
    monkeypatch.setenv("TZ", "UTC-2")  # POSIX's sign: two hours ahead of UTC
    time.tzset()
    try:
        assert read("2026-03-02T14:00:00", without_zone="local") == NOW
    finally:
        monkeypatch.undo()
        time.tzset()
    with pytest.raises(Refused, match="has no time zone; Z is UTC"):
        read("2026-03-02T14:00:00")


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "-1w", "1h", "-h", "-999999999d", "0001-01-01T00:00:00+23:00", "2026-13-01T00:00:00Z", "9" * 200],
)
def test_what_is_no_time_is_refused_with_its_field(text):
    with pytest.raises(Refused) as refusal:
        read(text, without_zone="local")
    (fault,) = refusal.value.faults
    assert fault.field == "--at"
    assert "no time" in fault.message
    assert len(fault.message) < 250


@pytest.mark.parametrize("text", ["1969-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "-100000d"])
def test_times_of_another_age_are_slips_of_the_pen(text):
    with pytest.raises(Refused, match="is not between 1970 and 2200"):
        read(text)
