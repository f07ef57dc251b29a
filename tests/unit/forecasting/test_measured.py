from datetime import timedelta

import numpy as np
import pytest

from energy_manager.application.forecasting.measured import DAYS
from tests.unit.forecasting.site import A_DAY, NOW, HistoryOf, measured


def test_the_load_is_what_the_site_takes_beside_its_assets():
    # 1,000 W are imported, 3,000 W come from the sun, and the battery charges with 500 W: 3,500 W are taken.
    history = HistoryOf(meter=lambda _: -1000, pv=lambda _: 3000, battery=lambda _: -500)
    known = measured(history).until(NOW)
    assert known.load.values[-A_DAY:] == pytest.approx(np.full(A_DAY, 3.5))
    assert known.production.values[-A_DAY:] == pytest.approx(np.full(A_DAY, 3.0))
    assert len(known.load.values) == DAYS * A_DAY
    assert known.load.time_of(known.origin) == NOW


def test_what_a_meter_did_not_say_is_a_gap():
    history = HistoryOf(meter=lambda at: None if at.hour == 3 else -1000, pv=lambda _: 0)
    values = measured(history).until(NOW).load.values[-A_DAY:]
    assert np.isnan(values).sum() == 4


def test_a_quarter_hour_of_which_less_than_two_thirds_are_on_record_teaches_nothing():
    history = HistoryOf(meter=lambda _: -1000, pv=lambda _: 500)
    history.began = NOW - timedelta(minutes=21)  # six minutes of the last quarter but one
    known = measured(history).until(NOW)
    assert np.isnan(known.load.values[-2])
    assert np.isnan(known.production.values[-2])
    assert (known.load.values[-1], known.production.values[-1]) == (1.5, 0.5)


def test_an_asset_that_was_never_heard_of_takes_nothing():
    history = HistoryOf(meter=lambda _: -1000, pv=lambda _: 0)
    assert measured(history).until(NOW).load.values[-1] == 1.0


@pytest.mark.parametrize(
    ("target", "potential", "output", "teaches"),
    [
        (None, 3000, 3000, True),  # released: it runs by itself
        (5000, 3000, 3000, True),  # told more than it can
        (1000, 3000, 1000, False),  # told less, and it followed
        (1000, 3000, 400, True),  # it had not even what it was told
        (0, 0, 0, True),  # night
    ],
)
def test_what_was_curtailed_does_not_teach(target, potential, output, teaches):
    history = HistoryOf(meter=lambda _: 0, pv=lambda _: output)
    history.targets["pv"], history.potentials["pv"] = lambda _: target, lambda _: potential
    assert np.isfinite(measured(history).until(NOW).production.values[-1]) == teaches


def test_only_what_is_new_is_read_again():
    history = HistoryOf(meter=lambda at: -100 * at.hour, pv=lambda _: 0)
    site = measured(history)
    site.until(NOW)
    read = history.reads
    later = site.until(NOW + timedelta(minutes=45))
    assert history.reads - read < 50
    fresh = measured(history).until(NOW + timedelta(minutes=45))
    np.testing.assert_array_equal(later.load.values, fresh.load.values)
    assert later.load.start == fresh.load.start


def test_a_clock_that_was_put_back_reads_all_anew():
    history = HistoryOf(meter=lambda at: -100 * at.hour, pv=lambda _: 0)
    site = measured(history)
    site.until(NOW)
    earlier = site.until(NOW - timedelta(days=2))
    np.testing.assert_array_equal(earlier.load.values, measured(history).until(NOW - timedelta(days=2)).load.values)
