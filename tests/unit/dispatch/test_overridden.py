"""The tick tells what people set by hand, records why, and a replay of the record comes to the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.records.recordings import read_recording, write_recording
from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.adapters.schedules import InMemorySchedule
from energy_manager.application.dispatch import SendTargets
from energy_manager.application.explanation.replay import replay
from energy_manager.application.explanation.sentences import why
from energy_manager.application.ports.schedules.schedule_source import ScheduleReading
from energy_manager.application.ticking import TickStart
from energy_manager.domain.dispatch import ProportionalRedistribution
from energy_manager.domain.schedule import Override, OverrideIndex
from energy_manager.domain.site import Asset
from tests.support.in_memory_devices import InMemoryDevices
from tests.support.recorded import IN_THE_RECORD

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class InForce:
    def __init__(self, *overrides):
        self.index = OverrideIndex(overrides)

    def in_force(self, now):
        return self.index.at(LONG_AGO)


def override(target, *assets, is_hold=False):
    words = {"reason": "valve", "who": "north-2", "role": "technician", "is_hold": is_hold}
    until = LONG_AGO + timedelta(hours=1)
    return Override(id="x", assets=assets, target=target, made_at=LONG_AGO, until=until, **words)


class Broken:
    def dispatch(self, scheduled, potentials):
        raise ZeroDivisionError("a bug")


class Site:
    def __init__(self, *overrides, potentials, scheduled, **more):
        clock = FakeClock()
        self.devices = InMemoryDevices(potentials, clock=clock)
        self.devices.request_statuses(due_s=0.0)
        self.journal = InMemoryJournal()
        self.send = SendTargets(
            clock=clock,
            devices=self.devices,
            journal=self.journal,
            statuses=self.devices.statuses,
            schedule=InMemorySchedule(ScheduleReading(targets=scheduled)),
            schedule_wait_s=0.1,
            status_max_age_s=25.0,
            told=self.devices.asset_ids,
            in_force=InForce(*overrides).in_force,
            **({"policy": ProportionalRedistribution()} | IN_THE_RECORD | more),
        )

    def tick(self):
        self.send(TickStart(number=0, due_s=0.0, lag_s=0.0))
        return dict(self.devices.targets)

    @property
    def recorded(self):
        return self.journal.events[0]


HUNDRED_EACH = {"a": 100, "b": 100, "c": 100}


def test_what_is_taken_by_hand_nobody_carries_and_no_gap_moves_it(tmp_path):
    site = Site(override(10, "a"), potentials={"a": 500, "b": 40, "c": 500}, scheduled=HUNDRED_EACH)
    assert site.tick() == {"a": 10, "b": 40, "c": 160}
    tick = site.recorded
    assert (tick.shortfall, tick.pinned, tick.decided_by["a"]) == (0, {"a": 10}, "override:x")
    sentences = " ".join(why(tick, "a"))
    assert "It was told to deliver 10 kW by hand: valve, technician north-2, until 2000-01-01 01:00 UTC." in sentences
    assert "no asset carries what was taken from it" in sentences
    write_recording(tmp_path / "r.jsonl", [tick])
    (read,) = read_recording(tmp_path / "r.jsonl")
    assert (read.pinned, read.set_by_hand) == (tick.pinned, tick.set_by_hand)
    assert replay([read]).difference is None
    assert replay([replace(read, pinned={})]).difference is not None


def test_released_by_hand_it_runs_by_itself():
    site = Site(override(None, "a"), potentials=HUNDRED_EACH, scheduled=HUNDRED_EACH)
    assert site.tick() == {"a": None, "b": 100, "c": 100}
    assert site.recorded.is_released("a")
    assert replay([site.recorded]).difference is None


@pytest.mark.parametrize("is_hold", [False, True])
def test_safety_limits_stand_above_every_person(is_hold):
    limited = (Asset(id="a", max_power=30),)
    site = Site(override(90, "a", is_hold=is_hold), potentials=HUNDRED_EACH, scheduled=HUNDRED_EACH, limited=limited)
    assert site.tick()["a"] == 30
    assert replay([site.recorded]).difference is None


def test_where_nothing_can_be_decided_a_hold_counts_still_and_an_override_does_not():
    for is_hold, target in ((True, 7), (False, 3)):
        site = Site(
            override(7, "a", is_hold=is_hold),
            potentials=HUNDRED_EACH,
            scheduled=HUNDRED_EACH,
            policy=Broken(),
            fallbacks={"a": 3},
        )
        with pytest.raises(ZeroDivisionError):
            site.tick()
        site.send.tell_fallbacks(TickStart(number=0, due_s=0.0, lag_s=0.0), failure="a bug")
        assert site.devices.targets["a"] == target
        assert replay([site.recorded]).difference is None
