from datetime import UTC, datetime

import numpy as np
import pytest

from energy_manager.domain.forecast.steps import MeasuredSteps, filled_from_days_before, steps_of

START = datetime(2026, 3, 2, tzinfo=UTC)
T0 = START.timestamp()


def means(times_s, values, count=3):
    times = T0 + np.array(times_s, dtype=float)
    return steps_of(times, np.array(values, dtype=float), start=START, step_s=900, count=count).values


def test_finer_readings_are_averaged_and_coarser_ones_held():
    assert means([0, 300, 600, 900, 1200, 1500], [1, 2, 3, 4, 4, 4], count=2).tolist() == [2.0, 4.0]
    assert means([0, 3600], [5, 7], count=8).tolist() == [5.0] * 4 + [7.0] * 4


def test_a_reading_holds_for_the_usual_spacing_only_and_the_rest_is_a_gap():
    found = means([0, 900, 1800, 7200, 8100], [1, 1, 1, 2, 2], count=10)
    assert found[:3].tolist() == [1.0, 1.0, 1.0]
    assert np.isnan(found[3:8]).all()
    assert found[8:].tolist() == [2.0, 2.0]


def test_a_step_of_which_less_than_half_is_known_is_a_gap():
    assert np.isnan(means([0, 300, 600], [1, np.nan, np.nan], count=1)).all()
    assert means([0, 300, 600], [1, 1, np.nan], count=1).tolist() == [1.0]


def test_without_readings_all_is_a_gap():
    assert np.isnan(means([], [])).all()


def test_gaps_are_filled_from_the_nearest_earlier_day_else_a_later_one():
    values = np.concatenate([np.full(96, 1.0), np.full(96, 2.0), np.full(96, 3.0)])
    values[5], values[96 + 7], values[192 + 7] = np.nan, np.nan, np.nan
    filled, gaps = filled_from_days_before(MeasuredSteps(start=START, step_s=900, values=values))
    assert gaps == 3
    assert (filled.values[5], filled.values[96 + 7], filled.values[192 + 7]) == (2.0, 1.0, 1.0)


def test_a_time_of_day_that_nobody_knows_stays_unknown():
    values = np.ones(192)
    values[[5, 101]] = np.nan
    filled, gaps = filled_from_days_before(MeasuredSteps(start=START, step_s=900, values=values))
    assert gaps == 2
    assert np.isnan(filled.values).sum() == 2
    assert filled.values[6] == pytest.approx(1.0)
