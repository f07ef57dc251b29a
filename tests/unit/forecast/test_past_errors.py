import numpy as np
import pytest

from energy_manager.domain.forecast.past_errors import accuracy_of, band_of, laid_around, laid_over, scenarios_of

FORECAST = np.array([1.0, 2.0, 0.0])


def test_scenarios_are_the_forecast_with_the_errors_of_earlier_days_and_never_below_zero():
    rows = laid_over(FORECAST, np.array([[0.5, -3.0, np.nan]]))
    assert rows.tolist() == [[1.5, 0.0, 0.0]]
    assert laid_over(FORECAST, np.array([[9.0, 9.0, 9.0]]), most=5.0).tolist() == [[5.0, 5.0, 5.0]]


def test_scenarios_have_the_forecast_as_their_mean_though_days_before_were_sunnier():
    rows = laid_around(FORECAST, np.array([[3.0, -2.0, 0.0], [0.0, 2.0, 0.0]]))
    # 4 and 1 around 1; 0 and 4 are around 2 already; of nothing there is nothing.
    assert rows.tolist() == [[1.6, 0.0, 0.0], [0.4, 4.0, 0.0]]
    assert laid_around(FORECAST, np.array([[3.0, 0.0, 0.0], [-1.0, 0.0, 0.0]]), most=1.5)[:, 0].tolist() == [1.5, 0.0]


def test_few_errors_make_no_scenarios_and_no_band():
    rows = np.tile(FORECAST, (2, 1))
    assert scenarios_of(rows, rows) == ()
    assert band_of(FORECAST, np.zeros((2, 3))) is None


def test_load_and_production_of_one_day_stay_together():
    load, production = np.array([[1.0], [2.0], [3.0]]), np.array([[4.0], [5.0], [6.0]])
    assert [(each.load_kw, each.production_kw) for each in scenarios_of(load, production)] == [
        ((1.0,), (4.0,)),
        ((2.0,), (5.0,)),
        ((3.0,), (6.0,)),
    ]


def test_four_of_five_lie_in_the_band():
    band = band_of(np.zeros(1) + 10, np.linspace(-5, 5, 11)[:, None])
    assert (band.low[0], band.high[0]) == (pytest.approx(6.0), pytest.approx(14.0))


def test_the_error_is_told_with_its_direction_and_against_the_level():
    found = accuracy_of(np.array([3.0, 1.0, np.nan]), np.array([2.0, 2.0, 2.0]))
    assert (found.steps, found.mean_error, found.mean_absolute_error, found.relative) == (2, 0.0, 1.0, 0.5)
    assert accuracy_of(np.array([np.nan]), np.array([1.0])) is None
