"""Power over time as it is kept by the minute: exact where it was worked out, whole minutes in stores of before."""

from datetime import timedelta

import numpy as np
import pytest

from energy_manager.adapters.storage.integration import OverTime
from energy_manager.adapters.storage.sql import SqlStore
from energy_manager.adapters.storage.sql.history.aggregate import Aggregates
from energy_manager.adapters.storage.sql.history.integrals import of_minutes, packed
from energy_manager.application.ports.records.history import Retention, StatusOf, StatusRecord, Window
from tests.support.recorded import NOON, at, tick
from tests.support.waiting import eventually

FOR_EVER = Retention(detail_days=36_500, summary_days=36_500)


def sums():
    """Of an hour in whose second minute 10 and 20 were measured."""
    aggregates = Aggregates(60)
    aggregates.add("output", np.array([1, 1]), np.array([10, 20]))
    return aggregates.packed()


def test_minutes_come_back_as_they_were_and_the_sums_before_them_are_read_as_ever():
    minutes = OverTime(60, 2)
    minutes.covered_s[1] = 0.0, 12.5
    minutes.total[1] = 0.0, 180.0
    body = sums() + packed(minutes, 1)
    kept = of_minutes(body)
    assert (kept.covered_s[1, 0], kept.total[1, 0]) == (12.5, 180.0)
    assert kept.total.sum() == 180.0
    assert Aggregates.unpacked(body).steps_of("output").mean[1] == 15.0


def test_a_minute_that_was_kept_without_them_counts_as_a_whole_one():
    kept = of_minutes(sums())
    assert kept.covered_s.sum() == 60.0
    assert kept.total[1, 0] == 15.0 * 60.0


def test_damaged_minutes_are_told():
    with pytest.raises(ValueError, match="damaged"):
        of_minutes(sums() + b"not packed")


@pytest.mark.parametrize("apart_s", [288, 720, 7200])
def test_where_rounds_are_minutes_apart_an_hour_is_summed_up_once_the_next_one_is_in(tmp_path, apart_s):
    """Simulated days that pass in minutes: the last round of an hour holds until the first after it."""
    lived_until = [NOON + timedelta(seconds=3700)]
    store = SqlStore(f"sqlite:///{tmp_path}/store.db", retention=FOR_EVER, lived_until=lambda: lived_until[0])
    assert store.open(timeout_s=60).trouble == ""
    try:
        status = StatusOf(output=60, potential=60, age_s=0.0)
        seconds = range(0, 4 * 3600, apart_s)
        for second in seconds:
            store.recorder.record(tick({"a": 60}, {"a": 60}, at=at(second)))
            store.recorder.record(StatusRecord(at=at(second), statuses={"a": status}))
            lived_until[0] = max(lived_until[0], at(second))
            if (second + apart_s) // 3600 > second // 3600:  # an hour may be summed up now, before the next round
                assert eventually(lambda: store.state().waiting == 0)
        lived_until[0] = NOON + timedelta(hours=12)
        hour = Window.of_hours(NOON, NOON + timedelta(hours=1))
        assert store.history.output_integrals(["a"], hour)["a"].total == pytest.approx((60 * 3600,))
        assert eventually(lambda: "a" in [one.asset_id for one in store.history.fleet(hour)])
        assert store.history.output_integrals(["a"], hour)["a"].total == pytest.approx((60 * 3600,))
    finally:
        store.close()
