import numpy as np
import pytest

from energy_manager.domain.forecast.sun import corrected, quotients

A_DAY = 96
BELL = np.clip(np.sin((np.arange(A_DAY) - 24) / 48 * np.pi), 0, None)


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
