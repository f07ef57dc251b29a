"""A daily or weekly schedule goes by the clock on the wall, also on the two days on which the clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.errors import Refused
from energy_manager.domain.schedule import DAY_S, WEEK_S, RecurringPeriod, RecurringSchedule

BRUSSELS = ZoneInfo("Europe/Brussels")
HOUR_S = 3600


def period(start_h, end_h, target, *, asset="a", place="here"):
    return RecurringPeriod(
        asset=asset, start_s=round(start_h * HOUR_S), end_s=round(end_h * HOUR_S), target=target, place=place
    )


def daily(*periods, zone=BRUSSELS):
    return RecurringSchedule(zone=zone, length_s=DAY_S, periods=periods)


def weekly(*periods):
    return RecurringSchedule(zone=BRUSSELS, length_s=WEEK_S, periods=periods)


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=BRUSSELS)


def hours_of(schedule, day, *, step_min=30):
    """How many hours of that local day each target holds."""
    at, end = local(f"{day}T00:00").astimezone(UTC), local(f"{day}T00:00") + timedelta(days=1)
    held = {}
    while at < end.astimezone(UTC):
        target = schedule.targets_at(at).get("a")
        held[target] = held.get(target, 0) + step_min / 60
        at += timedelta(minutes=step_min)
    return held


NIGHT = daily(period(0, 2, 1), period(2, 3, 2), period(3, 24, 3))


def test_it_holds_every_day_at_the_same_local_time():
    for day in ("2026-01-15", "2026-07-15"):
        assert NIGHT.targets_at(local(f"{day}T02:30")) == {"a": 2}
        assert NIGHT.targets_at(local(f"{day}T03:00")) == {"a": 3}
    assert hours_of(NIGHT, "2026-01-15") == {1: 2, 2: 1, 3: 21}


def test_where_the_clocks_are_set_forward_the_hour_that_is_left_out_does_not_happen():
    assert hours_of(NIGHT, "2026-03-29") == {1: 2, 3: 21}
    assert NIGHT.targets_at(datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)) == {"a": 1}
    assert NIGHT.targets_at(datetime(2026, 3, 29, 1, 0, tzinfo=UTC)) == {"a": 3}


def test_where_the_clocks_are_set_back_the_hour_that_is_shown_twice_happens_twice():
    assert hours_of(NIGHT, "2026-10-25") == {1: 2, 2: 2, 3: 21}
    halves = daily(period(2, 2.5, 1), period(2.5, 3, 2))
    shown = [halves.targets_at(datetime(2026, 10, 25, 0, 0, tzinfo=UTC) + timedelta(minutes=30 * n)) for n in range(5)]
    assert shown == [{"a": 1}, {"a": 2}, {"a": 1}, {"a": 2}, {}]


def test_a_period_may_go_on_after_midnight():
    schedule = daily(period(22, 6, -5))
    assert [schedule.targets_at(local(f"2026-01-15T{hour:02}:00")) for hour in (5, 6, 21, 22)] == [
        {"a": -5},
        {},
        {},
        {"a": -5},
    ]


def test_a_weekly_schedule_knows_its_days_and_may_go_on_into_the_next_week():
    schedule = weekly(period(8, 12, 1), period(6 * 24 + 20, 4, 2))
    assert schedule.targets_at(local("2026-03-02T09:00")) == {"a": 1}, "a Monday"
    assert schedule.targets_at(local("2026-03-03T09:00")) == {}
    assert schedule.targets_at(local("2026-03-08T21:00")) == {"a": 2}, "Sunday evening"
    assert schedule.targets_at(local("2026-03-09T03:59")) == {"a": 2}, "and the Monday after"
    assert schedule.targets_at(local("2026-03-09T04:00")) == {}


def test_each_asset_has_its_own_times():
    schedule = daily(period(8, 12, 1), period(10, 14, 2, asset="b"))
    assert [dict(schedule.targets_at(local(f"2026-03-02T{hour:02}:00"))) for hour in (9, 11, 13)] == [
        {"a": 1},
        {"a": 1, "b": 2},
        {"b": 2},
    ]


def test_periods_of_one_asset_that_overlap_are_refused_with_their_places():
    with pytest.raises(Refused) as refusal:
        daily(period(22, 6, 1, place="line 2"), period(5, 8, 2, place="line 3"))
    ((fault),) = refusal.value.faults
    assert (fault.field, fault.message) == ("line 3", "overlaps line 2, which speaks for 'a' too")


@pytest.mark.parametrize(("start_h", "end_h"), [(24, 2), (-1, 2), (3, 25)])
def test_a_period_stays_within_the_day(start_h, end_h):
    with pytest.raises(Refused, match="reaches beyond"):
        daily(period(start_h, end_h, 1))


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),  # noqa: DTZ001 - it is put into UTC below
    st.lists(st.integers(0, 24 * 60), min_size=2, max_size=9, unique=True),
)
def test_at_every_instant_it_says_what_the_clock_on_the_wall_says(instant, edges):
    edges = sorted(edges)
    periods = [period(start / 60, end / 60, start) for start, end in zip(edges[::2], edges[1::2], strict=False)]
    shown = instant.replace(tzinfo=UTC).astimezone(BRUSSELS)
    minute = 60 * shown.hour + shown.minute
    wanted = [p.target for p in periods if p.start_s <= 60 * minute < p.end_s]
    assert list(daily(*periods).targets_at(instant.replace(tzinfo=UTC)).values()) == wanted
