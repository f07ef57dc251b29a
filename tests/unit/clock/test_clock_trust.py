"""The wall clock held against the time that has passed and the newest record."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.clock_trust import ClockMark, clock_trust, in_words

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MARK = ClockMark(at=NOON, machine="first start", uptime_s=1_000.0)


def later(wall: timedelta, *, passed: timedelta, machine: str = "first start") -> ClockMark:
    return ClockMark(at=NOON + wall, machine=machine, uptime_s=MARK.uptime_s + passed.total_seconds())


def test_without_a_mark_there_is_nothing_to_doubt_the_clock_by():
    assert clock_trust(None, MARK).is_trusted


def test_a_clock_that_shows_what_has_passed_is_trusted():
    assert clock_trust(MARK, later(timedelta(hours=5), passed=timedelta(hours=5))).is_trusted


def test_a_clock_three_years_ahead_is_doubted_while_the_machine_runs():
    trust = clock_trust(MARK, later(timedelta(days=1095), passed=timedelta(seconds=5)))
    assert not trust.is_trusted
    assert trust.why.startswith("the clock is 1095 days ahead of the newest record")


@pytest.mark.parametrize("machine", ["first start", "next start"])
def test_a_clock_behind_the_newest_record_is_doubted_always(machine):
    trust = clock_trust(MARK, later(-timedelta(hours=1), passed=timedelta(0), machine=machine))
    assert trust.why == "the clock is 1 h behind the newest record"
    assert trust.off == -timedelta(hours=1)


def test_a_machine_may_have_been_off_for_days_but_not_for_years():
    off_for = {"days": timedelta(days=5), "years": timedelta(days=1095)}
    trusts = {name: clock_trust(MARK, later(off, passed=timedelta(0), machine="next")) for name, off in off_for.items()}
    assert trusts["days"].is_trusted
    assert trusts["years"].why == (
        "there is no record of the last 1095 days: the machine was off, or its clock is ahead"
    )


@given(passed_s=st.floats(0, 10**8), off_s=st.floats(-59, 59))
def test_small_deviations_are_no_doubt_however_long_it_ran(passed_s, off_s):
    now = later(timedelta(seconds=passed_s + off_s), passed=timedelta(seconds=passed_s))
    assert clock_trust(MARK, now).is_trusted


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=8), "8 s"),
        (timedelta(minutes=90), "1.5 h"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=36), "36 h"),
        (timedelta(days=-3), "3 days"),
    ],
)
def test_lengths_in_words(length, words):
    assert in_words(length) == words
