"""The loop on a fake clock: what devices are told, and when."""

import pytest

from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.adapters.schedules import InMemorySchedule
from energy_manager.application.dispatch import (
    DispatchLoop,
    DispatchTiming,
    SendTargets,
    TickStatistics,
    WatchDevices,
)
from energy_manager.application.ports.records.journal import (
    DeviceChanged,
    Noticed,
    StatusesAsked,
    StatusesRead,
    TicksSkipped,
)
from energy_manager.application.ports.records.tick import Tick
from energy_manager.application.ports.schedules.schedule_source import ScheduleReading
from energy_manager.domain.dispatch import ProportionalRedistribution
from tests.support.in_memory_devices import InMemoryDevices
from tests.support.recorded import IN_THE_RECORD, at


class Site:
    """A site in memory whose time is a fake clock's."""

    def __init__(self, scheduled, potentials, policy=None):
        self.clock = FakeClock(50.0)
        self.devices = InMemoryDevices(potentials, clock=self.clock)
        self.schedule = InMemorySchedule(ScheduleReading(targets=scheduled))
        self.journal = InMemoryJournal()
        self.statistics = TickStatistics()
        common = {"clock": self.clock, "devices": self.devices, "journal": self.journal}
        self.watch = WatchDevices(**common, statuses=self.devices.statuses, status_max_age_s=25.0)
        self.loop = DispatchLoop(
            **common,
            schedule=self.schedule,
            send_targets=SendTargets(
                **common,
                statuses=self.devices.statuses,
                schedule=self.schedule,
                policy=policy or ProportionalRedistribution(),
                schedule_wait_s=0.1,
                **IN_THE_RECORD,
                status_max_age_s=25.0,
                told=self.devices.asset_ids,
            ),
            watch_devices=self.watch,
            statistics=self.statistics,
            timing=DispatchTiming(period_s=2.0, status_period_s=10.0, phase_s=0.9),
        )

    def watch_until(self, end_s):
        instant_s = 50.9
        while instant_s < end_s:
            self.clock.call_at(instant_s + 0.01, self.watch.look)
            instant_s += 0.1

    def sent(self):
        return [event for event in self.journal.events if isinstance(event, Tick)]

    def of(self, kind):
        return [event for event in self.journal.events if isinstance(event, kind)]


def test_targets_go_out_every_two_seconds_from_the_phase_on():
    site = Site({"a": 5}, {"a": 10})
    site.loop(for_s=10)
    assert [event.at for event in site.sent()] == [at(instant_s) for instant_s in (50.9, 52.9, 54.9, 56.9, 58.9)]
    assert site.devices.targets == {"a": 5}


def test_statuses_are_asked_at_the_start_and_then_every_ten_seconds_on_the_same_grid():
    site = Site({"a": 5}, {"a": 10})
    site.loop(for_s=25)
    assert [event.due_s for event in site.of(StatusesAsked)] == [50.9, 60.9, 70.9]
    assert site.sent()[0].potentials == {"a": 10}, "what answered before the first tick counts at it"


def test_the_others_carry_what_a_short_asset_cannot_deliver():
    site = Site({"a": 100, "b": 100, "c": 300}, {"a": 200, "b": 300, "c": 50})
    site.loop(for_s=1)
    assert site.devices.targets == {"a": 200, "b": 250, "c": 50}


def test_a_device_that_never_answered_is_told_zero_and_the_others_are_not_delayed():
    site = Site({"a": 100, "b": 100}, {"a": 300, "b": 300})
    site.devices.hang("b")
    site.loop(for_s=1)
    assert site.sent()[0].targets == {"a": 200, "b": 0}


def test_a_device_outside_the_schedule_is_told_zero():
    site = Site({"a": 100}, {"a": 100, "b": 300})
    site.loop(for_s=1)
    assert site.devices.targets == {"a": 100, "b": 0}


def test_an_entry_without_a_device_is_carried_by_the_others_and_noticed_once():
    site = Site({"ghost": 50, "a": 100}, {"a": 300})
    site.loop(for_s=10)
    assert site.devices.targets == {"a": 150}
    assert site.sent()[0].untold == ("ghost",)
    assert [event.sentence for event in site.of(Noticed)] == [
        "'ghost' is scheduled but there is no such device: the others carry its share"
    ]


def test_a_scheduled_value_that_is_no_number_is_noticed_once():
    site = Site({"a": 0}, {"a": 300})
    site.schedule.reading = ScheduleReading(targets={"a": 0}, unreadable=("a",))
    site.loop(for_s=10)
    assert len(site.of(Noticed)) == 1
    assert site.sent()[-1].unreadable == ("a",)


def test_without_a_schedule_every_device_is_told_zero_until_it_is_known_again():
    site = Site({"a": 100}, {"a": 100})
    known = site.schedule.reading
    site.clock.call_at(52, lambda: setattr(site.schedule, "reading", ScheduleReading(targets=None, fault="gone")))
    site.clock.call_at(54, lambda: setattr(site.schedule, "reading", known))
    site.loop(for_s=6)
    assert [event.targets["a"] for event in site.sent()] == [100, 0, 100]
    assert [event.fault for event in site.sent()] == ["", "gone", ""]


