"""Devices behind one link take turns on one thread for each purpose; others have threads of their own."""

import threading

from energy_manager.adapters.devices import Measurement
from energy_manager.adapters.devices.lane_gateway import LaneDeviceGateway
from energy_manager.adapters.lanes import ElasticPool, Strand
from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.runtime.clocks import MonotonicClock
from energy_manager.adapters.statuses import InMemoryStatuses
from tests.support.waiting import eventually


def test_a_strand_runs_its_tasks_in_their_order_on_whoever_runs_it():
    strand, done = Strand(), []

    def first():
        done.append("first")
        assert strand.post(lambda: done.append("third")) is None

    run = strand.post(first)
    assert strand.post(lambda: done.append("second")) is None
    run()
    assert done == ["first", "second", "third"]
    assert strand.post(lambda: done.append("again")) is not None


def test_what_goes_first_is_run_before_what_came_earlier():
    strand, done = Strand(), []

    def first():
        done.append("first")
        strand.post(lambda: done.append("read"))
        strand.post(lambda: done.append("write"), goes_first=True)

    strand.post(first)()
    assert done == ["first", "write", "read"]


class Link:
    """Holds whoever calls until it is let go, and counts the threads that it holds."""

    def __init__(self):
        self.is_open = threading.Event()
        self.lock = threading.Lock()
        self.inside, self.most, self.told = 0, 0, []

    def call(self, name):
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.is_open.wait(10)
        with self.lock:
            self.inside -= 1
            self.told.append(name)


class Device:
    def __init__(self, name, link, *, is_shared):
        self.name, self._link = name, link
        if is_shared:
            self.link = link

    def write(self, setpoint_w):
        self._link.call(f"{self.name} {setpoint_w}")

    def read(self):
        self._link.call(f"{self.name} read")
        return Measurement(power_w=1.0)

    def close(self):
        pass


def gateway_of(link, *, is_shared, count=20):
    drivers = {f"d{i}": lambda i=i: Device(f"d{i}", link, is_shared=is_shared) for i in range(count)}
    return LaneDeviceGateway(
        drivers,
        statuses=InMemoryStatuses(),
        pool=ElasticPool(max_threads=200),
        clock=MonotonicClock(),
        journal=InMemoryJournal(),
        period_s=2.0,
        status_period_s=10.0,
        watts_per_step=1,
    )


def opened(link, *, is_shared):
    """A gateway whose devices have been told once."""
    gateway = gateway_of(link, is_shared=is_shared)
    link.is_open.set()
    gateway.command(dict.fromkeys(gateway.asset_ids, 0), due_s=0.0)
    assert eventually(lambda: len(link.told) == 20)
    link.is_open.clear()
    link.told.clear()
    link.most = 0
    return gateway


def test_a_link_that_hangs_holds_one_thread_for_targets_and_one_for_statuses():
    link = Link()
    gateway = opened(link, is_shared=True)
    gateway.request_statuses(due_s=2.0)
    gateway.command(dict.fromkeys(gateway.asset_ids, 5), due_s=2.0)
    assert eventually(lambda: link.inside == 2)
    gateway.command(dict.fromkeys(gateway.asset_ids, 7), due_s=4.0)
    assert len(gateway.overdue(1e9)) == 20
    link.is_open.set()
    assert eventually(lambda: sorted(gateway.taken()) and {taken.target for taken in gateway.taken().values()} == {7})
    assert eventually(lambda: not gateway.awaiting_status(2.0))
    assert link.most == 2
    # One was under way when the newer target came; of the others only the newest was told.
    assert len([told for told in link.told if told.endswith(" 5")]) == 1
    assert len([told for told in link.told if told.endswith(" 7")]) == 20


def test_a_link_on_which_nothing_waits_has_one_thread_that_writes_before_it_reads():
    link = Link()
    link.never_waits = True
    gateway = opened(link, is_shared=True)
    gateway.request_statuses(due_s=2.0)
    assert eventually(lambda: link.inside == 1)
    gateway.command(dict.fromkeys(gateway.asset_ids, 5), due_s=2.0)
    link.is_open.set()
    assert eventually(lambda: not gateway.awaiting_status(2.0) and len(link.told) == 40)
    assert link.most == 1
    assert [told.endswith(" 5") for told in link.told] == [False] + [True] * 20 + [False] * 19


def test_devices_on_links_of_their_own_do_not_wait_for_each_other():
    link = Link()
    gateway = opened(link, is_shared=False)
    gateway.command(dict.fromkeys(gateway.asset_ids, 5), due_s=2.0)
    assert eventually(lambda: link.inside == 20)
    link.is_open.set()
