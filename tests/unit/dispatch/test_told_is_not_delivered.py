"""The loop on a fake clock with devices that refuse, hang, ignore or cannot be reached."""

import pytest

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
from energy_manager.application.ports.records.journal import DeviceChanged
from energy_manager.application.ports.records.tick import Tick
from energy_manager.application.ports.schedules.schedule_source import ScheduleReading
from energy_manager.domain.dispatch import ProportionalRedistribution
from tests.support.in_memory_devices import InMemoryDevices
from tests.support.recorded import IN_THE_RECORD

DISOBEYS = (
    "is told to deliver 200 kW and measures 0 kW: "
    "its targets do not arrive or are not followed, so it counts as what it measures"
)


class Site:
    """Two assets that could each deliver 400 kW; 200 are scheduled for each."""

    def __init__(self, **more):
        self.clock = FakeClock(50.0)
        self.devices = InMemoryDevices({"a": 400, "b": 400}, clock=self.clock)
        self.schedule = InMemorySchedule(ScheduleReading(targets={"a": 200, "b": 200}))
        self.journal = InMemoryJournal()
        common = {"clock": self.clock, "devices": self.devices, "journal": self.journal}
        aged = {"statuses": self.devices.statuses, "status_max_age_s": 25.0}
        self.loop = DispatchLoop(
            **common,
            schedule=self.schedule,
            send_targets=SendTargets(
                **common,
                **aged,
                schedule=self.schedule,
                policy=ProportionalRedistribution(),
                schedule_wait_s=0.1,
                **IN_THE_RECORD,
                told=self.devices.asset_ids,
                **more,
            ),
            watch_devices=WatchDevices(**common, **aged),
            statistics=TickStatistics(),
            timing=DispatchTiming(period_s=2.0, status_period_s=10.0, phase_s=0.9),
        )

    def measures(self, asset_id, power_kw):
        self.devices.measurements[asset_id] = lambda: Measurement(power_w=1000 * power_kw, highest_w=400_000)

    @property
    def ticks(self):
        return [event for event in self.journal.events if isinstance(event, Tick)]

    @property
    def said(self):
        return [event.sentence for event in self.journal.events if isinstance(event, DeviceChanged)]


def ignore(site):
    site.measures("b", 0)


def refuse(site):
    site.devices.refuse("b")


@pytest.mark.parametrize(("fault", "from_tick"), [(ignore, 11), (refuse, 3)])
def test_what_does_not_arrive_or_is_not_followed_the_others_carry(fault, from_tick):
    site = Site()
    fault(site)
    site.loop(for_s=39.9)
    counted = [tick.number for tick in site.ticks if tick.counted == {"b": 0}]
    assert counted == list(range(from_tick, 20)), "from the third refusal, or from the third status on"
    assert site.ticks[from_tick - 1].targets == {"a": 200, "b": 200}
    assert site.ticks[-1].targets == {"a": 400, "b": 200}, "it is told its schedule still"
    assert site.said == [DISOBEYS]
    assert replay(site.ticks).sentence() == "no difference in 20 ticks"
    assert "It does not do what it is told: it counted as what it measures: 0 kW." in why(site.ticks[-1], "b")


def test_a_device_whose_target_hangs_counts_as_what_it_measures():
    site = Site()
    site.clock.call_at(55.0, lambda: site.devices.hang("b"))
    site.clock.call_at(
        55.1, lambda: site.schedule.__setattr__("reading", ScheduleReading(targets={"a": 200, "b": 100}))
    )
    site.loop(for_s=20)
    assert site.ticks[-1].counted == {"b": 200}, "as it was read last"
    assert site.ticks[-1].targets == {"a": 100, "b": 100}


def test_it_counts_fully_again_at_the_first_success():
    site = Site()
    site.devices.refuse("b")
    site.clock.call_at(61.0, lambda: site.devices.give_in("b"))
    site.loop(for_s=20)
    assert site.ticks[5].counted == {"b": 0}
    assert site.ticks[-1].counted == {}
    assert site.ticks[-1].targets == {"a": 200, "b": 200}
    assert site.said[-1] == "counts as what it is told again"


def test_where_it_delivers_too_much_the_others_give_back():
    site = Site()
    site.measures("b", 350)
    site.loop(for_s=39.9)
    assert site.ticks[-1].targets == {"a": 50, "b": 200}


def test_by_default_an_asset_that_cannot_be_reached_delivers_nothing_and_is_told_that():
    site = Site()
    site.clock.call_at(55.0, lambda: site.devices.hang("b"))
    site.loop(for_s=40)
    assert site.ticks[-1].targets == {"a": 400, "b": 0}
    assert site.ticks[-1].counted == {}


@pytest.mark.parametrize(("assumed", "carried"), [("last", 200), (150, 250)])
def test_an_asset_may_be_assumed_to_go_on_while_it_cannot_be_reached(assumed, carried):
    site = Site(unreachable={"b": assumed})
    site.clock.call_at(61.5, lambda: site.devices.hang("b"))
    site.loop(for_s=60)
    assert site.ticks[-1].targets == {"a": carried, "b": 200}
    assert site.ticks[-1].counted == {"b": 400 - carried}
    assert f"cannot be reached: it counts as delivering {400 - carried} kW" in site.said
    assert f"It could not be reached, and counted as delivering {400 - carried} kW." in why(site.ticks[-1], "b")
    assert replay(site.ticks).difference is None


def test_of_one_that_was_never_reached_no_last_is_known():
    site = Site(unreachable={"b": "last"})
    site.devices.hang("b")
    site.loop(for_s=10)
    assert site.ticks[-1].targets == {"a": 400, "b": 0}
