"""A target may be none: the asset is released, runs by itself, is in no total and carries nothing for others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.adapters.devices import Measurement
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
from energy_manager.application.explanation.replay import replay
from energy_manager.application.explanation.sentences import why
from energy_manager.application.ports.records.tick import Tick
from energy_manager.application.ports.schedules.schedule_source import ScheduleReading
from energy_manager.application.ticking import TickStart
from energy_manager.domain.dispatch import ProportionalRedistribution, decide, powers_in
from energy_manager.domain.site import Asset, Bounds
from tests.support.in_memory_devices import InMemoryDevices
from tests.support.recorded import IN_THE_RECORD

POLICY = ProportionalRedistribution()


def test_a_released_asset_carries_nothing_for_those_that_are_short():
    dispatch = decide(POLICY, {"a": 100}, {"a": 40, "sun": 500}, held={}, unscheduled={"sun": None})
    assert (dispatch.targets, dispatch.shortfall) == ({"a": 40, "sun": None}, 60)


def test_an_asset_that_is_scheduled_is_not_released_and_carries():
    dispatch = decide(POLICY, {"a": 100, "sun": 0}, {"a": 40, "sun": 500}, held={}, unscheduled={"sun": None})
    assert (dispatch.targets, dispatch.shortfall) == ({"a": 40, "sun": 60}, 0)


def test_the_limits_of_a_released_asset_are_its_devices_business():
    bounds = {"sun": Bounds(lowest=20, highest=30), "a": Bounds(highest=50)}
    dispatch = decide(POLICY, {"a": 100}, {"a": 200, "sun": 500}, {}, bounds, unscheduled={"sun": None})
    assert (dispatch.targets, dispatch.shortfall) == ({"a": 50, "sun": None}, 50)


def test_a_fallback_power_stays_within_the_limits_and_does_not_count_for_others():
    bounds = {"sun": Bounds(lowest=0, highest=30)}
    dispatch = decide(POLICY, {"a": 100}, {"a": 40, "sun": 500}, {}, bounds, unscheduled={"sun": 80})
    assert dispatch.targets == {"a": 40, "sun": 30}


def test_a_storage_that_the_grid_limit_releases_has_no_target():
    assert decide(POLICY, {"a": 5}, {"a": 9}, held={"s": None}).targets == {"a": 5, "s": None}


ASSETS = st.sampled_from("abcdef")
POWERS = st.integers(-50, 500)


@given(
    scheduled=st.dictionaries(ASSETS, POWERS),
    potentials=st.dictionaries(ASSETS, st.integers(0, 500)),
    bounds=st.dictionaries(ASSETS, st.builds(Bounds, lowest=st.just(0), highest=st.integers(0, 400))),
    releasable=st.sets(ASSETS),
)
def test_releasing_changes_nothing_for_those_that_are_scheduled(scheduled, potentials, bounds, releasable):
    released = dict.fromkeys(releasable)
    without = {asset_id: own for asset_id, own in bounds.items() if asset_id in scheduled or asset_id not in released}
    plain = decide(POLICY, scheduled, potentials, {}, without)
    dispatch = decide(POLICY, scheduled, potentials, {}, bounds, unscheduled=released)
    assert dispatch.shortfall == plain.shortfall
    assert powers_in(dispatch.targets) == plain.targets
    assert {asset_id for asset_id, power in dispatch.targets.items() if power is None} == releasable - scheduled.keys()


class Site:
    """``sun`` is released where no schedule covers it, ``boiler`` falls back to 3."""

    def __init__(self, scheduled, potentials=None, policy=None, limited=(), fallbacks=None, *, rest=frozenset):
        self.clock = FakeClock()
        self.devices = InMemoryDevices(potentials or {"a": 10, "sun": 10, "boiler": 10}, clock=self.clock)
        self.devices.request_statuses(due_s=0.0)
        self.schedule = InMemorySchedule(ScheduleReading(targets=scheduled))
        self.journal = InMemoryJournal()
        self.common = {"clock": self.clock, "devices": self.devices, "journal": self.journal}
        self.send = SendTargets(
            **self.common,
            **IN_THE_RECORD,
            statuses=self.devices.statuses,
            schedule=self.schedule,
            policy=policy or POLICY,
            schedule_wait_s=0.1,
            status_max_age_s=25.0,
            told=self.devices.asset_ids,
            limited=limited,
            unscheduled={"sun": None},
            rest=rest,
            fallbacks={"sun": None, "boiler": 3} if fallbacks is None else fallbacks,
        )

    def tick(self):
        self.send(TickStart(number=0, due_s=0.0, lag_s=0.0))
        return dict(self.devices.targets)

    @property
    def ticks(self):
        return [event for event in self.journal.events if isinstance(event, Tick)]


def test_where_nobody_speaks_an_asset_is_released_and_the_others_are_told_zero():
    site = Site({"a": 5})
    assert site.tick() == {"a": 5, "sun": None, "boiler": 0}
    site.schedule.reading = ScheduleReading(targets={"a": 5, "sun": 7})
    assert site.tick() == {"a": 5, "sun": 7, "boiler": 0}
    site.schedule.reading = ScheduleReading(targets={"a": 5, "sun": 0})
    assert site.tick()["sun"] == 0, "0 is a command"


def test_who_rests_is_told_zero_where_nobody_speaks_and_is_released_again_when_it_rests_no_more():
    resting = set()
    site = Site({"a": 5}, rest=lambda: resting)
    assert site.tick()["sun"] is None
    resting.add("sun")
    assert site.tick() == {"a": 5, "sun": 0, "boiler": 0}
    assert "sun" not in site.ticks[-1].unscheduled
    site.schedule.reading = ScheduleReading(targets={"a": 5}, fault="gone")
    assert site.tick()["sun"] is None, "a fallback is no rest"
    site.schedule.reading = ScheduleReading(targets={"a": 5})
    resting.clear()
    assert site.tick()["sun"] is None


def test_without_a_known_schedule_each_asset_has_its_fallback():
    site = Site(None)
    site.schedule.reading = ScheduleReading(targets=None, fault="gone")
    assert site.tick() == {"a": 0, "sun": None, "boiler": 3}


def test_what_stored_schedules_say_holds_though_the_base_schedule_is_not_known():
    site = Site(None)
    site.schedule.reading = ScheduleReading(targets={"sun": 4}, fault="gone")
    assert site.tick() == {"a": 0, "sun": 4, "boiler": 3}


class Broken:
    def dispatch(self, scheduled, potentials):
        raise ZeroDivisionError("a bug")


@pytest.mark.parametrize(
    ("fallbacks", "targets", "words"),
    [
        ({"sun": None, "boiler": 3}, {"a": 0, "sun": None, "boiler": 3}, "each device gets its fallback"),
        ({}, {"a": 0, "sun": 0, "boiler": 0}, "all devices are told 0"),
    ],
)
def test_a_tick_that_cannot_be_decided_leaves_each_asset_its_fallback(fallbacks, targets, words):
    site = Site({"a": 5}, policy=Broken(), fallbacks=fallbacks)
    loop = DispatchLoop(
        **site.common,
        schedule=site.schedule,
        send_targets=site.send,
        watch_devices=WatchDevices(**site.common, statuses=site.devices.statuses, status_max_age_s=25.0),
        statistics=TickStatistics(),
        timing=DispatchTiming(period_s=2.0, status_period_s=10.0, phase_s=0.9),
    )
    loop(for_s=2)
    assert site.devices.targets == targets
    assert any(words in getattr(event, "sentence", "") for event in site.journal.events)
    assert replay(site.ticks).sentence() == "no difference in 1 tick; 1 of them could not be decided, " + (
        "and fallbacks held" if fallbacks else "and all were told 0"
    )


def test_after_a_release_the_ramp_begins_with_what_is_measured():
    site = Site({"sun": 50}, potentials={"sun": 100}, limited=(Asset(id="sun", ramp=20),))
    assert site.tick() == {"sun": 20}
    site.schedule.reading = ScheduleReading(targets={})
    assert site.tick() == {"sun": None}
    site.devices.measurements["sun"] = lambda: Measurement(power_w=60_000, highest_w=100_000)
    site.devices.request_statuses(due_s=0.0)
    site.schedule.reading = ScheduleReading(targets={"sun": 90})
    assert site.tick() == {"sun": 80}, "from what it measures by itself"


def test_a_release_is_recorded_replayed_and_explained():
    site = Site({"a": 5})
    site.tick()
    site.schedule.reading = ScheduleReading(targets={"a": 50}, fault="gone")
    site.tick()
    first, second = site.ticks
    assert (first.told("sun"), first.is_released("sun"), first.is_released("a")) == (None, True, False)
    assert replay([first, second]).sentence() == "no difference in 2 ticks"
    assert "sun" not in powers_in(first.targets)
    assert why(first, "sun")[0] == "No schedule covered this asset at this tick; it was released and ran by itself."
    assert "Its fallback held: it was told to deliver 3 kW." in why(second, "boiler")


def test_a_replay_finds_a_release_that_should_not_have_been():
    site = Site({"a": 5})
    site.tick()
    (tick,) = site.ticks
    wrong = Tick(
        **{name: getattr(tick, name) for name in Tick.__slots__} | {"targets": {"a": 5, "sun": 0, "boiler": 0}}
    )
    assert "sun was 0 kW, replayed it is released" in replay([wrong]).sentence()
