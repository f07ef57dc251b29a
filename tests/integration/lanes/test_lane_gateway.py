"""Whatever leaves a device call ends in its lane."""

import threading

import pytest

from energy_manager.adapters.devices import Measurement
from energy_manager.adapters.devices.driver import DeviceAbsent
from energy_manager.adapters.devices.lane_gateway import LaneDeviceGateway
from energy_manager.adapters.lanes import ElasticPool
from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.adapters.statuses import InMemoryStatuses
from energy_manager.application.ports.devices.device_gateway import CallCounts, CallKind, DeviceHealth
from energy_manager.domain.dispatch import Taken
from tests.support.waiting import eventually


class Unspeakable(Exception):
    def __str__(self):
        raise SystemExit("not even this")

    __repr__ = __str__


class Explosive:
    @property
    def power_w(self):
        raise KeyboardInterrupt("while looking")


class Scripted:
    """Does next what it was told to do: raises what can be raised, returns the rest."""

    def __init__(self):
        self.script = []
        self.targets = []
        self.is_closed = False

    def _next(self):
        step = self.script.pop(0) if self.script else None
        if isinstance(step, BaseException):
            raise step
        return step

    def write(self, target):
        self._next()
        self.targets.append(target)

    def read(self):
        return self._next() or Measurement(power_w=1, highest_w=2)

    def close(self):
        self.is_closed = True


class Slow(Scripted):
    """Holds every write until it may go on."""

    def __init__(self):
        super().__init__()
        self.may_go_on = threading.Event()
        self.begun = []

    def write(self, target):
        self.begun.append(target)
        self.may_go_on.wait(10)
        super().write(target)


def of_two(first, second):
    drivers = {"a": lambda: first, "b": lambda: second}
    more = {
        "journal": InMemoryJournal(),
        "statuses": InMemoryStatuses(),
        "period_s": 2,
        "status_period_s": 10,
        "watts_per_step": 1,
    }
    return LaneDeviceGateway(drivers, pool=ElasticPool(max_threads=8), clock=FakeClock(), **more)


def test_letting_go_is_the_last_word_that_a_device_hears():
    first, second = Scripted(), Slow()
    gateway = of_two(first, second)
    gateway.command({"a": 5, "b": 6}, due_s=0.0)
    assert eventually(lambda: first.targets == [5] and second.begun == [6])
    gateway.let_go(("a", "b"), due_s=1.0)
    gateway.command({"a": 7, "b": 8}, due_s=2.0)
    assert eventually(lambda: first.targets == [5, None])
    assert gateway.taken()["a"] == Taken(target=None, due_s=1.0)
    assert "b" not in gateway.taken(), "the call that is under way has not come back"
    second.may_go_on.set()
    assert eventually(lambda: second.targets == [6, None])
    assert gateway.taken()["b"] == Taken(target=None, due_s=1.0)


def test_behind_one_link_those_are_released_first_that_would_keep_their_target_and_those_that_fail_last():
    released, link = [], object()

    class Behind(Scripted):
        def __init__(self, name, *, falls_back, script=()):
            super().__init__()
            self.name, self.falls_back, self.link, self.script = name, falls_back, link, list(script)

        def write(self, target):
            super().write(target)
            if target is None:
                released.append(self.name)

        def health(self):
            return DeviceHealth(falls_back=self.falls_back)

    devices = [
        Behind("a, failing", falls_back=False, script=[OSError("gone")]),
        Behind("b, with a timer", falls_back=True),
        Behind("c, without", falls_back=False),
        Behind("d, without", falls_back=False),
    ]
    gateway = LaneDeviceGateway(
        {device.name: lambda device=device: device for device in devices},
        statuses=InMemoryStatuses(),
        pool=ElasticPool(max_threads=8),
        clock=FakeClock(),
        journal=InMemoryJournal(),
        period_s=2,
        status_period_s=10,
    )
    gateway.command({device.name: 5 for device in devices}, due_s=0.0)
    assert eventually(lambda: gateway.failing() and all(device.targets for device in devices[1:]))
    gateway.let_go([device.name for device in devices], due_s=1.0)
    assert eventually(lambda: len(released) == 4)
    assert released == ["c, without", "d, without", "b, with a timer", "a, failing"]


