"""What every device gateway promises, whatever stands behind it."""

import threading

import pytest

from energy_manager.adapters.devices import Measurement
from energy_manager.adapters.devices.lane_gateway import LaneDeviceGateway
from energy_manager.adapters.lanes import ElasticPool
from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.adapters.statuses import InMemoryStatuses
from energy_manager.application.ports.devices.device_gateway import CallCounts, CallKind
from tests.support.in_memory_devices import InMemoryDevices
from tests.support.waiting import eventually


class Device:
    """A driver whose calls hang while its line is down."""

    def __init__(self, potential):
        self.potential = potential
        self.target = 0
        self.ignores = self.refuses = False
        self.line = threading.Event()
        self.line.set()
        self.calls = 0

    def write(self, target):
        self.calls += 1
        self.line.wait()
        if self.refuses:
            raise ConnectionError("refused")
        if not self.ignores:
            self.target = target

    def read(self):
        self.line.wait()
        return Measurement(power_w=self.target, highest_w=self.potential)


class BehindLanes:
    def __init__(self, potentials):
        self.clock = FakeClock()
        self.drivers = {asset_id: Device(potential) for asset_id, potential in potentials.items()}
        self.statuses = InMemoryStatuses()
        self.gateway = LaneDeviceGateway(
            {asset_id: (lambda driver=driver: driver) for asset_id, driver in self.drivers.items()},
            statuses=self.statuses,
            pool=ElasticPool(max_threads=64),
            clock=self.clock,
            journal=InMemoryJournal(),
            period_s=2.0,
            status_period_s=10.0,
            watts_per_step=1,
        )

    def targets(self):
        return {asset_id: device.target for asset_id, device in self.drivers.items()}

    def refuse(self, asset_id):
        self.drivers[asset_id].refuses = True

    def give_in(self, asset_id):
        self.drivers[asset_id].refuses = False

    def ignore(self, asset_id):
        self.drivers[asset_id].ignores = True

    def hang(self, asset_id):
        self.drivers[asset_id].line.clear()

    def release(self, asset_id):
        self.drivers[asset_id].line.set()


class InMemory:
    def __init__(self, potentials):
        self.clock = FakeClock()
        self.gateway = InMemoryDevices(potentials, clock=self.clock, watts_per_step=1)
        self.statuses = self.gateway.statuses
        self.hang, self.release = self.gateway.hang, self.gateway.release
        self.refuse, self.give_in = self.gateway.refuse, self.gateway.give_in

    def ignore(self, asset_id):
        self.gateway.measurements[asset_id] = lambda: Measurement(power_w=0, highest_w=100)

    def targets(self):
        return self.gateway.targets


@pytest.fixture(params=[BehindLanes, InMemory])
def plant(request):
    return request.param({"a": 100, "b": 50})


@pytest.fixture(params=[BehindLanes, InMemory])
def of_nonsense(request):
    """``b`` says of its potential what no device can mean."""
    return request.param({"a": 100, "b": "plenty"})


def test_it_knows_its_devices_in_order(plant):
    assert plant.gateway.asset_ids == ("a", "b")


def test_every_device_gets_its_target(plant):
    plant.gateway.command({"a": 10, "b": 20}, due_s=0.0)
    assert eventually(lambda: plant.targets() == {"a": 10, "b": 20})


def test_a_status_carries_the_time_of_its_read(plant):
    plant.clock.sleep_until(5.0)
    plant.gateway.request_statuses(due_s=5.0)
    assert eventually(lambda: not plant.gateway.awaiting_status(5.0))
    statuses = plant.statuses.latest()
    assert (statuses["a"].potential, statuses["b"].potential) == (100, 50)
    assert statuses["a"].taken_at_s == 5.0


def test_of_nonsense_the_whole_reading_is_missing_and_counted(of_nonsense):
    of_nonsense.gateway.request_statuses(due_s=5.0)
    assert eventually(lambda: not of_nonsense.gateway.awaiting_status(5.0))
    assert of_nonsense.statuses.latest().keys() == {"a"}
    assert {asset_id: said.implausible for asset_id, said in of_nonsense.gateway.health().items()} == {"a": 0, "b": 1}
    assert of_nonsense.gateway.failing() == of_nonsense.gateway.troubles().keys() == {"b"}
    assert of_nonsense.gateway.points("b") == ()


def test_a_device_that_was_never_asked_has_no_status(plant):
    assert plant.statuses.latest() == {}
    assert plant.gateway.awaiting_status(0.0)


def test_a_hung_device_holds_up_nobody_and_takes_its_newest_target_when_it_comes_back(plant):
    plant.hang("a")
    plant.gateway.command({"a": 1, "b": 1}, due_s=0.0)
    plant.gateway.command({"a": 2, "b": 2}, due_s=2.0)
    plant.gateway.command({"a": 3, "b": 3}, due_s=4.0)
    assert eventually(lambda: plant.targets()["b"] == 3)
    assert plant.targets().get("a", 0) == 0
    plant.release("a")
    assert eventually(lambda: plant.targets()["a"] == 3)


def test_a_round_is_awaited_until_the_last_device_has_answered(plant):
    plant.hang("a")
    plant.gateway.request_statuses(due_s=0.0)
    assert eventually(lambda: "b" in plant.statuses.latest())
    assert plant.gateway.awaiting_status(0.0)
    plant.release("a")
    assert eventually(lambda: not plant.gateway.awaiting_status(0.0))


