"""Six-field cron expressions in UTC, held against a search through every second and every day."""

import itertools
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_manager.entrypoints.dsxos.cron import Cron
from tests.support.thorough import sample

NOW = datetime(2026, 3, 2, 10, 7, 30, 500_000, UTC)  # a Monday


def coming(text, count=1, since=NOW):
    times, now = [], since
    for _ in range(count):
        now = Cron.parse(text).next_after(now)
        times.append(now.strftime("%Y-%m-%d %H:%M:%S"))
    return times if count > 1 else times[0]


def test_ten_seconds_past_every_quarter_of_an_hour():
    assert coming("10 */15 * * * *", 2) == ["2026-03-02 10:15:10", "2026-03-02 10:30:10"]


def test_the_next_time_is_later_than_now_though_now_fits():
    assert coming("30 7 10 * * *", since=NOW.replace(microsecond=0)) == "2026-03-03 10:07:30"
    assert coming("31 7 10 * * *") == "2026-03-02 10:07:31"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("* * * * * *", "2026-03-02 10:07:31"),
        ("0 0 0 * * *", "2026-03-03 00:00:00"),
        ("0 0 0 1 * *", "2026-04-01 00:00:00"),
        ("0 0 12 ? * MON-FRI", "2026-03-02 12:00:00"),
        ("0 0 12 ? * sun", "2026-03-08 12:00:00"),
        ("0 0 12 * * 7", "2026-03-08 12:00:00"),
        ("0 0 12 * * 0", "2026-03-08 12:00:00"),
        ("0 0 12 * * FRI-SUN", "2026-03-06 12:00:00"),
        ("0 0 12 * * 6-0", "2026-03-07 12:00:00"),
        ("0 0 0 1 jan,JUL *", "2026-07-01 00:00:00"),
        ("5/20 * * * * *", "2026-03-02 10:07:45"),
        ("0 10-40/10 * * * *", "2026-03-02 10:10:00"),
        ("0 0 8-18/5,23 * * *", "2026-03-02 13:00:00"),
        ("0 0 0 29 2 *", "2028-02-29 00:00:00"),
        ("0 0 0 31 * *", "2026-03-31 00:00:00"),
    ],
)
def test_fields(text, expected):
    assert coming(text) == expected


def test_where_both_days_are_restricted_either_will_do():
    assert coming("0 0 0 13 * FRI", 3) == ["2026-03-06 00:00:00", "2026-03-13 00:00:00", "2026-03-20 00:00:00"]
    assert coming("0 0 0 31 2 FRI") == "2027-02-05 00:00:00"


def test_a_leap_day_across_a_century_without_one():
    assert coming("0 0 0 29 2 *", since=datetime(2096, 3, 1, tzinfo=UTC)) == "2104-02-29 00:00:00"


def test_there_is_no_change_of_clocks_in_utc():
    night = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    assert coming("0 30 * * * *", 4, since=night) == [f"2026-03-29 0{hour}:30:00" for hour in range(4)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("*/15 * * * *", "has 5 fields, there must be six: second, minute"),
        ("0 0 0 * * * 2026", "has 7 fields"),
        ("60 * * * * *", "the second '60': '60' is no number from 0 to 59"),
        ("* * 24 * * *", "the hour '24'"),
        ("* * * 0 * *", "the day of the month '0'"),
        ("* * * * 13 *", "the month '13': '13' is no number from 1 to 12 or JAN"),
        ("* * * * * FUN", "the day of the week 'FUN'"),
        ("* * * * * 8", "the day of the week '8'"),
        ("*/0 * * * * *", "the step in '*/0' must be a whole number of at least 1"),
        ("*/x * * * * *", "the step in '*/x'"),
        ("30-10 * * * * *", "the range '30-10' runs backwards"),
        ("1,,2 * * * * *", "'' is no number"),
        ("-5 * * * * *", "'' is no number"),
        ("? * * * * *", "the second '?'"),
        ("* * * L * *", "the day of the month 'L'"),
        ("² * * * * *", "the second '²'"),
        ("0 0 0 30 2 *", "never comes: none of its months has a day 30"),
        ("0 0 0 31 4,6 *", "never comes"),
    ],
)
def test_what_cannot_be_is_refused_by_field(text, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        Cron.parse(text)


def some(low, high):
    return st.sets(st.integers(low, high), min_size=1, max_size=3)


def written(values):
    return ",".join(map(str, values))


@given(some(0, 59), some(0, 59), some(0, 23), st.integers(0, 86_400 * 365))
@settings(max_examples=sample(200), deadline=None)
def test_no_time_of_day_is_missed(seconds, minutes, hours, since_s):
    now = NOW + timedelta(seconds=since_s)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    expected = min(
        moment
        for day, hour, minute, second in itertools.product((0, 1), hours, minutes, seconds)
        if (moment := midnight + timedelta(days=day, hours=hour, minutes=minute, seconds=second)) > now
    )
    assert Cron.parse(f"{written(seconds)} {written(minutes)} {written(hours)} * * *").next_after(now) == expected


@given(some(1, 28), some(1, 12), some(0, 6), st.sampled_from(["both", "days", "weekdays"]), st.integers(0, 2000))
@settings(max_examples=sample(200), deadline=None)
def test_no_day_is_missed(days, months, weekdays, restricted, since_days):
    now = NOW + timedelta(days=since_days)
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    while True:
        day += timedelta(days=1)
        in_month, in_week = day.day in days, day.isoweekday() % 7 in weekdays
        fits = {"both": in_month or in_week, "days": in_month, "weekdays": in_week}[restricted]
        if day.month in months and fits:
            break
    own_days = written(days) if restricted != "weekdays" else "*"
    own_weekdays = written(weekdays) if restricted != "days" else "*"
    assert Cron.parse(f"0 0 0 {own_days} {written(months)} {own_weekdays}").next_after(now) == day