def test_after_the_close_not_even_a_release_begins():
    device = Slow()
    gateway = of_two(Scripted(), device)
    gateway.command({"b": 6}, due_s=0.0)
    assert eventually(lambda: device.begun == [6])
    gateway.let_go(("b",), due_s=1.0)
    gateway.close()
    device.may_go_on.set()
    assert eventually(lambda: gateway.taken().get("b") == Taken(target=6, due_s=0.0))
    assert device.begun == [6]


@pytest.fixture
def plant():
    class Plant:
        device = Scripted()
        clock = FakeClock()
        journal = InMemoryJournal()
        statuses = InMemoryStatuses()
        gateway = LaneDeviceGateway(
            {"a": lambda: Plant.device},
            statuses=statuses,
            pool=ElasticPool(max_threads=8),
            clock=clock,
            journal=journal,
            period_s=2,
            status_period_s=10,
            watts_per_step=1,
        )

    return Plant()


@pytest.mark.parametrize(
    "failure",
    [
        Exception("plain"),
        SystemExit(3),
        KeyboardInterrupt(),
        GeneratorExit(),
        StopIteration(1),
        MemoryError(),
        Unspeakable(),
        BaseException("below"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_a_failed_target_is_counted_and_the_next_one_is_told(plant, failure):
    plant.device.script = [failure]
    plant.gateway.command({"a": 1}, due_s=0)
    assert eventually(lambda: plant.gateway.failed_calls() == 1)
    plant.gateway.command({"a": 2}, due_s=2)
    assert eventually(lambda: plant.device.targets == [2])
    assert eventually(lambda: [event.is_good for event in plant.journal.events] == [False, True])


def test_a_streak_of_failures_is_told_once_with_its_reason(plant):
    plant.device.script = [Exception("no line")] * 3
    for tick in range(3):
        plant.gateway.command({"a": tick}, due_s=2.0 * tick)
        assert eventually(lambda: plant.gateway.failed_calls() == tick + 1)
    (event,) = plant.journal.events
    assert event.sentence == "setting the power target fails: Exception: no line"


def test_a_failed_read_does_not_erase_the_last_good_status(plant):
    plant.gateway.request_statuses(due_s=0)
    assert eventually(plant.statuses.latest)
    plant.clock.sleep_until(10)
    plant.device.script = [OSError("no line"), Explosive(), "a status"]
    for round_ in (1, 2, 3):
        plant.gateway.request_statuses(due_s=10.0 * round_)
        assert eventually(lambda: plant.gateway.failed_calls() == round_)
    assert plant.statuses.latest()["a"].taken_at_s == 0


def test_after_closing_no_call_begins(plant):
    plant.gateway.close()
    plant.gateway.command({"a": 1}, due_s=0)
    plant.gateway.request_statuses(due_s=0)
    assert eventually(lambda: not plant.gateway.awaiting_status(0))
    assert plant.device.targets == []
    assert plant.statuses.latest() == {}


def test_a_device_is_failing_while_the_last_call_of_either_kind_failed(plant):
    plant.device.script = [Exception("no line")]
    plant.gateway.command({"a": 1}, due_s=0)
    assert eventually(lambda: plant.gateway.failing() == {"a"})
    plant.gateway.request_statuses(due_s=0)
    assert eventually(plant.statuses.latest)
    assert plant.gateway.failing() == {"a"}, "a good status says nothing about targets"
    plant.gateway.command({"a": 2}, due_s=2)
    assert eventually(lambda: plant.gateway.failing() == set())
    calls = plant.gateway.calls()
    assert calls["a", CallKind.TARGET] == CallCounts(ok=1, failed=1)
    assert calls["a", CallKind.STATUS] == CallCounts(ok=1)


class Opening:
    """A site with one device whose opening does next what it was told to do, and one that is well."""

    def __init__(self):
        self.devices = {"a": Scripted(), "well": Scripted()}
        self.script = []
        self.clock = FakeClock()
        self.journal = InMemoryJournal()
        self.statuses = InMemoryStatuses()
        self.gateway = LaneDeviceGateway(
            {"a": self._open, "well": lambda: self.devices["well"]},
            statuses=self.statuses,
            pool=ElasticPool(max_threads=8),
            clock=self.clock,
            journal=self.journal,
            period_s=2,
            status_period_s=10,
            watts_per_step=1,
        )

    def _open(self):
        step = self.script.pop(0) if self.script else None
        if isinstance(step, BaseException):
            raise step
        if step is not None:
            step.wait(10)
        return self.devices["a"]

    def tick(self, at_s, target):
        self.clock.sleep_until(at_s)
        self.gateway.command({"a": target, "well": target}, due_s=at_s)
        self.gateway.request_statuses(due_s=at_s)


@pytest.mark.parametrize("failure", [OSError("no line"), SystemExit(3), BaseException("below")])
def test_a_device_that_cannot_be_opened_is_absent_and_tried_again(failure):
    site = Opening()
    site.script = [failure]
    site.tick(0, 1)
    assert eventually(lambda: site.journal.events)
    assert eventually(lambda: site.devices["well"].targets == [1])
    assert eventually(lambda: site.gateway.overdue(100) == {}), "it is absent, not late"
    assert site.gateway.failing() == set()
    assert site.gateway.failed_calls() == 1
    site.tick(2, 2)
    assert eventually(lambda: site.devices["a"].targets == [2]), "the newest target waited for it"
    assert eventually(lambda: "a" in site.statuses.latest())
    said = [event.sentence for event in site.journal.events]
    assert said[0].startswith("cannot be reached, it is tried again: ")
    assert said[1:] == ["is there now"]


def test_a_device_whose_opening_hangs_is_absent_and_another_opening_begins():
    site, hangs = Opening(), threading.Event()
    site.script = [hangs]
    site.tick(0, 1)
    assert eventually(lambda: site.devices["well"].targets == [1])
    site.tick(2, 2)
    assert site.devices["a"].targets == []
    assert site.gateway.overdue(2) == {}
    site.tick(6, 3)
    assert eventually(lambda: site.devices["a"].targets == [3])
    hangs.set()
    assert eventually(lambda: site.devices["a"].is_closed), "it came too late"


def test_a_released_device_is_told_none(plant):
    plant.gateway.command({"a": None}, due_s=0)
    assert eventually(lambda: plant.device.targets == [None])


def test_steps_are_the_gateways_business():
    device, statuses = Scripted(), InMemoryStatuses()
    gateway = LaneDeviceGateway(
        {"a": lambda: device},
        statuses=statuses,
        pool=ElasticPool(max_threads=8),
        clock=FakeClock(),
        journal=InMemoryJournal(),
        period_s=2,
        status_period_s=10,
        watts_per_step=1000,
    )
    gateway.command({"a": 7}, due_s=0)
    assert eventually(lambda: device.targets == [7000])
    device.script = [Measurement(power_w=-2600.0, lowest_w=-2999.0, highest_w=2999.0, stored_wh=1500)]
    gateway.request_statuses(due_s=0)
    assert eventually(statuses.latest)
    status = statuses.latest()["a"]
    assert (status.output, status.lowest, status.highest) == (-3, -2, 2)
    assert (status.output_w, status.stored_wh) == (-2600.0, 1500)


def test_the_devices_own_stamp_counts_where_it_is_older(plant):
    plant.clock.sleep_until(100)
    for stamp_s, taken_at_s in [(90.0, 90.0), (110.0, 100.0), (float("nan"), 100.0)]:
        plant.device.script = [Measurement(power_w=1, taken_at_s=stamp_s)]
        before = plant.gateway.calls()["a", CallKind.STATUS].ok
        plant.gateway.request_statuses(due_s=100)
        assert eventually(lambda: plant.gateway.calls()["a", CallKind.STATUS].ok > before)
        assert plant.statuses.latest()["a"].taken_at_s == taken_at_s


def test_what_is_not_known_is_missing_and_not_0(plant):
    plant.device.script = [Measurement()]
    plant.gateway.request_statuses(due_s=0)
    assert eventually(plant.statuses.latest)
    status = plant.statuses.latest_of("a")
    assert (status.output, status.lowest, status.highest, status.output_w, status.stored_wh) == (None,) * 5
    assert status.potential == 0


class Forgetful(Scripted):
    """Some reads never come back until they are let go."""

    def __init__(self):
        super().__init__()
        self.hangs = True
        self.hung = []

    def read(self):
        if self.hangs:
            line = threading.Event()
            self.hung.append(line)
            line.wait(10)
        return Measurement(power_w=1, highest_w=2)


@pytest.fixture
def forgetful():
    device = Forgetful()
    device.gateway = of_two(Scripted(), device)
    yield device
    for line in device.hung:
        line.set()


def begun(device, count):
    return eventually(lambda: len(device.hung) == count)


def test_a_hung_read_is_given_up_and_another_one_begins(forgetful):
    forgetful.gateway.request_statuses(due_s=0.0)
    assert begun(forgetful, 1)
    forgetful.hangs = False
    forgetful.gateway.request_statuses(due_s=4.9)
    assert forgetful.gateway.overdue(9.1).keys() == {"b"}, "not given up before its deadline"
    forgetful.gateway.request_statuses(due_s=10.0)
    assert eventually(lambda: not forgetful.gateway.awaiting_status(10.0))
    assert forgetful.gateway.overdue(30.0) == {}
    assert forgetful.gateway.calls()["b", CallKind.STATUS].ok == 1


def test_at_most_three_reads_of_a_device_are_under_way(forgetful):
    for status_round in range(6):
        forgetful.gateway.request_statuses(due_s=10.0 * status_round)
        assert begun(forgetful, min(3, status_round + 1))
    assert len(forgetful.hung) == 3
    assert forgetful.gateway.overdue(60.0)["b"] == 60.0, "late since its first read, until one answers"
    forgetful.hung[0].set()
    assert eventually(lambda: forgetful.gateway.calls()["b", CallKind.STATUS].ok == 1)
    forgetful.hangs = False
    assert eventually(
        lambda: forgetful.gateway.request_statuses(due_s=90.0) or not forgetful.gateway.awaiting_status(90.0)
    ), "one has come back, so another one may begin"


def test_a_hung_write_is_not_repeated():
    device = Slow()
    gateway = of_two(Scripted(), device)
    gateway.command({"b": 6}, due_s=0.0)
    assert eventually(lambda: device.begun == [6])
    for tick in range(1, 20):
        gateway.command({"b": 7}, due_s=2.0 * tick)
    assert device.begun == [6]
    device.may_go_on.set()
    assert eventually(lambda: device.begun == [6, 7])


class NotThere(DeviceAbsent):
    pass


def test_a_device_that_is_not_there_and_owes_nothing_has_no_failed_target(plant):
    plant.device.script = [NotThere("has not said discharge_w yet")]
    plant.gateway.command({"a": None}, due_s=0)
    assert eventually(lambda: plant.gateway.absent() == {"a"})
    assert plant.gateway.failed_calls() == 0
    assert plant.gateway.troubles() == {}
    assert plant.journal.events == []


def test_a_device_that_was_led_and_is_not_there_still_owes_its_release(plant):
    plant.gateway.command({"a": 1}, due_s=0)
    assert eventually(lambda: plant.device.targets == [1])
    plant.device.script = [NotThere("the broker is away")]
    plant.gateway.command({"a": None}, due_s=2)
    assert eventually(lambda: plant.gateway.failed_calls() == 1)
    (event,) = plant.journal.events
    assert event.sentence.startswith("setting the power target fails")
