"""Stretches in which nothing was recorded, as exact as the ticks, however coarse the steps."""

from dataclasses import replace
from datetime import timedelta

from energy_manager.adapters.storage.in_memory import InMemoryHistory
from energy_manager.application.explanation.outages import Gap, outages
from energy_manager.application.ports.records.history import Window
from tests.support.recorded import at, tick


def history_of(*seconds):
    """Ticks so many seconds after noon."""
    history = InMemoryHistory()
    for number, second in enumerate(seconds):
        history.record(replace(tick({"a": 1}, {"a": 1}), number=number, at=at(second)))
    return history


def window(minutes, step_s=3600):
    return Window.of(at(0), at(60 * minutes), step_s)


def test_half_a_minute_without_ticks_is_an_outage_also_in_a_window_of_hours():
    history = history_of(*range(0, 150, 2), *range(180, 600, 2))
    assert outages(history, window(120)) == (Gap(start=at(148), end=at(180)),)


def test_an_outage_over_many_minutes_is_one():
    history = history_of(*range(0, 90, 2), *range(1000, 1300, 2))
    assert outages(history, window(60)) == (Gap(start=at(88), end=at(1000)),)


def test_an_outage_is_seen_also_where_no_minute_is_full():
    history = history_of(*range(46, 86, 2), *range(110, 150, 2))
    assert outages(history, window(4, step_s=60)) == (Gap(start=at(84), end=at(110)),)


def test_a_tick_or_two_may_be_missing():
    assert outages(history_of(*range(0, 90, 2), *range(94, 300, 2)), window(10)) == ()


def test_what_is_before_the_first_and_after_the_last_tick_is_no_outage():
    assert outages(history_of(*range(300, 600, 2)), window(60)) == ()


def test_nothing_at_all_has_no_outages():
    assert outages(history_of(), window(60)) == ()


def test_in_a_window_of_days_they_are_not_looked_for():
    long = Window.of(at(0), at(0) + timedelta(days=30), 3600)
    assert outages(history_of(*range(0, 90, 2), *range(1000, 1300, 2)), long) == ()
