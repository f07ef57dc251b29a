from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_manager.domain.forecast.similar_days import SimilarDays
from energy_manager.domain.forecast.steps import MeasuredSteps, local_offsets, same_clock
from tests.support.thorough import sample

BERLIN = ZoneInfo("Europe/Berlin")
UTC_ZONE = ZoneInfo("UTC")
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
A_DAY = 96


def forecaster(values, *, start=MONDAY, zone=UTC_ZONE, ahead=192):
    measured = MeasuredSteps(start=start, step_s=900, values=np.asarray(values, dtype=float))
    return SimilarDays(measured, zone, ahead=ahead)


def days(*levels):
    """A day of each level, in kW."""
    return np.repeat(np.array(levels, dtype=float), A_DAY)


def test_half_is_the_mean_of_seven_days_and_half_that_of_the_same_weekday_of_four_weeks():
    # Mondays take 8 kW, other days 1: of the last seven days 14 / 7 = 2, of four Mondays 8. (2 + 8) / 2 = 5.
    values = days(*([8, 1, 1, 1, 1, 1, 1] * 4))
    assert forecaster(values).forecast(len(values), 1)[0] == pytest.approx(5.0, abs=0.5)
    # The last error, Sunday's: 1 - (2 + 1) / 2 = -0.5, fades by 0.85 a quarter hour.
    seen = forecaster(values).forecast(len(values), 8)
    assert seen == pytest.approx([5.0 - 0.5 * 0.85**lead for lead in range(1, 9)])


def test_a_gap_is_a_gap_and_neither_zero_nor_held():
    values = days(2, 2, 2, 2, 2, 2, 2)
    values[3 * A_DAY : 4 * A_DAY] = np.nan
    assert forecaster(values).forecast(len(values), A_DAY) == pytest.approx(np.full(A_DAY, 2.0))


def test_behind_a_long_gap_no_error_is_carried_on():
    values = days(2, 2, 2, 2)
    values[-8:-4] = 9.0
    values[-4:] = np.nan
    assert forecaster(values).forecast(len(values), 8) == pytest.approx(np.full(8, 2.0))


def test_without_any_day_nothing_is_expected():
    assert np.isnan(forecaster(days(3)[:50]).forecast(50, 4)).all()


def test_the_second_day_ahead_is_expected_from_days_that_are_over():
    # Of the seven days before it one took 5 kW, the same weekday a week ago 1.
    values = days(1, 1, 1, 1, 1, 1, 5)
    seen = forecaster(values).forecast(len(values), 192)
    assert seen[A_DAY:] == pytest.approx(np.full(A_DAY, (11 / 7 + 1) / 2), abs=0.01)


@pytest.mark.parametrize(
    ("day", "hours"), [(datetime(2026, 3, 29, tzinfo=BERLIN), 23), (datetime(2026, 10, 25, tzinfo=BERLIN), 25)]
)
def test_breakfast_stays_at_the_local_hour_when_the_clock_is_put(day, hours):
    start = (day - timedelta(days=10)).astimezone(UTC)
    steps = (10 * 24 + hours) * 4
    clock = [(start + timedelta(minutes=15 * step)).astimezone(BERLIN) for step in range(steps + A_DAY)]
    values = np.array([4.0 if local.hour == 7 else 1.0 for local in clock])
    origin = int((day.astimezone(UTC) - start) / timedelta(minutes=15))
    seen = forecaster(values[:origin], start=start, zone=BERLIN).forecast(origin, hours * 4)
    assert seen == pytest.approx(values[origin : origin + hours * 4])


def test_a_day_before_the_clock_showed_the_same():
    start = datetime(2026, 3, 28, tzinfo=UTC)
    offsets = local_offsets(start, 900, 3 * A_DAY, BERLIN)
    # 2026-03-29 10:00 UTC is 12:00 in Berlin; the day before it was 12:00 at 11:00 UTC.
    noon = A_DAY + 40
    assert same_clock(offsets, np.array([noon]), 1, A_DAY).tolist() == [44]


@settings(max_examples=sample(25), deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 44 * A_DAY))
def test_nothing_from_then_on_is_looked_at(seed, origin):
    rng = np.random.default_rng(seed)
    values = rng.random(46 * A_DAY)
    other = values.copy()
    other[origin:] = 100.0 + rng.random(len(values) - origin)
    start = datetime(2026, 3, 1, tzinfo=UTC)
    origins = np.arange(max(0, origin - 20), origin + 5)
    first, second = (forecaster(each, start=start, zone=BERLIN).forecasts(origins, 128) for each in (values, other))
    until = int(np.searchsorted(origins, origin, side="right"))
    np.testing.assert_array_equal(first[:until], second[:until])


def test_the_ridge_learns_what_the_rule_leaves_over():
    # Each day repeats the one before it, which changes at random: yesterday says all, seven days little.
    rng = np.random.default_rng(4)
    levels, level = [], 5.0
    for _ in range(70):
        level = min(max(level + rng.choice([-1.0, 1.0]), 1.0), 9.0)
        levels.append(level)
    values = days(*levels)
    seen = forecaster(values)
    origins = np.arange(40, 68) * A_DAY
    plain = forecaster(values)
    plain._weights = lambda origins: np.zeros((len(origins), 3))  # the rule alone
    wanted = np.array(levels)[40:68, None]
    with_ridge = np.abs(seen.forecasts(origins, A_DAY) - wanted).mean()
    assert with_ridge < 0.8 * np.abs(plain.forecasts(origins, A_DAY) - wanted).mean()
