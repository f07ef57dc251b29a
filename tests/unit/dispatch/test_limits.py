"""Safety limits stand above everything: no target crosses them, and what is clamped away is carried or told of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.adapters.devices import Measurement
from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.adapters.schedules import InMemorySchedule
from energy_manager.application.dispatch import SendTargets
from energy_manager.application.ports.records.tick import Tick
from energy_manager.application.ports.schedules.schedule_source import ScheduleReading
from energy_manager.application.ticking import TickStart
from energy_manager.domain.dispatch import FollowSchedule, ProportionalRedistribution, decide
from energy_manager.domain.errors import Refused
from energy_manager.domain.site import Asset, AssetKind, Bounds
from tests.support.in_memory_devices import InMemoryDevices
from tests.support.recorded import IN_THE_RECORD

POLICIES = [ProportionalRedistribution(), FollowSchedule()]


def decided(scheduled, potentials, bounds, *, held=None, policy=POLICIES[0]):
    limits = {asset_id: Bounds(lowest=low, highest=high) for asset_id, (low, high) in bounds.items()}
    dispatch = decide(policy, scheduled, potentials, held=held or {}, bounds=limits)
    return dispatch.targets, dispatch.shortfall


def test_what_an_asset_may_not_deliver_the_others_carry():
    assert decided({"a": 100, "b": 100}, {"a": 300, "b": 300}, {"a": (0, 60)}) == ({"a": 60, "b": 140}, 0)


def test_what_nobody_may_deliver_is_shortfall():
    assert decided({"a": 100, "b": 100}, {"a": 300, "b": 300}, {"a": (0, 60), "b": (0, 110)}) == (
        {"a": 60, "b": 110},
        30,
    )


def test_a_policy_that_follows_the_schedule_is_clamped_and_what_is_lost_is_told():
    assert decided({"a": 100}, {}, {"a": (0, 60)}, policy=FollowSchedule()) == ({"a": 60}, 40)


def test_what_an_asset_must_deliver_beyond_the_schedule_comes_on_top():
    assert decided({"a": 0, "b": 100}, {"a": 300, "b": 300}, {"a": (20, None)}) == ({"a": 20, "b": 100}, 0)


def test_what_an_asset_must_deliver_the_others_need_not_carry():
    # c lacks 50; a must deliver 20 of them anyway, and b takes 30.
    assert decided({"a": 0, "b": 50, "c": 100}, {"a": 90, "b": 90, "c": 50}, {"a": (20, 20)}) == (
        {"a": 20, "b": 80, "c": 50},
        0,
    )


def test_where_nobody_lacks_anything_in_all_there_is_no_shortfall():
    # As the demo on its second tick, when asset_1 comes down from 150 by 30 a tick: 120 + 300 + 50, and 30 are missing.
    assert decided({"a": 100, "b": 100, "c": 300}, {"a": 200, "b": 300, "c": 50}, {"a": (120, 150)}) == (
        {"a": 150, "b": 300, "c": 50},
        0,
    )


def test_no_storage_charges_faster_than_it_may():
    assert decided({"s": -80, "b": 100}, {"s": 50, "b": 300}, {"s": (-60, 50)}) == ({"s": -60, "b": 100}, 0)


def test_a_storage_that_holds_the_grid_limit_keeps_its_own():
    assert decided({"a": 10, "s": 0}, {"a": 10, "s": 90}, {"s": (-60, 60)}, held={"s": 75}) == ({"a": 10, "s": 60}, 0)


def test_an_asset_whose_potential_is_below_its_least_target_is_told_the_least_and_counts_for_what_it_can():
    assert decided({"a": 50, "b": 50}, {"a": 5, "b": 300}, {"a": (20, None)}) == ({"a": 20, "b": 95}, 0)


powers = st.integers(-100, 300)
assets = st.sampled_from("abcd")


def bounds_from(pair):
    low, high = sorted(pair)
    return Bounds(lowest=None if low < -80 else low, highest=None if high > 250 else high)


@given(
    scheduled=st.dictionaries(assets, powers),
    potentials=st.dictionaries(assets, st.integers(0, 300)),
    bounds=st.dictionaries(assets, st.tuples(powers, powers).map(bounds_from)),
    held=st.dictionaries(assets, powers, max_size=1),
    policy=st.sampled_from(POLICIES),
)
def test_no_target_crosses_its_bounds_and_nothing_is_lost(scheduled, potentials, bounds, held, policy):
    dispatch = decide(policy, scheduled, potentials, held=held, bounds=bounds)
    assert dispatch.targets.keys() == scheduled.keys() | held.keys() | bounds.keys()
    for asset_id, own in bounds.items():
        assert own.within(dispatch.targets[asset_id]) == dispatch.targets[asset_id]
    others = dispatch.targets.keys() - held.keys()
    delivered = sum(dispatch.targets[asset_id] for asset_id in others)
    meant = sum(scheduled.get(asset_id, 0) for asset_id in others)
    assert dispatch.shortfall >= 0
    assert delivered + dispatch.shortfall >= meant, "nothing is lost"
    can = all(dispatch.targets[asset] <= potentials.get(asset, 0) for asset in bounds.keys() & others)
    if delivered > meant and can:
        raised = [asset for asset in scheduled.keys() & others if dispatch.targets[asset] > max(0, scheduled[asset])]
        assert all(asset in bounds for asset in raised), "nobody carries what is not missing"


@given(st.dictionaries(assets, powers), st.dictionaries(assets, st.integers(0, 300)), st.sampled_from(POLICIES))
def test_without_limits_the_policy_decides_alone(scheduled, potentials, policy):
    assert decide(policy, scheduled, potentials, held={}, bounds={}) == policy.dispatch(scheduled, potentials)


@pytest.mark.parametrize(
    ("asset", "bounds"),
    [
        (Asset(id="a"), (None, None)),
        (Asset(id="a", kind=AssetKind.PRODUCER), (0, None)),
        (Asset(id="a", kind=AssetKind.PRODUCER, min_power=20, max_power=90), (20, 90)),
        (Asset(id="a", kind=AssetKind.LOAD), (None, 0)),
        (Asset(id="a", kind=AssetKind.STORAGE, min_power=-60, max_power=60), (-60, 60)),
        (Asset(id="a", max_power=90, ramp=10), (40, 60)),
        (Asset(id="a", max_power=55, ramp=10), (40, 55)),
        (Asset(id="a", max_power=30, ramp=10), (20, 30)),
    ],
)
def test_bounds_follow_from_kind_limits_and_the_last_target_of_50(asset, bounds):
    own = asset.bounds(50)
    assert (own.lowest, own.highest) == bounds
    assert asset.is_limited is (bounds != (None, None))


def test_before_the_first_target_nothing_limits_the_ramp():
    assert Asset(id="a", ramp=10).bounds(None) == Bounds()


@pytest.mark.parametrize(
    ("said", "field", "message"),
    [
        ({"id": ""}, "id", "at least one character"),
        ({"min_power": -1}, "min", "which only a storage or a load may be told"),
        ({"kind": AssetKind.PRODUCER, "min_power": -1}, "min", "-1 is below 0"),
        ({"kind": AssetKind.PRODUCER, "max_power": -1}, "min", "0 is above the max, -1"),
        ({"kind": AssetKind.LOAD, "max_power": 1}, "max", "a load delivers nothing"),
        ({"min_power": 9, "max_power": 8}, "min", "9 is above the max, 8"),
        ({"ramp": 0}, "ramp", "at least 1"),
        ({"kind": AssetKind.METER, "ramp": 5}, "ramp", "a meter is told nothing"),
    ],
)
def test_limits_that_cannot_be_are_refused(said, field, message):
    with pytest.raises(Refused) as refusal:
        Asset(**{"id": "a"} | said)
    assert [(fault.field, message in fault.message) for fault in refusal.value.faults] == [(field, True)]


class Site:
    def __init__(self, scheduled, potentials, *limited):
        self.clock = FakeClock()
        self.devices = InMemoryDevices(potentials, clock=self.clock)
        self.devices.request_statuses(due_s=0.0)
        self.schedule = InMemorySchedule(ScheduleReading(targets=scheduled))
        self.journal = InMemoryJournal()
        self.send = SendTargets(
            clock=self.clock,
            devices=self.devices,
            statuses=self.devices.statuses,
            journal=self.journal,
            schedule=self.schedule,
            policy=ProportionalRedistribution(),
            schedule_wait_s=0.1,
            **IN_THE_RECORD,
            status_max_age_s=25.0,
            told=self.devices.asset_ids,
            limited=limited,
        )

    def delivers(self, asset_id, power_kw):
        """The device measures this from now on, whatever it is told."""
        self.devices.measurements[asset_id] = lambda: Measurement(power_w=1000 * power_kw, highest_w=100_000)
        self.devices.request_statuses(due_s=0.0)

    def tick(self, number=0):
        self.send(TickStart(number=number, due_s=0.0, lag_s=0.0))
        return dict(self.devices.targets)

    def newest(self):
        return [event for event in self.journal.events if isinstance(event, Tick)][-1]


def test_a_ramp_is_climbed_tick_by_tick_while_others_carry_the_rest():
    site = Site({"a": 0, "b": 0}, {"a": 100, "b": 100}, Asset(id="a", ramp=20))
    assert site.tick() == {"a": 0, "b": 0}
    site.schedule.reading = ScheduleReading(targets={"a": 50, "b": 0})
    assert [site.tick() for _ in range(4)] == [
        {"a": 20, "b": 30},
        {"a": 40, "b": 10},
        {"a": 50, "b": 0},
        {"a": 50, "b": 0},
    ]


def test_a_ramp_holds_on_the_way_down_even_when_the_schedule_is_gone():
    site = Site({"a": 50}, {"a": 100}, Asset(id="a", ramp=20))
    site.delivers("a", 50)
    site.tick()
    site.schedule.reading = ScheduleReading(targets=None, fault="gone")
    assert [site.tick()["a"] for _ in range(4)] == [30, 10, 0, 0]


def test_a_cold_start_is_no_jump():
    site = Site({"a": 100}, {"a": 100}, Asset(id="a", ramp=10))
    assert [site.tick()["a"] for _ in range(3)] == [10, 20, 30]


def test_after_a_restart_the_ramp_begins_with_what_the_device_delivers():
    site = Site({"a": 100}, {"a": 100}, Asset(id="a", ramp=10))
    site.delivers("a", 75)
    assert site.tick()["a"] == 85


def test_a_ramp_does_not_climb_while_targets_do_not_arrive():
    site = Site({"a": 100}, {"a": 100}, Asset(id="a", ramp=10))
    site.tick()
    site.devices.refuse("a")
    refused = [site.tick() and site.newest().targets["a"] for _ in range(5)]
    assert refused == [20, 20, 20, 10, 10], "from the last that arrived, then from what it measured"
    site.devices.give_in("a")
    site.tick()
    assert site.newest().targets["a"] <= 20


def test_a_ramp_does_not_climb_while_targets_are_not_followed():
    site = Site({"a": 100}, {"a": 100}, Asset(id="a", ramp=10))
    for _ in range(5):
        site.tick()
        site.delivers("a", 0)
    site.tick()
    assert site.newest().targets["a"] == 10
    assert site.newest().counted == {"a": 0}


def test_an_asset_that_must_deliver_does_so_though_nothing_is_scheduled():
    assert decided({"b": 50}, {"a": 9, "b": 90}, {"a": (20, None)}) == ({"b": 50, "a": 20}, 0)


def test_an_asset_that_nothing_is_scheduled_for_keeps_its_least_power():
    site = Site({"b": 50}, {"a": 100, "b": 100}, Asset(id="a", min_power=20))
    assert site.tick() == {"a": 20, "b": 50}


def test_after_a_failed_decision_the_ramp_begins_at_zero():
    site = Site({"a": 50}, {"a": 100}, Asset(id="a", ramp=20))
    site.tick()
    site.send.tell_fallbacks(TickStart(number=1, due_s=0.0, lag_s=0.0), failure="a bug")
    assert site.tick()["a"] == 20


def test_the_record_holds_what_a_replay_needs():
    site = Site({"a": 50, "b": 50}, {"a": 100, "b": 100}, Asset(id="a", ramp=20))
    for _ in range(3):
        site.tick()
        site.schedule.reading = ScheduleReading(targets={"a": 10, "b": 90})
    for sent in site.journal.events:
        assert isinstance(sent, Tick)
        again = decide(ProportionalRedistribution(), sent.scheduled, sent.potentials, held={}, bounds=sent.bounds)
        assert again.shortfall == sent.shortfall
        assert again.targets == sent.targets