def test_a_potential_older_than_25_seconds_is_not_built_on():
    site = Site({"a": 100, "b": 0}, {"a": 100, "b": 100})
    site.clock.call_at(51, lambda: site.devices.hang("a"))
    site.loop(for_s=40)
    # a's last good read was at 50.9 s: usable up to 75.9 s, so missing from the tick at 76.9 s on.
    assert [event.targets for event in site.sent() if event.at < at(76)][-1] == {"a": 100, "b": 0}
    assert next(event.targets for event in site.sent() if event.at > at(76)) == {"a": 0, "b": 100}


def test_a_decision_that_fails_tells_every_device_zero_and_the_loop_goes_on():
    class Broken:
        def dispatch(self, scheduled, potentials):
            raise ZeroDivisionError("a bug")

    site = Site({"a": 100}, {"a": 100}, policy=Broken())
    site.loop(for_s=4)
    assert site.devices.targets == {"a": 0}
    assert len(site.of(Noticed)) == 2
    assert [(event.number, event.targets, event.failure) for event in site.sent()] == [
        (0, {"a": 0}, "ZeroDivisionError('a bug')"),
        (1, {"a": 0}, "ZeroDivisionError('a bug')"),
    ]
    assert site.statistics.ticks == 2


def test_a_held_up_process_skips_ticks_and_says_so_once():
    site = Site({"a": 5}, {"a": 10})
    site.clock.call_at(53, lambda: site.clock.sleep_until(66.0))
    site.loop(for_s=20)
    assert [event.number for event in site.sent()] == [0, 1, 7, 8, 9]
    assert [(event.what, event.count) for event in site.of(TicksSkipped)] == [("ticks", 5)]
    assert [event.due_s for event in site.of(StatusesAsked)] == [50.9, 60.9], "the status round was run late"
    assert site.statistics.skipped == 5


def test_a_very_long_stop_skips_status_rounds_too():
    site = Site({"a": 5}, {"a": 10})
    site.clock.call_at(53, lambda: site.clock.sleep_until(92.0))
    site.loop(for_s=50)
    assert ("status rounds", 3) in [(event.what, event.count) for event in site.of(TicksSkipped)]


def test_a_round_of_statuses_is_told_when_all_have_answered():
    site = Site({"a": 5}, {"a": 10, "b": 20})
    site.watch_until(61)
    site.loop(for_s=9.9)
    (read,) = site.of(StatusesRead)
    assert read.at_s == pytest.approx(50.91)
    assert {asset_id: status.potential for asset_id, status in read.statuses.items()} == {"a": 10, "b": 20}


def test_a_round_is_told_after_a_second_even_if_a_device_is_silent():
    site = Site({"a": 5}, {"a": 10, "b": 20})
    site.devices.hang("b")
    site.watch_until(61)
    site.loop(for_s=9.9)
    (read,) = site.of(StatusesRead)
    assert read.at_s == pytest.approx(51.91)
    assert set(read.statuses) == {"a"}, "b is missing"
    assert read.asset_ids == ("a", "b")


def test_a_device_is_told_to_be_overdue_once_and_once_that_it_is_back():
    site = Site({"a": 5}, {"a": 10})
    site.watch_until(65)
    site.devices.hang("a")
    site.clock.call_at(58, lambda: site.devices.release("a"))
    site.loop(for_s=14)
    assert [event.is_good for event in site.of(DeviceChanged)] == [False, True]
    assert "overdue" in site.of(DeviceChanged)[0].sentence


def test_watching_before_the_loop_runs_sees_nothing():
    site = Site({"a": 5}, {"a": 10})
    site.watch.look()
    assert site.journal.events == []


def test_statistics_say_how_well_time_is_kept():
    statistics = TickStatistics()
    assert statistics.sentence() == "ticks 0, skipped 0, lag p50 0.0 ms p99 0.0 ms max 0.0 ms"
    for lag_ms in [0.1] * 98 + [0.2, 12.0]:
        statistics.ran(at_s=1.0, lag_s=lag_ms / 1e3)
    assert statistics.sentence() == "ticks 100, skipped 0, lag p50 0.1 ms p99 12.0 ms max 12.0 ms"


def test_a_tick_says_what_was_told_what_was_decided_without_a_device_and_how_old_the_statuses_were():
    site = Site({"b": 2, "ghost": 1}, {"a": 9, "b": 5})
    site.loop(for_s=4)
    tick = site.sent()[1]
    assert (tick.number, tick.at, tick.policy, tick.power_unit) == (1, at(52.9), "proportional", "kW")
    assert dict(tick.targets) == {"a": 0, "b": 3, "ghost": 0}
    assert list(tick.targets) == ["a", "b", "ghost"]
    assert (tick.told("b"), tick.told("ghost"), tick.told("stranger")) == (3, None, None)
    assert tick.status_ages_s == {"a": pytest.approx(2.0), "b": pytest.approx(2.0)}
