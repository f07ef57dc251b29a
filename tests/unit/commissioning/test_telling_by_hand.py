"""A device that is told by hand is told every two seconds, shown, and released whatever happens."""

import pytest

from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.application.commissioning import NotReleased, TellByHand
from energy_manager.domain.commissioning import Inspection


class Device:
    publishes = False

    def __init__(self, *, fails_at=(), reads_fail=False):
        self.told, self.calls, self.fails_at, self.reads_fail = [], 0, fails_at, reads_fail

    def inspect(self):
        if self.reads_fail and self.told[-1] is not None:
            raise OSError("no answer")
        return Inspection(asset_id="it", points=(), output_w=self.told[-1] if self.told else 0.0)

    def tell(self, setpoint_w):
        self.calls += 1
        if self.calls in self.fails_at:
            raise OSError("not acknowledged")
        self.told.append(setpoint_w)

    def close(self):
        pass


class Bench:
    def __init__(self, device, *, ends_at_s=float("inf"), released_w=None):
        self.device, self.clock = device, FakeClock()
        self.shown, self.record = [], []

        def wait(seconds):
            self.clock.sleep_until(self.clock.now_s() + seconds)
            return self.clock.now_s() >= ends_at_s

        self.tell = TellByHand(
            device=device, clock=self.clock, wait=wait, begins=lambda: self.record.append("begins"),
            ends=lambda: self.record.append("ends"), show=self.shown.append, released_w=released_w,
        )  # fmt: skip


def test_a_device_is_told_every_two_seconds_and_then_released():
    bench = Bench(Device())
    bench.tell(-1500, for_s=5)
    assert bench.device.told == [-1500, -1500, -1500, -1500, None]
    assert [(told.after_s, told.told_w) for told in bench.shown] == [
        (0, -1500), (2, -1500), (4, -1500), (5, -1500), (5, None)
    ]  # fmt: skip
    assert bench.record == ["begins", "ends"]


def test_whoever_wants_it_to_end_has_it_released_at_once():
    bench = Bench(Device(), ends_at_s=2)
    bench.tell(700, for_s=60)
    assert bench.device.told == [700, None]
    assert bench.clock.now_s() == 2


def test_a_device_that_fails_is_released_all_the_same():
    bench = Bench(Device(reads_fail=True))
    with pytest.raises(OSError, match="no answer"):
        bench.tell(700, for_s=60)
    assert bench.device.told == [700, None]
    assert bench.record == ["begins", "ends"]


def test_a_release_is_tried_again_and_stays_on_record_until_it_is_taken():
    bench = Bench(Device(fails_at=(2, 3)))
    bench.tell(700, for_s=0)
    assert bench.device.told == [700, None]
    assert bench.record == ["begins", "ends"]
    bench = Bench(Device(fails_at=range(2, 100)))
    with pytest.raises(NotReleased, match="the next energy-manager run releases it"):
        bench.tell(700, for_s=0)
    assert bench.record == ["begins"]


def test_an_asset_that_has_no_release_is_told_its_zero():
    bench = Bench(Device(), released_w=0)
    bench.tell(700, for_s=0)
    assert bench.device.told == [700, 0]
