"""One asset's history in steps that a person can look at."""

from datetime import timedelta

import pytest

from energy_manager.adapters.storage.in_memory import InMemoryHistory
from energy_manager.application.explanation import NothingRecorded, TellSeries, fitting_step_s
from energy_manager.application.ports.records.history import Window
from energy_manager.domain.errors import Refused
from tests.support.recorded import NOON, at, tick


def told(asset_id, window, *records):
    history = InMemoryHistory()
    for record in records:
        history.record(record)
    return TellSeries(history=history)(asset_id, window)


@pytest.mark.parametrize(
    ("lasts", "step_s"),
    [
        (timedelta(seconds=10), 1),
        (timedelta(hours=1), 3),
        (timedelta(hours=2), 5),
        (timedelta(hours=3), 60),
        (timedelta(days=1), 60),
        (timedelta(days=30), 1740),
        (timedelta(days=-1), 1),
    ],
)
def test_steps_fit_a_screen_and_are_at_hand(lasts, step_s):
    assert fitting_step_s(NOON, NOON + lasts) == step_s


def test_a_known_asset_is_told_with_its_unit():
    answer = told("a", Window.of(at(0), at(4), 2), tick({"a": 5}, {}), tick({"a": 7}, {"a": 9}, number=1))
    assert answer.power_unit == "kW"
    assert answer.series.scheduled.mean == (5.0, 7.0)
    assert answer.series.potential.mean == (None, 9.0)


def test_an_asset_with_no_history_in_the_window_is_told_so_if_it_is_known():
    answer = told("a", Window.of(at(10), at(12), 1), tick({"a": 5}, {}))
    assert answer.series.target.max == (None, None)


def test_an_asset_that_nobody_knows_is_refused():
    with pytest.raises(Refused, match="knows no 'b'"):
        told("b", Window.of(at(0), at(4), 2), tick({"a": 5}, {}))


def test_a_window_before_the_first_record_is_said_to_be():
    with pytest.raises(NothingRecorded, match=r"nothing was recorded before 2026-03-02 12:00:04\.000 UTC"):
        told("a", Window.of(at(0), at(4), 2))