def test_a_device_is_overdue_after_nine_tenths_of_its_period_until_it_answers(plant):
    plant.hang("a")
    plant.gateway.command({"a": 1, "b": 1}, due_s=0.0)
    assert eventually(lambda: plant.targets()["b"] == 1)
    assert eventually(lambda: plant.gateway.overdue(1.9).keys() == {"a"})
    assert plant.gateway.overdue(1.7) == {}
    assert plant.gateway.overdue(1.9) == {"a": 1.9}
    plant.release("a")
    assert eventually(lambda: plant.gateway.overdue(100.0) == {})


def test_good_devices_fail_no_calls(plant):
    plant.gateway.command({"a": 1, "b": 1}, due_s=0.0)
    assert eventually(lambda: plant.targets() == {"a": 1, "b": 1})
    assert plant.gateway.failed_calls() == 0
    assert plant.gateway.failing() == set()


def test_calls_are_counted_by_device_and_kind_with_those_that_were_replaced_before_they_began(plant):
    plant.hang("a")
    plant.gateway.command({"a": 1, "b": 1}, due_s=0.0)
    assert eventually(lambda: plant.gateway.calls()["b", CallKind.TARGET].ok == 1)
    for due_s in (2.0, 4.0, 6.0):
        plant.gateway.command({"a": 2}, due_s=due_s)
    before = plant.gateway.calls()["a", CallKind.TARGET]
    assert (before.ok, before.failed) == (0, 0)
    assert before.superseded >= 2, "of the three that waited; the first may be under way or have waited too"
    plant.release("a")
    assert eventually(lambda: plant.gateway.calls()["a", CallKind.TARGET].ok >= 1)
    plant.gateway.request_statuses(due_s=8.0)
    assert eventually(lambda: plant.gateway.calls()["b", CallKind.STATUS] == CallCounts(ok=1))
    assert plant.gateway.calls().keys() == {(asset_id, kind) for asset_id in "ab" for kind in CallKind}


def test_statuses_that_wait_for_a_hung_device_replace_one_another(plant):
    plant.hang("a")
    for due_s in (0.0, 1.0, 2.0):
        plant.gateway.request_statuses(due_s=due_s, asset_ids=["a"])
    assert plant.gateway.calls()["a", CallKind.STATUS].superseded >= 1
    plant.release("a")
    assert eventually(lambda: plant.gateway.calls()["a", CallKind.STATUS].ok >= 1)


def test_a_device_that_is_told_to_take_power_delivers_less_than_nothing(plant):
    plant.gateway.command({"a": -7, "b": 0}, due_s=0.0)
    assert eventually(lambda: plant.targets().get("a") == -7)
    plant.gateway.request_statuses(due_s=0.0)
    assert eventually(lambda: not plant.gateway.awaiting_status(0.0))
    assert (plant.statuses.latest_of("a").output, plant.statuses.latest_of("b").output) == (-7, 0)


def test_a_device_may_be_released(plant):
    plant.gateway.command({"a": 7, "b": 7}, due_s=0.0)
    plant.gateway.command({"a": None, "b": 8}, due_s=2.0)
    assert eventually(lambda: plant.targets() == {"a": None, "b": 8})


def told(plant, target, *, due_s):
    """Tell ``a`` and wait until its call has ended, unless it hangs."""
    before = plant.gateway.calls()["a", CallKind.TARGET]
    plant.gateway.command({"a": target}, due_s=due_s)
    return eventually(lambda: plant.gateway.calls()["a", CallKind.TARGET] != before)


def asked(plant, *, due_s):
    plant.gateway.request_statuses(due_s=due_s, asset_ids=["a"])
    return eventually(lambda: sum(_ended(plant.gateway.calls()["a", CallKind.STATUS])) == due_s // 10)


def _ended(counts):
    return counts.ok, counts.failed


def test_a_device_that_refuses_three_targets_disobeys_until_it_takes_one(plant):
    plant.refuse("a")
    seen = []
    for tick in range(3):
        told(plant, 50, due_s=2.0 * tick)
        seen.append(plant.gateway.disobeying(2.0 * tick + 1.0))
    assert seen == [set(), set(), {"a"}]
    plant.give_in("a")
    told(plant, 50, due_s=6.0)
    assert plant.gateway.disobeying(7.0) == set()


def test_a_device_whose_target_hangs_for_three_ticks_disobeys_until_it_takes_one(plant):
    plant.hang("a")
    plant.gateway.command({"a": 50}, due_s=0.0)
    assert eventually(lambda: "a" in plant.gateway.overdue(1.9))
    for tick in range(1, 4):
        plant.gateway.command({"a": 50 + tick}, due_s=2.0 * tick)
    assert plant.gateway.disobeying(4.0) == set()
    assert plant.gateway.disobeying(6.0) == {"a"}
    plant.release("a")
    assert eventually(lambda: plant.gateway.disobeying(8.0) == set())


def test_a_device_that_ignores_its_target_disobeys_from_the_third_status_on(plant):
    plant.ignore("a")
    told(plant, 50, due_s=0.0)
    seen = []
    for status_round in range(1, 4):
        plant.clock.sleep_until(10.0 * status_round)
        asked(plant, due_s=10.0 * status_round)
        seen.append(plant.gateway.disobeying(10.0 * status_round))
    assert seen == [set(), set(), {"a"}]
    told(plant, 0, due_s=30.0)
    plant.clock.sleep_until(40.0)
    asked(plant, due_s=40.0)
    assert plant.gateway.disobeying(40.0) == set(), "it measures what it is told"


def test_a_release_that_is_refused_is_no_disobedience(plant):
    plant.refuse("a")
    for tick in range(4):
        told(plant, None, due_s=2.0 * tick)
    assert plant.gateway.disobeying(8.0) == set()
