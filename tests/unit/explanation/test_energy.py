"""Energy is what was recorded, over the time in which it was: no part of a minute counts as a whole one."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.adapters.storage.in_memory import InMemoryHistory
from energy_manager.application.explanation.energy import energy_by_day
from energy_manager.application.explanation.power_series import ReadPower
from energy_manager.application.explanation.report import GatherReport
from energy_manager.application.ports.records.history import StatusOf, StatusRecord, Window
from energy_manager.application.ports.records.tick import GridHold
from tests.support.recorded import at, tick

TICK_S = 2
ROUND_S = 10


def tick_at(second, import_kw=None):
    hold = None if import_kw is None else GridHold(storage="b", target=0, import_kw=import_kw, reason="schedule")
    return replace(tick({"a": 1}, {"a": 1}, hold=hold), at=at(second))


def round_at(second, output):
    return StatusRecord(at=at(second), statuses={"a": StatusOf(output=output, potential=0, age_s=0.0)})


def run(start_s, lasts_s, outputs):
    """The records of a service that ran for so long: a tick every 2 s, a round of statuses every 10 s."""
    ticks = [tick_at(start_s + second) for second in range(0, lasts_s + 1, TICK_S)]
    rounds = [
        round_at(start_s + ROUND_S * place, outputs[place % len(outputs)]) for place in range(lasts_s // ROUND_S + 1)
    ]
    return ticks + rounds


def power_of(records):
    history = InMemoryHistory()
    for one in records:
        history.record(one)
    return ReadPower(history=history, watts_per_step=1000, assets=("a",))


def day_of(records, until_s):
    (day,) = energy_by_day(power_of(records), [(at(0), at(until_s))], ("a",))
    return day


def test_thirty_seconds_after_a_start_half_a_minute_counts():
    assert day_of(run(60, 30, [60]), 90).delivered_kwh == pytest.approx(0.5)
    assert day_of(run(60, 30, [-60]), 90).taken_kwh == pytest.approx(0.5)


def test_the_minute_of_the_start_counts_from_the_start_on():
    assert day_of(run(45, 76, [60]), 120).delivered_kwh == pytest.approx(1.25)


def test_an_outage_in_the_middle_of_a_minute_counts_nothing():
    records = run(0, 70, [60]) + run(100, 80, [60])
    assert day_of(records, 180).delivered_kwh == pytest.approx(2.5)


def test_a_time_that_ends_within_a_minute_counts_up_to_its_end():
    assert day_of(run(0, 300, [60]), 90).delivered_kwh == pytest.approx(1.5)


def test_a_time_that_begins_within_a_minute_counts_from_its_begin_on():
    (day,) = energy_by_day(power_of(run(0, 300, [60])), [(at(30), at(120))], ("a",))
    assert day.delivered_kwh == pytest.approx(1.5)


def test_a_device_that_is_silent_counts_for_a_minute_and_no_longer():
    records = run(0, 20, [60]) + [tick_at(second) for second in range(22, 300, TICK_S)]
    assert day_of(records, 300).delivered_kwh == pytest.approx(80 / 60)


def test_the_import_counts_over_the_time_in_which_it_was_measured():
    records = [tick_at(second, import_kw=60.0) for second in [*range(30, 70, TICK_S), *range(100, 121, TICK_S)]]
    grid = power_of(records).of_grid(Window.of(at(0), at(180), 60))
    assert grid.kwh == (pytest.approx(0.5), pytest.approx(28 / 60), pytest.approx(0.0))
    assert grid.mean == (60.0, 60.0, 60.0)


def test_the_site_s_energy_leaves_outages_out():
    records = run(0, 70, [60]) + run(100, 80, [60])
    told = power_of(records).of_site(Window.of(at(0), at(300), 60))
    assert sum(value or 0.0 for value in told["output"].kwh) == pytest.approx(2.5)


def test_a_report_tells_the_same_of_a_time_that_begins_and_ends_within_a_minute():
    power = power_of(run(0, 300, [60, 30]))
    (told,) = energy_by_day(power, [(at(47), at(203))], ("a",))
    (energy,) = GatherReport(history=power.history)(at(47), at(203)).energy
    assert energy.delivered_kwh == pytest.approx(told.delivered_kwh)
    assert told.delivered_kwh < 2.6


runs = st.lists(
    st.tuples(
        st.integers(20, 150),
        st.integers(2 * TICK_S, 300),
        st.lists(st.integers(0, 100), min_size=1, max_size=12),
    ),
    min_size=1,
    max_size=4,
)


@given(runs=runs, now_s=st.integers(1, 1500))
def test_the_energy_at_any_moment_is_the_integral_of_the_ticks(runs, now_s):
    records, start_s, expected = [], 0, 0.0
    for pause_s, lasts_s, outputs in runs:
        start_s += pause_s
        seen = [second for second in range(start_s, start_s + lasts_s + 1, TICK_S) if second <= now_s]
        expected += sum(
            outputs[(begin - start_s) // ROUND_S % len(outputs)] * (end - begin) / 3600 for begin, end in pairwise(seen)
        )
        records += run(start_s, lasts_s, outputs)
        start_s += lasts_s
    past = [one for one in records if one.at <= at(now_s)]
    a_tick_of_each = len(runs) * 100 * TICK_S / 3600
    assert day_of(past, now_s).delivered_kwh == pytest.approx(expected, abs=a_tick_of_each)


@given(runs=runs)
def test_the_energy_of_a_day_never_falls_while_power_keeps_its_sign(runs):
    records, start_s = [], 0
    for pause_s, lasts_s, outputs in runs:
        records += run(start_s + pause_s, min(lasts_s, 100), outputs)
        start_s += pause_s + min(lasts_s, 100)
    records.sort(key=lambda one: one.at)
    history = InMemoryHistory()
    power = ReadPower(history=history, watts_per_step=1000, assets=("a",))
    before_kwh = 0.0
    for one in records:
        history.record(one)
        (day,) = energy_by_day(power, [(at(0), one.at + timedelta(seconds=0.1))], ("a",))
        assert day.delivered_kwh >= before_kwh - 1e-9
        before_kwh = day.delivered_kwh
