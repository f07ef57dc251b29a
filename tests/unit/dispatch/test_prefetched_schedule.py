"""The schedule is fetched ahead; at the tick the newest finished attempt of the current block decides."""

import pytest

from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.adapters.schedules.prefetched import LOOK_S, PrefetchedSchedule, read_targets
from energy_manager.application.tick_grid import TickGrid

NEVER = float("inf")


class Source:
    """Blocks of 5 s; each fetch takes as long as planned and brings the block's targets, or fails."""

    def __init__(self, clock):
        self.clock = clock
        self.took_s = {}
        self.failing = set()
        self.answers = {}
        self.clock_fails = False
        self.fetches_s = []

    def current_block(self):
        if self.clock_fails:
            raise SystemExit("no time")
        return int(self.clock.now_s() // 5) % 5

    def finish(self, number):
        if number in self.failing:
            raise KeyboardInterrupt("no schedule")
        return self.answers.get(number, {"a": 100 * (self.current_block() + 1)})


class Bench:
    """A prefetched schedule on a fake clock; its fetches run as generators of their own time."""

    def __init__(self):
        self.clock = FakeClock()
        self.source = Source(self.clock)
        self.schedule = PrefetchedSchedule(
            self, clock=self.clock, submit=self.submit, start_watching=self.start_watching
        )
        self.under_way = 0
        self.most_under_way = 0
        self.begun = 0

    # The source as the schedule sees it. A fetch that takes time is begun by ``submit`` and ended by the clock.
    def current_block(self):
        return self.source.current_block()

    def fetch(self):
        number = self.begun
        self.begun += 1
        self.source.fetches_s.append(round(self.clock.now_s(), 2))
        took_s = self.source.took_s.get(number, 0)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        if took_s:
            self.clock.sleep_until(self.clock.now_s() + took_s)
        self.under_way -= 1
        return self.source.finish(number)

    def submit(self, tasks):
        for task in tasks:
            task()

    def start_watching(self, look):
        def again():
            look()
            self.clock.call_at(self.clock.now_s() + LOOK_S, again)

        self.clock.call_at(self.clock.now_s() + LOOK_S, again)

    def start(self):
        self.schedule.open()
        self.schedule.follow(TickGrid(start_s=0.9, period_s=2.0))

    def read_at(self, instant_s, wait_s=0.1):
        self.clock.sleep_until(instant_s)
        return self.schedule.read(wait_s=wait_s)


@pytest.fixture
def bench():
    return Bench()


def test_the_tick_finds_its_schedule_waiting(bench):
    bench.start()
    read = bench.read_at(0.9)
    assert read.targets == {"a": 100}
    assert bench.clock.now_s() == 0.9, "it did not wait"


def test_each_block_has_its_own_targets(bench):
    bench.start()
    seen = [bench.read_at(0.9 + 2 * tick).targets["a"] for tick in range(13)]
    assert seen == [100, 100, 100, 200, 200, 300, 300, 300, 400, 400, 500, 500, 500]


def test_it_fetches_one_second_ahead_of_each_tick_and_when_the_block_changes(bench):
    bench.start()
    bench.read_at(9.0)
    fetches = bench.source.fetches_s
    assert fetches == pytest.approx([0.0, 1.9, 3.9, 5.0, 5.9, 7.9], abs=LOOK_S + 0.011)


def test_a_failed_fetch_means_no_schedule_with_the_reason(bench):
    bench.source.failing = {0}
    bench.start()
    read = bench.read_at(0.9)
    assert read.targets is None
    assert read.fault == "KeyboardInterrupt: no schedule"


def test_the_newest_attempt_decides_even_if_an_older_one_was_good(bench):
    bench.source.failing = {1}
    bench.start()
    assert bench.read_at(0.9).targets == {"a": 100}
    assert bench.read_at(2.9).targets is None


def test_an_attempt_that_spans_two_blocks_speaks_for_neither(bench):
    bench.start()
    # The fetch ahead of the tick at 4.9 s ends in the next block, where a second one has been good meanwhile.
    bench.source.took_s = {2: 1.3}
    bench.source.answers = {2: {"a": -1}}
    assert bench.read_at(6.9).targets == {"a": 200}


def test_a_schedule_that_comes_during_the_wait_still_serves_the_tick():
    clock = FakeClock()
    started = []
    schedule = PrefetchedSchedule(Source(clock), clock=clock, submit=started.extend, start_watching=lambda look: None)
    schedule._source.fetch = lambda: {"a": 7}  # type: ignore[attr-defined]
    schedule.open()
    schedule.follow(TickGrid(start_s=0.15, period_s=2.0))
    clock.call_at(0.17, started[0])
    clock.sleep_until(0.15)
    assert schedule.read(wait_s=0.1).targets == {"a": 7}
    assert clock.now_s() == pytest.approx(0.17, abs=0.003)


def test_nothing_finished_means_no_schedule_after_the_wait_and_the_late_result_serves_the_next_tick():
    clock = FakeClock()
    started = []
    source = Source(clock)
    source.fetch = lambda: {"a": 7}  # type: ignore[attr-defined]
    looks = []
    schedule = PrefetchedSchedule(source, clock=clock, submit=started.extend, start_watching=looks.append)
    schedule.open()
    schedule.follow(TickGrid(start_s=0.1, period_s=0.2))
    clock.sleep_until(0.1)
    read = schedule.read(wait_s=0.05)
    assert (read.targets, read.fault) == (None, "no schedule for this time block arrived in time")
    assert clock.now_s() == pytest.approx(0.15)
    started[0]()
    looks[0]()
    assert schedule.read(wait_s=0.05).targets == {"a": 7}


def test_at_most_three_fetches_are_under_way_and_none_is_begun_beyond_them():
    clock = FakeClock()
    started = []
    looks = []
    schedule = PrefetchedSchedule(Source(clock), clock=clock, submit=started.extend, start_watching=looks.append)
    schedule.open()
    schedule.follow(TickGrid(start_s=0.9, period_s=2.0))
    for step in range(400):
        clock.sleep_until(step / 20)
        looks[0]()
    assert len(started) == 3


def test_a_fetch_that_took_longer_than_five_seconds_is_left_behind():
    clock = FakeClock()
    started = []
    source = Source(clock)
    source.current_block = lambda: 0  # type: ignore[method-assign]

    def slow():
        clock.sleep_until(clock.now_s() + 5.1)
        return {"a": 7}

    source.fetch = slow  # type: ignore[attr-defined]
    schedule = PrefetchedSchedule(source, clock=clock, submit=started.extend, start_watching=lambda look: None)
    schedule.open()
    schedule.follow(TickGrid(start_s=0.9, period_s=2.0))
    started[0]()
    assert schedule.read(wait_s=0.0).targets is None


def test_a_block_that_was_not_seen_lately_is_not_trusted(bench):
    bench.start()
    assert bench.read_at(0.9).targets == {"a": 100}
    bench.source.clock_fails = True
    bench.clock.sleep_until(1.5)
    read = bench.schedule.read(wait_s=0.1)
    assert read.targets is None
    assert read.fault == "the time block is not known: SystemExit: no time"


def test_the_same_block_a_round_later_is_another_block(bench):
    bench.start()
    assert bench.read_at(0.9).targets == {"a": 100}
    bench.source.failing = set(range(1, 1000))
    assert bench.read_at(26.9).targets is None, "block 0 came back, but what was good was 25 s ago"


@pytest.mark.parametrize("answer", [None, 7, "targets", [("a", 1)]])
def test_what_is_no_mapping_is_no_schedule(answer):
    read = read_targets(answer)
    assert read.targets is None
    assert type(answer).__name__ in read.fault


def test_values_that_are_no_finite_numbers_are_zero_for_that_asset_alone():
    said = {"a": 7.9, "b": True, "c": float("nan"), "d": None, "e": -3, 5: 100}
    read = read_targets(said)
    assert read.targets == {"a": 7, "b": 0, "c": 0, "d": 0, "e": -3}
    assert read.unreadable == ("b", "c", "d")
