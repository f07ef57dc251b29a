"""Whatever leaves a device call ends in its lane."""

import pytest

from energy_manager.adapters.clocks import FakeClock
from energy_manager.adapters.devices import LaneDeviceGateway, Reading
from energy_manager.adapters.journals import InMemoryJournal
from energy_manager.adapters.lanes import ElasticPool
from energy_manager.application.ports.device_gateway import CallCounts, CallKind
from tests.support.waiting import eventually


class Unspeakable(Exception):
    def __str__(self):
        raise SystemExit("not even this")

    __repr__ = __str__


class Explosive:
    @property
    def output(self):
        raise KeyboardInterrupt("while looking")


class Scripted:
    """Does next what it was told to do: raises what can be raised, returns the rest."""

    def __init__(self):
        self.script = []
        self.targets = []

    def _next(self):
        step = self.script.pop(0) if self.script else None
        if isinstance(step, BaseException):
            raise step
        return step

    def set_power_target(self, target):
        self._next()
        self.targets.append(target)

    def read(self):
        return self._next() or Reading(output=1, potential=2)


@pytest.fixture
def plant():
    class Plant:
        device = Scripted()
        clock = FakeClock()
        journal = InMemoryJournal()
        gateway = LaneDeviceGateway(
            {"a": device}, pool=ElasticPool(max_threads=8), clock=clock, journal=journal, period_s=2, status_period_s=10
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
    assert eventually(plant.gateway.statuses)
    plant.clock.sleep_until(10)
    plant.device.script = [OSError("no line"), Explosive(), "a status"]
    for round_ in (1, 2, 3):
        plant.gateway.request_statuses(due_s=10.0 * round_)
        assert eventually(lambda: plant.gateway.failed_calls() == round_)
    assert plant.gateway.statuses()["a"].read_at_s == 0


def test_after_closing_no_call_begins(plant):
    plant.gateway.close()
    plant.gateway.command({"a": 1}, due_s=0)
    plant.gateway.request_statuses(due_s=0)
    assert eventually(lambda: not plant.gateway.awaiting_status(0))
    assert plant.device.targets == []
    assert plant.gateway.statuses() == {}


def test_a_device_is_failing_while_the_last_call_of_either_kind_failed(plant):
    plant.device.script = [Exception("no line")]
    plant.gateway.command({"a": 1}, due_s=0)
    assert eventually(lambda: plant.gateway.failing() == {"a"})
    plant.gateway.request_statuses(due_s=0)
    assert eventually(plant.gateway.statuses)
    assert plant.gateway.failing() == {"a"}, "a good status says nothing about targets"
    plant.gateway.command({"a": 2}, due_s=2)
    assert eventually(lambda: plant.gateway.failing() == set())
    calls = plant.gateway.calls()
    assert calls["a", CallKind.TARGET] == CallCounts(ok=1, failed=1)
    assert calls["a", CallKind.STATUS] == CallCounts(ok=1)
