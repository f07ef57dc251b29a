"""Code that blocks, on a clock that nobody waits for."""

import math

import pytest

from energy_manager.adapters.drill.virtual_time import VirtualTime


@pytest.fixture
def time():
    time = VirtualTime()
    yield time
    time.end()


def test_a_task_that_blocks_goes_on_at_its_instant_and_holds_up_nobody(time):
    seen = []

    def slow():
        seen.append(("begins", time.now_s()))
        time.block(3.0)
        seen.append(("ends", time.now_s()))

    time.submit([slow, lambda: seen.append(("other", time.now_s()))])
    time.sleep_until(2.0)
    assert seen == [("begins", 0.0), ("other", 0.0)]
    time.sleep_until(5.0)
    assert seen[-1] == ("ends", 3.0)


def test_a_task_that_hangs_for_ever_is_ended_with_the_run(time):
    seen = []
    time.submit([lambda: (time.block(math.inf), seen.append("never"))])
    time.sleep_until(1_000.0)
    assert time.blocked == 1
    time.end()
    assert (time.blocked, seen) == (0, [])


def test_hanging_calls_come_back_when_the_trouble_is_over(time):
    seen = []
    time.submit([lambda: (time.block(math.inf), seen.append(time.now_s()))])
    time.call_at(7.0, time.wake_all)
    time.sleep_until(10.0)
    assert seen == [7.0]


def test_a_machine_that_stands_still_does_nothing_meanwhile(time):
    seen = []
    time.repeat(lambda: seen.append(time.now_s()), every_s=1.0)
    time.call_at(2.5, lambda: time.stand_still(30.0))
    time.sleep_until(34.0)
    assert seen == [1.0, 2.0, 32.5, 33.5]
