from datetime import UTC, datetime

import numpy as np
import pytest

from energy_manager.domain.forecast.clear_days import ClearDaySuns, KnownPrices
from energy_manager.domain.forecast.steps import MeasuredSteps

A_DAY = 96
BELL = np.clip(np.sin((np.arange(A_DAY) - 24) / 48 * np.pi), 0, None)
NOON = 48


def suns(values, *, ahead=192, prices=None):
    start = datetime(2026, 6, 1, tzinfo=UTC)
    measured = MeasuredSteps(start=start, step_s=900, values=np.asarray(values, dtype=float))
    return ClearDaySuns(measured, ahead=ahead, prices=prices)


def days(*powers):
    return np.concatenate([power * BELL for power in powers])


def test_after_days_that_are_alike_another_one_is_expected():
    values = days(4, 4, 4)
    assert suns(values).forecast(len(values), 2 * A_DAY) == pytest.approx(days(4, 4))


def test_nothing_is_said_before_a_day_is_known():
    assert np.isnan(suns(BELL[:NOON]).forecast(NOON, 4)).all()


def test_a_dull_morning_dims_the_next_hours_more_than_the_evening():
    values = np.concatenate([days(4, 4, 4), 2 * BELL[:NOON]])
    shares = suns(values).forecast(len(values), 20) / (4 * BELL[NOON : NOON + 20])
    assert shares[0] == pytest.approx(0.5, abs=0.1)
    assert (np.diff(shares) > 0).all()


def test_the_sun_is_never_expected_above_the_clear_sky_nor_below_0():
    values = np.concatenate([days(1, 4, 1, 1), 9 * BELL[:NOON]])
    own = suns(values)
    (most,) = own.clear_sky(np.array([len(values)]), 40)
    seen = own.forecast(len(values), 40)
    assert most[0] == pytest.approx(1.05 * 4 * BELL[NOON], rel=1e-9)
    assert seen[0] == most[0]
    dark = np.concatenate([days(4, 4, 4), 0 * BELL[:NOON]])
    assert suns(dark).forecast(len(dark), 40).min() >= 0.0


def test_what_was_curtailed_does_not_teach():
    curtailed = 4 * BELL.copy()
    curtailed[40:60] = np.nan
    values = np.concatenate([days(4, 4), curtailed])
    assert suns(values).forecast(len(values), A_DAY) == pytest.approx(4 * BELL)


def test_nothing_from_then_on_is_looked_at():
    # Many forecasts at once: none of them may know what the later ones know.
    rng = np.random.default_rng(2)
    values = rng.random(14 * A_DAY)
    then = 10 * A_DAY + 20
    other = np.concatenate([values[:then], 50 + values[then:]])
    origins = np.arange(then - 100, then + 100)
    until = np.arange(20 * A_DAY) + 40
    prices = rng.random(20 * A_DAY)
    others = np.concatenate([prices[: then + 40], 9 + prices[then + 40 :]])
    before, after = (
        suns(each, prices=KnownPrices(values=own, until=until)).forecasts(origins, 128)
        for each, own in ((values, prices), (other, others))
    )
    np.testing.assert_array_equal(before[:101], after[:101])


def test_a_cheap_noon_is_a_sunny_one_where_that_has_been_so():
    rng = np.random.default_rng(3)
    sunshine = rng.uniform(1, 5, size=30)
    level = rng.uniform(-1, 1, size=30)
    prices = np.concatenate([10 + weather - 0.5 * power * BELL for weather, power in zip(level, sunshine, strict=True)])
    values = days(*sunshine[:-1])
    known = suns(values, ahead=A_DAY, prices=KnownPrices(values=prices)).forecast(len(values), A_DAY)
    unknown = suns(values, ahead=A_DAY).forecast(len(values), A_DAY)
    off, off_without = (abs(seen[NOON] - sunshine[-1]) for seen in (known, unknown))
    assert off < 0.5
    assert off_without > off
    no_prices = KnownPrices(values=np.full(len(prices), np.nan))
    assert suns(values, ahead=A_DAY, prices=no_prices).forecast(len(values), A_DAY) == pytest.approx(unknown)
