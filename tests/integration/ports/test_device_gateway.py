"""What every device gateway promises, whatever stands behind it."""

import threading

import pytest

from energy_manager.adapters.clocks import FakeClock
from energy_manager.adapters.devices import InMemoryDevices, LaneDeviceGateway, Measurement
from energy_manager.adapters.journals import InMemoryJournal
from energy_manager.adapters.lanes import ElasticPool
from energy_manager.adapters.statuses import InMemoryStatuses
from energy_manager.application.ports.device_gateway import CallCounts, CallKind
from tests.support.waiting import eventually


class Device:
    """A driver whose calls hang while its line is down."""

    def __init__(self, potential):
        self.potential = potential
        self.target = 0
        self.line = threading.Event()
        self.line.set()
        self.calls = 0

    def write(self, target):
        self.calls += 1
        self.line.wait()
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

    def targets(self):
        return self.gateway.targets


@pytest.fixture(params=[BehindLanes, InMemory])
def plant(request):
    return request.param({"a": 100, "b": "plenty"})


def test_it_knows_its_devices_in_order(plant):
    assert plant.gateway.asset_ids == ("a", "b")


def test_every_device_gets_its_target(plant):
    plant.gateway.command({"a": 10, "b": 20}, due_s=0.0)
    assert eventually(lambda: plant.targets() == {"a": 10, "b": 20})


def test_a_status_carries_the_time_of_its_read_and_nonsense_is_missing(plant):
    plant.clock.sleep_until(5.0)
    plant.gateway.request_statuses(due_s=5.0)
    assert eventually(lambda: not plant.gateway.awaiting_status(5.0))
    statuses = plant.statuses.latest()
    assert (statuses["a"].highest, statuses["b"].highest) == (100, None)
    assert (statuses["a"].potential, statuses["b"].potential) == (100, 0)
    assert statuses["a"].taken_at_s == 5.0


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
    eventually(lambda: plant.gateway.overdue(1.9).keys() == {"a"})
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
    for due_s in (0.0, 10.0, 20.0):
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
