from datetime import UTC, datetime

import numpy as np
import pytest

from energy_manager.domain.forecast.steps import MeasuredSteps
from energy_manager.domain.forecast.sun import RecentSuns, corrected, quotients

A_DAY = 96
BELL = np.clip(np.sin((np.arange(A_DAY) - 24) / 48 * np.pi), 0, None)


def recent(values, *, ahead=192):
    start = datetime(2026, 6, 1, tzinfo=UTC)
    return RecentSuns(MeasuredSteps(start=start, step_s=900, values=np.asarray(values)), ahead=ahead)


def test_without_a_service_the_mean_of_three_days_is_expected():
    values = np.concatenate([9 * BELL, 1 * BELL, 2 * BELL, 3 * BELL])
    assert recent(values).forecast(len(values), A_DAY) == pytest.approx(2 * BELL)


def test_the_last_two_hours_count_less_and_less():
    # Until noon the sun gave half of what was expected: a quarter hour later 1 - 0.5 x 0.85 of it is expected.
    values = np.concatenate([4 * BELL, 4 * BELL, 4 * BELL, 2 * BELL[:48]])
    seen = recent(values).forecast(len(values), 4)
    assert seen == pytest.approx([4 * BELL[48 + i] * (1 - 0.5 * 0.85 ** (i + 1)) for i in range(4)])


def test_a_day_that_was_curtailed_does_not_teach():
    curtailed = 1 * BELL.copy()
    curtailed[40:60] = np.nan
    values = np.concatenate([4 * BELL, 4 * BELL, curtailed])
    assert recent(values).forecast(len(values), A_DAY)[48] == pytest.approx(4 * BELL[48])


def test_nothing_from_then_on_is_looked_at():
    # Many forecasts at once: none of them may know what the later ones know.
    rng = np.random.default_rng(2)
    values = rng.random(6 * A_DAY)
    other = np.concatenate([values[:400], 50 + values[400:]])
    origins = np.arange(300, 500)
    before, after = (recent(each).forecasts(origins, 128) for each in (values, other))
    np.testing.assert_array_equal(before[:101], after[:101])


def test_a_service_that_always_says_too_much_is_put_right():
    past = np.tile(2 * BELL, 14)
    seen = corrected(2 * BELL, past=past, measured=past / 2, step_s=900)
    assert seen == pytest.approx(BELL)


def test_the_night_says_nothing_about_the_day():
    past = np.tile(BELL, 14)
    measured = past.copy()
    measured[-8:] += 0.001
    assert corrected(BELL, past=past, measured=measured, step_s=900) == pytest.approx(BELL, rel=1e-3)


def test_what_nobody_measured_leaves_the_service_as_it_is():
    assert quotients(np.full((1, 8), np.nan), np.ones((1, 8)), usual=np.ones(1)).tolist() == [1.0]
    assert corrected(BELL, past=np.tile(BELL, 14), measured=np.full(14 * A_DAY, np.nan), step_s=900) == pytest.approx(
        BELL
    )
