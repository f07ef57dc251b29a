"""A window covers what was asked for, in steps that history can give."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.application.ports.records.history import MAX_STEPS, Window
from energy_manager.domain.errors import Refused

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_steps_under_a_minute_begin_where_they_are_asked_to():
    window = Window.of(NOON + timedelta(seconds=3), NOON + timedelta(seconds=8), 2)
    assert (window.start, window.step_s, window.count) == (NOON + timedelta(seconds=3), 2, 3)


def test_longer_steps_are_whole_minutes_and_begin_on_one():
    window = Window.of(NOON + timedelta(seconds=3), NOON + timedelta(minutes=5), 90)
    assert (window.start, window.step_s, window.count) == (NOON, 120, 3)


def test_whole_hours_begin_on_the_hour_of_utc():
    window = Window.of_hours(NOON + timedelta(minutes=59), NOON + timedelta(hours=3), 2)
    assert (window.start, window.step_s, window.count) == (NOON, 7200, 2)
    assert window.is_of_hours


def test_local_times_are_taken_as_instants():
    night = ZoneInfo("Europe/Berlin")
    window = Window.of(datetime(2026, 3, 29, 0, tzinfo=night), datetime(2026, 3, 30, 0, tzinfo=night), 3600)
    assert window.count == 23


@pytest.mark.parametrize(
    ("since", "until", "step_s", "field"),
    [
        (NOON.replace(tzinfo=None), NOON, 60, "from"),
        (NOON, NOON.replace(tzinfo=None), 60, "to"),
        (NOON, NOON, 60, "to"),
        (NOON, NOON + timedelta(hours=1), 0, "step"),
        (NOON, NOON + timedelta(days=30), 1, "step"),
    ],
)
def test_what_cannot_be_told_is_refused_by_field(since, until, step_s, field):
    with pytest.raises(Refused) as refusal:
        Window.of(since, until, step_s)
    assert [fault.field for fault in refusal.value.faults] == [field]


def test_a_step_that_is_too_short_for_the_range_is_refused_with_one_that_would_do():
    with pytest.raises(Refused, match="at least 52 s") as refusal:
        Window.of(NOON, NOON + timedelta(days=30), 10)
    assert str(MAX_STEPS) in str(refusal.value)
    assert Window.of(NOON, NOON + timedelta(days=30), 52).count <= MAX_STEPS


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(1, 5000))
def test_a_window_covers_what_was_asked_for(offset_s, length_s, step_s):
    since = NOON + timedelta(seconds=offset_s)
    until = since + timedelta(seconds=length_s)
    try:
        window = Window.of(since, until, step_s)
    except Refused:
        assert length_s / step_s > MAX_STEPS
        return
    assert window.start <= since
    assert until <= window.end
    assert window.step_s >= step_s
    assert window.end - timedelta(seconds=window.step_s) < until
