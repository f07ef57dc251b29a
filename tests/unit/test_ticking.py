"""Ticks stand on a grid that nothing shifts; a late waking never causes a burst."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.application.tick_grid import TickGrid
from energy_manager.application.ticking import PeriodicTask, TickStart, due_tick, keep_time

GRID = TickGrid(start_s=100.0, period_s=2.0)


@pytest.mark.parametrize(
    ("woken_at_s", "tick", "skipped", "next_tick"),
    [
        (106.0, 3, 0, 4),  # on time
        (107.9, 3, 0, 4),  # late by less than a period: run once, late
        (108.0, 4, 1, 5),  # late by a period: the newest missed one, a whole period remains
        (109.5, 4, 1, 5),  # a quarter of the period remains: still worth it
        (109.6, None, 2, 5),  # less remains: wait for the next
        (136.2, 18, 15, 19),  # after a long stop: one tick, no burst
    ],
)
def test_a_waking_runs_at_most_one_tick(woken_at_s, tick, skipped, next_tick):
    due = due_tick(GRID, 3, woken_at_s)
    assert (due.tick, due.skipped, due.next_tick) == (tick, skipped, next_tick)


@given(st.lists(st.floats(0, 50), min_size=1, max_size=30))
def test_every_tick_is_run_once_or_counted_as_skipped_whatever_the_delays(delays_s):
    clock = FakeClock(100.0)
    ran: list[TickStart] = []
    skipped: list[int] = []

    def work(tick: TickStart) -> None:
        ran.append(tick)
        if len(ran) <= len(delays_s):
            clock.sleep_until(clock.now_s() + delays_s[len(ran) - 1])

    rhythm = PeriodicTask(grid=GRID, work=work, on_skipped=lambda count, late_s: skipped.append(count))
    keep_time(clock, [rhythm], until_s=100.0 + 2.0 * 60)
    numbers = [tick.number for tick in ran]
    assert numbers == sorted(set(numbers))
    assert len(ran) + sum(skipped) == rhythm.next_tick
    assert all(tick.due_s == GRID.instant_s(tick.number) and tick.lag_s >= 0 for tick in ran)


def test_grid_points_are_multiplied_so_ten_thousand_ticks_do_not_drift():
    clock = FakeClock()
    ran: list[TickStart] = []
    keep_time(clock, [_rhythm(TickGrid(start_s=0.3, period_s=0.1), ran)], until_s=1000.3)
    assert len(ran) == 10_000
    assert max(tick.lag_s for tick in ran) == 0
    assert ran[9_999].due_s == pytest.approx(0.3 + 999.9, abs=1e-9)


def test_where_both_fall_together_targets_go_before_statuses():
    clock, order = FakeClock(), []
    keep_time(
        clock,
        [
            PeriodicTask(
                grid=TickGrid(start_s=0.9, period_s=0.2), work=lambda tick: order.append("t"), on_skipped=_never
            ),
            PeriodicTask(
                grid=TickGrid(start_s=0.9, period_s=0.6), work=lambda tick: order.append("s"), on_skipped=_never
            ),
        ],
        until_s=0.9 + 1.8,
    )
    assert "".join(order) == "tstttstttstt"


def test_the_end_is_not_part_of_the_run():
    clock, ran = FakeClock(), []
    keep_time(clock, [_rhythm(TickGrid(start_s=0, period_s=2), ran)], until_s=10)
    assert [tick.number for tick in ran] == [0, 1, 2, 3, 4]
    assert clock.now_s() == 10


def test_a_waking_after_the_end_runs_nothing_more():
    clock, ran = FakeClock(), []
    clock.call_at(5, lambda: clock.sleep_until(30))
    keep_time(clock, [_rhythm(TickGrid(start_s=0, period_s=2), ran)], until_s=10)
    assert [tick.number for tick in ran] == [0, 1, 2]


def test_a_stop_of_seven_seconds_skips_ticks_once_and_keeps_the_phase():
    clock, ran, skipped = FakeClock(), [], []
    clock.call_at(3, lambda: clock.sleep_until(10.1))
    rhythm = PeriodicTask(
        grid=TickGrid(start_s=0, period_s=2),
        work=ran.append,
        on_skipped=lambda count, late_s: skipped.append((count, round(late_s, 3))),
    )
    keep_time(clock, [rhythm], until_s=15)
    assert [tick.number for tick in ran] == [0, 1, 5, 6, 7]
    assert [tick.lag_s for tick in ran][3:] == [0, 0]
    assert skipped == [(3, 6.1)]


def _rhythm(grid: TickGrid, ran: list[TickStart]) -> PeriodicTask:
    return PeriodicTask(grid=grid, work=ran.append, on_skipped=_never)


def _never(count: int, late_s: float) -> None:
    raise AssertionError(f"{count} skipped, {late_s} s late")


def test_forever_is_a_possible_end():
    clock, ran = FakeClock(), []

    class Enough(Exception):
        pass

    def work(tick: TickStart) -> None:
        ran.append(tick)
        if tick.number == 3:
            raise Enough

    with pytest.raises(Enough):
        keep_time(clock, [PeriodicTask(grid=GRID, work=work, on_skipped=_never)], until_s=math.inf)
    assert len(ran) == 4
