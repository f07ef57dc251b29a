"""Looking at the devices of a site: each gets its chances, none holds up the others, a doubt is looked at twice."""

import pytest

from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.application.commissioning import InspectDevices
from energy_manager.domain.commissioning import Identity, Inspection, PointReading, Silence
from energy_manager.domain.site import AssetKind


class Device:
    """Says one output after the other, the last for ever; an error is raised."""

    def __init__(self, name, *said, publishes=False, identity=None):
        self.name, self.said, self.publishes = name, list(said), publishes
        self.identity = identity or Identity()
        self.looks = self.closes = 0

    def inspect(self):
        self.looks += 1
        said = self.said.pop(0) if len(self.said) > 1 else self.said[0]
        if isinstance(said, BaseException):
            raise said
        point = PointReading(name="output_w", value=said, age_s=0.0)
        return Inspection(asset_id=self.name, points=(point,), output_w=said, identity=self.identity)

    def close(self):
        self.closes += 1
        raise OSError("it is gone already")


KINDS = {"grid": AssetKind.METER, "sun": AssetKind.PRODUCER, "it": None}


def survey_of(*devices, hangs=(), start=None):
    clock = FakeClock()
    names = [*(device.name for device in devices), *hangs]
    opens = {device.name: lambda device=device: device for device in devices} | dict.fromkeys(hangs, lambda: None)
    started = []

    def run(work):
        started.append(work)
        if len(started) > len(names) or names[len(started) - 1] not in hangs:
            work()

    inspect = InspectDevices(
        devices=opens, kinds=KINDS, meter="grid", clock=clock, start=run, words_of=lambda error: f"said {error}"
    )
    return inspect(), clock


def test_all_devices_are_read_and_let_go_of():
    sun, grid = Device("sun", 900.0), Device("grid", 400.0)
    survey, clock = survey_of(sun, grid)
    assert [found.output_w for found in survey.findings] == [900.0, 400.0]
    assert survey.is_good
    assert survey.doubts == ()
    assert (sun.closes, grid.closes, clock.now_s()) == (1, 1, 0.0)


def test_one_lost_answer_is_no_silence_and_two_are():
    survey, _ = survey_of(Device("it", OSError("lost"), 5.0))
    assert survey.is_good
    survey, clock = survey_of(Device("it", OSError("first"), OSError("rests")))
    assert survey.findings == (Silence(asset_id="it", reason="said first"),)
    assert not survey.is_good
    assert clock.now_s() < 2


def test_a_device_that_cannot_be_opened_is_silent():
    clock = FakeClock()

    def refuses():
        raise ConnectionRefusedError("nobody there")

    inspect = InspectDevices(
        devices={"it": refuses}, kinds=KINDS, meter=None, clock=clock, start=lambda work: work(), words_of=str
    )
    assert inspect().findings == (Silence(asset_id="it", reason="nobody there"),)


def test_a_device_that_hangs_is_left_behind_and_the_others_are_told():
    survey, clock = survey_of(Device("sun", 900.0), hangs=("it",))
    assert survey.findings[0].output_w == 900.0
    assert survey.findings[1] == Silence(asset_id="it", reason="it has not come back for 20 s")
    assert clock.now_s() == pytest.approx(20, abs=0.1)


def test_a_device_that_publishes_is_waited_for_and_others_are_not():
    survey, clock = survey_of(Device("it", None, None, None, 7.0, publishes=True))
    assert survey.findings[0].output_w == 7.0
    assert clock.now_s() == 1.5
    survey, clock = survey_of(Device("it", None, 7.0))
    assert survey.findings[0].points[0].value is None
    assert not survey.is_good
    assert clock.now_s() == 0
    survey, clock = survey_of(Device("it", OSError("not up yet"), publishes=True))
    assert survey.findings == (Silence(asset_id="it", reason="said not up yet"),)
    assert clock.now_s() == 12


def test_another_device_than_the_pinned_one_is_not_good():
    survey, _ = survey_of(Device("it", 5.0, identity=Identity(serial="999", is_pinned_one=False)))
    assert not survey.is_good


def test_a_doubt_about_a_sign_counts_if_it_is_there_twice():
    # 1,000 W of sun, and the meter exports 3,000 W.
    survey, _ = survey_of(Device("sun", 1000.0), Device("grid", 3000.0))
    assert len(survey.doubts) == 1
    assert survey.is_good
    # The meter was read when the sun had gone already.
    sun = Device("sun", 1000.0, 0.0)
    survey, _ = survey_of(sun, Device("grid", 3000.0, -100.0))
    assert survey.doubts == ()
    assert sun.looks == 2
